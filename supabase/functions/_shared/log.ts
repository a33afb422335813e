// One JSON line for each answer and each fault. What is not declared here cannot be logged: no address, header, body or
// text of an error, for these could hold data.

export interface Fields {
  request_id?: string;
  function?: string;
  status?: number;
  duration_ms?: number;
  problem?: string;
  /** The class of a fault, or the code of a provider. */
  code?: string;
  /** How many of something there were. */
  count?: number;
}

const NAMES = ["request_id", "function", "status", "duration_ms", "problem", "code", "count"] as const;
const LONGEST = 100;

export type Level = "info" | "warning" | "error";
export type Log = (level: Level, event: string, fields?: Fields) => void;

/** The line, with the declared fields alone. */
export function lineOf(level: Level, event: string, fields: Fields, now: Date): string {
  const kept = NAMES.filter((name) => fields[name] !== undefined).map((name) => {
    const value = fields[name]!;
    return [name, typeof value === "number" ? value : String(value).slice(0, LONGEST)];
  });
  return JSON.stringify({ event, level, timestamp: now.toISOString(), ...Object.fromEntries(kept) });
}

/** Write a line to the function's log. */
export const log: Log = (level, event, fields = {}) => console.log(lineOf(level, event, fields, new Date()));

/** The class of whatever was thrown. */
export function classOf(fault: unknown): string {
  return fault instanceof Error ? fault.constructor.name : typeof fault;
}
