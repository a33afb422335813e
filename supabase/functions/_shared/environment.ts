// What Supabase gives every function: https://supabase.com/docs/guides/functions/secrets

type Read = (name: string) => string | undefined;

export interface Environment {
  url: string;
  /** API keys that anybody may have. */
  publishableKeys: string[];
  /** API keys that only our own servers have. */
  secretKeys: string[];
  issuer: string;
  audiences: string[];
  algorithms: string[];
}

/** Read the environment. Throws when the project's address or its keys are missing. */
export function readEnvironment(read: Read = (name) => Deno.env.get(name)): Environment {
  const url = read("SUPABASE_URL");
  if (!url) throw new Error("SUPABASE_URL is not set");
  return {
    url: url.replace(/\/+$/, ""),
    publishableKeys: keys(read, "SUPABASE_PUBLISHABLE_KEYS", "SUPABASE_ANON_KEY"),
    secretKeys: keys(read, "SUPABASE_SECRET_KEYS", "SUPABASE_SERVICE_ROLE_KEY"),
    issuer: read("MEDTIME_JWT_ISSUER") || "https://auth.medtime.app",
    audiences: list(read("MEDTIME_JWT_AUDIENCE") || "medtime-api"),
    algorithms: list(read("MEDTIME_JWT_ALGORITHMS") || "RS256"),
  };
}

/** The named keys of today's projects, and the single one of older ones. */
function keys(read: Read, named: string, single: string): string[] {
  const found: unknown = JSON.parse(read(named) || "{}");
  const values = [...Object.values(found as Record<string, unknown>), read(single)];
  const texts = values.filter((value): value is string => typeof value === "string" && value !== "");
  if (texts.length === 0) throw new Error(`${named} is not set`);
  return [...new Set(texts)];
}

function list(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
