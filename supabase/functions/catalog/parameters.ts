// Query parameters, refused like in the service (medtime_backend/routes/catalog.py and parameters.py): the same names.
import { Problem } from "../_shared/problem.ts";

/** The arguments of public.catalog_search. */
export interface Search {
  query: string;
  source: string | null;
  country: string | null;
  form: string | null;
  ingredient: string | null;
  status: string;
  lang: string;
  max_results: number;
  after: string | null;
}

const KNOWN = ["q", "source", "country", "form", "ingredient", "status", "lang", "limit", "cursor"];
const TEXTS = KNOWN.filter((name) => name !== "limit");
const MOST_CHARACTERS = 200;
const MOST_HITS = 50;
/** What Python's str.split() takes for blank; String.trim() takes the byte order mark, too, and not the separators. */
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const BLANKS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Read the parameters of a search. Throws Problem. */
export function readSearch(query: URLSearchParams): Search {
  if (!query.has("q")) throw refused(["q"]);
  const limit = query.get("limit") ?? "20";
  if (!/^[1-9][0-9]?$/.test(limit) || Number(limit) > MOST_HITS) throw refused(["limit"]);
  refuseUnknown(query, KNOWN);
  const unreadable = TEXTS.filter((name) => query.has(name) && isUnreadable(query.get(name)!));
  const q = words(query.get("q")!).join(" ");
  if (unreadable.length > 0 || q === "") throw refused(unreadable.length > 0 ? unreadable : ["q"]);
  return {
    query: q.toLowerCase(),
    source: query.get("source"),
    country: query.get("country"),
    form: query.get("form"),
    ingredient: query.get("ingredient"),
    status: query.get("status") ?? "active",
    lang: query.get("lang") ?? "en",
    max_results: Number(limit),
    after: query.get("cursor"),
  };
}

/** Refuse a parameter that is not known, or one given twice. Throws Problem. */
export function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  const names = [...query.keys()];
  const wrong = names.filter((name, place) => !known.includes(name) || names.indexOf(name) !== place);
  // An unknown name is the client's own text: it is not repeated.
  if (wrong.length > 0) throw refused(wrong.map((name) => known.includes(name) ? name : "unknown").sort());
}

function refused(names: string[]): Problem {
  return new Problem("invalid-parameter", { parameters: [...new Set(names)] });
}

function words(text: string): string[] {
  return text.split(BLANKS).filter((word) => word !== "");
}

function isUnreadable(text: string): boolean {
  const long = (one: string) => [...one].length > MOST_CHARACTERS;
  return text.includes("\0") || (long(text) && long(text.replace(edge("^"), "").replace(edge("", "$"), "")));
}

function edge(before: string, after = ""): RegExp {
  return new RegExp(`${before}${BLANKS.source}${after}`);
}
