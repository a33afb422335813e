// Apple's push notification service: token-based, HTTP/2, a background notification.
// https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
import { importPKCS8, SignJWT } from "jose";
import { classOf } from "../_shared/log.ts";
import { DEAD, type Outcome, poison, reasonOf, retry, retryAfter, type Send, SENT, type Wakeup } from "./outcome.ts";
import { type Answer, post, type World } from "./provider.ts";

export interface ApnsSettings {
  keyId: string;
  teamId: string;
  /** The .p8 file's text. */
  privateKey: string;
  /** The app's bundle id. */
  topic: string;
  production: string;
  sandbox: string;
}

/** It says "sync" and nothing else: no user, no type, no count. */
export const BODY = '{"aps":{"content-available":1},"sync":true}';
// Apple takes a token for an hour, and wants no new one within twenty minutes. All instances change theirs at the same
// moments, by the clock.
const TOKEN_SECONDS = 1800;
const KEPT_SECONDS = 86_400;
// The key, the topic or the team are wrong: no address is to blame.
const OURS = /^(BadCertificate.*|BadTopic|DeviceTokenNotForTopic|MissingTopic|TopicDisallowed|.*ProviderToken)$/;

/** What sends to Apple. */
export function createApns(settings: ApnsSettings, world: World): Send {
  const token = providerTokens(settings, world);

  async function ask(wakeup: Wakeup, environment: Wakeup["environment"]): Promise<Answer> {
    const url = `${settings[environment]}/3/device/${wakeup.token}`;
    return await post(world, url, {
      "authorization": `bearer ${await token()}`,
      "apns-topic": settings.topic,
      "apns-push-type": "background",
      "apns-priority": "5",
      "apns-expiration": String(Math.floor(world.now() / 1000) + KEPT_SECONDS),
      "apns-collapse-id": "sync",
      "content-type": "application/json",
    }, BODY);
  }

  return async (wakeup) => {
    try {
      const answer = await ask(wakeup, wakeup.environment);
      if (answer.body.reason !== "BadDeviceToken") return judge(answer, wakeup, world);
      // So says Apple too of a good token in the other environment, where test builds of an app have theirs.
      const other = await ask(wakeup, wakeup.environment === "sandbox" ? "production" : "sandbox");
      if (other.status === 200) return { ...SENT, alert: "apns-wrong-environment" };
      return other.body.reason === "BadDeviceToken" ? DEAD : judge(other, wakeup, world);
    } catch (fault) {
      return retry(wakeup, world.random, null, `apns-${classOf(fault)}`);
    }
  };
}

function judge(answer: Answer, wakeup: Wakeup, world: World): Outcome {
  const { status, headers } = answer;
  if (status === 200) return SENT;
  if (status === 410) return DEAD;
  const reason = reasonOf("apns", status, answer.body.reason);
  const wait = retryAfter(headers, world.now());
  if (status === 429 || status >= 500) return retry(wakeup, world.random, wait, reason);
  if (status === 403 || OURS.test(String(answer.body.reason ?? ""))) return retry(wakeup, world.random, wait, reason);
  return poison(reason);
}

/** The token of the current half hour. */
function providerTokens(settings: ApnsSettings, world: World): () => Promise<string> {
  let slot = -1;
  let made: Promise<string>;
  return () => {
    const current = Math.floor(world.now() / 1000 / TOKEN_SECONDS);
    if (current !== slot) {
      slot = current;
      made = signed(settings, current * TOKEN_SECONDS);
    }
    return made;
  };
}

async function signed(settings: ApnsSettings, issuedAt: number): Promise<string> {
  const key = await importPKCS8(settings.privateKey, "ES256");
  return await new SignJWT({ iss: settings.teamId, iat: issuedAt })
    .setProtectedHeader({ alg: "ES256", kid: settings.keyId })
    .sign(key);
}
