import { createClient } from "@supabase/supabase-js";
import { readEnvironment } from "../_shared/environment.ts";
import { type Log, log } from "../_shared/log.ts";
import { busy } from "../_shared/problem.ts";
import { createApns } from "./apns.ts";
import { createFcm, readServiceAccount } from "./fcm.ts";
import { type Outcome, type Send, type Wakeup } from "./outcome.ts";
import { type World } from "./provider.ts";
import { type Told } from "./run.ts";

export type Counts = Omit<Told, "more">;

/** The queue in the database. Both throw Problem. */
export interface Queue {
  claim: (amount: number, leaseSeconds: number) => Promise<Wakeup[]>;
  finish: (tickets: string[], outcomes: Outcome[]) => Promise<Counts>;
}

export interface Dependencies {
  /** Who may call. */
  keys: readonly string[];
  queue: Queue;
  senders: Partial<Record<Wakeup["platform"], Send>>;
  world: World;
  log: Log;
}

type Read = (name: string) => string | undefined;

const TIMEOUT_MS = 8_000;
const APNS_HOSTS = { production: "https://api.push.apple.com", sandbox: "https://api.sandbox.push.apple.com" };
const FCM_ADDRESS = "https://fcm.googleapis.com";

/** The real ones. Throws when a provider is set up by half. */
export function createDependencies(read: Read = (name) => Deno.env.get(name)): Dependencies {
  const environment = readEnvironment(read);
  const world: World = { fetch: (input, init) => fetch(input, init), now: Date.now, random: Math.random };
  const client = createClient(environment.url, environment.secretKeys[0], {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  async function call<Result>(name: string, values: Record<string, unknown>): Promise<Result> {
    const { data, error } = await client.rpc(name, values).abortSignal(AbortSignal.timeout(TIMEOUT_MS));
    if (error === null) return data as Result;
    log("error", "queue_unavailable", { function: "push-notify", code: error.code });
    throw busy(5);
  }
  return {
    keys: [...environment.secretKeys, ...[read("PUSH_NOTIFY_KEY") ?? ""].filter((key) => key !== "")],
    queue: {
      claim: (amount, leaseSeconds) => call("srv_claim_wakeups", { amount, lease_seconds: leaseSeconds }),
      async finish(tickets, outcomes) {
        const values = {
          tickets,
          outcomes: outcomes.map((one) => one.kind),
          delays: outcomes.map((one) => one.delay ?? 0),
        };
        // What was sent and not told is sent again. It can be told twice, but not for ever.
        return await call<Counts>("srv_finish_wakeups", values)
          .catch(() => call<Counts>("srv_finish_wakeups", values));
      },
    },
    senders: sendersOf(read, world),
    world,
    log,
  };
}

/** The providers that are set up. */
export function sendersOf(read: Read, world: World): Dependencies["senders"] {
  const names = ["APNS_KEY_ID", "APNS_TEAM_ID", "APNS_PRIVATE_KEY", "APNS_TOPIC"] as const;
  const [keyId, teamId, privateKey, topic] = names.map((name) => read(name) ?? "");
  const missing = names.filter((name) => !read(name));
  if (missing.length > 0 && missing.length < names.length) throw new Error(`${missing.join(", ")} is not set`);
  const production = read("APNS_PRODUCTION_URL") || APNS_HOSTS.production;
  const sandbox = read("APNS_SANDBOX_URL") || APNS_HOSTS.sandbox;
  const account = read("FCM_SERVICE_ACCOUNT");
  return {
    apns: missing.length === 0
      ? createApns({ keyId, teamId, privateKey: withLines(privateKey), topic, production, sandbox }, world)
      : undefined,
    fcm: account ? createFcm(readServiceAccount(account, read("FCM_URL") || FCM_ADDRESS), world) : undefined,
  };
}

/** A key that was set on one line, with \n for its line ends. */
function withLines(key: string): string {
  return key.replaceAll("\\n", "\n");
}
