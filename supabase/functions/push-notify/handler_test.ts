import assert from "node:assert/strict";
import { Problem } from "../_shared/problem.ts";
import { type Counts, type Dependencies, sendersOf } from "./dependencies.ts";
import { handler } from "./handler.ts";
import { type Outcome, type Wakeup } from "./outcome.ts";
import { RUN_MS } from "./run.ts";
import { wakeup, worldOf } from "./testing.ts";

const NONE: Counts = { sent: 0, retried: 0, dead: 0, set_aside: 0, stale: 0 };

interface Given {
  batches: Wakeup[][];
  send?: (one: Wakeup) => Promise<Outcome>;
  step?: number;
}

function dependencies({ batches, send, step = 0 }: Given) {
  const world = worldOf(new Response());
  const finished: { tickets: string[]; outcomes: Outcome[] }[] = [];
  const lines: unknown[][] = [];
  const given: Dependencies = {
    keys: ["sb_secret_a", "trigger"],
    queue: {
      claim() {
        world.time += step;
        return Promise.resolve(batches.shift() ?? []);
      },
      finish(tickets, outcomes) {
        finished.push({ tickets, outcomes });
        return Promise.resolve({ ...NONE, sent: tickets.length });
      },
    },
    senders: { apns: send ?? (() => Promise.resolve({ kind: "sent" })) },
    world,
    log: (...line) => lines.push(line),
  };
  return { given, finished, lines };
}

function call(headers: Record<string, string | undefined>, method = "POST"): Request {
  return new Request("http://project.test/push-notify", { method, headers: headers as HeadersInit });
}

async function refused(request: Request, slug: string): Promise<void> {
  const { given } = dependencies({ batches: [] });
  given.queue.claim = () => assert.fail("claimed");
  await assert.rejects(handler(request, given), (fault) => fault instanceof Problem && fault.slug === slug);
}

Deno.test("nobody without one of the keys has anything sent", async () => {
  for (
    const headers of [
      {},
      { apikey: "" },
      { apikey: "sb_publishable_a" },
      { apikey: "sb_secret_" },
      { apikey: "sb_secret_aa" },
      { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." },
      { authorization: "sb_secret_a" },
      { authorization: "Basic sb_secret_a" },
    ]
  ) await refused(call(headers), "secret-key-needed");
  await refused(call({ apikey: "trigger" }, "GET"), "method-not-allowed");
});

Deno.test("each key opens, as apikey and as bearer", async () => {
  for (const headers of [{ apikey: "sb_secret_a" }, { apikey: "trigger" }, { authorization: "Bearer sb_secret_a" }]) {
    const { given } = dependencies({ batches: [] });
    const answer = await handler(call(headers), given);
    assert.deepEqual(await answer.json(), { ...NONE, more: false });
    assert.equal(answer.headers.get("cache-control"), "no-store");
  }
});

Deno.test("batch after batch, until nothing is due", async () => {
  const batches = [Array.from({ length: 200 }, () => wakeup()), [wakeup()]];
  const tickets = batches.flat().map((one) => one.ticket);
  const { given, finished } = dependencies({ batches });
  const told = await (await handler(call({ apikey: "trigger" }), given)).json();
  assert.deepEqual(told, { ...NONE, sent: 201, more: false });
  assert.deepEqual(finished.flatMap((one) => one.tickets), tickets);
});

Deno.test("fifty at once, and each outcome is told of its own ticket", async () => {
  const batch = Array.from({ length: 120 }, (_, n) => wakeup({ token: String(n) }));
  let under = 0;
  let most = 0;
  async function send(one: Wakeup): Promise<Outcome> {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, Number(one.token) % 3));
    under--;
    return { kind: Number(one.token) % 2 ? "dead" : "sent" };
  }
  const { given, finished } = dependencies({ batches: [batch], send });
  await handler(call({ apikey: "trigger" }), given);
  assert.equal(most, 50);
  const [{ tickets, outcomes }] = finished;
  assert.deepEqual(tickets, batch.map((one) => one.ticket));
  assert.deepEqual(outcomes.map((one) => one.kind), batch.map((_, n) => n % 2 ? "dead" : "sent"));
});

Deno.test("when time is up no batch is begun, and it says that there is more", async () => {
  const { given, finished } = dependencies({ batches: [[wakeup()], [wakeup()], [wakeup()]], step: RUN_MS / 2 });
  const told = await (await handler(call({ apikey: "trigger" }), given)).json();
  assert.deepEqual(told, { ...NONE, sent: 2, more: true });
  assert.equal(finished.length, 2);
});

Deno.test("what somebody has to put right is one line a reason, with how often", async () => {
  const send = (): Promise<Outcome> => Promise.resolve({ kind: "retry", delay: 30, alert: "apns-403-X" });
  const { given, lines } = dependencies({ batches: [[wakeup(), wakeup(), wakeup({ platform: "fcm" })]], send });
  await handler(call({ apikey: "trigger" }), given);
  assert.deepEqual(lines, [
    ["warning", "provider_refused", { function: "push-notify", code: "apns-403-X", count: 2 }],
    ["warning", "provider_refused", { function: "push-notify", code: "fcm-not-configured", count: 1 }],
  ]);
});

Deno.test("a provider that is set up by half is refused at the start", () => {
  const { world } = dependencies({ batches: [] }).given;
  const all: Record<string, string> = { APNS_KEY_ID: "k", APNS_TEAM_ID: "t", APNS_PRIVATE_KEY: "p", APNS_TOPIC: "b" };
  const senders = sendersOf((name) => all[name], world);
  assert.deepEqual([typeof senders.apns, typeof senders.fcm], ["function", "undefined"]);
  assert.deepEqual(Object.values(sendersOf(() => undefined, world)), [undefined, undefined]);
  assert.throws(() => sendersOf((name) => name === "APNS_TOPIC" ? undefined : all[name], world), {
    message: "APNS_TOPIC is not set",
  });
});
