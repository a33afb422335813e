// The official JavaScript client with the service's relay in place of Auth, unchanged. Prints the steps that worked.
// deno-lint-ignore no-import-prefix -- a client under test, not a dependency of ours
import { AuthClient, type AuthError } from "npm:@supabase/supabase-js@2.119.1";
import { createHash } from "node:crypto";
import assert from "node:assert/strict";

const [auth, service, email, password] = ["AUTH", "SERVICE", "EMAIL", "PASSWORD"].map((name) => Deno.env.get(name)!);
const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};
const options = { storage, storageKey: "kept", flowType: "pkce" as const, autoRefreshToken: false };
const client = new AuthClient({ ...options, url: `${service}/auth` });
const stranger = `${crypto.randomUUID()}@test.medtime.app`;

function ok<Data>(answer: { data: Data; error: null } | { data: unknown; error: AuthError }): Data {
  if (answer.error) throw answer.error;
  return answer.data as Data;
}

async function synced(token: string): Promise<number> {
  const answer = await fetch(`${service}/sync/status`, { headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status;
}

const steps: Record<string, () => Promise<void>> = {
  async "password, refresh, sign out"() {
    const { session } = ok(await client.signInWithPassword({ email, password }));
    assert.equal(await synced(session.access_token), 200);
    const refreshed = ok(await client.refreshSession()).session!;
    assert.notEqual(refreshed.refresh_token, session.refresh_token);
    assert.equal(refreshed.user.email, email);
    assert.equal((await client.signOut()).error, null);
    assert.equal(await synced(refreshed.access_token), 401);
    const over = (await client.refreshSession(refreshed)).error!;
    assert.deepEqual([over.status, over.code], [400, "refresh_token_not_found"]);
  },
  async "id token"() {
    const answer = await fetch(`${auth}/test-issuer/id_token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        provider: "google",
        email: stranger,
        nonce: createHash("sha256").update("a nonce").digest("hex"),
      }),
    });
    const token = (await answer.json()).id_token;
    const { user, session } = ok(await client.signInWithIdToken({ provider: "google", token, nonce: "a nonce" }));
    assert.equal(user.email, stranger);
    assert.equal(await synced(session.access_token), 200);
  },
  async "pkce"() {
    // The browser goes to Auth itself; the code comes back to the app, which gives it to the service.
    const begun = ok(
      await new AuthClient({ ...options, url: auth }).signInWithOAuth({
        provider: "apple",
        options: {
          redirectTo: "com.medtime.app://in",
          skipBrowserRedirect: true,
          queryParams: { login_hint: stranger },
        },
      }),
    );
    const answer = await fetch(begun.url!, { redirect: "manual" });
    await answer.body?.cancel();
    const code = new URL(answer.headers.get("location")!).searchParams.get("code")!;
    const { session } = ok(await client.exchangeCodeForSession(code));
    assert.equal(session.user.email, stranger);
    assert.equal(await synced(session.access_token), 200);
  },
  async "refusals"() {
    const wrong = (await client.signInWithPassword({ email, password: "wrong" })).error!;
    assert.deepEqual([wrong.name, wrong.status, wrong.code], ["AuthApiError", 400, "invalid_credentials"]);
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(name);
}
