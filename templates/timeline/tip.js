// What is under the pointer: a box of text, a line through all of the chart, a ring around a point.
import { clock, kindNames, run } from "./data.js";
import { $, duration, el } from "./format.js";
import { size } from "./layout.js";
import { pointOf } from "./scatter.js";

const KINDS = {
  item: "loop item", retry: "retry", start: "task begins", verbose: "output", other: "event",
}; // prettier-ignore

export function facts(task) {
  const lane = run.lanes[task.lane].name;
  const parts = [lane, task.state, duration(task.length)];
  if (task.role && task.role !== lane) parts.splice(1, 0, task.role);
  if (task.retries) parts.push(`${task.retries}${task.allowed ? ` of ${task.allowed}` : ""} retries`);
  if (task.items) parts.push(`${task.items} items`);
  if (task.before) parts.push(`before: ${duration(task.before.length)}`);
  if (task.earlier) parts.push("of an earlier run");
  return parts.join(" · ");
}

export const when = (ms) => `+${duration(ms)} · ${clock(ms)} UTC`;

export function showTip(found, x, y) {
  const tip = $("tip");
  const { task, event } = found;
  moveCursor(found);
  if (!task && event < 0) {
    tip.hidden = true;
    return;
  }
  tip.textContent = "";
  if (event >= 0) {
    const kind = kindNames[run.events.kind[event]];
    const took = run.events.took[event] && KINDS[kind] ? ` · ${duration(run.events.took[event])}` : "";
    tip.append(el("b", `${KINDS[kind] ?? kind} · ${run.lanes[run.events.lane[event]].name}${took}`));
  }
  if (task) tip.append(el("b", task.name), el("span", facts(task)));
  tip.append(el("span", when(event >= 0 ? run.events.time[event] : task.start)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const below = y + box.height + 24 < innerHeight;
  tip.style.left = `${Math.max(4, Math.min(innerWidth - box.width - 8, x + 14))}px`;
  tip.style.top = `${below ? y + 16 : Math.max(4, y - box.height - 12)}px`;
}

function moveCursor({ x, event }) {
  const cursor = $("cursor");
  cursor.hidden = x < 0;
  cursor.style.transform = `translateX(${size.left + x}px)`;
  const ring = $("ring");
  ring.hidden = event < 0;
  if (event >= 0) {
    const [left, top] = pointOf(event);
    ring.style.transform = `translate(${size.left + left - 7}px, ${top - 7}px)`;
  }
}

export function hideTip() {
  $("tip").hidden = true;
  $("cursor").hidden = true;
  $("ring").hidden = true;
}
