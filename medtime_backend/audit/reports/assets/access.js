// What a persona can do with an object, as a letter for the verb and a look for the rows it reaches.

/** Groups of verbs, in order: `insert returning` is shown with `insert`. */
const LETTERS = {
  ...{ select: "S", insert: "I", update: "U", delete: "D", truncate: "T" },
  ...{ execute: "X", usage: "G", create: "C" },
};
const ORDER = Object.keys(LETTERS);
const SHOWN_WITH = { "hand over": "update", leak: "execute" };

/** Looks from the narrowest to the widest, with what they mean. */
export const LOOKS = {
  none: "nothing",
  own: "own rows only",
  shared: "also rows shared with it",
  open: "allowed (no rows, or rows of nobody)",
  foreign: "other people's rows",
};

/** Standings that are marked, the gravest first. */
export const STANDINGS = {
  finding: ["!", "not as declared"],
  "could not check": ["?", "could not be checked"],
  accepted: ["~", "found, and accepted with a reason"],
};

export function groupOf(verb) {
  return SHOWN_WITH[verb] ?? ORDER.find((group) => verb === group || verb.startsWith(`${group} `)) ?? verb;
}

export function letterOf(group) {
  return LETTERS[group] ?? group.slice(0, 1).toUpperCase();
}

/** The groups of verbs that these objects have, in the order of their columns. */
export function groupsOf(objects) {
  const found = new Set(
    objects.flatMap((object) => [...object.boxes.values()].flat().map((cell) => groupOf(cell.verb))),
  );
  const rank = (group) => (ORDER.indexOf(group) + ORDER.length + 1) % (ORDER.length + 1);
  return [...found].sort((one, other) => rank(one) - rank(other));
}

/** The widest look of what was seen at these cells. */
export function lookOf(cells) {
  const seen = new Set(cells.flatMap((cell) => cell.seen));
  if (seen.has("foreign")) return "foreign";
  if (seen.has("shared")) return "shared";
  if (seen.has("own")) return "own";
  return seen.size ? "open" : "none";
}

/** The gravest standing of these cells and findings, or "as declared". */
export function standingOf(cells, findings = []) {
  if (findings.length) return "finding";
  return Object.keys(STANDINGS).find((standing) => cells.some((cell) => cell.standing === standing)) ?? "as declared";
}

/** Classes of rows from the nearest to the farthest, then what has no rows. */
const CLASSES = ["own", "shared", "foreign", "public", "yes"];

function inOrder(items, nameOf) {
  return items.toSorted((one, other) => CLASSES.indexOf(nameOf(one)) - CLASSES.indexOf(nameOf(other)));
}

/** How a set of row classes is written. */
export function rowsText(classes) {
  if (!classes.length) return "nothing";
  return inOrder(classes, (name) => name).map((name) => name === "yes" ? "yes" : `${name} rows`).join(", ");
}

/** "3 own, 0 foreign". */
export function countsText(counts) {
  return inOrder(counts, ([name]) => name).map(([name, number]) => `${number.toLocaleString("en")} ${name}`).join(", ");
}
