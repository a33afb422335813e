// RFC 9457, in the service's own shape: type, title, status, detail, retryable, request_id, then the facts.
import { type Declaration, PROBLEMS, type Slug } from "./problems.ts";

const BASE = "https://medtime.app/errors/";

/** What a handler throws instead of answering. `facts` are ids, names and numbers, never what was sent. */
export class Problem extends Error {
  readonly declaration: Declaration;

  constructor(
    readonly slug: Slug,
    readonly facts: Record<string, unknown> = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(slug);
    this.declaration = PROBLEMS[slug];
  }
}

/** That it cannot be done now, and when to come back. */
export function busy(seconds = 1): Problem {
  return new Problem("busy", {}, { "retry-after": String(seconds) });
}

/** The answer to a problem. */
export function answerProblem(problem: Problem, requestId: string): Response {
  const { status, title, advice, retryable = false, challenge } = problem.declaration;
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "vary": "Accept-Encoding",
    ...problem.headers,
  });
  if (challenge !== undefined) {
    headers.set("www-authenticate", `Bearer realm="medtime"${challenge && `, error="${challenge}"`}`);
  }
  const body = {
    type: BASE + problem.slug,
    title,
    status,
    detail: advice,
    retryable,
    request_id: requestId,
    ...problem.facts,
  };
  return new Response(JSON.stringify(body), { status, headers });
}
