// The mouse and the fingers: hover, wheel, drag, select a span, two fingers, click.
import { run } from "./data.js";
import { $ } from "./format.js";
import { msAt, rowAt, size } from "./layout.js";
import { taskAt } from "./lanes.js";
import { gripAt, wholeMsAt } from "./overview.js";
import { eventAt } from "./scatter.js";
import { moveTo, pan, select, show, view, zoom } from "./state.js";
import { hideTip, showTip } from "./tip.js";

const STILL = 4; // CSS pixels that a click may move

let drag = null;
const fingers = new Map();

function placeIn(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

// What lies at the pointer: { x, task, event }.
function found(event) {
  const canvas = event.target;
  const [x, y] = placeIn(canvas, event);
  if (canvas.id === "points") {
    const at = eventAt(x, y);
    return { x, event: at, task: at < 0 ? null : (run.tasks[run.events.task[at]] ?? null) };
  }
  if (canvas.id !== "bars") return { x, event: -1, task: null };
  return { x, event: -1, task: taskAt(rowAt(y + parseFloat(canvas.style.top || 0)), x) };
}

function onWheel(event) {
  const [x] = placeIn(event.currentTarget, event);
  // Browsers differ in whether shift turns the wheel sideways by itself.
  const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  event.preventDefault();
  const pixels = event.deltaMode === 1 ? 16 : 1;
  const by = (isSideways ? event.deltaX || event.deltaY : event.deltaY) * pixels;
  if (isSideways) pan((by / size.plot) * (view.to - view.from));
  else zoom(Math.exp(by * 0.0016), msAt(x));
}

function onDown(event) {
  const canvas = event.currentTarget;
  const [x] = placeIn(canvas, event);
  fingers.set(event.pointerId, x);
  if (event.button > 0) return;
  canvas.setPointerCapture(event.pointerId);
  drag = { x, from: view.from, to: view.to, moved: false, isSpan: event.shiftKey, at: found(event) };
  if (canvas.id === "overview") drag.grip = gripAt(x);
}

function onMove(event) {
  const canvas = event.currentTarget;
  const [x] = placeIn(canvas, event);
  if (fingers.size === 2 && fingers.has(event.pointerId)) return pinch(event.pointerId, x);
  if (!drag) {
    if (event.pointerType === "touch") return undefined;
    const at = found(event);
    canvas.style.cursor = cursorFor(canvas, at, x);
    return showTip(at, event.clientX, event.clientY);
  }
  if (Math.abs(x - drag.x) > STILL) drag.moved = true;
  if (!drag.moved) return undefined;
  hideTip();
  if (drag.grip) return moveGrip(x);
  if (drag.isSpan) return drawSpan(x);
  canvas.style.cursor = "grabbing";
  return moveTo(drag.from - ((x - drag.x) / size.plot) * (drag.to - drag.from));
}

function cursorFor(canvas, at, x) {
  if (canvas.id !== "overview") return at.task ? "pointer" : "crosshair";
  return { from: "ew-resize", to: "ew-resize", move: "grab", new: "crosshair" }[gripAt(x)];
}

function moveGrip(x) {
  if (drag.grip === "new") show(wholeMsAt(drag.x), wholeMsAt(x));
  else if (drag.grip === "from") show(wholeMsAt(x), drag.to);
  else if (drag.grip === "to") show(drag.from, wholeMsAt(x));
  else moveTo(drag.from + wholeMsAt(x - drag.x));
}

function drawSpan(x) {
  const span = $("span");
  span.hidden = false;
  span.style.left = `${size.left + Math.max(0, Math.min(drag.x, x))}px`;
  span.style.width = `${Math.abs(Math.max(0, x) - drag.x)}px`;
  drag.end = x;
}

function pinch(id, x) {
  const [other] = [...fingers].filter(([finger]) => finger !== id).map(([, place]) => place);
  const before = Math.abs(fingers.get(id) - other);
  const now = Math.abs(x - other);
  fingers.set(id, x);
  drag = null;
  if (before > 8 && now > 8) zoom(before / now, msAt(other));
}

function onUp(event) {
  const canvas = event.currentTarget;
  canvas.style.cursor = "";
  fingers.delete(event.pointerId);
  const done = drag;
  drag = null;
  $("span").hidden = true;
  if (!done) return;
  if (done.moved) {
    if (done.isSpan) show(msAt(done.x), msAt(done.end ?? done.x));
  } else if (done.grip) {
    moveTo(wholeMsAt(done.x) - (view.to - view.from) / 2);
  } else if (done.at.task) {
    select(done.at.task);
  }
}

export function startPointer() {
  for (const id of ["overview", "axis", "bars", "points", "clock"]) {
    const canvas = $(id);
    canvas.addEventListener("wheel", onWheel, { passive: false });
    canvas.addEventListener("pointerdown", onDown);
    canvas.addEventListener("pointermove", onMove);
    canvas.addEventListener("pointerup", onUp);
    canvas.addEventListener("pointercancel", onUp);
    canvas.addEventListener("pointerleave", hideTip);
    canvas.addEventListener("dblclick", () => show(0, run.length));
  }
}
