// Selectors that are made: memoised functions get a `resultFunc`, which a setter on all functions sees.

const STACK = 24;
let last;

/** The same selector again: a factory around createSelector copied its properties to a function of its own. */
function isCopy(numbers, resultFunc) {
  if (!last || last.resultFunc !== resultFunc || numbers.length < 2) return false;
  const inner = tables.frames.rows[numbers[0]];
  const before = tables.frames.rows[last.numbers[1]];
  if (!before || inner[3] !== before[3] || inner[0] !== before[0] || numbers[0] === last.numbers[1]) return false;
  const count = numbers.length < last.numbers.length - 1 ? numbers.length : last.numbers.length - 1;
  for (let i = 1; i < count; i += 1) {
    if (numbers[i] !== last.numbers[i + 1]) return false;
  }
  return true;
}

function noteCreated(resultFunc, above) {
  const numbers = framesAbove(above, STACK);
  if (isCopy(numbers, resultFunc)) {
    last.row[2] -= 1;
  }
  const place = locate(resultFunc);
  const row = rowOf(tables.created, keyOf(numbers) + place, () => [numbers, place, 0]);
  if (row === undefined) return;
  row[2] += 1;
  last = { resultFunc, numbers, row };
}

defineProperty(Function.prototype, "resultFunc", {
  __proto__: null,
  configurable: true,
  enumerable: false,
  get: undefined,
  set: function resultFunc(value) {
    if (typeof value === "function") quietly(() => noteCreated(value, resultFunc));
    define(this, "resultFunc", value, PLAIN);
  },
});
