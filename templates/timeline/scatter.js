// All events as points: time against duration, or against component. Drawn pixel by pixel, for
// twenty thousand rectangles would take too long without a graphics card.
import { firstAt, kindNames, run } from "./data.js";
import { $, el, gridStep } from "./format.js";
import { context, msAt, size, xOf } from "./layout.js";
import { isFiltered, view } from "./state.js";
import { channels, colours } from "./theme.js";

// From the bottom to the top: how large a point is (CSS pixels), and how opaque.
const LOOKS = {
  verbose: [2.4, 0.7], other: [2.4, 0.7], start: [2.4, 0.7], item: [2.6, 0.75],
  skipped: [3.4, 0.9], ok: [4, 0.85], changed: [4, 0.85], running: [4, 0.9], retry: [4.6, 0.85],
  rescued: [5.5, 1], ignored: [5.5, 1], unreachable: [7, 1], failed: [7, 1],
}; // prettier-ignore
const ORDER = Object.keys(LOOKS).filter((kind) => kindNames.includes(kind));
const STRIP = 22; // the lowest pixels: events without a duration
const LINES = [
  [10, "10 ms"], [100, "0.1 s"], [1e3, "1 s"], [1e4, "10 s"], [6e4, "1 min"], [6e5, "10 min"],
  [36e5, "1 h"],
]; // prettier-ignore
const longest = run.tasks.reduce((most, task) => Math.max(most, task.length), 1e4);

function yOfDuration(ms) {
  const height = size.scatter - STRIP - 12;
  const share = (Math.log10(Math.max(10, ms)) - 1) / (Math.log10(longest) - 1);
  return 8 + height * (1 - Math.min(1, share));
}

function yOf(at) {
  const scatter = run.events;
  if (view.scatter === "component") {
    const band = (size.scatter - 8) / run.lanes.length;
    const place = ((Math.imul(at, 2654435761) >>> 8) % 100) / 100; // spread, the same each time
    return 4 + (scatter.lane[at] + 0.15 + 0.7 * place) * band;
  }
  if (scatter.took[at]) return yOfDuration(scatter.took[at]);
  return size.scatter - 4 - ((at * 7) % 9);
}

const isShown = (at) => run.events.task[at] >= 0 && run.tasks[run.events.task[at]].shown;

// A disc of this diameter in device pixels: how far its pixels lie from its middle in the picture's
// bytes, and how far from there it reaches.
function disc(diameter, width) {
  const reach = Math.ceil(diameter / 2);
  const offsets = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      if (Math.hypot(x, y) <= diameter / 2) offsets.push((y * width + x) * 4);
    }
  }
  return { reach, offsets };
}

export function paintScatter() {
  paintBackground();
  const canvas = $("points");
  const g = context(canvas, size.plot, size.scatter);
  const picture = g.createImageData(canvas.width, canvas.height);
  const filtered = isFiltered();
  for (const kind of ORDER) {
    const places = run.events.ofKind[kindNames.indexOf(kind)];
    const end = firstAt(places, view.to + 1);
    stamp(picture, kind, places, firstAt(places, view.from), end, filtered);
  }
  g.putImageData(picture, 0, 0);
}

function stamp(picture, kind, places, from, to, filtered) {
  const [diameter, alpha] = LOOKS[kind];
  const { data, width, height } = picture;
  const { reach, offsets } = disc(diameter * size.unit * size.pixels, width);
  const [red, green, blue] = channels(kind);
  for (let number = from; number < to; number++) {
    const at = places[number];
    if (filtered && !isShown(at)) continue;
    const x = inside(xOf(run.events.time[at]) * size.pixels, reach, width);
    const y = inside(yOf(at) * size.pixels, reach, height);
    const middle = (y * width + x) * 4;
    for (let step = 0; step < offsets.length; step++) {
      const pixel = middle + offsets[step];
      data[pixel] = red;
      data[pixel + 1] = green;
      data[pixel + 2] = blue;
      data[pixel + 3] += (255 - data[pixel + 3]) * alpha;
    }
  }
}

// A pixel that leaves room for the whole disc; the outermost points move inwards a little.
function inside(place, reach, length) {
  return Math.max(reach, Math.min(length - 1 - reach, Math.round(place)));
}

function paintBackground() {
  const g = context($("grid"), size.plot, size.scatter);
  $("events").style.height = `${size.scatter}px`;
  g.fillStyle = colours.panel;
  g.fillRect(0, 0, size.plot, size.scatter);
  g.fillStyle = colours.line;
  const step = gridStep(view.to - view.from, size.plot / 110);
  for (let ms = Math.ceil(view.from / step) * step; ms <= view.to; ms += step) {
    g.fillRect(Math.round(xOf(ms)), 0, 1, size.scatter);
  }
  const labels = $("scale");
  labels.textContent = "";
  for (const [y, text] of view.scatter === "component" ? componentLines() : durationLines()) {
    if (view.scatter !== "component") g.fillRect(0, Math.round(y), size.plot, 1);
    const label = el("div", text);
    label.style.top = `${y}px`;
    labels.append(label);
  }
}

function durationLines() {
  const lines = LINES.filter(([ms]) => ms <= longest).map(([ms, text]) => [yOfDuration(ms), text]);
  return [...lines, [size.scatter - 7, "no duration"]];
}

function componentLines() {
  const band = (size.scatter - 8) / run.lanes.length;
  const every = Math.ceil((9 * size.unit) / band);
  return run.lanes
    .filter((lane) => lane.id % every === 0)
    .map((lane) => [4 + (lane.id + 0.5) * band, lane.name]);
}

// The event nearest to a place of the scatter plot, or -1.
export function eventAt(x, y) {
  const reach = 9;
  const filtered = isFiltered();
  let best = -1;
  let distance = reach * reach;
  for (const kind of ORDER) {
    const places = run.events.ofKind[kindNames.indexOf(kind)];
    const end = firstAt(places, msAt(x + reach));
    for (let number = firstAt(places, msAt(x - reach)); number < end; number++) {
      const at = places[number];
      if (filtered && !isShown(at)) continue;
      const away = (xOf(run.events.time[at]) - x) ** 2 + (yOf(at) - y) ** 2;
      const bonus = LOOKS[kind][0] > 3 ? 9 : 0; // what is drawn on top is meant
      if (away - bonus < distance) [best, distance] = [at, away - bonus];
    }
  }
  return best;
}

export const pointOf = (at) => [xOf(run.events.time[at]), yOf(at)];
