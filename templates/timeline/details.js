// One task in full; everything that failed; what could not be read.
import { run } from "./data.js";
import { $, count, duration, el } from "./format.js";
import { onChange, select, view } from "./state.js";
import { pick } from "./tables.js";
import { facts, when } from "./tip.js";

const MOST = 30;
const FAILED = ["failed", "unreachable"];
const FORGIVEN = ["ignored", "rescued"];

function output(task) {
  const parts = [];
  if (task.output) {
    const box = el("pre", task.output);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `output of ${task.name}`);
    parts.push(box);
  }
  if (task.output === "" && [...FAILED, ...FORGIVEN].includes(task.state)) {
    parts.push(el("p", "No output is kept.", "dim"));
  }
  return parts;
}

function writeDetails() {
  const box = $("details");
  const task = view.selected;
  box.hidden = !task;
  if (!task) return;
  const close = el("button", "×", "close");
  close.setAttribute("aria-label", "close");
  close.onclick = () => select(null);
  const step = run.path.find((one) => one.task === task);
  box.replaceChildren(
    close,
    el("h2", task.name),
    el("p", facts(task)),
    el("p", `${when(task.start)} to ${when(task.start + task.length)}`, "dim"),
    el("p", [task.action, task.host, task.path].filter(Boolean).join(" · "), "dim"),
    ...(step ? [el("p", `${duration(step.end - step.start)} of the critical path`, "on-path")] : []),
    ...output(task),
  );
}

function failure(task) {
  const isForgiven = FORGIVEN.includes(task.state);
  const box = el("div", null, `failure${isForgiven ? " forgiven" : ""}`);
  const head = el("button", task.name, "link");
  head.onclick = () => pick(task);
  box.append(head, el("div", `${facts(task)} · ${when(task.start + task.length)}`, "dim"));
  box.append(...output(task));
  return box;
}

function writeFailures() {
  const current = run.tasks.filter((task) => !task.earlier);
  const failed = current.filter((task) => FAILED.includes(task.state));
  const forgiven = current.filter((task) => FORGIVEN.includes(task.state));
  if (!failed.length && !forgiven.length) return;
  const parts = [];
  if (failed.length) parts.push(`${failed.length} failed`);
  if (forgiven.length) parts.push(`${forgiven.length} failed and ignored or rescued`);
  $("failures").append(el("h2", parts.join(", ")));
  const all = [...failed, ...forgiven];
  $("failures").append(...all.slice(0, MOST).map(failure));
  if (all.length > MOST) {
    $("failures").append(el("p", `and ${all.length - MOST} more: filter by state`, "dim"));
  }
  $("failures").hidden = false;
}

function writeUnreadable() {
  if (!run.damaged && !run.timeless) return;
  const box = $("unreadable");
  box.hidden = false;
  box.append(el("h2", "Not shown"));
  if (run.timeless) box.append(el("p", `${count(run.timeless, "entry", "entries")} without a usable time`));
  if (run.damaged) {
    const list = el("ul");
    for (const [path, why] of run.unreadable) list.append(el("li", `${path}: ${why}`));
    box.append(el("p", `${count(run.damaged, "file")} that could not be read`), list);
  }
}

export function startDetails() {
  writeFailures();
  writeUnreadable();
  onChange((what) => what === "selection" && writeDetails());
}
