// What to show: by text, kind, persona, and only what is not as declared.
import { audit, findingsAt, kinds } from "./audit.js";
import { element } from "./elements.js";
import { standingOf } from "./access.js";
import { keepTabStop } from "./grid.js";

function choice(name, label, every, options) {
  return element(
    "label",
    {},
    `${label} `,
    element(
      "select",
      { name },
      element("option", { value: "" }, every),
      options.map((one) => element("option", {}, one)),
    ),
  );
}

function read(form) {
  const values = new FormData(form);
  return {
    words: values.get("text").toLowerCase().split(/\s+/).filter(Boolean),
    ...{ kind: values.get("kind"), persona: values.get("persona"), only: values.has("only") },
  };
}

/** Whether all words stand in the text. */
function holds(words, text) {
  return words.every((word) => text.toLowerCase().includes(word));
}

function isNoted(object, persona) {
  return standingOf(object.boxes.get(persona) ?? [], findingsAt(object, persona)) !== "as declared";
}

function filterMatrix(root, sections, { words, kind, persona, only }) {
  let left = 0;
  for (const { body, rows } of sections) {
    let inBody = 0;
    for (const { object, row, text, hasWhole } of rows) {
      const asked = persona ? [persona] : audit.personas;
      const noted = hasWhole || asked.some((one) => isNoted(object, one));
      const fits = (!kind || object.kind === kind) && (!only || noted) && holds(words, text);
      row.hidden = !fits;
      inBody += fits;
    }
    body.hidden = !inBody;
    left += inBody;
  }
  for (const column of root.querySelectorAll("[data-persona]")) {
    column.hidden = persona !== "" && column.dataset.persona !== persona;
  }
  const empty = root.querySelector(".empty");
  empty.hidden = left > 0;
  empty.textContent = only ? "Nothing here that is not as declared." : "No object fits these filters.";
  root.querySelector(".scroll").hidden = !left;
  keepTabStop(root.querySelector("table"));
}

function filterCards(cards, { words, persona }) {
  for (const { finding, row } of cards) {
    const text = `${finding.object} ${finding.title} ${finding.detail} ${finding.id}`;
    row.hidden = !(holds(words, text) && (!persona || !finding.persona || finding.persona === persona));
  }
}

/** Draw the filters, which act on the rows of the matrix and the cards of the findings. */
export function drawFilters(form, matrix, sections, cards) {
  const text = element("input", {
    type: "search",
    name: "text",
    placeholder: "name of an object… ( / )",
    "aria-label": "Text",
  });
  form.append(
    text,
    choice("kind", "Kind", "all", kinds),
    choice("persona", "Persona", "all", audit.personas),
    element("label", {}, element("input", { type: "checkbox", name: "only" }), " only what is not as declared"),
    element("button", { type: "reset" }, "Show all"),
  );
  const apply = () => {
    const asked = read(form);
    filterMatrix(matrix, sections, asked);
    filterCards(cards, asked);
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are empty only once the event is over.
  form.addEventListener("reset", () => setTimeout(apply));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    text.focus();
  });
}
