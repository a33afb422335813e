import { createClient } from "@supabase/supabase-js";
import { readEnvironment } from "../_shared/environment.ts";
import { busy, Problem } from "../_shared/problem.ts";
import { createVerifier, type Verify } from "../_shared/token.ts";

export interface Dependencies {
  /** Call a function of the catalog and return its JSON. Throws Problem. */
  ask: (name: string, values: Record<string, unknown>) => Promise<unknown>;
  verify: Verify;
  /** Bearer tokens that are no user's: supabase-js sends the API key where nobody is signed in. */
  apiKeys: readonly string[];
}

// SQLSTATE classes that pass: no connection, serialization, resources, intervention (a time-out), a lock.
const PASSING = /^(08|40|53|57|55P03|PGRST00)/;
const TIMEOUT_MS = 8_000;

/** The real ones: the project's own REST API, asked as anybody, and its published keys. */
export function createDependencies(): Dependencies {
  const environment = readEnvironment();
  const client = createClient(environment.url, environment.publishableKeys[0], {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  return {
    // By POST: what is searched for is no part of an address, which gateways log.
    async ask(name, values) {
      const { data, error, status } = await client.rpc(name, values).abortSignal(AbortSignal.timeout(TIMEOUT_MS));
      if (error === null) return data;
      if (error.code === "MT400") throw new Problem("invalid-parameter", JSON.parse(error.details));
      throw status === 0 || status >= 502 || PASSING.test(error.code) ? busy() : new Problem("internal-error");
    },
    verify: createVerifier(environment),
    apiKeys: [...environment.publishableKeys, ...environment.secretKeys],
  };
}
