// The whole run in one strip: its phases, how many events at each moment, and the span that is shown.
import { clock, kindNames, run } from "./data.js";
import { $, gridStep, tick } from "./format.js";
import { context, size, xOf } from "./layout.js";
import { isWhole, view } from "./state.js";
import { colours } from "./theme.js";

const BIN = 2; // CSS pixels

const whole = (ms) => (ms / run.length) * size.plot;
let bins = { width: 0 };

function countEvents() {
  const length = Math.max(1, Math.floor(size.plot / BIN));
  bins = { width: size.plot, events: new Uint32Array(length), failed: new Uint8Array(length), most: 1 };
  const failed = kindNames.indexOf("failed");
  for (let at = 0; at < run.events.length; at++) {
    const bin = Math.min(length - 1, Math.floor((run.events.time[at] / run.length) * length));
    bins.most = Math.max(bins.most, ++bins.events[bin]);
    if (run.events.kind[at] === failed) bins.failed[bin] = 1;
  }
}

export function paintOverview() {
  if (bins.width !== size.plot) countEvents();
  const g = context($("overview"), size.plot, size.overview);
  const band = Math.round(15 * size.unit);
  g.fillStyle = colours.bg;
  g.fillRect(0, 0, size.plot, size.overview);
  g.fillStyle = colours.panel;
  g.fillRect(0, band, size.plot, size.overview - band);
  paintHistogram(g, band);
  paintPhases(g, band);
  if (!isWhole()) paintSpan(g, band);
}

function paintHistogram(g, band) {
  const height = size.overview - band;
  for (let bin = 0; bin < bins.events.length; bin++) {
    if (!bins.events[bin]) continue;
    const share = Math.log1p(bins.events[bin]) / Math.log1p(bins.most);
    const bar = Math.max(2, share * height);
    g.globalAlpha = bins.failed[bin] ? 1 : 0.55;
    g.fillStyle = bins.failed[bin] ? colours.failed : colours.changed;
    g.fillRect(bin * BIN, size.overview - bar, BIN, bar);
  }
  g.globalAlpha = 1;
}

function paintPhases(g, band) {
  for (const phase of run.phases) {
    const start = whole(phase.start);
    const width = Math.max(2, whole(phase.end) - start - 1);
    g.fillStyle = phase.state === "failed" ? colours.failed : colours.dim;
    g.fillRect(start, band - 2, width, 2);
    const letters = Math.floor(width / (6.4 * size.unit));
    if (letters < 3) continue;
    const name = phase.name.length > letters ? `${phase.name.slice(0, letters - 1)}…` : phase.name;
    g.fillText(name, start + 1, (band - 2) / 2, width);
  }
}

function paintSpan(g, band) {
  const left = whole(view.from);
  const right = Math.max(left + 2, whole(view.to));
  g.fillStyle = colours.bg;
  g.globalAlpha = 0.65;
  g.fillRect(0, band, left, size.overview);
  g.fillRect(right, band, size.plot - right, size.overview);
  g.globalAlpha = 1;
  g.strokeStyle = colours.accent;
  g.lineWidth = 1.5;
  g.strokeRect(left + 0.75, band + 0.75, right - left - 1.5, size.overview - band - 1.5);
  g.fillStyle = colours.accent;
  const middle = band + (size.overview - band) / 2;
  for (const x of [left, right]) g.fillRect(x - 2, middle - 6, 4, 12);
}

// What a press at `x` of the overview takes hold of.
export function gripAt(x) {
  if (isWhole()) return "new";
  const [left, right] = [whole(view.from), whole(view.to)];
  if (Math.abs(x - left) < 6) return "from";
  if (Math.abs(x - right) < 6) return "to";
  return x > left && x < right ? "move" : "new";
}

export const wholeMsAt = (x) => (x / size.plot) * run.length;

export function paintAxes() {
  const height = Math.round(20 * size.unit);
  const above = context($("axis"), size.plot, height);
  const below = context($("clock"), size.plot, height);
  const step = gridStep(view.to - view.from, size.plot / 110);
  for (const g of [above, below]) {
    g.fillStyle = colours.bg;
    g.fillRect(0, 0, size.plot, height);
    g.fillStyle = colours.dim;
  }
  for (let ms = Math.ceil(view.from / step) * step; ms <= view.to; ms += step) {
    const x = Math.round(xOf(ms));
    above.fillRect(x, height - 6, 1, 6);
    if (x + above.measureText(clock(ms)).width + 4 > size.plot) continue;
    above.fillText(tick(ms, step), x + 4, height / 2 + 1);
    below.fillText(clock(ms), x + 4, height / 2);
  }
}
