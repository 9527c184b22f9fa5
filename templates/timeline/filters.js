// Search, a button a state, and how the events are laid out.
import { run } from "./data.js";
import { $, el } from "./format.js";
import { changed, filter, view } from "./state.js";

function button(label, colour, isOn, toggle) {
  const made = el("button", null, "filter");
  const swatch = el("span", null, "swatch");
  swatch.style.background = `var(--${colour})`;
  made.append(swatch, label);
  const press = () => made.setAttribute("aria-pressed", isOn());
  made.onclick = (event) => {
    toggle(event.shiftKey);
    press();
    filter();
    for (const one of document.querySelectorAll("button.filter")) one.refresh();
  };
  made.refresh = press;
  press();
  return made;
}

// A click hides a state or shows it again; with shift it shows that state alone, or all again.
function toggleState(state, alone) {
  if (!alone) {
    if (view.hidden.has(state)) view.hidden.delete(state);
    else view.hidden.add(state);
    return;
  }
  const others = run.states.filter((one) => one !== state);
  const isAlone = !view.hidden.has(state) && others.every((one) => view.hidden.has(one));
  view.hidden = new Set(isAlone ? [] : others);
}

export function startFilters() {
  for (const state of run.states) {
    const count = run.tasks.filter((task) => task.state === state).length;
    if (!count) continue;
    const isOn = () => !view.hidden.has(state);
    const made = button(`${state} ${count}`, state, isOn, (alone) => toggleState(state, alone));
    made.title = "click: hide or show; shift and click: only these";
    $("states").append(made);
  }
  const retried = run.tasks.filter((task) => task.retries).length;
  if (retried) {
    const toggle = () => {
      view.retriedOnly = !view.retriedOnly;
    };
    const made = button(`only retried ${retried}`, "retry", () => view.retriedOnly, toggle);
    $("states").append(made);
  }
  const search = $("search");
  search.value = view.query;
  search.oninput = () => {
    view.query = search.value.trim();
    filter();
  };
  const scatter = $("by");
  scatter.value = view.scatter;
  scatter.onchange = () => {
    view.scatter = scatter.value;
    changed("rows");
  };
}
