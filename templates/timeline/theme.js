// Light or dark: as the system has it, until somebody chooses. Canvases need the colours as values.
import { $ } from "./format.js";
import { changed } from "./state.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const NAMES = [
  "bg", "panel", "line", "fg", "dim", "accent", "path", "ok", "changed", "skipped", "failed",
  "unreachable", "ignored", "rescued", "retry", "item", "start", "verbose", "other", "running",
  "ghost",
]; // prettier-ignore

export const colours = {};

export function readColours() {
  const style = getComputedStyle(root);
  for (const name of NAMES) colours[name] = style.getPropertyValue(`--${name}`).trim();
}

// [red, green, blue] of a colour written #rrggbb.
export function channels(name) {
  const value = parseInt(colours[name].slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

// The colour of text on a bar of this colour: white or nearly black, whichever is read better.
export function ink(name) {
  const linear = (byte) => (byte / 255) ** 2.2;
  const [red, green, blue] = channels(name).map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.2 ? "#15181c" : "#ffffff";
}

export function setTheme(name) {
  root.dataset.theme = name;
  readColours();
}

export function toggleTheme() {
  root.dataset.chosen = "1";
  setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  changed("look");
}

export function startTheme() {
  const asked = new URLSearchParams(location.hash.slice(1)).get("theme");
  if (asked === "dark" || asked === "light") {
    root.dataset.chosen = "1";
    setTheme(asked);
  } else {
    setTheme(system.matches ? "dark" : "light");
  }
  system.addEventListener("change", () => {
    if (root.dataset.chosen) return;
    setTheme(system.matches ? "dark" : "light");
    changed("look");
  });
  $("theme").onclick = toggleTheme;
}
