import { classOf, type Log, log } from "./log.ts";
import { answerProblem, Problem } from "./problem.ts";
import { requestIdOf } from "./request_id.ts";

/**
 * A handler for Deno.serve: problems and faults become answers, each answer has its X-Request-Id and its log line.
 */
export function observed(
  name: string,
  handle: (request: Request) => Promise<Response>,
  write: Log = log,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const started = performance.now();
    const requestId = requestIdOf(request);
    let problem: Problem | undefined;
    let answer: Response;
    try {
      answer = await handle(request);
    } catch (fault) {
      if (!(fault instanceof Problem)) {
        write("error", "fault", { request_id: requestId, function: name, code: classOf(fault) });
      }
      problem = fault instanceof Problem ? fault : new Problem("internal-error");
      answer = answerProblem(problem, requestId);
    }
    answer.headers.set("x-request-id", requestId);
    write("info", "request", {
      request_id: requestId,
      function: name,
      status: answer.status,
      duration_ms: Math.round((performance.now() - started) * 10) / 10,
      problem: problem?.slug,
    });
    return answer;
  };
}
