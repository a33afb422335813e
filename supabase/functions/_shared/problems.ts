// The problems that functions answer with: those of the service (docs/errors.md), word for word. A test compares.

export interface Declaration {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
  readonly retryable?: boolean;
  /** RFC 6750, section 3.1: the `error` of the challenge; empty without a token. Only of 401 and 403. */
  readonly challenge?: string;
}

const badToken = { status: 401, challenge: "invalid_token" } as const;

export const PROBLEMS = {
  "invalid-parameter": {
    status: 400,
    title: "A parameter is missing or wrong",
    advice: "Correct the named parameters: forms and limits are in the description of the endpoint.",
  },
  "unknown-product": {
    status: 404,
    title: "No such product",
    advice: "Take the id from a search; ids stay the same in every release.",
  },
  "not-found": { status: 404, title: "Not found", advice: "Check the path." },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    advice: "Use a method that the Allow header lists.",
  },
  "internal-error": {
    status: 500,
    title: "A fault of the server",
    advice: "Repeat the same request later; if it stays, report the request_id.",
    retryable: true,
  },
  "busy": {
    status: 503,
    title: "Try again shortly",
    advice: "Repeat the same request after Retry-After seconds; nothing is stored twice.",
    retryable: true,
  },
  "secret-key-needed": {
    status: 401,
    title: "Only our own servers may call this",
    advice: "Send the project's secret key in the apikey header; phones have nothing to call here.",
    challenge: "",
  },
  "missing-token": {
    status: 401,
    title: "An access token is needed",
    advice: "Send Authorization: Bearer with an access token of Supabase Auth.",
    challenge: "",
  },
  "malformed-authorization": {
    status: 401,
    title: "The Authorization header is not one bearer token",
    advice: "Send exactly one Authorization header: Bearer, a space, the access token.",
    challenge: "invalid_request",
  },
  "malformed-token": {
    ...badToken,
    title: "The token cannot be read",
    advice: "Send the access token exactly as Supabase Auth gave it.",
  },
  "token-too-large": {
    ...badToken,
    title: "The token is too large",
    advice: "Keep user and app metadata small, then sign in again.",
  },
  "key-in-header": {
    ...badToken,
    title: "The token names its own key",
    advice: "Send a token of Supabase Auth; keys are only taken from its published set.",
  },
  "unknown-key": {
    ...badToken,
    title: "The token's key is not known",
    advice: "Refresh the access token; one signed with a withdrawn key never becomes valid again.",
  },
  "wrong-algorithm": {
    ...badToken,
    title: "The token's algorithm is not accepted",
    advice: "Refresh the access token; operators: see MEDTIME_JWT_ALGORITHMS.",
  },
  "bad-signature": {
    ...badToken,
    title: "The token's signature is wrong",
    advice: "Send the access token exactly as Supabase Auth gave it.",
  },
  "token-expired": {
    ...badToken,
    title: "The token has expired",
    advice: "Refresh the access token and repeat the same request; clocks and pending pushes stay valid.",
  },
  "token-not-yet-valid": {
    ...badToken,
    title: "The token is not valid yet",
    advice: "Refresh the access token; operators: compare the clocks of Auth and the service.",
  },
  "token-from-the-future": {
    ...badToken,
    title: "The token was issued in the future",
    advice: "Refresh the access token; operators: compare the clocks of Auth and the service.",
  },
  "wrong-issuer": {
    ...badToken,
    title: "The token is of another issuer",
    advice: "Sign in at this service's own Supabase Auth; operators: see MEDTIME_JWT_ISSUER.",
  },
  "wrong-audience": {
    ...badToken,
    title: "The token is meant for another service",
    advice: "Sign in for this service; operators: see MEDTIME_JWT_AUDIENCE and the access-token hook.",
  },
  "missing-claim": {
    ...badToken,
    title: "The token lacks a claim",
    advice: "Refresh the access token; operators: run medtime users hook-check.",
  },
  "invalid-subject": {
    ...badToken,
    title: "The token names no user",
    advice: "Send an access token of a signed-in user.",
  },
  "not-a-user-token": {
    status: 403,
    title: "The token is not a user's",
    advice: "Send the access token of a signed-in user, never an API key.",
    challenge: "insufficient_scope",
  },
  "anonymous-user": {
    status: 403,
    title: "Anonymous users are not served",
    advice: "Let the user sign in, or link an e-mail address or provider to this user first.",
    challenge: "insufficient_scope",
  },
} as const satisfies Record<string, Declaration>;

export type Slug = keyof typeof PROBLEMS;
