// The table over runs: sorting, filtering. Its state outlives a refresh of the page's content.

const order = { column: null, descending: false };

const rows = () => [...document.querySelectorAll("#table tbody tr")];
const visibleRows = () => rows().filter((row) => !row.hidden);
const cell = (row, column) => row.querySelector(`[data-column="${CSS.escape(column)}"]`);

function sortTable() {
  const body = document.querySelector("#table tbody");
  if (!body) return;
  for (const button of document.querySelectorAll("#table thead button")) {
    const chosen = button.dataset.column === order.column;
    button.closest("th").ariaSort = chosen ? (order.descending ? "descending" : "ascending") : "none";
  }
  if (order.column === null) return;
  const sign = order.descending ? -1 : 1;
  const keyed = rows().map((row, place) => ({ row, place, value: cell(row, order.column).dataset.value }));
  const numeric = keyed.every(({ value }) => value === "" || Number.isFinite(Number(value)));
  keyed.sort((a, b) => {
    if ((a.value === "") !== (b.value === "")) return a.value === "" ? 1 : -1; // what is not there stays last
    const less = numeric ? a.value - b.value : a.value.localeCompare(b.value, undefined, { numeric: true });
    return sign * less || a.place - b.place;
  });
  body.append(...keyed.map(({ row }) => row));
}

// A word is looked for in the whole row; "score>0.5" and the like compare a column; "agent=sac" is exact.
function test(word) {
  const [, column, sign, value] = /^([\p{L}_]+)(<=|>=|=|<|>)(.+)$/u.exec(word) ?? [];
  const known = column && document.querySelector(`#table thead [data-column="${CSS.escape(column)}"]`);
  if (!known) return (row) => row.textContent.toLowerCase().includes(word.toLowerCase());
  return (row) => {
    const there = cell(row, column).dataset.value;
    if (there === "") return false;
    if (sign === "=") return there.toLowerCase() === value.toLowerCase() || (there !== "" && Number(there) === Number(value));
    const difference = Number(there) - Number(value);
    return { "<": difference < 0, ">": difference > 0, "<=": difference <= 0, ">=": difference >= 0 }[sign];
  };
}

function filterTable() {
  const field = document.getElementById("filter");
  if (!field) return;
  const tests = field.value.split(/\s+/).filter(Boolean).map(test);
  for (const select of document.querySelectorAll(".filters select")) {
    if (select.value) tests.push((row) => cell(row, select.dataset.column)?.dataset.value === select.value);
  }
  for (const row of rows()) row.hidden = !tests.every((passes) => passes(row));
  const [shown, all] = [visibleRows(), rows()];
  document.getElementById("count").textContent = shown.length < all.length ? `${shown.length} of ${all.length} runs` : `${all.length} runs`;
  const kept = new Set(shown.map((row) => row.dataset.of));
  for (const line of document.querySelectorAll(".overview .line")) line.classList.toggle("faint", !kept.has(line.dataset.of));
}
