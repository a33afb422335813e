import assert from "node:assert/strict";
import { jwtVerify } from "jose";
import { createFcm, readServiceAccount } from "./fcm.ts";
import { newKey, NOW, wakeup, worldOf } from "./testing.ts";

const { privateKey, publicKey } = await newKey("RS256");
const ACCOUNT = {
  project_id: "medtime-test",
  client_email: "push@medtime-test.test",
  private_key: privateKey,
  token_uri: "https://oauth.test/token",
};
const SETTINGS = readServiceAccount(JSON.stringify(ACCOUNT), "https://fcm.test");
const TOKEN = Response.json({ access_token: "at-1", expires_in: 3599, token_type: "Bearer" });
const OK = Response.json({ name: "projects/medtime-test/messages/1" });
const ANDROID = wakeup({ platform: "fcm", token: "abc:APA91b" });

function refusal(
  status: number,
  code: string,
  details: unknown[] = [],
  headers: Record<string, string> = {},
): Response {
  const fault = { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: code };
  return Response.json({ error: { code: status, status: "X", details: [fault, ...details] } }, { status, headers });
}

const BAD_TOKEN = {
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: [{ field: "message.token", description: "Invalid registration token" }],
};

Deno.test("a data message that says sync and nothing else", async () => {
  const world = worldOf(TOKEN, OK);
  assert.deepEqual(await createFcm(SETTINGS, world)(ANDROID), { kind: "sent" });
  const [asked, sent] = world.sent;
  assert.equal(asked.url, "https://oauth.test/token");
  const form = new URLSearchParams(asked.body);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const { payload, protectedHeader } = await jwtVerify(form.get("assertion")!, publicKey, {
    currentDate: new Date(NOW),
  });
  assert.deepEqual(protectedHeader, { alg: "RS256", typ: "JWT" });
  assert.deepEqual(payload, {
    iss: "push@medtime-test.test",
    aud: "https://oauth.test/token",
    scope: "https://www.googleapis.com/auth/firebase.messaging",
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
  });
  assert.equal(sent.url, "https://fcm.test/v1/projects/medtime-test/messages:send");
  assert.deepEqual(sent.headers, { "authorization": "Bearer at-1", "content-type": "application/json" });
  assert.equal(
    sent.body,
    '{"message":{"token":"abc:APA91b","data":{"sync":"true"},"android":{"collapse_key":"sync","priority":"NORMAL","ttl":"86400s"}}}',
  );
});

Deno.test("one access token for all who wait, until five minutes before its end", async () => {
  const world = worldOf(TOKEN, OK);
  const send = createFcm(SETTINGS, world);
  await Promise.all(Array.from({ length: 20 }, () => send(ANDROID)));
  assert.equal(world.sent.filter((one) => one.url === ACCOUNT.token_uri).length, 1);
  world.time += 3290_000;
  await send(ANDROID);
  assert.equal(world.sent.at(-2)!.url, SETTINGS.address + "/v1/projects/medtime-test/messages:send");
});

Deno.test("an access token that Google takes no more is renewed", async () => {
  const world = worldOf(TOKEN, refusal(401, "UNAUTHENTICATED"), TOKEN, OK);
  const send = createFcm(SETTINGS, world);
  assert.equal((await send(ANDROID)).kind, "retry");
  assert.equal((await send(ANDROID)).kind, "sent");
});

Deno.test("who is dead, what waits, what is set aside", async () => {
  for (
    const [answer, kind, delay] of [
      [refusal(404, "UNREGISTERED"), "dead", undefined],
      [refusal(400, "INVALID_ARGUMENT", [BAD_TOKEN]), "dead", undefined],
      [refusal(400, "INVALID_ARGUMENT"), "poison", undefined],
      [refusal(403, "SENDER_ID_MISMATCH"), "poison", undefined],
      [refusal(404, "NOT_FOUND"), "retry", 23],
      [refusal(403, "PERMISSION_DENIED"), "retry", 23],
      [refusal(401, "THIRD_PARTY_AUTH_ERROR"), "retry", 23],
      [refusal(429, "QUOTA_EXCEEDED"), "retry", 63],
      [refusal(429, "QUOTA_EXCEEDED", [], { "retry-after": "600" }), "retry", 630],
      [refusal(500, "INTERNAL"), "retry", 23],
      [refusal(503, "UNAVAILABLE", [], { "retry-after": "nonsense" }), "retry", 23],
      [new Response("<html>502</html>", { status: 502 }), "retry", 23],
      [new TypeError("connection reset"), "retry", 23],
    ] as const
  ) {
    const outcome = await createFcm(SETTINGS, worldOf(TOKEN, answer))(ANDROID);
    assert.deepEqual([outcome.kind, outcome.delay], [kind, delay]);
  }
});

Deno.test("without an access token everything waits, and it is told why", async () => {
  const world = worldOf(Response.json({ error: "invalid_grant" }, { status: 400 }));
  const outcome = await createFcm(SETTINGS, world)(ANDROID);
  assert.deepEqual([outcome.kind, outcome.alert], ["retry", "fcm-TokenRefused"]);
  assert.equal(world.sent.length, 1);
});

Deno.test("a file that is no service account is refused by what it lacks", () => {
  for (const name of ["project_id", "client_email", "private_key", "token_uri"]) {
    const text = JSON.stringify({ ...ACCOUNT, [name]: undefined });
    assert.throws(() => readServiceAccount(text, ""), { message: `FCM_SERVICE_ACCOUNT has no ${name}` });
  }
  assert.throws(() => readServiceAccount("no JSON", ""));
});
