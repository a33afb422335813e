import { createHash } from "node:crypto";

// The service's own (medtime_backend/routes/catalog.py): an hour at the edge, since nobody tells caches of a seed.
const CACHE_CONTROL = "public, max-age=300, s-maxage=3600, stale-while-revalidate=86400";

/** The answer with its weak ETag, or that the client has it already. */
export function answer(request: Request, found: unknown): Response {
  const body = JSON.stringify(found);
  const tag = `W/"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`;
  const headers = { "etag": tag, "cache-control": CACHE_CONTROL, "vary": "Accept-Encoding" };
  const held = (request.headers.get("if-none-match") ?? "").split(",").map((one) => weakened(one.trim()));
  if (held.includes("*") || held.includes(weakened(tag))) return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
}

function weakened(tag: string): string {
  return tag.replace(/^W\//, "");
}
