// React: which components are rendered, and which of these for nothing. React tells a hook of each commit, in any build,
// if it was there first.

const COMPONENTS = [0, 1, 11, 14, 15]; // Function, class, forwardRef, memo, simple memo.
const PERFORMED_WORK = 1;
const CLASS = 1;
// How far two values are compared that are not the same.
const MOST_VALUES = 200;

let commits = 0;
let components = freshComponents();

function freshComponents() {
  const fresh = create(null);
  fresh.rows = [];
  fresh.index = new WeakMap();
  return fresh;
}

function isComponent(tag) {
  for (let i = 0; i < COMPONENTS.length; i += 1) if (COMPONENTS[i] === tag) return true;
  return false;
}

/** The value of a property without running code of the page. */
function ownValue(object, name) {
  const descriptor = object === null || object === undefined ? undefined : getOwnPropertyDescriptor(object, name);
  return descriptor === undefined ? undefined : descriptor.value;
}

/** The function behind a component: `memo` and `forwardRef` wrap it. */
function functionOfType(type) {
  let inner = type;
  for (let depth = 0; depth < 4 && typeof inner === "object" && inner !== null; depth += 1) {
    inner = ownValue(inner, "type") ?? ownValue(inner, "render");
  }
  return inner;
}

function nameOf(type, inner) {
  const names = [ownValue(type, "displayName"), ownValue(inner, "displayName"), ownValue(inner, "name")];
  for (let i = 0; i < names.length; i += 1) if (typeof names[i] === "string" && names[i] !== "") return names[i];
  return "";
}

function rowOfComponent(type) {
  const inner = functionOfType(type);
  if (typeof inner !== "function") return undefined;
  const known = mapGet(components.index, inner);
  if (known !== undefined) return known;
  const row = [cut(nameOf(type, inner), 0, MAX_TEXT), locate(inner), 0, 0, 0];
  mapSet(components.index, inner, row);
  components.rows[components.rows.length] = row;
  return row;
}

// What changed between two renderings.
const SAME = 0;
const REFERENCES = 1;
const VALUES = 2;

/** Whether two values are the same, or say the same, or neither. */
function change(before, after, budget) {
  if (is(before, after)) return SAME;
  budget.left -= 1;
  if (budget.left < 0 || typeof before !== typeof after) return VALUES;
  if (typeof before === "function") return textOfFunction(before) === textOfFunction(after) ? REFERENCES : VALUES;
  if (typeof before !== "object" || before === null || after === null) return VALUES;
  const prototype = getPrototypeOf(before);
  const isPlain = prototype === null || prototype === objectPrototype || isArray(before);
  if (!isPlain || prototype !== getPrototypeOf(after)) return VALUES;
  return changeOfProperties(before, after, budget) === VALUES ? VALUES : REFERENCES;
}

const objectPrototype = Object.prototype;
const textOfFunction = (of) => apply(nativeText, mapGet(originals, of) ?? of, []);

function changeOfProperties(before, after, budget) {
  const names = getOwnPropertyNames(before);
  if (names.length !== getOwnPropertyNames(after).length) return VALUES;
  let most = SAME;
  for (let i = 0; i < names.length && most !== VALUES; i += 1) {
    // Of an element of React, who made it does not matter.
    if (names[i] === "_owner" || names[i] === "_store" || names[i] === "_debugInfo") continue;
    most = larger(most, changeOfProperty(before, after, names[i], budget));
  }
  return most;
}

function changeOfProperty(before, after, name, budget) {
  const was = getOwnPropertyDescriptor(before, name);
  const now = getOwnPropertyDescriptor(after, name);
  if (was === undefined || now === undefined || was.get !== now.get) return VALUES;
  return change(was.value, now.value, budget);
}

const larger = (a, b) => (a > b ? a : b);

/** Props, state and contexts of two renderings of a component, each by itself: the object of props is always new. */
function changeOfFiber(before, after) {
  const budget = { __proto__: null, left: MOST_VALUES };
  let most = SAME;
  if (before.memoizedProps !== after.memoizedProps) {
    most = changeOfProperties(before.memoizedProps ?? {}, after.memoizedProps ?? {}, budget);
  }
  const state = after.tag === CLASS
    ? change(before.memoizedState, after.memoizedState, budget)
    : changeOfHooks(before.memoizedState, after.memoizedState, budget);
  return larger(larger(most, state), changeOfContexts(before.dependencies, after.dependencies, budget));
}

/** Hooks are a list; those that can have a component rendered anew have a queue. */
function changeOfHooks(before, after, budget) {
  let most = SAME;
  let was = before;
  for (let now = after; now && was && most !== VALUES; now = now.next) {
    if (now.queue) most = larger(most, change(was.memoizedState, now.memoizedState, budget));
    was = was.next;
  }
  return most;
}

function changeOfContexts(before, after, budget) {
  let most = SAME;
  let was = before?.firstContext;
  for (let now = after?.firstContext; now && was && most !== VALUES; now = now.next) {
    most = larger(most, change(was.memoizedValue, now.memoizedValue, budget));
    was = was.next;
  }
  return most;
}

function noteFiber(fiber) {
  const before = fiber.alternate;
  if (!isComponent(fiber.tag)) return;
  const flags = fiber.flags ?? fiber.effectTag ?? 0;
  if (before !== null && (flags & PERFORMED_WORK) === 0) return;
  const row = rowOfComponent(fiber.type);
  if (row === undefined) return;
  row[2] += 1;
  if (before === null) return;
  const changed = changeOfFiber(before, fiber);
  if (changed === SAME) row[3] += 1;
  if (changed === REFERENCES) row[4] += 1;
}

/** All fibers that were worked on: where a fiber's child is that of before, nothing below was. */
function noteCommit(root) {
  commits += 1;
  const left = [root.current];
  while (left.length > 0) {
    const fiber = left[left.length - 1];
    left.length -= 1;
    noteFiber(fiber);
    if (fiber.alternate === null || fiber.child !== fiber.alternate.child) {
      for (let child = fiber.child; child; child = child.sibling) left[left.length] = child;
    }
  }
}

const HOOK = "__REACT_DEVTOOLS_GLOBAL_HOOK__";
const renderers = new Map();
const setRenderer = uncurried(renderers.set);
let rendererCount = 0;
const hook = {
  renderers,
  supportsFiber: true,
  isDisabled: false,
  inject(renderer) {
    rendererCount += 1;
    setRenderer(renderers, rendererCount, renderer);
    return rendererCount;
  },
  checkDCE() {},
  onScheduleFiberRoot() {},
  onCommitFiberRoot(_, root) {
    quietly(() => noteCommit(root));
  },
  onPostCommitFiberRoot() {},
  onCommitFiberUnmount() {},
};
defineProperty(window, HOOK, { __proto__: null, value: hook, configurable: true, enumerable: false, writable: true });

function takeComponents() {
  const taken = commits > 0 ? components.rows : null;
  components = freshComponents();
  return taken;
}
