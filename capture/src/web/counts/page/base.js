// What the other parts count with: what is needed of the language, kept before the page can change any of it; places;
// tables; a way to stand in for a function of the browser without being seen. Nothing here throws into the page.
// `LOCATE` gives the place of a function.
const NAME = "__perf_look";
const OWN = "perf-look:collector.js";
const { apply, construct, getPrototypeOf } = Reflect;
const { create, defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, is } = Object;
const { isArray } = Array;
const call = Function.prototype.call;
// A method as a function of its object, whatever becomes of `call` and `bind`.
const uncurried = apply(Function.prototype.bind, Function.prototype.bind, [call]);
const getter = (of, name) => uncurried(getOwnPropertyDescriptor(of.prototype, name).get);
const mapGet = uncurried(WeakMap.prototype.get);
const mapSet = uncurried(WeakMap.prototype.set);
const cut = uncurried(String.prototype.slice);
const nativeText = Function.prototype.toString;
const later = queueMicrotask;
const TheError = Error;
const capture = Error.captureStackTrace;
const locate = LOCATE;

// The most places and stacks that are told apart; a page with more repeats itself anyhow.
const MAX_KEYS = 20000;
const MAX_TEXT = 400;

// Places.

const structured = (_, sites) => sites;

/** The call sites above a function, nearest first. */
function stackAbove(above, depth) {
  const limit = TheError.stackTraceLimit;
  const prepare = TheError.prepareStackTrace;
  const holder = create(null);
  try {
    TheError.stackTraceLimit = depth;
    TheError.prepareStackTrace = structured;
    capture(holder, above);
    return isArray(holder.stack) ? holder.stack : [];
  } finally {
    TheError.stackTraceLimit = limit;
    TheError.prepareStackTrace = prepare;
  }
}

const CallSite = getPrototypeOf(stackAbove(undefined, 1)[0]);
const urlOf = uncurried(CallSite.getScriptNameOrSourceURL);
const lineOf = uncurried(CallSite.getLineNumber);
const columnOf = uncurried(CallSite.getColumnNumber);
const functionOf = uncurried(CallSite.getFunctionName);
const isAsync = uncurried(CallSite.isAsync);

const TABLES = ["frames", "created", "queries", "timers", "objects", "finds", "switches"];
let tables = freshTables();

function freshTables() {
  const fresh = create(null);
  for (let i = 0; i < TABLES.length; i += 1) {
    const table = create(null);
    table.count = 0;
    table.index = create(null);
    table.rows = [];
    fresh[TABLES[i]] = table;
  }
  fresh.lost = 0;
  return fresh;
}

/** The row of a key, made where there is none; none where the table is full. */
function rowOf(table, key, make) {
  const known = table.index[key];
  if (known !== undefined) return table.rows[known];
  if (table.count >= MAX_KEYS) {
    tables.lost += 1;
    return undefined;
  }
  const row = make();
  table.index[key] = table.count;
  table.rows[table.count] = row;
  table.count += 1;
  return row;
}

/** The number of a frame, and none for those of the engine itself and for callers that only wait. */
function frameNumber(site) {
  const line = lineOf(site);
  if (!line || isAsync(site)) return -1;
  const url = urlOf(site) || "";
  if (url === OWN) return -1;
  const column = columnOf(site) || 1;
  const key = line + ":" + column + ":" + url;
  const make = () => [url, line, column, cut(functionOf(site) || "", 0, MAX_TEXT), tables.frames.count];
  const row = rowOf(tables.frames, key, make);
  return row === undefined ? -1 : row[4];
}

/** The numbers of the frames above a function. */
function framesAbove(above, depth) {
  const sites = stackAbove(above, depth);
  const numbers = [];
  for (let i = 0; i < sites.length; i += 1) {
    const number = frameNumber(sites[i]);
    if (number >= 0) numbers[numbers.length] = number;
  }
  return numbers;
}

function keyOf(numbers) {
  let key = "";
  for (let i = 0; i < numbers.length; i += 1) key += numbers[i] + ",";
  return key;
}

/** What is above the script of the first frame, or all where there is nothing else, as in a bundle. */
function outside(numbers) {
  const own = numbers.length > 0 ? tables.frames.rows[numbers[0]][0] : "";
  for (let i = 1; i < numbers.length; i += 1) {
    if (tables.frames.rows[numbers[i]][0] !== own) return [numbers[0], numbers[i]];
  }
  return numbers;
}

// Standing in.

const PLAIN = { __proto__: null, configurable: true, enumerable: true, writable: true };
const originals = new WeakMap();

function define(holder, name, value, like) {
  const { configurable, enumerable, writable } = like;
  defineProperty(holder, name, { __proto__: null, value, configurable, enumerable, writable });
}

/** Puts a function in the place of another that looks the same from outside. */
function replace(holder, name, make) {
  const descriptor = getOwnPropertyDescriptor(holder, name);
  if (!descriptor || typeof descriptor.value !== "function" || !descriptor.configurable) return;
  const native = descriptor.value;
  const wrapper = make(native);
  for (const property of ["name", "length"]) {
    defineProperty(wrapper, property, { __proto__: null, value: native[property], configurable: true });
  }
  mapSet(originals, wrapper, native);
  define(holder, name, wrapper, descriptor);
}

replace(Function.prototype, "toString", (native) => ({
  toString() {
    return apply(native, mapGet(originals, this) ?? this, []);
  },
}).toString);

/** Runs what counts; what goes wrong in it is not the page's matter. */
function quietly(note) {
  try {
    note();
  } catch {
    tables.lost += 1;
  }
}
