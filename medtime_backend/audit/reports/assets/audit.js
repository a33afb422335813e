// The audit as it was embedded, and its cells by object and persona.

export const audit = JSON.parse(document.getElementById("audit").textContent);

const KINDS = ["table", "view", "sequence", "function", "schema"];

/** A cell with its numbers followed; the script is put together only when somebody asks for it. */
function readCell([object, persona, verb, fact, script]) {
  const [declared, seen, outcome, counts, standing, message] = audit.facts[fact];
  return {
    object: audit.objects[object][0],
    persona: audit.personas[persona],
    verb: audit.verbs[verb],
    ...{ declared, seen, outcome, counts, standing, message },
    sql: () => audit.scripts[script].map((line) => audit.lines[line]).join("\n"),
  };
}

/** Objects in order of kind, then of first mention: {name, kind, boxes: persona → cells}. */
function readObjects() {
  const objects = audit.objects.map(([name, kind]) => ({ name, kind, boxes: new Map() }));
  for (const row of audit.cells) {
    const cell = readCell(row);
    const { boxes } = objects[row[0]];
    if (!boxes.has(cell.persona)) boxes.set(cell.persona, []);
    boxes.get(cell.persona).push(cell);
  }
  return objects.sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
}

export const objects = readObjects();

/** Kinds that have objects, in order. */
export const kinds = KINDS.filter((kind) => objects.some((object) => object.kind === kind));

/** Findings about an object as a whole or a part of it, which no box of the matrix shows. */
export function findingsOf({ name, kind }) {
  const isPart = (object) => kind !== "schema" && object.startsWith(`${name}.`);
  return audit.findings.filter(({ object, persona }) => !persona && (object === name || isPart(object)));
}

const byBox = Map.groupBy(audit.findings, ({ object, persona }) => JSON.stringify([object, persona]));

/** Findings of a box of the matrix: those of its cells, and of columns, which have no cell of their own. */
export function findingsAt(object, persona) {
  return byBox.get(JSON.stringify([object.name, persona])) ?? [];
}

/** The id of the card of a finding within the page. */
export function anchorOf(finding) {
  return `finding-${audit.findings.indexOf(finding)}`;
}
