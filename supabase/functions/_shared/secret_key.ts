import { createHash, timingSafeEqual } from "node:crypto";
import { Problem } from "./problem.ts";

/**
 * Let only a holder of one of the project's secret keys pass: in the `apikey` header, or as the bearer token.
 * Every key is compared in full, so that the time taken tells nothing. Throws Problem.
 */
export function requireSecretKey(request: Request, secretKeys: readonly string[]): void {
  const [scheme, bearer = ""] = (request.headers.get("authorization") ?? "").split(" ");
  const given = [request.headers.get("apikey") ?? "", scheme.toLowerCase() === "bearer" ? bearer : ""];
  const pairs = given.flatMap((one) => secretKeys.map((key) => timingSafeEqual(digest(one), digest(key))));
  if (!pairs.includes(true)) throw new Problem("secret-key-needed");
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
