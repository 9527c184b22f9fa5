// Numbers and times as people read them (words.py says them alike), and DOM elements in one line.

export function duration(ms) {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}h${two(minutes)}m${two(whole % 60)}` : `${minutes}m${two(whole % 60)}`;
}

export function signed(ms) {
  return (ms < 0 ? "−" : "+") + duration(Math.abs(ms));
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

// A label of the time axis whose lines are `step` milliseconds apart.
export function tick(ms, step) {
  if (ms === 0) return "0";
  if (step < 1000) return `${(ms / 1000).toFixed(step < 10 ? 3 : step < 100 ? 2 : 1)} s`;
  return duration(ms).replace(".0 s", " s");
}

// Milliseconds between two lines of the grid, so that there are at most `lines` of them.
export function gridStep(span, lines) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5];
  steps.push(6e5, 9e5, 18e5, 36e5, 72e5, 144e5, 288e5, 864e5);
  return steps.find((step) => span / step <= lines) ?? 864e5;
}

// Text is only ever set as text: nothing of the installation's is parsed as HTML.
export function el(tag, text = null, className = "") {
  const element = document.createElement(tag);
  if (text !== null) element.textContent = text;
  if (className) element.className = className;
  return element;
}

export const $ = (id) => document.getElementById(id);
