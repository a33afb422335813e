// A box of the matrix: one object as one persona, with a letter per group of verbs.
import { findingsAt } from "./audit.js";
import { groupOf, letterOf, lookOf, rowsText, standingOf, STANDINGS } from "./access.js";
import { element } from "./elements.js";
import { openProof } from "./proof.js";

function seenText(cells) {
  return rowsText([...new Set(cells.flatMap((cell) => cell.seen))]);
}

function letterIn(look, standing, group) {
  if (standing === "could not check") return "?";
  return look === "none" && standing !== "finding" ? "·" : letterOf(group);
}

function pipOf(group, cells, findings) {
  if (!cells.length) return element("span", { class: "pip absent" });
  const look = lookOf(cells);
  const standing = standingOf(cells, findings);
  const title = `${group}: ${seenText(cells)}${standing === "as declared" ? "" : `, ${STANDINGS[standing][1]}`}`;
  const names = `pip ${look} ${standing.replaceAll(" ", "-")}`;
  return element("span", { class: names, "data-group": group, title }, letterIn(look, standing, group));
}

/** A cell of the table with a button that opens the proof. */
export function boxOf(object, persona, groups) {
  const cells = object.boxes.get(persona) ?? [];
  const findings = findingsAt(object, persona);
  const standing = standingOf(cells, findings);
  const mark = STANDINGS[standing];
  const parts = groups.map((group) => {
    const inGroup = ({ verb }) => groupOf(verb) === group;
    return { group, cells: cells.filter(inGroup), findings: findings.filter(inGroup) };
  });
  const told = parts.filter((part) => part.cells.length).map((part) => `${part.group} ${seenText(part.cells)}`);
  const button = {
    ...{ type: "button", class: "box", tabindex: "-1", disabled: cells.length ? null : "" },
    "aria-label": `${object.name}, ${persona}: ${mark ? `${mark[1]}; ` : ""}${told.join("; ")}`,
    onclick: (event) => openProof(object, persona, event.target.dataset.group, event.currentTarget),
  };
  return element(
    "td",
    { class: standing.replaceAll(" ", "-"), "data-persona": persona, title: `${object.name}, as ${persona}` },
    element(
      "button",
      button,
      parts.map((part) => pipOf(part.group, part.cells, part.findings)),
      mark ? element("span", { class: "mark", "aria-hidden": "true" }, mark[0]) : null,
    ),
  );
}
