// The head of the page: what was audited, and how it came out.
import { audit, objects } from "./audit.js";
import { count, element, terms } from "./elements.js";

const found = count(audit.findings.length, "finding");
/** By exit code. */
const VERDICTS = [
  ["clean", "As declared", "Nobody can do more, or less, than the declarations say."],
  ["finding", found, "Somebody can do more or less than is declared, or a rule is broken."],
  ["unchecked", `Not fully checked, ${found}`, "What could not be checked must not be taken for clean."],
];

function tally(number, label, target) {
  const inside = [element("strong", {}, number.toLocaleString("en")), ` ${label}`];
  return element("li", {}, number && target ? element("a", { href: `#${target}` }, inside) : inside);
}

export function drawSummary(root) {
  const [look, title, meaning] = VERDICTS[audit.exitCode];
  const mode = audit.mode === "read-only"
    ? "read-only: catalog and plans, nothing executed"
    : "execution: each cell was tried, and rolled back";
  root.append(
    element("h1", {}, "Policy audit"),
    element("div", { class: `verdict ${look}`, role: "status" }, element("strong", {}, title), " ", meaning),
    terms([
      ["Database", audit.database],
      ["Server", audit.serverVersion],
      ["Started", `${audit.startedAt}, took ${audit.seconds} s`],
      ["Mode", mode],
    ]),
    element(
      "ul",
      { class: "tallies" },
      tally(audit.findings.length, audit.findings.length === 1 ? "finding" : "findings", "findings"),
      tally(audit.unchecked.length, "could not check", "unchecked"),
      tally(audit.suppressed.length, "accepted", "accepted"),
      tally(audit.cells.length, "cells", "matrix"),
      element("li", {}, `${count(audit.personas.length, "persona")} × ${count(objects.length, "object")}`),
    ),
  );
}
