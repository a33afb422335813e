// Moving in the matrix by keys: one box is in the order of tabs, arrows go to the next that is shown.

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

function shown(element) {
  return element.getClientRects().length > 0;
}

function boxesByRow(table) {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter(shown);
  return rows.map((row) => [...row.querySelectorAll(".box")].filter(shown)).filter((boxes) => boxes.length);
}

function move(table, from, key, whole) {
  const rows = boxesByRow(table);
  const y = rows.findIndex((boxes) => boxes.includes(from));
  const x = rows[y].indexOf(from);
  if (key === "Home") return whole ? rows[0][0] : rows[y][0];
  if (key === "End") return whole ? rows.at(-1).at(-1) : rows[y].at(-1);
  const [down, right] = STEPS[key];
  return rows[y + down]?.[x + right];
}

/** The box that Tab reaches; the first one shown when the last is hidden. */
export function keepTabStop(table) {
  const current = table.querySelector('.box[tabindex="0"]');
  if (current && shown(current)) return;
  if (current) current.tabIndex = -1;
  const first = boxesByRow(table)[0]?.[0];
  if (first) first.tabIndex = 0;
}

export function useAsGrid(table) {
  keepTabStop(table);
  table.addEventListener("focusin", (event) => {
    if (!event.target.classList.contains("box")) return;
    for (const box of table.querySelectorAll('.box[tabindex="0"]')) box.tabIndex = -1;
    event.target.tabIndex = 0;
  });
  table.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS || ["Home", "End"].includes(event.key))) return;
    if (!event.target.classList.contains("box")) return;
    event.preventDefault();
    move(table, event.target, event.key, event.ctrlKey)?.focus();
  });
}
