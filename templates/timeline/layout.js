// Where each row is: a row a component, below an open one a row a task. Widths and heights.
import { run } from "./data.js";
import { $ } from "./format.js";
import { view } from "./state.js";

const MOST_ROWS = 400; // of tasks in one open lane: the longest

export const size = {
  unit: 1, width: 0, left: 206, plot: 800, lanes: 0, scatter: 230, overview: 42, pixels: 1,
};
export const rows = []; // filled anew by layOut

// One CSS pixel of the design; on very wide screens the page's type is larger.
const scaled = (length) => Math.round(length * size.unit);

export function measure() {
  const chart = $("chart");
  size.unit = parseFloat(getComputedStyle(document.body).fontSize) / 13;
  const width = chart.clientWidth;
  size.width = width;
  const names = view.open.size ? longestName() * 6.3 + 34 : 0;
  const roomy = Math.min(Math.max(206, names), width * 0.3) * (names ? 1 : size.unit);
  size.left = Math.round(width < 620 ? Math.min(128, width * 0.34) : roomy);
  size.plot = Math.max(60, width - size.left);
  size.pixels = Math.min(2, window.devicePixelRatio || 1);
  size.overview = scaled(42);
  const perLane = Math.min(scaled(900), scaled(13) * run.lanes.length + 16);
  size.scatter = Math.max(scaled(230), view.scatter === "component" ? perLane : 0);
  chart.style.setProperty("--left", `${size.left}px`);
}

function longestName() {
  let letters = 0;
  for (const id of view.open) {
    for (const task of run.lanes[id].tasks) letters = Math.max(letters, task.name.length);
  }
  return letters * size.unit;
}

export function layOut() {
  measure();
  rows.length = 0;
  const laneHeight = scaled(run.other ? 27 : 20);
  const taskHeight = scaled(16);
  let y = 4;
  for (const lane of run.lanes) {
    rows.push({ lane, task: null, y, height: laneHeight });
    y += laneHeight + 3;
    if (!view.open.has(lane.id)) continue;
    const matching = lane.tasks.filter((task) => task.shown);
    for (const task of longest(matching)) {
      rows.push({ lane, task, y, height: taskHeight });
      y += taskHeight;
    }
    if (matching.length > MOST_ROWS) {
      rows.push({ lane, task: null, more: matching.length - MOST_ROWS, y, height: taskHeight });
      y += taskHeight;
    }
    y += 5;
  }
  size.lanes = y + 4;
}

function longest(tasks) {
  if (tasks.length <= MOST_ROWS) return tasks;
  const kept = new Set([...tasks].sort((a, b) => b.length - a.length).slice(0, MOST_ROWS));
  return tasks.filter((task) => kept.has(task));
}

export const xOf = (ms) => ((ms - view.from) / (view.to - view.from)) * size.plot;
export const msAt = (x) => view.from + (x / size.plot) * (view.to - view.from);

export function rowAt(y) {
  return rows.find((row) => y >= row.y - 1 && y < row.y + row.height + 2) ?? null;
}

// Where a task of the second run begins on this run's clock.
export function otherStart(task) {
  if (view.align === "start") return task.start;
  const lane = run.lanes[task.lane];
  return task.start - lane.otherStart + lane.start;
}

// Give a canvas its size in CSS pixels and its context the page's unit.
export function context(canvas, width, height) {
  const [w, h] = [Math.round(width * size.pixels), Math.round(height * size.pixels)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const drawn = canvas.getContext("2d");
  drawn.setTransform(size.pixels, 0, 0, size.pixels, 0, 0);
  drawn.font = `${11.5 * size.unit}px system-ui, "DejaVu Sans", sans-serif`;
  drawn.textBaseline = "middle";
  return drawn;
}
