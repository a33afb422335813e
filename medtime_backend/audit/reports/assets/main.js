// Draw the page.
import { drawFilters } from "./filters.js";
import { drawAccepted, drawFindings, drawNotProved, drawUnchecked, openNamedCard } from "./findings.js";
import { drawMatrix } from "./matrix.js";
import { drawSummary } from "./summary.js";

const place = (id) => document.getElementById(id);

drawSummary(place("summary"));
const cards = drawFindings(place("findings"));
const sections = drawMatrix(place("matrix"));
drawAccepted(place("accepted"));
drawUnchecked(place("unchecked"));
drawNotProved(place("not-proved"));
drawFilters(place("filters"), place("matrix"), sections, cards);
openNamedCard();
