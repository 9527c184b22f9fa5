// The lanes: a bar a task, names where they fit, the critical path below, a second run beneath.
import { run } from "./data.js";
import { $, duration, el, gridStep, signed } from "./format.js";
import { context, msAt, otherStart, rows, size, xOf } from "./layout.js";
import { select, toggleLane, view } from "./state.js";
import { colours, ink } from "./theme.js";

const MARGIN = 500; // CSS pixels drawn above and below what can be seen, so that scrolling is free
const MOST_PRINTED = 8000; // CSS pixels: browsers draw no larger canvas
const MARKS = { ok: "✓", failed: "✗", running: "…", cut: "?", gone: "–" };

// Very tall charts are drawn as far as they can be seen; this is the part that is.
const drawn = { top: 0, height: 0 };
let labelsShow = "";

function wanted(everything) {
  if (everything) return { top: 0, height: Math.min(size.lanes, MOST_PRINTED) };
  const above = -$("lanes").getBoundingClientRect().top;
  const top = Math.max(0, Math.floor(above - MARGIN));
  return { top, height: Math.max(1, Math.min(size.lanes - top, innerHeight + 2 * MARGIN)) };
}

// Whether scrolling has come to the end of what is drawn.
export function isOutside() {
  const above = Math.max(0, -$("lanes").getBoundingClientRect().top);
  const below = Math.min(size.lanes, above + innerHeight);
  return above < drawn.top || below > drawn.top + drawn.height;
}

export function paintLanes(everything = false) {
  Object.assign(drawn, wanted(everything));
  $("lanes").style.height = `${size.lanes}px`;
  const canvas = $("bars");
  const g = context(canvas, size.plot, drawn.height);
  canvas.style.top = `${drawn.top}px`;
  g.translate(0, -drawn.top);
  g.fillStyle = colours.bg;
  g.fillRect(0, drawn.top, size.plot, drawn.height);
  paintGrid(g);
  const visible = rows.filter(
    (row) => row.y + row.height > drawn.top && row.y < drawn.top + drawn.height,
  );
  for (const row of visible) {
    if (row.task) paintTask(g, row);
    else if (!row.more) paintLane(g, row);
  }
  if (view.path) paintPath(g);
  paintSelected(g);
  writeLabels(visible);
}

function paintGrid(g) {
  const step = gridStep(view.to - view.from, size.plot / 110);
  g.fillStyle = colours.line;
  for (let ms = Math.ceil(view.from / step) * step; ms <= view.to; ms += step) {
    g.fillRect(Math.round(xOf(ms)), drawn.top, 1, drawn.height);
  }
}

function paintLane(g, { lane, y, height }) {
  const bar = run.other ? height - 8 : height - 1;
  g.fillStyle = colours.panel;
  const left = Math.max(0, xOf(lane.start));
  const right = Math.min(size.plot, xOf(lane.end));
  if (right > left) g.fillRect(left, y, right - left, bar);
  paintBars(g, lane.tasks, y, bar);
  if (run.other) paintGhosts(g, lane.others, y + bar + 1, 5);
}

function paintBars(g, tasks, y, height) {
  let drawnTo = -1;
  let drawnAs = "";
  for (const task of tasks) {
    const start = xOf(task.start);
    const end = xOf(task.start + task.length);
    if (end < 0 || start > size.plot) continue;
    const x = Math.max(0, start);
    const width = Math.max(1.5, Math.min(size.plot, end) - x - (end - start > 4 ? 1 : 0));
    const look = `${Math.round(x)}${task.state}${task.shown}`;
    if (width < 2 && look === drawnAs && x < drawnTo) continue;
    drawnAs = look;
    drawnTo = x + width;
    g.globalAlpha = task.shown ? (task.earlier ? 0.45 : 1) : 0.12;
    paintBar(g, task, x, y, width, height);
  }
  g.globalAlpha = 1;
}

function paintBar(g, task, x, y, width, height) {
  g.fillStyle = colours[task.state];
  g.fillRect(x, y, width, height);
  if (task.retries && width > 5) {
    g.fillStyle = colours.retry;
    g.fillRect(x, y + height - 4, width, 4);
  }
  if (!task.shown || width < 46 || height < 14 * size.unit) return;
  const letters = Math.floor((width - 10) / (6.3 * size.unit));
  if (letters < 4) return;
  g.fillStyle = ink(task.state);
  const name = task.name.length > letters ? `${task.name.slice(0, letters - 1)}…` : task.name;
  g.fillText(name, x + 5, y + (height - (task.retries ? 4 : 0)) / 2 + 1, width - 8);
}

function paintGhosts(g, tasks, y, height) {
  g.fillStyle = colours.ghost;
  let drawnTo = -1;
  for (const task of tasks) {
    const start = xOf(otherStart(task));
    const end = xOf(otherStart(task) + task.length);
    if (end < 0 || start > size.plot || end < drawnTo) continue;
    g.fillStyle = task.state === "failed" ? colours.failed : colours.ghost;
    drawnTo = Math.max(start + 1, end - (end - start > 3 ? 1 : 0));
    g.fillRect(start, y, drawnTo - start, height);
  }
}

function paintTask(g, { task, y, height }) {
  paintBars(g, [task], y + 2, height - (task.before ? 7 : 4));
  const start = xOf(task.start);
  let end = xOf(task.start + task.length);
  if (task.before) {
    const before = xOf(task.start + task.before.length);
    g.fillStyle = colours.ghost;
    g.fillRect(start, y + height - 4, Math.max(1.5, before - start), 3);
    end = Math.max(end, before);
  }
  if (end < 0 || start > size.plot - 60) return;
  let text = duration(task.length);
  if (task.retries) text += `  ${task.retries}${task.allowed ? ` of ${task.allowed}` : ""} retries`;
  if (task.items > 1) text += `  ${task.items} items`;
  const difference = task.before ? task.length - task.before.length : 0;
  if (Math.abs(difference) >= 50) text += `  ${signed(difference)}`;
  g.fillStyle = colours.dim;
  const room = g.measureText(text).width;
  const x = Math.max(0, end) + 5;
  if (x + room < size.plot) g.fillText(text, x, y + height / 2);
  else if (start - room - 6 > 0) g.fillText(text, start - room - 6, y + height / 2);
}

// A line below the tasks that the end waited for, and a thin one from lane to lane.
function paintPath(g) {
  const below = new Map();
  for (const row of rows) {
    if (!row.task && !row.more) below.set(row.lane, row.y + row.height - (run.other ? 8 : 1));
  }
  g.fillStyle = colours.path;
  let last = null;
  for (const { lane, start, end } of run.path) {
    const y = below.get(lane);
    const x = Math.max(0, xOf(start));
    if (last !== null && last !== y && xOf(start) >= 0 && x < size.plot) {
      g.globalAlpha = 0.5;
      g.fillRect(x, Math.min(last, y), 1, Math.abs(y - last));
      g.globalAlpha = 1;
    }
    last = y;
    const to = Math.min(size.plot, xOf(end));
    if (to > x) g.fillRect(x, y, to - x, 2);
  }
}

function paintSelected(g) {
  const task = view.selected;
  if (!task) return;
  g.strokeStyle = colours.fg;
  g.lineWidth = 1.5;
  for (const row of rows) {
    if (row.task === task || (!row.task && !row.more && row.lane.id === task.lane)) {
      const width = Math.max(3, xOf(task.start + task.length) - xOf(task.start));
      const height = run.other && !row.task ? row.height - 8 : row.height - 1;
      g.strokeRect(xOf(task.start) - 1, row.y, width + 2, height);
    }
  }
}

// Names are text of the page: sharp, selectable, and the components' are buttons for the keyboard.
function writeLabels(visible) {
  const labels = $("labels");
  const now = visible.map((row) => `${row.y} ${row.lane.id} ${row.task?.id} ${row.more}`).join();
  const look = `${now} ${[...view.open]} ${view.path} ${view.selected?.id}`;
  if (look === labelsShow) return;
  labelsShow = look;
  const focused = document.activeElement?.dataset?.lane;
  labels.textContent = "";
  for (const row of visible) {
    const label = row.task ? taskLabel(row) : row.more ? moreLabel(row) : laneLabel(row);
    label.style.top = `${row.y}px`;
    label.style.height = `${row.height}px`;
    labels.append(label);
  }
  if (focused) labels.querySelector(`[data-lane="${focused}"]`)?.focus({ preventScroll: true });
}

function laneLabel({ lane }) {
  const label = el("button", null, `lane ${lane.state}${lane.onPath && view.path ? " on-path" : ""}`);
  const isOpen = view.open.has(lane.id);
  label.dataset.lane = lane.id;
  label.setAttribute("aria-expanded", isOpen);
  label.title = `${lane.name}: ${lane.state}, ${duration(lane.end - lane.start)}`;
  const name = el("span", lane.name, "name");
  label.append(el("span", isOpen ? "▾" : "▸", "arrow"), el("span", MARKS[lane.state], "state"), name);
  if (lane.state !== "gone") label.append(el("span", duration(lane.end - lane.start), "took"));
  label.onclick = () => toggleLane(lane.id);
  return label;
}

function taskLabel({ task }) {
  const label = el("div", task.name, `task${view.selected === task ? " selected" : ""}`);
  label.title = task.name;
  label.onclick = () => select(task);
  return label;
}

function moreLabel({ more }) {
  return el("div", `${more.toLocaleString("en")} shorter ones: search`, "task");
}

// The task at a place of the lanes, the nearest of several.
export function taskAt(row, x) {
  if (!row || row.task) return row ? row.task : null;
  const ms = msAt(x);
  const slack = msAt(3) - msAt(0);
  let best = null;
  let distance = Infinity;
  for (const task of row.lane.tasks) {
    if (!task.shown || ms < task.start - slack || ms > task.start + task.length + slack) continue;
    const away = Math.abs(ms - task.start - task.length / 2) - task.length / 2;
    if (away < distance) [best, distance] = [task, away];
  }
  return best;
}
