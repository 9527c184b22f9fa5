// What the pictures show, as tables: for reading, for printing, for the keyboard and screen readers.
import { run } from "./data.js";
import { $, count, duration, el } from "./format.js";
import { isFiltered, isWhole, onChange, select, show, toggleLane, view } from "./state.js";

const STEP = 25; // rows at first, and more with each press
const MOST = 1000;

export function cell(row, text, className = "") {
  const made = el("td", text, className);
  row.append(made);
  return made;
}

// A cell whose text is a button: what a click on the row does, for the keyboard as well.
export function buttonCell(row, text, action) {
  const made = el("button", text, "link");
  made.onclick = action;
  cell(row, null).append(made);
  row.onclick = (event) => event.target === made || action();
  row.classList.add("clickable");
}

export function bar(row, share, colour) {
  const made = el("div", null, "mini");
  made.style.width = `${Math.max(2, share * 70)}px`;
  made.style.background = `var(--${colour})`;
  const holder = cell(row, null, "bar");
  holder.setAttribute("aria-hidden", "true"); // the number beside it says the same
  holder.append(made);
}

const toChart = () => $("chart").scrollIntoView({ block: "start" });

export function pick(task) {
  select(task);
  toChart();
}

// The slowest tasks in the span that is shown, one by one or added up.

const GROUPS = {
  "": null,
  component: (task) => run.lanes[task.lane].name,
  role: (task) => task.role || "(no role)",
  action: (task) => task.action || "(unknown)",
  name: (task) => task.name,
};
const sorting = { key: "length", down: true, rows: STEP };

function shownTasks() {
  return run.tasks.filter(
    (task) => task.shown && task.start <= view.to && task.start + task.length >= view.from,
  );
}

function grouped(tasks, keyOf) {
  const groups = new Map();
  for (const task of tasks) {
    const name = keyOf(task);
    const group = groups.get(name) ?? { name, length: 0, retries: 0, items: 0, tasks: [] };
    group.length += task.length;
    group.retries += task.retries;
    group.items += task.items;
    group.tasks.push(task);
    groups.set(name, group);
  }
  return [...groups.values()];
}

const sortKeys = {
  length: (one) => one.length,
  component: (one) => (one.tasks ? "" : run.lanes[one.lane].name),
  name: (one) => one.name,
  retries: (one) => one.retries,
  items: (one) => one.items,
};

function writeSlowest() {
  const tasks = shownTasks();
  const keyOf = GROUPS[$("group").value];
  const list = keyOf ? grouped(tasks, keyOf) : tasks;
  const key = sortKeys[sorting.key];
  const sign = sorting.down ? -1 : 1;
  list.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
  const body = $("slowest").tBodies[0];
  body.textContent = "";
  const most = list.reduce((longest, one) => Math.max(longest, one.length), 1);
  for (const one of list.slice(0, sorting.rows)) body.append(slowRow(one, one.length / most));
  const span = isWhole() ? "" : `, +${duration(view.from)} to +${duration(view.to)}`;
  $("shown").textContent = isFiltered() || span
    ? `${count(tasks.length, "task")} of ${run.tasks.length.toLocaleString("en")}${span}`
    : count(tasks.length, "task");
  $("more").hidden = list.length <= sorting.rows || sorting.rows >= MOST;
  $("matches").textContent = isFiltered() ? count(run.tasks.filter((t) => t.shown).length, "match", "matches") : "";
}

function slowRow(one, share) {
  const row = el("tr");
  cell(row, duration(one.length), "number");
  bar(row, share, one.tasks ? "accent" : one.state);
  if (one.tasks) {
    cell(row, count(one.tasks.length, "task"));
    const longest = one.tasks.reduce((a, b) => (b.length > a.length ? b : a));
    buttonCell(row, one.name, () => pick(longest));
  } else {
    cell(row, run.lanes[one.lane].name);
    buttonCell(row, one.name, () => pick(one));
  }
  cell(row, one.retries || "", "number");
  cell(row, one.items || "", "number");
  return row;
}

function writeSorting() {
  for (const head of $("slowest").tHead.querySelectorAll("th[data-key]")) {
    const isSorted = head.dataset.key === sorting.key;
    const way = sorting.down ? "descending" : "ascending";
    head.setAttribute("aria-sort", isSorted ? way : "none");
  }
}

function sortBy(key) {
  sorting.down = sorting.key === key ? !sorting.down : key !== "name" && key !== "component";
  sorting.key = key;
  writeSorting();
  writeSlowest();
}

// Components, and the phases that they belong to.

function writeComponents() {
  const body = $("components").tBodies[0];
  const most = Math.max(1, ...run.lanes.map((lane) => lane.end - lane.start));
  for (const lane of run.lanes.filter((one) => one.isCurrent && one.state !== "gone")) {
    const row = el("tr", null, lane.state);
    const current = lane.tasks.filter((task) => !task.earlier);
    const retried = current.filter((task) => task.retries);
    cell(row, lane.state, "state");
    buttonCell(row, lane.name, () => {
      if (!view.open.has(lane.id)) toggleLane(lane.id);
      show(lane.start - 200, lane.end + 200);
      toChart();
    });
    cell(row, duration(lane.end - lane.start), "number");
    bar(row, (lane.end - lane.start) / most, lane.onPath ? "path" : "other");
    cell(row, current.length.toLocaleString("en"), "number");
    cell(row, retried.reduce((sum, task) => sum + task.retries, 0) || "", "number");
    const waited = retried.reduce((sum, task) => sum + task.length, 0);
    cell(row, waited ? duration(waited) : "", "number");
    body.append(row);
  }
}

let later = 0;

export function startTables() {
  writeComponents();
  writeSorting();
  writeSlowest();
  for (const head of $("slowest").tHead.querySelectorAll("th[data-key] button")) {
    head.onclick = () => sortBy(head.closest("th").dataset.key);
  }
  $("group").onchange = writeSlowest;
  $("more").onclick = () => {
    sorting.rows = Math.min(MOST, sorting.rows * 4);
    writeSlowest();
  };
  onChange((what) => {
    if (what === "look" || what === "selection") return;
    clearTimeout(later);
    later = setTimeout(writeSlowest, 120);
  });
}
