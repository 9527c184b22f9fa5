// What is shown at the moment: the span, the filters, what is open and selected. Others listen.
import { run } from "./data.js";

const SHORTEST = 20; // milliseconds that fill the width at most

export const view = {
  from: run.latest, // where the last of several installations in one pod begins
  to: run.length,
  query: "",
  hidden: new Set(), // states
  retriedOnly: false,
  open: new Set(), // lanes, by number
  scatter: "duration", // or "component"
  path: true,
  align: "start", // how a second run lies over this one: "start" or "component"
  selected: null, // a task
};

const listeners = [];

// `what` is "span", "filter", "rows", "selection" or "look".
export function changed(what) {
  for (const listener of listeners) listener(what);
}

export function onChange(listener) {
  listeners.push(listener);
}

export const isWhole = () => view.from <= 0 && view.to >= run.length;

export function show(from, to) {
  const low = Math.max(0, Math.min(from, to));
  const high = Math.min(run.length, Math.max(from, to));
  view.from = Math.min(low, Math.max(0, run.length - SHORTEST));
  view.to = Math.max(high, Math.min(run.length, view.from + SHORTEST));
  changed("span");
}

export function zoom(factor, at = (view.from + view.to) / 2) {
  const old = view.to - view.from;
  const span = Math.min(run.length, Math.max(SHORTEST, old * factor));
  const from = at - ((at - view.from) / old) * span;
  view.from = Math.max(0, Math.min(run.length - span, from));
  view.to = view.from + span;
  changed("span");
}

export function moveTo(from) {
  const span = view.to - view.from;
  view.from = Math.max(0, Math.min(run.length - span, from));
  view.to = view.from + span;
  changed("span");
}

export const pan = (by) => moveTo(view.from + by);

export function filter() {
  const words = view.query.toLowerCase().split(/\s+/).filter(Boolean);
  for (const task of run.tasks) {
    task.shown = !view.hidden.has(task.state) && (!view.retriedOnly || task.retries > 0);
    if (task.shown && words.length) {
      const lane = run.lanes[task.lane].name;
      const text = `${task.name} ${lane} ${task.role} ${task.action} ${task.host}`.toLowerCase();
      task.shown = words.every((word) => text.includes(word));
    }
  }
  changed("filter");
}

export const isFiltered = () => view.query !== "" || view.hidden.size > 0 || view.retriedOnly;

export function toggleLane(id) {
  if (view.open.has(id)) view.open.delete(id);
  else view.open.add(id);
  changed("rows");
}

export function select(task, reveal = true) {
  view.selected = task;
  if (task && reveal) {
    const around = Math.max(200, task.length * 0.6);
    const isInside = task.start >= view.from && task.start + task.length <= view.to;
    const isWide = task.length > (view.to - view.from) / 60;
    if (!isInside || !isWide) show(task.start - around, task.start + task.length + around);
    if (!view.open.has(task.lane)) toggleLane(task.lane);
  }
  changed("selection");
}

// The view is kept in the address, so that a reload, a refresh or a copied link shows the same.
export function saveToAddress() {
  const kept = new URLSearchParams();
  if (!isWhole()) kept.set("span", `${Math.round(view.from)}-${Math.round(view.to)}`);
  if (view.query) kept.set("q", view.query);
  if (view.hidden.size) kept.set("hide", [...view.hidden].join(","));
  if (view.retriedOnly) kept.set("retried", "1");
  if (view.open.size) kept.set("open", [...view.open].join(","));
  if (view.scatter !== "duration") kept.set("events", view.scatter);
  if (!view.path) kept.set("path", "0");
  if (document.documentElement.dataset.chosen) {
    kept.set("theme", document.documentElement.dataset.theme);
  }
  const address = kept.toString();
  if (address !== location.hash.slice(1)) {
    history.replaceState(null, "", address ? `#${address}` : location.pathname + location.search);
  }
}

export function loadFromAddress() {
  const kept = new URLSearchParams(location.hash.slice(1));
  const numbers = (name) => (kept.get(name) ?? "").split(/[,-]/).filter(Boolean).map(Number);
  const [from, to] = numbers("span");
  if (to > from) show(from, to);
  view.query = kept.get("q") ?? "";
  view.hidden = new Set((kept.get("hide") ?? "").split(",").filter((one) => run.states.includes(one)));
  view.retriedOnly = kept.get("retried") === "1";
  view.open = new Set(numbers("open").filter((id) => run.lanes[id]));
  view.scatter = kept.get("events") === "component" ? "component" : "duration";
  view.path = kept.get("path") !== "0";
}
