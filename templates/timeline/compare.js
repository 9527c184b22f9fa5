// Two runs, task by task: slower, faster, new, gone.
import { run } from "./data.js";
import { $, count, duration, el, signed } from "./format.js";
import { changed, view } from "./state.js";
import { buttonCell, cell, pick } from "./tables.js";

const VERDICTS = ["slower", "faster", "new", "gone"];
const STEP = 20;

let shown = VERDICTS[0];
let rows = STEP;

const pairsOf = (verdict) => run.pairs.filter((pair) => pair.verdict === verdict);

const difference = ({ after, before }) => (after?.length ?? 0) - (before?.length ?? 0);

function writePairs() {
  const body = $("pairs").tBodies[0];
  body.textContent = "";
  const found = pairsOf(shown);
  for (const pair of found.slice(0, rows)) {
    const row = el("tr");
    cell(row, signed(difference(pair)), `number ${shown}`);
    cell(row, pair.before ? duration(pair.before.length) : "–", "number");
    cell(row, pair.after ? duration(pair.after.length) : "–", "number");
    const task = pair.after ?? pair.before;
    cell(row, run.lanes[task.lane].name);
    if (pair.after) buttonCell(row, task.name, () => pick(pair.after));
    else cell(row, task.name);
    body.append(row);
  }
  $("more-pairs").hidden = found.length <= rows;
}

function writeTabs() {
  for (const verdict of VERDICTS) {
    const found = pairsOf(verdict);
    const total = found.reduce((sum, pair) => sum + difference(pair), 0);
    const tab = el("button", `${verdict} ${found.length}${found.length ? ` (${signed(total)})` : ""}`);
    tab.onclick = () => {
      shown = verdict;
      rows = STEP;
      for (const one of $("verdicts").children) one.setAttribute("aria-pressed", one === tab);
      writePairs();
    };
    tab.setAttribute("aria-pressed", verdict === shown);
    $("verdicts").append(tab);
  }
}

export function startComparison() {
  if (!run.other) return;
  shown = VERDICTS.find((verdict) => pairsOf(verdict).length) ?? shown;
  $("comparison").hidden = $("align").hidden = false;
  const same = count(pairsOf("same").length, "task");
  $("compared").textContent =
    `${duration(run.other.length)} before (${run.other.title || "first"}), ` +
    `${duration(run.took)} after (${run.title || "second"}): ` +
    `${signed(run.took - run.other.length)}. ${same} took about as long. ` +
    "In the chart, the grey bars below a lane are those before.";
  writeTabs();
  writePairs();
  $("more-pairs").onclick = () => {
    rows *= 4;
    writePairs();
  };
  $("align").onchange = () => {
    view.align = $("align").value;
    changed("look");
  };
}
