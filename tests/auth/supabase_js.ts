// The official JavaScript client against the local auth server, unchanged. Prints the steps that worked.
// deno-lint-ignore no-import-prefix -- a client under test, not a dependency of ours
import { type AuthError, createClient } from "npm:@supabase/supabase-js@2.119.1";
import { createHash } from "node:crypto";
import assert from "node:assert/strict";

const [base, publishableKey, secretKey] = ["BASE", "PUBLISHABLE_KEY", "SECRET_KEY"].map((name) => Deno.env.get(name)!);
const password = "correct horse";
const options = { auth: { flowType: "pkce" as const, persistSession: false, autoRefreshToken: false } };
const client = createClient(base, publishableKey, options);
const admin = createClient(base, secretKey, options).auth.admin;

function newEmail(): string {
  return `${crypto.randomUUID()}@test.medtime.app`;
}

function ok<Answer extends { data: unknown; error: AuthError | null }>(answer: Answer) {
  if (answer.error) throw answer.error;
  return answer.data as Extract<Answer, { error: null }>["data"];
}

async function idTokenOf(email: string, nonce: string): Promise<string> {
  const hashed = createHash("sha256").update(nonce).digest("hex");
  const answer = await fetch(`${base}/auth/v1/test-issuer/id_token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: "google", email, nonce: hashed }),
  });
  return (await answer.json()).id_token;
}

const steps: Record<string, () => Promise<void>> = {
  async "sign up, refresh, sign out"() {
    const email = newEmail();
    const { user } = ok(await client.auth.signUp({ email, password, options: { data: { name: "Eva" } } }));
    assert.deepEqual(user!.user_metadata, { name: "Eva" });
    const { session } = ok(await client.auth.signInWithPassword({ email, password }));
    assert.equal(ok(await client.auth.getUser()).user.id, user!.id);
    assert.equal(ok(await client.auth.getClaims())!.claims.sub, user!.id);
    const refreshed = ok(await client.auth.refreshSession()).session!;
    assert.notEqual(refreshed.refresh_token, session.refresh_token);
    assert.equal((await client.auth.signOut()).error, null);
    assert.equal((await client.auth.getUser(refreshed.access_token)).error!.name, "AuthSessionMissingError");
  },
  async "id token"() {
    const email = newEmail();
    const token = await idTokenOf(email, "a nonce");
    const { user } = ok(await client.auth.signInWithIdToken({ provider: "google", token, nonce: "a nonce" }));
    assert.equal(user.email, email);
    assert.equal(user.identities![0].provider, "google");
    const mismatch = await client.auth.signInWithIdToken({ provider: "google", token, nonce: "another" });
    assert.equal(mismatch.error!.message, "Nonces mismatch");
  },
  async "pkce"() {
    const email = newEmail();
    const redirectTo = "http://127.0.0.1/signed-in?from=app";
    const begun = ok(
      await client.auth.signInWithOAuth({
        provider: "apple",
        options: { redirectTo, skipBrowserRedirect: true, queryParams: { login_hint: email } },
      }),
    );
    const answer = await fetch(begun.url!, { redirect: "manual" });
    await answer.body?.cancel();
    const location = new URL(answer.headers.get("location")!);
    assert.equal(location.searchParams.get("from"), "app");
    const { user } = ok(await client.auth.exchangeCodeForSession(location.searchParams.get("code")!));
    assert.equal(user.email, email);
  },
  async "admin"() {
    const made = ok(await admin.createUser({ email: newEmail(), password, email_confirm: true })).user!;
    assert.equal(ok(await admin.getUserById(made.id)).user!.email, made.email);
    const listed = ok(await admin.listUsers({ page: 1, perPage: 1 }));
    assert.deepEqual([listed.users.length, (listed as { nextPage?: number }).nextPage], [1, 2]);
    ok(await admin.deleteUser(made.id));
    assert.equal((await admin.getUserById(made.id)).error!.code, "user_not_found");
    assert.equal((await client.auth.admin.getUserById(made.id)).error!.code, "not_admin");
  },
  async "refusals"() {
    const weak = (await client.auth.signUp({ email: newEmail(), password: "short" })).error!;
    assert.deepEqual([weak.name, weak.code], ["AuthWeakPasswordError", "weak_password"]);
    const wrong = (await client.auth.signInWithPassword({ email: newEmail(), password })).error!;
    assert.deepEqual([wrong.status, wrong.code], [400, "invalid_credentials"]);
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(name);
}
