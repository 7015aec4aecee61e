// Called in the page with the array of all its functions as `this`: finds the memoised selectors among them and groups
// them by where their combiner stands. Asks for properties without running what computes them; of the page's own code
// it runs nothing but the selectors' counters. `known` holds what these were the time before, and holds no selector.
function (known) {
  const own = (object, name) => {
    const property = Reflect.getOwnPropertyDescriptor(object, name);
    return property && "value" in property ? property.value : undefined;
  };
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

  const places = new Map();
  const selectors = [];
  const caches = [];
  const seen = new Set();
  let functions = 0;
  let ngrx = 0;
  for (let i = 0; i < this.length; i++) {
    const f = this[i];
    if (!isFunction(f)) continue;
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
      group = { key, library, combiner, text: text(combiner).slice(0, 400), ...counts };
      groups.set(key, group);
    }
    const recomputations = number(own(f, "recomputations"));
    const dependencies = isFunction(counter) ? number(counter) : 0;
    const before = known.get(f) ?? [0, 0];
    known.set(f, [recomputations, dependencies]);
    group.instances++;
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
  for (const { combiner, ...row } of groups.values()) {
    combiners.push(combiner);
    rows.push(row);
  }
  const closures = [];
  for (const [script, offsets] of places) {
    for (const [offset, count] of offsets) closures.push([script, offset, count]);
  }
  return { combiners, counts: { rows, functions, closures, ngrx, caches: caches.length } };
}
