// The keyboard, and the buttons that do the same.
import { run } from "./data.js";
import { $ } from "./format.js";
import { changed, filter, pan, select, show, view, zoom } from "./state.js";
import { toggleTheme } from "./theme.js";

const shownInOrder = () => run.tasks.filter((task) => task.shown).sort((a, b) => a.start - b.start);

// The next (or the previous) task that the filters leave, from the selected one on.
export function step(by) {
  const tasks = shownInOrder();
  if (!tasks.length) return;
  const at = tasks.indexOf(view.selected);
  const next = at < 0 ? (by > 0 ? 0 : tasks.length - 1) : (at + by + tasks.length) % tasks.length;
  select(tasks[next]);
}

export function toggleAll() {
  if (view.open.size) view.open.clear();
  else for (const lane of run.lanes) view.open.add(lane.id);
  changed("rows");
}

export function togglePath() {
  view.path = !view.path;
  $("path").setAttribute("aria-pressed", view.path);
  changed("look");
}

function toggleHelp() {
  $("help").hidden = !$("help").hidden;
  $("keys").setAttribute("aria-expanded", !$("help").hidden);
}

function clear() {
  if (view.query) {
    $("search").value = view.query = "";
    filter();
  } else {
    select(null);
  }
}

const KEYS = {
  "+": () => zoom(0.7),
  "=": () => zoom(0.7),
  "-": () => zoom(1.4),
  ArrowLeft: () => pan((view.from - view.to) * 0.1),
  ArrowRight: () => pan((view.to - view.from) * 0.1),
  f: () => show(0, run.length),
  n: () => step(1),
  N: () => step(-1),
  o: toggleAll,
  p: togglePath,
  d: toggleTheme,
  "?": toggleHelp,
  "/": () => $("search").focus(),
  Escape: clear,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.closest("input, select, textarea");
  if (isTyping) {
    if (event.key === "Escape") {
      clear();
      event.target.blur();
    } else if (event.key === "Enter" && event.target === $("search")) {
      step(event.shiftKey ? -1 : 1);
    }
    return;
  }
  if (event.target.closest("pre") && event.key.startsWith("Arrow")) return;
  const does = KEYS[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

export function startKeys() {
  addEventListener("keydown", onKey);
  $("fit").onclick = () => show(0, run.length);
  $("open").onclick = toggleAll;
  $("path").onclick = togglePath;
  $("path").setAttribute("aria-pressed", view.path);
  $("keys").onclick = toggleHelp;
}
