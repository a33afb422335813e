// Access tokens of Supabase Auth, verified like in the service (medtime_backend/identity.py): the same order, the same
// problems. A key is found by its id in the published set; the algorithm is the key's, and from our own list.
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
} from "jose";
import { type Environment } from "./environment.ts";
import { busy, Problem } from "./problem.ts";
import { type Slug } from "./problems.ts";

const LONGEST = 16 * 1024;
const LEEWAY_SECONDS = 10;
const FOREIGN_KEYS = ["jwk", "jku", "x5c", "x5u"];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const KEYS_TIMEOUT_MS = 3_000;

export type Verify = (token: string) => Promise<JWTPayload>;

/** What verifies tokens of this project's users. It throws a Problem for every other token. */
export function createVerifier(environment: Environment, fetcher: typeof fetch = fetch): Verify {
  const address = new URL(`${environment.url}/auth/v1/.well-known/jwks.json`);
  const keys = createRemoteJWKSet(address, { timeoutDuration: KEYS_TIMEOUT_MS, [customFetch]: fetcher });
  return async (token) => {
    checkHeader(token, environment.algorithms);
    let claims: JWTPayload;
    try {
      ({ payload: claims } = await jwtVerify(token, keys, {
        algorithms: environment.algorithms,
        issuer: environment.issuer,
        audience: environment.audiences,
        clockTolerance: LEEWAY_SECONDS,
        requiredClaims: ["iss", "aud", "exp"],
      }));
    } catch (fault) {
      throw problemOf(fault);
    }
    checkUser(claims);
    return claims;
  };
}

/** What is wrong with a token before its key is looked for. */
function checkHeader(token: string, algorithms: readonly string[]): void {
  if (token.length > LONGEST) throw new Problem("token-too-large");
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw new Problem("malformed-token");
  }
  if (FOREIGN_KEYS.some((name) => name in header)) throw new Problem("key-in-header");
  if (!algorithms.includes(header.alg ?? "")) throw new Problem("wrong-algorithm");
  if (typeof header.kid !== "string") throw new Problem("unknown-key");
}

/** Whether verified claims are a signed-in user's. */
function checkUser(claims: JWTPayload): void {
  if ((claims.iat ?? 0) > Date.now() / 1000 + LEEWAY_SECONDS) throw new Problem("token-from-the-future");
  if (claims.role !== "authenticated") throw new Problem("not-a-user-token");
  checkUuid(claims, "sub");
  if ((claims.is_anonymous ?? false) !== false) throw new Problem("anonymous-user");
  checkUuid(claims, "session_id");
}

function checkUuid(claims: JWTPayload, name: string): void {
  const value = claims[name];
  if (value === undefined || value === null) throw new Problem("missing-claim", { claim: name });
  if (typeof value !== "string" || !UUID.test(value)) throw new Problem("invalid-subject");
}

const WRONG_CLAIMS: Record<string, Slug> = {
  iss: "wrong-issuer",
  aud: "wrong-audience",
  nbf: "token-not-yet-valid",
};

function problemOf(fault: unknown): Problem {
  if (fault instanceof errors.JWTExpired) return new Problem("token-expired");
  if (fault instanceof errors.JWTClaimValidationFailed) {
    if (fault.reason === "missing") return new Problem("missing-claim", { claim: fault.claim });
    return new Problem(
      fault.reason === "check_failed" ? WRONG_CLAIMS[fault.claim] ?? "malformed-token" : "malformed-token",
    );
  }
  if (fault instanceof errors.JWSSignatureVerificationFailed) return new Problem("bad-signature");
  if (fault instanceof errors.JWKSNoMatchingKey) return new Problem("unknown-key");
  if (fault instanceof errors.JOSEAlgNotAllowed || fault instanceof errors.JOSENotSupported) {
    return new Problem("wrong-algorithm");
  }
  if (fault instanceof errors.JWSInvalid || fault instanceof errors.JWTInvalid) return new Problem("malformed-token");
  // The set could not be had: nobody is to be signed out for that.
  return busy(5);
}
