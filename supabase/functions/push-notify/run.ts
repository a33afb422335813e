import { type Dependencies } from "./dependencies.ts";
import { type Outcome, retry, type Wakeup } from "./outcome.ts";

const BATCH = 200;
const AT_ONCE = 50;
/** A batch of which every request times out takes 40 s, and the access token 10 s before. */
export const LEASE_SECONDS = 60;
/** No batch is begun after that: a function has 150 s, and whoever called may have gone. */
export const RUN_MS = 25_000;

/** What a run did. `more`: there was no time for the rest. */
export interface Told {
  sent: number;
  retried: number;
  dead: number;
  set_aside: number;
  /** Tickets whose lease was over before it could be told what became of them. */
  stale: number;
  more: boolean;
}

/** Claim, send and tell, batch after batch, until nothing is due or time is up. */
export async function sendWakeups(dependencies: Dependencies): Promise<Told> {
  const { queue, world, log } = dependencies;
  const end = world.now() + RUN_MS;
  const told: Told = { sent: 0, retried: 0, dead: 0, set_aside: 0, stale: 0, more: false };
  const alerts = new Map<string, number>();
  for (;;) {
    const claimed = await queue.claim(BATCH, LEASE_SECONDS);
    if (claimed.length === 0) break;
    const outcomes = await sendAll(claimed, dependencies);
    for (const { alert } of outcomes) {
      if (alert !== undefined) alerts.set(alert, (alerts.get(alert) ?? 0) + 1);
    }
    const counts = await queue.finish(claimed.map((one) => one.ticket), outcomes);
    for (const name of ["sent", "retried", "dead", "set_aside", "stale"] as const) told[name] += counts[name];
    if (world.now() >= end) {
      told.more = true;
      break;
    }
  }
  for (const [code, count] of alerts) log("warning", "provider_refused", { function: "push-notify", code, count });
  return told;
}

/** The outcomes of a batch, in its order; so many requests are under way at once. */
async function sendAll(wakeups: Wakeup[], { senders, world }: Dependencies): Promise<Outcome[]> {
  const outcomes: Outcome[] = new Array(wakeups.length);
  let next = 0;
  async function work(): Promise<void> {
    while (next < wakeups.length) {
      const place = next++;
      const wakeup = wakeups[place];
      const send = senders[wakeup.platform];
      outcomes[place] = send === undefined
        ? retry(wakeup, world.random, null, `${wakeup.platform}-not-configured`)
        : await send(wakeup);
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, wakeups.length) }, work));
  return outcomes;
}
