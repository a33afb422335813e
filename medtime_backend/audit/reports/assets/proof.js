// The panel that shows how a box of the matrix came about: each verb with what was declared, seen and run.
import { anchorOf, findingsAt } from "./audit.js";
import { countsText, groupOf, lookOf, rowsText, STANDINGS } from "./access.js";
import { breakable, element, script, terms } from "./elements.js";

const panel = document.getElementById("proof");
let opener = null;

/** The cells to open: all that are not as declared, and the one of the letter that was clicked, if it says something. */
function wantedOf(cells, group) {
  const wanted = cells.filter((cell) => cell.standing !== "as declared");
  const asked = cells.find((cell) => groupOf(cell.verb) === group) ?? cells[0];
  return asked && (asked.seen.length || !wanted.length) ? [asked, ...wanted] : wanted;
}

/** Show what an object's box stands for; `group` is the letter clicked in it, `from` gets the focus back. */
export function openProof(object, persona, group, from) {
  const cells = object.boxes.get(persona) ?? [];
  const wanted = wantedOf(cells, group);
  opener?.classList.remove("shown");
  opener = from;
  const before = opener?.getBoundingClientRect().top;
  opener?.classList.add("shown");
  const close = element("button", { type: "button", class: "close", "aria-label": "Close", onclick: closeProof }, "×");
  panel.replaceChildren(
    element("header", {}, element("h2", {}, breakable(object.name)), close),
    element("p", { class: "as" }, object.kind, " · as ", element("strong", {}, persona)),
    ...findingsAt(object, persona).map((finding) =>
      element("p", {}, "! ", element("a", { href: `#${anchorOf(finding)}` }, finding.title), ` (${finding.verb})`)
    ),
    ...cells.map((cell) => proofOf(cell, wanted.includes(cell))),
  );
  panel.hidden = false;
  document.body.classList.add("proving");
  panel.scrollTop = 0;
  if (opener) {
    // The panel takes its width from the page: what was clicked stays where it was.
    opener.scrollIntoView({ block: "nearest", inline: "nearest" });
    scrollBy(0, opener.getBoundingClientRect().top - before);
  }
  panel.focus({ preventScroll: true });
}

export function closeProof() {
  if (panel.hidden) return;
  panel.hidden = true;
  document.body.classList.remove("proving");
  opener?.classList.remove("shown");
  opener?.focus();
  opener = null;
}

function proofOf(cell, open) {
  const mark = STANDINGS[cell.standing];
  const summary = element(
    "summary",
    {},
    element("span", { class: `pip ${lookOf([cell])}`, "aria-hidden": "true" }, cell.seen.length ? "✓" : "·"),
    element("span", { class: "verb" }, cell.verb),
    element("span", { class: "outcome" }, cell.outcome),
    mark ? element("span", { class: `badge ${cell.standing.replaceAll(" ", "-")}` }, mark[0], " ", mark[1]) : null,
  );
  const made = element("details", { class: "proof", ontoggle: () => fill(made, cell) }, summary);
  made.open = open;
  if (open) fill(made, cell);
  return made;
}

/** The facts are put in when the cell is first opened. */
function fill(details, cell) {
  if (!details.open || details.childElementCount > 1) return;
  details.append(
    terms([
      ["Declared", rowsText(cell.declared)],
      ["Seen", rowsText(cell.seen)],
      ["Rows", countsText(cell.counts)],
      ["Outcome", cell.outcome],
      ["Message", cell.message],
      ["Verdict", cell.standing],
    ]),
    script(cell.sql(), "To paste into psql"),
  );
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeProof();
});
