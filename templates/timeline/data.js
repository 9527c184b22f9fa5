// The installation, decoded from the page's data (made by page_data.py): lanes, tasks, events.
import { $ } from "./format.js";

const raw = JSON.parse($("data").textContent);

function bytes(base64) {
  const binary = atob(base64);
  const found = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) found[at] = binary.charCodeAt(at);
  return found;
}

// Numbers of seven bits a byte, the lowest first; the eighth bit says that more follow.
function varints(base64, length) {
  const coded = bytes(base64);
  const found = new Float64Array(length);
  for (let at = 0, number = 0; number < length; number++) {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = coded[at++];
      value += (byte & 127) * weight;
      if (byte < 128) break;
      weight *= 128;
    }
    found[number] = value;
  }
  return found;
}

const unzigzag = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);

// Rows of numbers that were written as columns; of starts, what each is more than the one before.
function unpack({ rows: length, ...coded }) {
  const rows = Array.from({ length }, () => ({}));
  for (const [field, base64] of Object.entries(coded)) {
    let last = 0;
    varints(base64, length).forEach((value, at) => {
      last = field === "start" ? last + unzigzag(value) : value;
      rows[at][field] = last;
    });
  }
  return rows;
}

function decodeTasks(coded, outputs) {
  return unpack(coded).map((row, id) => ({
    ...row,
    id,
    name: raw.names[row.name],
    state: raw.states[row.state],
    role: raw.names[row.role],
    action: raw.names[row.action],
    path: raw.names[row.file] + (row.line ? `:${row.line}` : ""),
    host: raw.names[row.host],
    earlier: row.earlier === 1,
    output: outputs[id] ?? "",
    before: null, // the same task in the run that this one is compared with
    onPath: false,
    shown: true,
  }));
}

// Events lie lane after lane, each lane's by time; a picture wants all of them by time.
function decodeEvents(coded, lanes, tasks) {
  const length = coded.length;
  const deltas = varints(coded.time, length);
  const taskDeltas = varints(coded.task, length);
  const kinds = bytes(coded.kind);
  const time = new Float64Array(length);
  const lane = new Uint16Array(length);
  const task = new Int32Array(length);
  for (let number = 0, at = 0; number < lanes.length; number++) {
    let now = 0;
    let last = 0;
    for (const end = at + lanes[number].events; at < end; at++) {
      now += deltas[at];
      last += unzigzag(taskDeltas[at]);
      time[at] = now;
      lane[at] = number;
      task[at] = last - 1;
    }
  }
  const order = Uint32Array.from(time.keys()).sort((a, b) => time[a] - time[b]);
  const events = {
    length,
    time: Float64Array.from(order, (at) => time[at]),
    lane: Uint16Array.from(order, (at) => lane[at]),
    kind: Uint8Array.from(order, (at) => kinds[at]),
    task: Int32Array.from(order, (at) => task[at]),
    took: new Float64Array(length),
    ofKind: raw.kinds.map(() => []),
  };
  addLengths(events, tasks);
  for (let at = 0; at < length; at++) events.ofKind[events.kind[at]].push(at);
  return events;
}

// An item's or a retry's length is the time since the task's event before it.
function addLengths(events, tasks) {
  const before = new Float64Array(tasks.length).fill(-1);
  for (let at = 0; at < events.length; at++) {
    const task = tasks[events.task[at]];
    const kind = raw.kinds[events.kind[at]];
    if (!task || kind === "start" || kind === "verbose" || kind === "other") continue;
    if (kind === "item" || kind === "retry") {
      const since = before[task.id] < 0 ? task.start : before[task.id];
      events.took[at] = Math.max(0.5, events.time[at] - since);
      before[task.id] = events.time[at];
    } else {
      events.took[at] = Math.max(0.5, task.length);
    }
  }
}

const tasks = decodeTasks(raw.tasks, raw.output);
const lanes = raw.lanes.map((lane, id) => ({ ...lane, id, tasks: [], others: [], onPath: false }));
for (const task of tasks) lanes[task.lane].tasks.push(task);

const path = unpack(raw.path).map(({ task, lane, start, length, way }) => ({
  task: tasks[task - 1] ?? null,
  lane: lanes[lane],
  start,
  end: start + length,
  spent: raw.ways[way],
}));
for (const step of path) {
  step.lane.onPath = true;
  if (step.task) step.task.onPath = true;
}

// The run that this one is compared with: its tasks lie in the same lanes.
const other = raw.other && { ...raw.other, tasks: decodeTasks(raw.other.tasks, {}) };
for (const task of other ? other.tasks : []) lanes[task.lane].others.push(task);
const pairs = unpack(raw.pairs ?? { rows: 0 }).map(({ verdict, after, before }) => ({
  verdict: raw.verdicts[verdict],
  after: tasks[after - 1] ?? null,
  before: other.tasks[before - 1] ?? null,
}));
for (const { after, before } of pairs) if (after) after.before = before;

export const run = {
  ...raw,
  took: raw.length,
  length: Math.max(1, raw.length, other ? other.length : 0),
  lanes,
  tasks,
  path,
  other,
  pairs,
  events: decodeEvents(raw.events, lanes, tasks),
};

export const kindNames = raw.kinds;

// The time of day (UTC) at `ms` after the start.
export function clock(ms) {
  return new Date(run.start + ms).toISOString().slice(11, 19);
}

// The first event at or after `ms` among `places` (positions of events, by time).
export function firstAt(places, ms) {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run.events.time[places[middle]] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
