// jQuery: sets that are made, searches, and reading of the layout after writing to it.

const DEEP = 40;
const instrumented = new WeakMap();
let version = "";
// Calls through jQuery's own calls are part of those.
let within = 0;
let wroteLast = false;

const isBoolean = (input) => input.length === 1 && typeof input[0] === "boolean";
const isGetter = (input) => input.length === 0 || isBoolean(input);
const READS = create(null);
for (const name of ["width", "height", "innerWidth", "innerHeight", "outerWidth", "outerHeight", "offset",
  "position", "scrollTop", "scrollLeft"]) READS[name] = isGetter;
READS.css = (input) => input.length === 1 && (typeof input[0] === "string" || isArray(input[0]));
const WRITES = create(null);
for (const name of ["addClass", "removeClass", "toggleClass", "removeAttr", "append", "prepend", "after", "before",
  "remove", "detach", "empty", "show", "hide", "toggle", "appendTo", "prependTo", "insertAfter", "insertBefore",
  "replaceWith", "replaceAll", "wrap", "wrapAll", "wrapInner", "unwrap"]) WRITES[name] = () => true;
for (const name of ["html", "text"]) WRITES[name] = (input) => input.length > 0;
for (const name of ["attr", "prop"]) WRITES[name] = (input) => input.length > 1 || typeof input[0] === "object";

function noteAtUser(table, above) {
  const numbers = outside(framesAbove(above, DEEP));
  const row = rowOf(table, keyOf(numbers), () => [numbers, 0]);
  if (row !== undefined) row[1] += 1;
}

function forget() {
  wroteLast = false;
}

function noteAccess(isRead, above) {
  if (isRead && wroteLast) noteAtUser(tables.switches, above);
  // What follows later in the same turn of the page is still the same task, what comes after that is not.
  if (!isRead && !wroteLast) later(forget);
  wroteLast = !isRead;
}

/** A method of sets that may read or write the layout. */
function countAccess(name) {
  const isRead = READS[name];
  const isWrite = WRITES[name] ?? ((input) => !isRead(input));
  return (native) => function access(...input) {
    if (within === 0) {
      quietly(() => {
        const reads = isRead !== undefined && isRead(input);
        if (reads || isWrite(input)) noteAccess(reads, access);
      });
    }
    within += 1;
    try {
      return apply(native, this, input);
    } finally {
      within -= 1;
    }
  };
}

function instrument(jQuery) {
  const { fn } = jQuery;
  if (mapGet(instrumented, jQuery) || typeof fn?.jquery !== "string" || typeof fn.init !== "function") return;
  mapSet(instrumented, jQuery, true);
  version = cut(fn.jquery, 0, MAX_TEXT);
  const count = (table) => function trap(target, self, input) {
    quietly(() => noteAtUser(tables[table], trap));
    return apply(target, self, input);
  };
  fn.init = new Proxy(fn.init, {
    __proto__: null,
    construct: function trap(target, input, made) {
      quietly(() => noteAtUser(tables.objects, trap));
      return construct(target, input, made);
    },
  });
  if (typeof jQuery.find === "function") {
    jQuery.find = new Proxy(jQuery.find, { __proto__: null, apply: count("finds") });
  }
  for (const name in { ...READS, ...WRITES }) {
    if (typeof fn[name] === "function") replace(fn, name, countAccess(name));
  }
}

for (const name of ["jQuery", "$"]) {
  let value;
  defineProperty(window, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get: () => value,
    set(made) {
      value = made;
      if (typeof made === "function") quietly(() => instrument(made));
    },
  });
}
