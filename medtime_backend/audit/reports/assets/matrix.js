// The matrix: a row per object, a column per persona, and in each box a letter per verb.
import { anchorOf, audit, findingsOf, kinds, objects } from "./audit.js";
import { groupsOf, letterOf, LOOKS, STANDINGS } from "./access.js";
import { boxOf } from "./boxes.js";
import { breakable, element } from "./elements.js";
import { useAsGrid } from "./grid.js";

const PLURALS = { table: "Tables", view: "Views", sequence: "Sequences", function: "Functions", schema: "Schemas" };

function rowOf(object, groups) {
  const whole = findingsOf(object);
  const flag = whole.length
    ? element(
      "a",
      { class: "badge finding", href: `#${anchorOf(whole[0])}`, title: whole[0].title },
      `! ${whole.length}`,
    )
    : null;
  const [schema, name] = object.name.split(/\.(.*)/s);
  const title = name === undefined ? breakable(schema) : [element("small", {}, `${schema}.`), breakable(name)];
  const row = element(
    "tr",
    {},
    element("th", { scope: "row", title: object.name }, title, " ", flag),
    audit.personas.map((persona) => boxOf(object, persona, groups)),
  );
  const told = audit.findings.filter((finding) => finding.object === object.name).map(({ title, detail }) =>
    title + detail
  );
  return { object, row, text: [object.name, object.kind, ...told].join(" "), hasWhole: whole.length > 0 };
}

function legend() {
  const groups = groupsOf(objects);
  return element(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    groups.map((group) => element("li", {}, element("kbd", {}, letterOf(group)), ` ${group}`)),
    Object.entries(LOOKS).map(([look, meaning]) =>
      element("li", {}, element("span", { class: `pip ${look}` }, look === "none" ? "·" : "S"), ` ${meaning}`)
    ),
    Object.entries(STANDINGS).map(([standing, [mark, meaning]]) =>
      element("li", {}, element("span", { class: `badge ${standing.replaceAll(" ", "-")}` }, mark), ` ${meaning}`)
    ),
  );
}

/** Draw it; gives its rows, by which it is filtered. */
export function drawMatrix(root) {
  const head = element(
    "tr",
    {},
    element("td", { class: "corner" }, "Who may do what"),
    audit.personas.map((persona) => element("th", { scope: "col", "data-persona": persona }, breakable(persona))),
  );
  const sections = kinds.map((kind) => {
    const those = objects.filter((object) => object.kind === kind);
    const groups = groupsOf(those);
    const heading = element("th", { scope: "rowgroup" }, PLURALS[kind]);
    const body = element(
      "tbody",
      {},
      element("tr", { class: "kind" }, heading, element("td", { colspan: audit.personas.length })),
    );
    const rows = those.map((object) => rowOf(object, groups));
    body.append(...rows.map(({ row }) => row));
    return { body, rows };
  });
  const table = element("table", {}, element("thead", {}, head), sections.map(({ body }) => body));
  root.append(legend(), element("div", { class: "scroll" }, table), element("p", { class: "empty", hidden: "" }));
  useAsGrid(table);
  return sections;
}
