import assert from "node:assert/strict";
import { readEnvironment } from "./environment.ts";
import { type Fields, lineOf } from "./log.ts";
import { observed } from "./observed.ts";
import { answerProblem, busy, Problem } from "./problem.ts";
import { requestIdOf } from "./request_id.ts";
import { requireSecretKey } from "./secret_key.ts";

const CANARY = "metformina 850";

function asked(headers: Record<string, string> = {}): Request {
  return new Request("http://project.test/f", { headers });
}

Deno.test("a problem has the service's members, then its facts", async () => {
  const answer = answerProblem(new Problem("invalid-parameter", { parameters: ["q"] }), "id-of-request");
  assert.equal(answer.status, 400);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const members = Object.keys(await answer.json());
  assert.deepEqual(members, ["type", "title", "status", "detail", "retryable", "request_id", "parameters"]);
});

Deno.test("a problem may be repeated when it says so", async () => {
  const answer = answerProblem(busy(5), "x");
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "5"]);
  assert.equal((await answer.json()).retryable, true);
});

Deno.test("a request's id is the gateway's, if it has the form of one", () => {
  assert.equal(requestIdOf(asked({ "x-request-id": "0123-abcd" })), "0123-abcd");
  for (const odd of ["short", "x".repeat(65), "a b c d e f g"]) {
    assert.match(requestIdOf(asked({ "x-request-id": odd })), /^[0-9a-f]{32}$/);
  }
});

Deno.test("only declared fields are logged, and short", () => {
  const fields = { status: 200, code: "x".repeat(200), url: CANARY, problem: undefined } as Fields;
  const line = JSON.parse(lineOf("info", "request", fields, new Date(0)));
  const code = "x".repeat(100);
  assert.deepEqual(line, { event: "request", level: "info", timestamp: "1970-01-01T00:00:00.000Z", status: 200, code });
});

Deno.test("a fault is answered and logged by its class alone", async () => {
  const lines: string[] = [];
  const handle = observed(
    "f",
    () => Promise.reject(new RangeError(CANARY)),
    (level, event, fields = {}) => lines.push(lineOf(level, event, fields, new Date())),
  );
  const answer = await handle(asked({ "x-request-id": "0123-abcd" }));
  assert.equal(answer.status, 500);
  assert.equal(answer.headers.get("x-request-id"), "0123-abcd");
  assert.equal(JSON.parse(lines[0]).code, "RangeError");
  assert.equal(JSON.parse(lines[1]).problem, "internal-error");
  assert.ok(![await answer.text(), ...lines].some((text) => text.includes(CANARY)));
});

Deno.test("a secret key opens in either header, and nothing else does", () => {
  const keys = ["sb_secret_one", "sb_secret_other"];
  requireSecretKey(asked({ apikey: "sb_secret_other" }), keys);
  requireSecretKey(asked({ authorization: "Bearer sb_secret_one" }), keys);
  const wrong: Record<string, string>[] = [
    {},
    { apikey: "" },
    { apikey: "sb_secret_on" },
    { apikey: "sb_publishable_x" },
    { authorization: "sb_secret_one" },
    { authorization: "Basic sb_secret_one" },
  ];
  for (const headers of wrong) {
    assert.throws(() => requireSecretKey(asked(headers), keys), { slug: "secret-key-needed" });
  }
  assert.throws(() => requireSecretKey(asked({ apikey: "" }), []), { slug: "secret-key-needed" });
});

Deno.test("the environment is today's projects' or an older one's", () => {
  const older = { SUPABASE_URL: "http://x/", SUPABASE_ANON_KEY: "a", SUPABASE_SERVICE_ROLE_KEY: "s" };
  const read = (values: Record<string, string>) => readEnvironment((name) => values[name]);
  assert.deepEqual(read(older).url, "http://x");
  const named = { SUPABASE_SECRET_KEYS: '{"default": "t", "automation": "s"}' };
  assert.deepEqual(read({ ...older, ...named }).secretKeys, ["t", "s"]);
  assert.throws(() => read({ ...older, SUPABASE_URL: "" }), /SUPABASE_URL/);
  assert.throws(() => read({ SUPABASE_URL: "http://x", SUPABASE_ANON_KEY: "a" }), /SUPABASE_SECRET_KEYS/);
});
