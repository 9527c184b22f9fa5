// The page begins here: what does not change is written once, the rest starts and listens.
import { startComparison } from "./compare.js";
import { run } from "./data.js";
import { startDetails } from "./details.js";
import { frames, paint, startDrawing } from "./draw.js";
import { startFilters } from "./filters.js";
import { $, count, duration, el } from "./format.js";
import { startKeys } from "./keys.js";
import { startPath } from "./pathway.js";
import { startPointer } from "./pointer.js";
import { filter, loadFromAddress, onChange, saveToAddress, show, view, zoom } from "./state.js";
import { startTables } from "./tables.js";
import { readColours, setTheme, startTheme } from "./theme.js";

function writeHead() {
  const day = new Date(run.start).toISOString().slice(0, 16).replace("T", " ");
  $("title").textContent = run.lanes.length ? `Installation ${day} UTC` : "No event with a usable time";
  $("verdict").textContent = run.verdict;
  $("verdict").className = run.state;
  const retries = run.tasks.reduce((sum, task) => sum + (task.earlier ? 0 : task.retries), 0);
  const facts = [
    [duration(run.took), ""],
    ...[
      count(run.lanes.length, "component"),
      count(run.tasks.length, "task"),
      count(run.events.length, "event"),
      count(retries, "retry", "retries"),
    ].map((text) => text.split(" ")),
  ];
  for (const [value, name] of facts) {
    const fact = el("span", null, "fact");
    fact.append(el("b", value), ` ${name}`);
    $("facts").append(fact);
  }
  $("from").textContent = [run.title, run.image].filter(Boolean).join(" · ");
}

// Paper is white and as wide as it is; what scrolls on a screen is drawn in full.
function startPrinting() {
  const root = document.documentElement;
  let before = "light";
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.classList.add("printing");
    setTheme("light");
    paint(true);
  });
  addEventListener("afterprint", () => {
    root.classList.remove("printing");
    setTheme(before);
    paint(true);
  });
}

// A page that is written again while the installation runs reads itself again, unless it is used.
function startRefreshing() {
  if (!run.refresh) return;
  let used = 0;
  for (const kind of ["pointerdown", "pointermove", "wheel", "keydown"]) {
    addEventListener(kind, () => (used = Date.now()), { passive: true });
  }
  $("live").hidden = false;
  setInterval(() => {
    if (Date.now() - used > 5000 && !document.hidden && !view.selected) location.reload();
  }, run.refresh * 1000);
}

function start() {
  startTheme();
  loadFromAddress();
  readColours();
  writeHead();
  filter();
  paint();
  startDrawing();
  startFilters();
  startKeys();
  startPointer();
  startPath();
  startTables();
  startComparison();
  startDetails();
  startPrinting();
  startRefreshing();
  let later = 0;
  onChange(() => {
    clearTimeout(later);
    later = setTimeout(saveToAddress, 300);
  });
  performance.mark("ready");
}

start();

// For tests and the benchmark.
window.timeline = { run, view, show, zoom, paint, frames };
