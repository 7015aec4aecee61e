// Questions to the DOM, and timers, by the place that asks.

const lengthOfNodes = getter(NodeList, "length");
const lengthOfCollection = getter(HTMLCollection, "length");

// For each root what was asked of it before.
const asked = new WeakMap();

const QUERIES = [
  [Document, ["getElementById", "getElementsByClassName", "getElementsByTagName", "getElementsByTagNameNS",
    "getElementsByName", "querySelector", "querySelectorAll", "evaluate"]],
  [DocumentFragment, ["getElementById", "querySelector", "querySelectorAll"]],
  [Element, ["getElementsByClassName", "getElementsByTagName", "getElementsByTagNameNS", "querySelector",
    "querySelectorAll", "matches", "closest"]],
];

const COUNTERS = create(null);
for (const name of ["querySelectorAll", "getElementsByName"]) COUNTERS[name] = lengthOfNodes;
for (const name of ["getElementsByClassName", "getElementsByTagName", "getElementsByTagNameNS"]) {
  COUNTERS[name] = lengthOfCollection;
}

/** Whether a query found nothing; a test and an XPath expression find nothing either way. */
function foundNothing(method, found) {
  if (found === null) return true;
  const count = COUNTERS[method];
  return count !== undefined && count(found) === 0;
}

function textOf(value) {
  const type = typeof value;
  if (type === "string") return value;
  return type === "object" || type === "function" || type === "symbol" ? `(${type})` : `${value}`;
}

function hasAsked(root, key) {
  let before = mapGet(asked, root);
  if (before === undefined) {
    before = create(null);
    mapSet(asked, root, before);
  }
  const known = before[key] === true;
  before[key] = true;
  return known;
}

function noteQuery(method, root, input, found, above) {
  const text = textOf(method === "getElementsByTagNameNS" ? input[1] : input[0]);
  const numbers = framesAbove(above, 4);
  const site = numbers.length > 0 ? numbers[0] : -1;
  const make = () => [method, site, 0, 0, 0, cut(text, 0, MAX_TEXT), 0, create(null)];
  const row = rowOf(tables.queries, method + site, make);
  if (row === undefined) return;
  row[2] += 1;
  if (hasAsked(root, method + " " + text)) row[3] += 1;
  if (foundNothing(method, found)) row[4] += 1;
  if (row[7][text] !== true && row[6] < MAX_KEYS) {
    row[7][text] = true;
    row[6] += 1;
  }
}

function countQuery(native) {
  const { name } = native;
  return function query(...input) {
    const found = apply(native, this, input);
    quietly(() => noteQuery(name, this, input, found, query));
    return found;
  };
}

for (const [holder, names] of QUERIES) {
  for (const name of names) replace(holder.prototype, name, countQuery);
}

// Timers.

function noteTimer(delay, recurring, above) {
  const numbers = framesAbove(above, 4);
  const site = numbers.length > 0 ? numbers[0] : -1;
  const row = rowOf(tables.timers, "" + site, () => [site, 0, 0, 0]);
  if (row === undefined) return;
  row[1] += 1;
  const type = typeof delay;
  if (delay === undefined || ((type === "number" || type === "string") && !(+delay > 0))) row[2] += 1;
  if (recurring) row[3] += 1;
}

for (const name of ["setTimeout", "setInterval"]) {
  replace(window, name, (native) => function timer(...input) {
    const number = apply(native, this, input);
    quietly(() => noteTimer(input[1], name === "setInterval", timer));
    return number;
  });
}
