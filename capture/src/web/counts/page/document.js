// The size of the document, and all that was counted.

const firstElement = getter(Element, "firstElementChild");
const firstOfFragment = getter(DocumentFragment, "firstElementChild");
const nextElement = getter(Element, "nextElementSibling");
const openRoot = getter(Element, "shadowRoot");
const idOf = getter(Element, "id");
const rootElement = getter(Document, "documentElement");
const closedRoots = new WeakMap();
const thisDocument = document;

replace(Element.prototype, "attachShadow", (native) => function attachShadow(...input) {
  const root = apply(native, this, input);
  quietly(() => mapSet(closedRoots, this, root));
  return root;
});

/** Elements, levels, most children and repeated ids, through shadow roots. */
function measureDocument() {
  const size = create(null);
  size.elements = size.depth = size.children = size.duplicateIds = 0;
  const top = rootElement(thisDocument);
  // What is left to visit: the first of a row of siblings, their level, the ids of their tree.
  const left = top ? [[top, 1, create(null)]] : [];
  while (left.length > 0) {
    const row = left[left.length - 1];
    left.length -= 1;
    visitRow(row[0], row[1], row[2], size, left);
  }
  return size;
}

function visitRow(first, level, ids, size, left) {
  let count = 0;
  for (let element = first; element; element = nextElement(element)) {
    count += 1;
    const id = idOf(element);
    if (id) {
      ids[id] = (ids[id] ?? 0) + 1;
      if (ids[id] === 2) size.duplicateIds += 1;
    }
    const child = firstElement(element);
    if (child) left[left.length] = [child, level + 1, ids];
    const root = openRoot(element) ?? mapGet(closedRoots, element);
    const inner = root ? firstOfFragment(root) : null;
    if (inner) left[left.length] = [inner, level + 1, create(null)];
  }
  size.elements += count;
  if (level > size.depth) size.depth = level;
  if (count > size.children) size.children = count;
}

// Taking.

/** All that was counted since the last time. */
function take() {
  const taken = tables;
  tables = freshTables();
  last = undefined;
  const all = create(null);
  for (let i = 0; i < TABLES.length; i += 1) all[TABLES[i]] = taken[TABLES[i]].rows;
  all.lost = taken.lost;
  all.version = version;
  all.components = takeComponents();
  all.document = measureDocument();
  for (let i = 0; i < all.queries.length; i += 1) all.queries[i].length = 7;
  return all;
}

// A document that is left hands over what it counted, since nobody can ask it any more. When it goes it is too late
// where the next one has another process, so it does when it is about to; what comes between is lost then.
const hand = window.__perf_look_last;
const written = JSON.stringify;
delete window.__perf_look_last;
const leave = () => quietly(() => hand(written(take())));
if (hand) addEventListener("beforeunload", leave);
if (hand) addEventListener("pagehide", leave);

// Adopted sheets.

const TheSheet = CSSStyleSheet;
const replaceText = uncurried(TheSheet.prototype.replaceSync);
const rulesOf = getter(TheSheet, "cssRules");
const ruleText = getter(CSSRule, "cssText");
const rulesLength = getter(CSSRuleList, "length");
const adoptedByDocument = getter(Document, "adoptedStyleSheets");
const adoptedByRoot = getter(ShadowRoot, "adoptedStyleSheets");

function textOfRules(sheet) {
  const rules = rulesOf(sheet);
  let text = "";
  for (let i = 0; i < rulesLength(rules); i += 1) text += ruleText(rules[i]) + "\n";
  return text;
}

/** For each text of a sheet, how many documents and shadow trees have adopted a sheet with its rules. */
take.adoptions = (texts) => {
  const counts = [];
  const trees = adoptedRules();
  for (let i = 0; i < texts.length; i += 1) {
    const sheet = new TheSheet();
    replaceText(sheet, texts[i]);
    counts[i] = trees[textOfRules(sheet)] ?? 0;
  }
  return counts;
};

/** How many trees have adopted a sheet with these rules. */
function adoptedRules() {
  const counts = create(null);
  const count = (sheets) => {
    for (let i = 0; i < sheets.length; i += 1) {
      const text = textOfRules(sheets[i]);
      counts[text] = (counts[text] ?? 0) + 1;
    }
  };
  count(adoptedByDocument(thisDocument));
  const left = [rootElement(thisDocument)];
  while (left.length > 0) {
    const element = left[left.length - 1];
    left.length -= 1;
    const root = openRoot(element) ?? mapGet(closedRoots, element);
    if (root) count(adoptedByRoot(root));
    const next = [root ? firstOfFragment(root) : null, firstElement(element), nextElement(element)];
    for (let i = 0; i < next.length; i += 1) if (next[i]) left[left.length] = next[i];
  }
  return counts;
}

defineProperty(window, NAME, { __proto__: null, value: take, enumerable: false });
