import { Problem } from "../_shared/problem.ts";
import { requireSecretKey } from "../_shared/secret_key.ts";
import { type Dependencies } from "./dependencies.ts";
import { sendWakeups } from "./run.ts";

/** Send what is due, and tell how many of what. There is nothing to ask for and nothing to choose. Throws Problem. */
export async function handler(request: Request, dependencies: Dependencies): Promise<Response> {
  requireSecretKey(request, dependencies.keys);
  if (request.method !== "POST") throw new Problem("method-not-allowed", {}, { allow: "POST" });
  await request.body?.cancel();
  const told = await sendWakeups(dependencies);
  return Response.json(told, { headers: { "cache-control": "no-store" } });
}
