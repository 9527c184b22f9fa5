// When what is drawn: at most once a frame, and only what a change can have touched.
import { $ } from "./format.js";
import { isOutside, paintLanes } from "./lanes.js";
import { layOut, size } from "./layout.js";
import { paintAxes, paintOverview } from "./overview.js";
import { paintScatter } from "./scatter.js";
import { onChange } from "./state.js";

let frame = 0;
let needsLayout = true;

// How long the last frames took, in milliseconds; the benchmark reads it.
export const frames = [];

export function paint(everything = false) {
  const began = performance.now();
  if (needsLayout || everything) layOut();
  needsLayout = false;
  paintOverview();
  paintAxes();
  paintLanes(everything);
  paintScatter();
  frames.push(performance.now() - began);
  if (frames.length > 500) frames.shift();
}

export function draw() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => paint());
}

export function startDrawing() {
  onChange((what) => {
    if (what !== "span" && what !== "selection") needsLayout = true;
    draw();
  });
  addEventListener("scroll", () => isOutside() && draw(), { passive: true });
  // Opened lanes change the height alone. The first drawing can bring a scrollbar.
  new ResizeObserver(() => {
    if ($("chart").clientWidth === size.width) return;
    needsLayout = true;
    draw();
  }).observe($("chart"));
}
