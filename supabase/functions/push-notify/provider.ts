// One request to a provider: bounded in time, in what is read of the answer, and never led elsewhere.

const LONGEST_ANSWER = 8 * 1024;
export const TIMEOUT_MS = 10_000;

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface Answer {
  status: number;
  headers: Headers;
  /** The JSON object of the answer, empty when it is none. */
  body: Record<string, unknown>;
}

/** What every sender is given. */
export interface World {
  fetch: Fetch;
  /** Milliseconds since 1970. */
  now: () => number;
  random: () => number;
}

/** POST, and the answer. Throws whatever the connection throws, and after ten seconds a TimeoutError. */
export async function post(world: World, url: string, headers: HeadersInit, body: string): Promise<Answer> {
  const answer = await world.fetch(url, {
    method: "POST",
    headers,
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  return { status: answer.status, headers: answer.headers, body: objectOf(await textOf(answer)) };
}

async function textOf(answer: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_ANSWER) break;
  }
  return text;
}

/** The object of a JSON text; empty for every other text. */
export function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
