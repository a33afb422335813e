// What became of one wake-up, in the words of public.srv_finish_wakeups.

/** A claimed wake-up: an address, and nothing of whose it is or why. */
export interface Wakeup {
  ticket: string;
  platform: "apns" | "fcm";
  environment: "production" | "sandbox";
  token: string;
  /** How often it was tried, with this time. */
  attempts: number;
}

export interface Outcome {
  kind: "sent" | "retry" | "dead" | "poison";
  /** Seconds until it is tried again. */
  delay?: number;
  /** A provider's reason, for the log. */
  alert?: string;
}

/** Sends one wake-up. It does not throw. */
export type Send = (wakeup: Wakeup) => Promise<Outcome>;

const FIRST_DELAY = 30;
const LONGEST_DELAY = 3600;
// The queue keeps nothing longer, and a number that is none of its own would lose the word on the whole batch.
const LONGEST_ASKED = 86_400;
const LONGEST_REASON = 60;

export const SENT: Outcome = { kind: "sent" };
export const DEAD: Outcome = { kind: "dead" };

/** Later: when the provider says so, within a day, else after 30 s, a minute, two, up to an hour; each somewhat random. */
export function retry(wakeup: Wakeup, random: () => number, asked: number | null = null, alert?: string): Outcome {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (wakeup.attempts - 1));
  const own = longest * (0.5 + random() / 2);
  const delay = asked === null ? own : asked * (1 + random() / 10);
  return { kind: "retry", delay: Math.min(LONGEST_ASKED, Math.ceil(delay)), alert };
}

/** It will never be taken as it is. */
export function poison(alert: string): Outcome {
  return { kind: "poison", alert };
}

/** The seconds of a Retry-After (RFC 9110, section 10.2.3: a number or a date); null when there are none. */
export function retryAfter(headers: Headers, now: number): number | null {
  const given = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(given)) return Number(given);
  const moment = Date.parse(given);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - now) / 1000));
}

/** A provider's code for the log: a word, never a text, which could quote the address. */
export function reasonOf(provider: string, status: number, code: unknown): string {
  const word = typeof code === "string" && /^[A-Za-z_]+$/.test(code) ? `-${code.slice(0, LONGEST_REASON)}` : "";
  return `${provider}-${status}${word}`;
}
