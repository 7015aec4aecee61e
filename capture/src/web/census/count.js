// Called in the page with an array of all its objects as `this`, or of its selectors alone: finds the memoised selectors
// among them and groups them by where their combiner stands; of the other objects it counts collections, and those of
// libraries that make many. Asks for properties without running what computes them; of the page's own code
// it runs nothing but the selectors' counters. `known` holds what these were the time before, and holds no selector.
function (known) {
  const own = (object, name, part = "value") => Reflect.getOwnPropertyDescriptor(object, name)?.[part];
  const isFunction = (object) => typeof object === "function";
  const text = (f) => Function.prototype.toString.call(f);
  const place = text;
  const tally = () => {};
  // A counter that is lower than it was has been set back to 0.
  const since = (before, now) => (now < before ? now : now - before);
  const number = (counter) => {
    try {
      const value = counter();
      return Number.isSafeInteger(value) && value >= 0 ? value : 0;
    } catch {
      return 0;
    }
  };

  // Objects that are no functions, by prototype.
  const kinds = new Map();
  const sizes = [Map, Set].map((of) => [of.prototype, own(of.prototype, "size", "get")]);
  const size = (object, getter) => {
    try {
      return Reflect.apply(getter, object, []);
    } catch {
      return 0;
    }
  };
  const isStore = (object) => isFunction(own(object, "getState")) && isFunction(own(object, "subscribe"));
  // A store that wraps another one has the same state, and mostly the same function that gives it.
  const stores = { redux: new Set(), zustand: new Set() };
  const countStore = (object) => {
    if (!isStore(object)) return;
    if (isFunction(own(object, "dispatch")) && isFunction(own(object, "replaceReducer"))) {
      stores.redux.add(own(object, "getState"));
    }
    if (isFunction(own(object, "setState")) && isFunction(own(object, "getInitialState"))) {
      stores.zustand.add(own(object, "getState"));
    }
  };
  const countObject = (object) => {
    const prototype = Reflect.getPrototypeOf(object);
    let kind = kinds.get(prototype);
    if (kind === undefined) kinds.set(prototype, (kind = { count: 0, entries: 0 }));
    kind.count++;
    if (prototype === Array.prototype) kind.entries += object.length;
    else if (prototype === Object.prototype) countStore(object);
    else for (const [of, getter] of sizes) if (prototype === of) kind.entries += size(object, getter);
  };

  const places = new Map();
  const selectors = [];
  const caches = [];
  const seen = new Set();
  let functions = 0;
  let ngrx = 0;
  for (let i = 0; i < this.length; i++) {
    const f = this[i];
    if (!isFunction(f)) {
      countObject(f);
      continue;
    }
    functions++;
    tally(places, f);
    const combiner = own(f, "resultFunc");
    if (isFunction(combiner)) {
      if (isFunction(own(f, "getMatchingSelector")) && isFunction(own(f, "removeMatchingSelector"))) {
        caches.push(f);
        continue;
      }
      const recomputations = own(f, "recomputations");
      // A selector that wraps another one has the same counters.
      if (isFunction(recomputations) && !seen.has(recomputations)) {
        seen.add(recomputations);
        selectors.push(f);
      }
    } else if (isFunction(own(f, "projector")) && isFunction(own(f, "release"))) {
      ngrx++;
    } else {
      countStore(f);
    }
  }

  // The selectors in a cache of re-reselect share a combiner that the library puts before the user's.
  const users = new Map();
  const note = (selector, cached) => {
    const combiner = isFunction(selector) && own(selector, "resultFunc");
    if (combiner) users.set(combiner, own(cached, "resultFunc"));
  };
  for (const cached of caches) {
    const cache = own(cached, "cache");
    if (cache === null || typeof cache !== "object") continue;
    for (const name of Reflect.ownKeys(cache)) {
      const kept = own(cache, name);
      if (kept instanceof Map) {
        Map.prototype.forEach.call(kept, (selector) => note(selector, cached));
      } else if (kept !== null && typeof kept === "object") {
        for (const key of Reflect.ownKeys(kept)) note(own(kept, key), cached);
      }
    }
  }

  const groups = new Map();
  for (const f of selectors) {
    const wrapped = own(f, "resultFunc");
    const combiner = users.get(wrapped) ?? wrapped;
    const counter = own(f, "dependencyRecomputations");
    const library = users.has(wrapped) ? "re-reselect" : isFunction(counter) ? "reselect5" : "reselect";
    const key = `${library} ${place(combiner)}`;
    let group = groups.get(key);
    if (group === undefined) {
      const counts = { instances: 0, recomputations: 0, dependencies: 0, counted: 0, single: 0, ran: 0, changed: 0 };
      group = { key, library, combiner, text: text(combiner).slice(0, 400), row: groups.size, caches: [], ...counts };
      groups.set(key, group);
    }
    const recomputations = number(own(f, "recomputations"));
    const dependencies = isFunction(counter) ? number(counter) : 0;
    const before = known.get(f) ?? [0, 0];
    known.set(f, [recomputations, dependencies]);
    group.instances++;
    const cache = own(f, "memoizedResultFunc");
    if (isFunction(cache)) group.caches.push({ row: group.row, cache, recomputations });
    group.recomputations += recomputations;
    group.ran += since(before[0], recomputations);
    group.changed += since(before[1], dependencies);
    if (recomputations <= 1) group.single++;
    if (isFunction(counter)) {
      group.counted++;
      group.dependencies += dependencies;
    }
  }
  const combiners = [];
  const rows = [];
  const eager = [];
  // Of a cache's results each came of a run, so that those that ran most are worth a look.
  const first = (caches, most) => caches.sort((a, b) => b.recomputations - a.recomputations).slice(0, most);
  for (const { combiner, caches, row: _, ...row } of groups.values()) {
    combiners.push(combiner);
    rows.push(row);
    eager.push(...first(caches, 50));
  }
  const looked = first(eager, 1000);
  const closures = [];
  for (const [script, offsets] of places) {
    for (const [offset, count] of offsets) closures.push([script, offset, count]);
  }
  let sets = 0;
  for (const [prototype, { count }] of kinds) {
    if (prototype !== null && typeof own(prototype, "jquery") === "string") sets += count;
  }
  const others = [
    ["ngrx selector", ngrx],
    // What keeps the inner selectors of re-reselect, which are counted among the others.
    ["re-reselect cached selector", caches.length],
    ["jquery set", sets],
    ["redux store", stores.redux.size],
    ["zustand store", stores.zustand.size],
  ];
  const collections = [];
  for (const [name, of] of [["Maps", Map], ["Sets", Set], ["arrays", Array]]) {
    const { count, entries } = kinds.get(of.prototype) ?? { count: 0, entries: 0 };
    collections.push([name, count], [`entries of ${name}`, entries]);
  }
  collections.push(["plain objects", kinds.get(Object.prototype)?.count ?? 0]);
  const memoized = looked.map(({ cache }) => cache);
  const cached = looked.map(({ row }) => row);
  return { combiners, memoized, counts: { rows, cached, functions, closures, others, collections } };
}
