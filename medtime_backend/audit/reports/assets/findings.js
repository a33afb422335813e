// The lists: findings, what was accepted, what could not be checked, what was not proved.
import { anchorOf, audit, objects } from "./audit.js";
import { groupOf } from "./access.js";
import { element, script, terms } from "./elements.js";
import { openProof } from "./proof.js";

function heading(title, number) {
  return element("h2", {}, title, " ", element("span", { class: "number" }, String(number)));
}

/** A card that is filled when it is first opened. */
function card(finding, attributes, badge, more) {
  const where = [finding.persona, finding.verb].filter(Boolean).join(" · ");
  const summary = element(
    "summary",
    {},
    badge,
    element("span", { class: "title" }, finding.title),
    element("code", {}, finding.object),
    where ? element("span", { class: "where" }, where) : null,
  );
  const fill = () => {
    if (!made.open || made.childElementCount > 1) return;
    made.append(element("p", {}, finding.detail), terms([...more, ["Why", finding.why]]), ...rest(finding));
  };
  const made = element("details", { ...attributes, class: `card ${finding.severity}`, ontoggle: fill }, summary);
  // Paper cannot be clicked.
  addEventListener("beforeprint", () => {
    made.open = true;
    fill();
  });
  return made;
}

function rest(finding) {
  const object = objects.find((one) => one.name === finding.object && one.boxes.has(finding.persona));
  const show = () => openProof(object, finding.persona, groupOf(finding.verb), null);
  return [
    finding.reproduction ? script(finding.reproduction, "Show it: paste into psql") : null,
    finding.fix ? script(finding.fix, "How to fix it") : null,
    object ? element("button", { type: "button", onclick: show }, "Show the proof") : null,
    terms([["Id", element("code", {}, finding.id)], ["Found by", finding.source]]),
  ].filter(Boolean);
}

/** Draw the findings; gives their cards, by which they are filtered. */
export function drawFindings(root) {
  if (!audit.findings.length) return [];
  const cards = audit.findings.map((finding) => {
    const badge = element("span", { class: `badge ${finding.severity}` }, `! ${finding.severity}`);
    return { finding, row: card(finding, { id: anchorOf(finding) }, badge, []) };
  });
  root.append(heading("Findings", cards.length), ...cards.map(({ row }) => row));
  return cards;
}

export function drawAccepted(root) {
  if (!audit.suppressed.length) return;
  const cards = audit.suppressed.map((one) => {
    const badge = element("span", { class: "badge accepted" }, "~ accepted");
    return card(one, {}, badge, [["Accepted because", one.reason], ["Until", one.until]]);
  });
  root.append(heading("Accepted", cards.length), ...cards);
}

export function drawUnchecked(root) {
  if (!audit.unchecked.length) return;
  root.append(
    heading("Could not check", audit.unchecked.length),
    element("p", {}, "None of this may be taken for clean."),
    terms(audit.unchecked.map(({ what, reason }) => [what, reason])),
  );
}

export function drawNotProved(root) {
  if (!audit.notProved.length) return;
  root.append(
    element("h2", {}, "What a read-only audit cannot prove"),
    element("ul", {}, audit.notProved.map((sentence) => element("li", {}, sentence))),
  );
}

/** Open the card that the address names. */
export function openNamedCard() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

addEventListener("hashchange", openNamedCard);
