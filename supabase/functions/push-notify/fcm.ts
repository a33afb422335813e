// Firebase Cloud Messaging, HTTP v1: a data message, with an access token of the service account.
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
import { importPKCS8, SignJWT } from "jose";
import { classOf } from "../_shared/log.ts";
import { DEAD, type Outcome, poison, reasonOf, retry, retryAfter, type Send, SENT, type Wakeup } from "./outcome.ts";
import { type Answer, objectOf, post, type World } from "./provider.ts";

export interface FcmSettings {
  projectId: string;
  clientEmail: string;
  /** PKCS#8 in PEM, as in the service account's file. */
  privateKey: string;
  tokenUri: string;
  address: string;
}

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION_SECONDS = 3600;
const RENEWED_BEFORE_MS = 300_000;
/** Google asks to wait a minute where it says nothing else. */
const QUOTA_SECONDS = 60;

/** The token endpoint said no, or nothing that could be read. */
class TokenRefused extends Error {}

/** It says "sync" and nothing else: no user, no type, no count. */
export function bodyFor(token: string): string {
  const android = { collapse_key: "sync", priority: "NORMAL", ttl: "86400s" };
  return JSON.stringify({ message: { token, data: { sync: "true" }, android } });
}

/** What sends to Google. */
export function createFcm(settings: FcmSettings, world: World): Send {
  const tokens = accessTokens(settings, world);
  const url = `${settings.address}/v1/projects/${settings.projectId}/messages:send`;
  return async (wakeup) => {
    try {
      const token = await tokens.get();
      const headers = { "authorization": `Bearer ${token}`, "content-type": "application/json" };
      const answer = await post(world, url, headers, bodyFor(wakeup.token));
      if (answer.status === 401) tokens.drop(token);
      return judge(answer, wakeup, world);
    } catch (fault) {
      return retry(wakeup, world.random, null, `fcm-${classOf(fault)}`);
    }
  };
}

function judge(answer: Answer, wakeup: Wakeup, world: World): Outcome {
  const { status, headers } = answer;
  if (status === 200) return SENT;
  const { code, fields } = faultOf(answer);
  if (status === 404 && code === "UNREGISTERED") return DEAD;
  if (status === 400 && fields.includes("message.token")) return DEAD;
  const reason = reasonOf("fcm", status, code);
  if (status === 400 || code === "SENDER_ID_MISMATCH") return poison(reason);
  // 401, 403, 404: key or project are wrong, no address is to blame.
  const wait = retryAfter(headers, world.now()) ?? (status === 429 ? QUOTA_SECONDS : null);
  return retry(wakeup, world.random, wait, reason);
}

/** The code of an FCM error, and the fields that it finds wrong. */
function faultOf(answer: Answer): { code: unknown; fields: unknown[] } {
  const error = answer.body.error as { status?: unknown; details?: unknown } | undefined;
  const details = (Array.isArray(error?.details) ? error.details : []) as Record<string, unknown>[];
  const violations = details.flatMap((one) => Array.isArray(one?.fieldViolations) ? one.fieldViolations : []);
  return {
    code: details.find((one) => typeof one?.errorCode === "string")?.errorCode ?? error?.status,
    fields: violations.map((one: Record<string, unknown>) => one?.field),
  };
}

interface Tokens {
  get: () => Promise<string>;
  drop: (token: string) => void;
}

/** One access token, asked for once however many wait, until five minutes before its end. */
function accessTokens(settings: FcmSettings, world: World): Tokens {
  let token = "";
  let until = 0;
  let asking: Promise<string> | null = null;

  async function ask(): Promise<string> {
    const { status, body } = await exchange(settings, world);
    if (status !== 200 || typeof body.access_token !== "string") throw new TokenRefused();
    token = body.access_token;
    until = world.now() + Number(body.expires_in ?? 0) * 1000 - RENEWED_BEFORE_MS;
    return token;
  }

  return {
    get() {
      if (token !== "" && world.now() < until) return Promise.resolve(token);
      asking ??= ask().finally(() => asking = null);
      return asking;
    },
    drop(refused) {
      if (token === refused) token = "";
    },
  };
}

async function exchange(settings: FcmSettings, world: World): Promise<Answer> {
  const now = Math.floor(world.now() / 1000);
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuer(settings.clientEmail)
    .setAudience(settings.tokenUri)
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .sign(await importPKCS8(settings.privateKey, "RS256"));
  const form = new URLSearchParams({ grant_type: GRANT, assertion });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return await post(world, settings.tokenUri, headers, form.toString());
}

/** Read a service account's file. Throws when it is none. */
export function readServiceAccount(text: string, address: string): FcmSettings {
  const account = objectOf(text);
  const [projectId, clientEmail, privateKey, tokenUri] = ["project_id", "client_email", "private_key", "token_uri"].map(
    (name) => {
      const value = account[name];
      if (typeof value !== "string" || value === "") throw new Error(`FCM_SERVICE_ACCOUNT has no ${name}`);
      return value;
    },
  );
  return { projectId, clientEmail, privateKey, tokenUri, address };
}
