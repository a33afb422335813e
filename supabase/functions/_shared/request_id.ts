const HEADER = "x-request-id";
const ACCEPTED = /^[A-Za-z0-9-]{8,64}$/;

/** The id that ties an answer to its log line: the gateway's if it has the form of one, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get(HEADER) ?? "";
  return ACCEPTED.test(given) ? given : crypto.randomUUID().replaceAll("-", "");
}
