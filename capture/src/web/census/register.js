// Runs before the page's own scripts where its heap is too large to be listed: notes which functions become memoised
// selectors, with a setter on all functions for what each of them is given, and keeps none of them alive.
(() => {
  "use strict";
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const uncurried = (method) => apply(Function.prototype.bind, Function.prototype.call, [method]);
  const Reference = WeakRef;
  const Functions = Set;
  const deref = uncurried(WeakRef.prototype.deref);
  const add = uncurried(Set.prototype.add);
  const each = uncurried(Set.prototype.forEach);
  const PLAIN = { __proto__: null, writable: true, enumerable: true, configurable: true };
  let made = [];
  // Those that are gone are let go of when there are this many, or a page that makes selectors all the time would fill
  // its memory with what is left of them.
  let most = 10000;

  function living() {
    const functions = new Functions();
    for (let i = 0; i < made.length; i += 1) {
      const f = deref(made[i]);
      if (f !== undefined) add(functions, f);
    }
    return functions;
  }

  // Not through the array's own methods, which are the page's to change.
  function append(array, value) {
    defineProperty(array, array.length, { ...PLAIN, value });
  }

  function sweep() {
    const functions = living();
    const found = [];
    made = [];
    each(functions, (f) => {
      append(found, f);
      append(made, new Reference(f));
    });
    most = made.length * 2 + 10000;
    return found;
  }

  for (const name of ["resultFunc", "projector"]) {
    if (getOwnPropertyDescriptor(Function.prototype, name) !== undefined) continue;
    defineProperty(Function.prototype, name, {
      __proto__: null,
      configurable: true,
      enumerable: false,
      get: undefined,
      set(value) {
        if (typeof this === "function") {
          if (made.length >= most) sweep();
          append(made, new Reference(this));
        }
        defineProperty(this, name, { ...PLAIN, value });
      },
    });
  }
  defineProperty(globalThis, "__perf_look_selectors", { __proto__: null, value: sweep });
})();
//# sourceURL=perf-look:register.js
