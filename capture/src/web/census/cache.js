// Called with the scopes of a memoised function as `this`: gives how many results its cache keeps if it is one of
// reselect's weakMapMemoize, whether there may be more, and the WeakMaps in it, whose entries no script can list. Called
// with these, as the debugger lists them, goes on from there. A cache is a tree of nodes; a build renames the variable
// that holds it, but not the properties of a node: `s` tells whether there is a result, `v` is it, `o` are the nodes by
// objects and `p` those by anything else.
function (most, ...entries) {
  const own = (object, name) => Reflect.getOwnPropertyDescriptor(object, name)?.value;
  const has = (object, name) => Reflect.getOwnPropertyDescriptor(object, name) !== undefined;
  const isObject = (value) => value !== null && typeof value === "object";
  const isNode = (value) =>
    isObject(value) && typeof own(value, "s") === "number" && ["v", "o", "p"].every((name) => has(value, name));
  const nodes = [];
  let isLeast = false;
  const add = (node) => {
    if (!isNode(node)) return;
    if (nodes.length > most) isLeast = true;
    else nodes.push(node);
  };
  if (entries.length === 0) {
    for (let i = 0; i < this.length && nodes.length === 0; i++) {
      // Not that of the whole page, which is large.
      if (!/^(Block|Closure)/.test(this[i].description)) continue;
      for (const name of Reflect.ownKeys(this[i].object)) add(own(this[i].object, name));
    }
    if (nodes.length === 0) return [];
  }
  for (const listed of entries) {
    for (let i = 0; i < listed.length; i++) add(listed[i].value);
  }
  let results = 0;
  const weak = [];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (own(node, "s") !== 0) {
      if (results === most) return [results, true];
      results++;
    }
    const [others, objects] = [own(node, "p"), own(node, "o")];
    if (others instanceof Map) Map.prototype.forEach.call(others, add);
    if (objects instanceof WeakMap) weak.push(objects);
  }
  return [results, isLeast].concat(weak);
}
