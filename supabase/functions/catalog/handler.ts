import { Problem } from "../_shared/problem.ts";
import { answer } from "./answer.ts";
import { type Dependencies } from "./dependencies.ts";
import { readSearch, refuseUnknown } from "./parameters.ts";

// Supabase passes /catalog/…; the gateway's own prefix is there when a function is reached past it.
const PATH = /^(?:\/functions\/v1)?\/+catalog\/+([^/]+)\/*$/;
const ALLOWED = "GET, OPTIONS";
const PRODUCT_ID = /^(rxnorm|cofepris|ema):[0-9A-Za-z][0-9A-Za-z._-]{0,63}$/;

/** Answer a request of the catalog like the service does. Throws Problem. */
export async function handler(request: Request, dependencies: Dependencies): Promise<Response> {
  const url = new URL(request.url);
  const name = nameOf(url.pathname);
  if (name === null) throw new Problem("not-found");
  if (request.method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow: ALLOWED, "cache-control": "no-store" } });
  }
  if (request.method !== "GET") throw new Problem("method-not-allowed", {}, { allow: ALLOWED });
  await checkToken(request, dependencies);
  if (name === "search") {
    const asked = readSearch(url.searchParams);
    return answer(request, await dependencies.ask("catalog_search", { ...asked }));
  }
  refuseUnknown(url.searchParams, []);
  if (name === "sources") return answer(request, await dependencies.ask("catalog_sources", {}));
  const found = PRODUCT_ID.test(name) ? await dependencies.ask("catalog_product", { id: name }) : null;
  if (found === null) throw new Problem("unknown-product");
  return answer(request, found);
}

/** The last part of the path; null when there is none, or when it hides a slash. */
function nameOf(path: string): string | null {
  const part = PATH.exec(path)?.[1];
  if (part === undefined) return null;
  try {
    const name = decodeURIComponent(part);
    return name.includes("/") ? null : name;
  } catch {
    return part;
  }
}

/** A token is not needed; one that is there must be good, as at the service. */
async function checkToken(request: Request, { apiKeys, verify }: Dependencies): Promise<void> {
  const given = request.headers.get("authorization");
  if (given === null) return;
  const [scheme, ...rest] = given.split(" ");
  const token = rest.join(" ").trim();
  if (scheme.toLowerCase() !== "bearer" || token === "" || token.includes(",")) {
    throw new Problem("malformed-authorization");
  }
  if (!apiKeys.includes(token)) await verify(token);
}
