import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { readEnvironment } from "./environment.ts";
import { Problem } from "./problem.ts";
import { createVerifier } from "./token.ts";

const values: Record<string, string> = {
  SUPABASE_URL: "http://project.test",
  SUPABASE_ANON_KEY: "anon",
  SUPABASE_SERVICE_ROLE_KEY: "secret",
  MEDTIME_JWT_ALGORITHMS: "RS256, ES256",
};
const rsa = await generateKeyPair("RS256", { extractable: true });
const elliptic = await generateKeyPair("ES256", { extractable: true });
const published = {
  keys: [
    { ...await exportJWK(rsa.publicKey), kid: "rsa", alg: "RS256", use: "sig" },
    { ...await exportJWK(elliptic.publicKey), kid: "elliptic", alg: "ES256", use: "sig" },
  ],
};
const user: JWTPayload = {
  iss: "https://auth.medtime.app",
  aud: "medtime-api",
  sub: crypto.randomUUID(),
  session_id: crypto.randomUUID(),
  role: "authenticated",
};

function verifier(
  changed: Record<string, string> = {},
  keys: typeof fetch = () => Promise.resolve(Response.json(published)),
) {
  return createVerifier(readEnvironment((name) => ({ ...values, ...changed })[name]), keys);
}

function sign(claims: JWTPayload, more: Partial<JWTHeaderParameters> = {}, expires: number | string = "1h") {
  const header = { alg: "RS256", kid: "rsa", ...more };
  const signed = new SignJWT(claims).setProtectedHeader(header);
  if (claims.exp === undefined) signed.setExpirationTime(expires);
  return signed.sign(header.alg === "ES256" ? elliptic.privateKey : rsa.privateKey);
}

async function refused(token: string, verify = verifier()): Promise<Problem> {
  const problem = await verify(token).then(() => null, (fault) => fault);
  assert.ok(problem instanceof Problem, `${problem}`);
  return problem;
}

Deno.test("P40: a token signed with ES256 is verified by the published keys", async () => {
  const token = await sign(user, { alg: "ES256", kid: "elliptic" });
  assert.equal((await verifier()(token)).sub, user.sub);
});

Deno.test("a token signed with RS256 is, too, and an audience may be one of several", async () => {
  assert.equal((await verifier()(await sign(user))).sub, user.sub);
  assert.equal((await verifier()(await sign({ ...user, aud: ["x", "medtime-api"] }))).sub, user.sub);
});

Deno.test("only algorithms of our own list count, and a key has the one it is published with", async () => {
  const token = await sign(user, { alg: "ES256", kid: "elliptic" });
  assert.equal((await refused(token, verifier({ MEDTIME_JWT_ALGORITHMS: "RS256" }))).slug, "wrong-algorithm");
  assert.equal((await refused(await sign(user, { kid: "elliptic" }))).slug, "unknown-key");
  const [, claims, signature] = token.split(".");
  const forged = (alg: string) =>
    `${btoa(JSON.stringify({ alg, kid: "rsa" })).replaceAll("=", "")}.${claims}.${signature}`;
  for (const alg of ["none", "HS256", "RS512"]) assert.equal((await refused(forged(alg))).slug, "wrong-algorithm");
});

Deno.test("each refused token is told from the others", async () => {
  const now = Math.floor(Date.now() / 1000);
  const good = await sign(user);
  const tampered = good.split(".").map((part, place) => place === 1 ? btoa("{}").replaceAll("=", "") : part).join(".");
  const cases: [string, string][] = [
    ["x", "malformed-token"],
    ["a.b.c", "malformed-token"],
    ["x".repeat(16 * 1024 + 1), "token-too-large"],
    [tampered, "bad-signature"],
    [await sign(user, { kid: "other" }), "unknown-key"],
    [await sign(user, { kid: undefined }), "unknown-key"],
    [await sign(user, { jwk: published.keys[0] }), "key-in-header"],
    [await sign({ ...user, exp: now - 60 }), "token-expired"],
    [await sign({ ...user, nbf: now + 60 }), "token-not-yet-valid"],
    [await sign({ ...user, iat: now + 60 }), "token-from-the-future"],
    [await sign({ ...user, iss: "https://other.test" }), "wrong-issuer"],
    [await sign({ ...user, aud: "other" }), "wrong-audience"],
    [await sign({ ...user, aud: undefined }), "missing-claim"],
    [await sign({ ...user, sub: undefined }), "missing-claim"],
    [await sign({ ...user, sub: "ana" }), "invalid-subject"],
    [await sign({ ...user, session_id: undefined }), "missing-claim"],
    [await sign({ ...user, role: "service_role" }), "not-a-user-token"],
    [await sign({ ...user, is_anonymous: true }), "anonymous-user"],
  ];
  for (const [token, slug] of cases) assert.equal((await refused(token)).slug, slug);
});

Deno.test("while the keys cannot be had, nobody is signed out", async () => {
  const away = verifier({}, () => Promise.reject(new TypeError("no route")));
  assert.equal((await refused(await sign(user), away)).slug, "busy");
  const broken = verifier({}, () => Promise.resolve(new Response("oops", { status: 502 })));
  assert.equal((await refused(await sign(user), broken)).slug, "busy");
});
