// The critical path in words and as a table: what the end of the installation waited for.
import { run } from "./data.js";
import { $, duration, el } from "./format.js";
import { bar, buttonCell, cell, pick } from "./tables.js";
import { show } from "./state.js";

const MOST = 12;
const SPENT = {
  retries: ["retry", "tasks that were tried again"],
  loops: ["item", "loops"],
  tasks: ["ok", "other tasks"],
  between: ["other", "between tasks"],
};

function writeSpent(total) {
  const bars = $("spent");
  const legend = $("spent-legend");
  for (const [what, [colour, words]] of Object.entries(SPENT)) {
    const ms = run.spent[what];
    if (!ms) continue;
    const part = el("span");
    part.style.flexGrow = ms / total;
    part.style.background = `var(--${colour})`;
    bars.append(part);
    const swatch = el("span", null, "swatch");
    swatch.style.background = `var(--${colour})`;
    const entry = el("li");
    entry.append(swatch, el("b", duration(ms)), ` ${words}`);
    legend.append(entry);
  }
}

export function startPath() {
  if (!run.path.length) {
    $("waited").hidden = true;
    return;
  }
  const total = run.path.at(-1).end - run.path[0].start;
  const until = run.complete ? "until result-info ended" : "so far";
  const words = [`${duration(total)} ${until}.`];
  if (run.runnerUp) {
    const { last, before, ahead } = run.runnerUp;
    words.push(`Of the components, ${last} ended last: ${duration(ahead)} after ${before}.`);
  }
  $("waited-words").textContent = words.join(" ");
  writeSpent(total);
  const longest = [...run.path].sort((a, b) => b.end - b.start - (a.end - a.start)).slice(0, MOST);
  for (const step of longest) {
    const row = el("tr");
    const length = step.end - step.start;
    cell(row, duration(length), "number");
    bar(row, length / (longest[0].end - longest[0].start), SPENT[step.spent][0]);
    cell(row, step.lane.name);
    if (step.task) buttonCell(row, step.task.name, () => pick(step.task));
    else buttonCell(row, "between tasks", () => show(step.start - 500, step.end + 500));
    $("steps").tBodies[0].append(row);
  }
}
