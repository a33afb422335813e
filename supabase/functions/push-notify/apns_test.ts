import assert from "node:assert/strict";
import { jwtVerify } from "jose";
import { BODY, createApns } from "./apns.ts";
import { newKey, NOW, wakeup, worldOf } from "./testing.ts";

const { privateKey, publicKey } = await newKey("ES256");
const SETTINGS = {
  keyId: "KEY1234567",
  teamId: "TEAM123456",
  privateKey,
  topic: "app.medtime",
  production: "https://production.test",
  sandbox: "https://sandbox.test",
};
const OK = new Response(null, { status: 200 });

function refusal(status: number, reason: string, headers: Record<string, string> = {}): Response {
  return Response.json({ reason }, { status, headers });
}

Deno.test("a background notification that says sync and nothing else", async () => {
  const world = worldOf(OK);
  assert.deepEqual(await createApns(SETTINGS, world)(wakeup({ token: "c0ffee" })), { kind: "sent" });
  const [{ url, headers, body }] = world.sent;
  assert.equal(url, "https://production.test/3/device/c0ffee");
  assert.equal(body, '{"aps":{"content-available":1},"sync":true}');
  const { authorization, ...others } = headers;
  assert.deepEqual(others, {
    "apns-topic": "app.medtime",
    "apns-push-type": "background",
    "apns-priority": "5",
    "apns-expiration": String(NOW / 1000 + 86_400),
    "apns-collapse-id": "sync",
    "content-type": "application/json",
  });
  const [scheme, token] = authorization.split(" ");
  const { payload, protectedHeader } = await jwtVerify(token, publicKey, { currentDate: new Date(NOW) });
  assert.equal(scheme, "bearer");
  assert.deepEqual(protectedHeader, { alg: "ES256", kid: "KEY1234567" });
  assert.deepEqual(payload, { iss: "TEAM123456", iat: NOW / 1000 - 600 });
});

Deno.test("one provider token for half an hour, then a new one", async () => {
  const world = worldOf(OK);
  const send = createApns(SETTINGS, world);
  await Promise.all([send(wakeup()), send(wakeup())]);
  world.time += 19 * 60_000;
  await send(wakeup());
  world.time += 60_000;
  await send(wakeup());
  const tokens = world.sent.map((one) => one.headers.authorization);
  assert.equal(new Set(tokens.slice(0, 3)).size, 1);
  assert.notEqual(tokens[3], tokens[0]);
});

Deno.test("a test build is woken in the sandbox", async () => {
  const world = worldOf(OK);
  await createApns(SETTINGS, world)(wakeup({ environment: "sandbox" }));
  assert.ok(world.sent[0].url.startsWith("https://sandbox.test/"));
});

Deno.test("an address is dead when Apple says so in both environments", async () => {
  const bad = refusal(400, "BadDeviceToken");
  for (
    const [answers, kind, asked] of [
      [[refusal(410, "Unregistered")], "dead", 1],
      [[refusal(410, "ExpiredToken")], "dead", 1],
      [[bad], "dead", 2],
      [[bad, OK], "sent", 2],
      [[bad, refusal(503, "ServiceUnavailable")], "retry", 2],
    ] as const
  ) {
    const world = worldOf(...answers);
    assert.equal((await createApns(SETTINGS, world)(wakeup())).kind, kind);
    assert.equal(world.sent.length, asked);
  }
  const world = worldOf(bad, OK);
  assert.equal((await createApns(SETTINGS, world)(wakeup())).alert, "apns-wrong-environment");
});

Deno.test("what is wrong with our key or topic costs nobody their address, and is told", async () => {
  for (
    const [status, reason] of [
      [403, "ExpiredProviderToken"],
      [403, "InvalidProviderToken"],
      [403, "Forbidden"],
      [429, "TooManyProviderTokenUpdates"],
      [400, "DeviceTokenNotForTopic"],
      [400, "BadTopic"],
      [400, "TopicDisallowed"],
    ] as const
  ) {
    const outcome = await createApns(SETTINGS, worldOf(refusal(status, reason)))(wakeup());
    assert.deepEqual([outcome.kind, outcome.alert], ["retry", `apns-${status}-${reason}`]);
  }
});

Deno.test("later, when Apple has no time, does not answer or breaks off", async () => {
  for (
    const [answer, delay] of [
      [refusal(429, "TooManyRequests", { "retry-after": "200" }), 210],
      [refusal(429, "TooManyRequests"), 23],
      [refusal(500, "InternalServerError"), 23],
      [refusal(503, "Shutdown", { "retry-after": new Date(NOW + 100_000).toUTCString() }), 105],
      [refusal(503, "Shutdown", { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }), 86_400],
      [new TypeError("connection reset"), 23],
      [new DOMException("timed out", "TimeoutError"), 23],
    ] as const
  ) {
    const outcome = await createApns(SETTINGS, worldOf(answer))(wakeup());
    assert.deepEqual([outcome.kind, outcome.delay], ["retry", delay]);
  }
});

Deno.test("the pauses grow to an hour", async () => {
  const send = createApns(SETTINGS, worldOf(refusal(500, "InternalServerError")));
  const delays = [];
  for (let attempts = 1; attempts <= 9; attempts++) delays.push((await send(wakeup({ attempts }))).delay);
  assert.deepEqual(delays, [23, 45, 90, 180, 360, 720, 1440, 2700, 2700]);
});

Deno.test("what Apple will never take is set aside, and no text of the answer is repeated", async () => {
  const odd = Response.json({ reason: "the token ab is bad" }, { status: 400 });
  assert.deepEqual(await createApns(SETTINGS, worldOf(odd))(wakeup()), { kind: "poison", alert: "apns-400" });
  const outcome = await createApns(SETTINGS, worldOf(refusal(413, "PayloadTooLarge")))(wakeup());
  assert.deepEqual(outcome, { kind: "poison", alert: "apns-413-PayloadTooLarge" });
  const page = new Response("x".repeat(100_000), { status: 502 });
  assert.equal((await createApns(SETTINGS, worldOf(page))(wakeup())).alert, "apns-502");
});

Deno.test("a key that is none makes every wake-up wait, and is told", async () => {
  const outcome = await createApns({ ...SETTINGS, privateKey: "no key" }, worldOf(OK))(wakeup());
  assert.equal(outcome.kind, "retry");
  assert.equal(BODY.length, 43);
});
