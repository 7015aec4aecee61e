// Folding, search, zoom and keys on top of a page that is complete without them. Text goes in as text only.
"use strict";
(() => {
const root = document.documentElement;
root.classList.add("js");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const byId = id => document.getElementById(id);
const make = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const lazy = read => { let value; return () => value ??= read(); };
const report = lazy(() => JSON.parse(byId("report").textContent));
// Plans have nodes, pages have none.
const plans = lazy(() => report().subjects.filter(subject => subject.nodes));
const flames = lazy(() => JSON.parse(byId("flames").textContent));

// ---- Trees ----

// A tree holds its rows in pre-order; what is below a row follows it and has a higher level.
const trees = all(".tree").map((grid, subject) => {
  const rows = all(".node", grid);
  return { grid, subject, rows, place: new Map(rows.map((row, at) => [row, at])) };
});
const level = row => Number(row.getAttribute("aria-level"));
const treeOf = row => trees.find(tree => tree.place.has(row));
const rowAt = element => element?.closest?.(".node") ?? null;
const isOpen = row => row.getAttribute("aria-expanded") === "true";
const end = (tree, at) => {
  const depth = level(tree.rows[at]);
  let next = at + 1;
  while (next < tree.rows.length && level(tree.rows[next]) > depth) next++;
  return next;
};
const parent = (tree, at) => {
  const depth = level(tree.rows[at]);
  while (--at >= 0) if (level(tree.rows[at]) < depth) return tree.rows[at];
  return null;
};

// Shows or hides what is below a row; what is folded further down stays folded.
const fold = (row, open) => {
  const tree = treeOf(row);
  if (!row.hasAttribute("aria-expanded")) return;
  row.setAttribute("aria-expanded", String(open));
  const from = tree.place.get(row), to = end(tree, from);
  for (let at = from + 1; at < to; at++) {
    tree.rows[at].hidden = !open;
    if (open && tree.rows[at].getAttribute("aria-expanded") === "false") {
      const last = end(tree, at);
      while (++at < last) tree.rows[at].hidden = true;
      at--;
    }
  }
};
const foldAll = (tree, open) => {
  for (const row of tree.rows) {
    if (row.hasAttribute("aria-expanded")) row.setAttribute("aria-expanded", String(open));
    row.hidden = !open && level(row) > 1;
  }
};
const unfoldAbove = row => {
  const tree = treeOf(row);
  for (let above = parent(tree, tree.place.get(row)); above; above = parent(tree, tree.place.get(above))) {
    if (!isOpen(above)) fold(above, true);
  }
};

let current = null;
const select = row => {
  if (!row) return;
  unfoldAbove(row);
  current?.setAttribute("tabindex", "-1");
  current = row;
  row.setAttribute("tabindex", "0");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  light(row.id);
};
const here = () => current ?? (current = trees[0]?.rows[0] ?? null);
const step = by => {
  const row = here();
  if (!row) return;
  if (document.activeElement !== row) return select(row);
  const tree = treeOf(row);
  let at = tree.place.get(row) + by;
  while (tree.rows[at]?.hidden) at += by;
  select(tree.rows[at] ?? trees[tree.subject + by]?.rows.at(by > 0 ? 0 : -1));
};
const edge = last => {
  const tree = here() && treeOf(here());
  if (tree) select(tree.rows.filter(row => !row.hidden).at(last ? -1 : 0));
};
const left = row => {
  const tree = treeOf(row);
  isOpen(row) ? fold(row, false) : select(parent(tree, tree.place.get(row)));
};
const right = row => {
  const tree = treeOf(row);
  if (!row.hasAttribute("aria-expanded")) return;
  isOpen(row) ? select(tree.rows[tree.place.get(row) + 1]) : fold(row, true);
};

// Self times as the report has them, for the hottest nodes.
let hot = null, hottest = -1;
const nextHottest = () => {
  hot ??= plans().flatMap((subject, index) => subject.nodes.map((node, at) =>
    ({ row: trees[index].rows[at], own: node.self_ms ?? node.self_cost ?? 0 }))).sort((a, b) => b.own - a.own);
  if (!hot.length) return;
  hottest = (hottest + 1) % hot.length;
  select(hot[hottest]?.row);
  say(`${hottest + 1} of ${hot.length} by self time`);
};

// Properties of nodes that matter little are drawn when they are asked for.
const shown = value => Array.isArray(value) ? value.map(shown).join(", ")
  : value && typeof value === "object" ? Object.entries(value).map(([key, of]) => `${key}: ${shown(of)}`).join("; ")
  : String(value);
const fill = row => {
  const later = one(".later", row);
  if (!later) return;
  const tree = treeOf(row), node = plans()[tree.subject].nodes[tree.place.get(row)];
  const { properties, ...numbers } = node;
  const list = make("dl", { class: "properties" });
  for (const [key, value] of [...Object.entries(numbers), ...Object.entries(properties)]) {
    if (value !== null && value !== 0 && value !== false) {
      list.append(make("div", {}, make("dt", {}, key), make("dd", {}, shown(value))));
    }
  }
  const details = make("details", {}, make("summary", { tabindex: "-1" }, ...later.childNodes), list);
  later.replaceWith(details);
};
const toggle = row => {
  fill(row);
  const details = one("details", row);
  if (details) details.open = !details.open;
};

document.addEventListener("click", event => {
  const row = rowAt(event.target);
  if (!row) return;
  if (event.target.closest(".fold")) fold(row, !isOpen(row));
  else if (event.target.closest(".later")) toggle(row);
  if (!event.target.closest("a")) select(row);
});

// ---- What belongs together is lit together ----

const cards = all(".finding");
const light = id => {
  for (const lit of all(".lit")) lit.classList.remove("lit");
  if (!id) return;
  byId(id)?.classList.add("lit");
  for (const card of cards) if (card.dataset.node === id) card.classList.add("lit");
  for (const frame of all("details[open] a.frame")) if (frame.getAttribute("href") === `#${id}`) frame.classList.add("lit");
};
const subject = element => {
  const card = element?.closest?.(".finding"), frame = element?.closest?.("a.frame");
  return card ? card.dataset.node : frame ? frame.getAttribute("href").slice(1) : rowAt(element)?.id;
};
for (const event of ["mouseover", "focusin"]) {
  document.addEventListener(event, ({ target }) => light(subject(target) ?? current?.id));
}

// ---- Search: all words must be there, in any order, as in the terminal ----

const hasText = (value, word) => typeof value === "string" ? value.toLowerCase().includes(word)
  : Array.isArray(value) ? value.some(of => hasText(of, word))
  : value !== null && typeof value === "object" && Object.values(value).some(of => hasText(of, word));
const matches = (node, word) => word.startsWith("#") ? String(node.id) === word.slice(1)
  : (node.parallel && "parallel".includes(word)) || (node.relation !== null && word === "on")
    || [node.type, node.subplan_name, node.schema, node.relation, node.alias, node.index].some(of => hasText(of, word))
    || hasText(node.properties, word);
const search = { words: [], rows: [], at: -1 };
const find = query => {
  search.words = query.toLowerCase().split(/\s+/).filter(Boolean);
  search.at = -1;
  search.rows = [];
  for (const hit of all(".hit")) hit.classList.remove("hit");
  if (search.words.length) {
    search.rows = plans().flatMap((subject, index) => trees[index].rows.filter((_, at) =>
      search.words.every(word => matches(subject.nodes[at], word))));
    for (const row of search.rows) row.classList.add("hit");
  }
  pictures.forEach(mark);
  count();
};
const count = () => {
  const of = search.rows.length;
  tally.textContent = !search.words.length || !trees.length ? "" : of ? `${search.at + 1} of ${of}` : "no match";
};
const nextMatch = by => {
  if (!search.words.length) return nextFinding(by);
  if (!search.rows.length) return;
  search.at = search.at < 0 && by < 0 ? search.rows.length - 1 : (search.at + by + search.rows.length) % search.rows.length;
  select(search.rows[search.at]);
  count();
};

let finding = -1;
const nextFinding = by => {
  if (!cards.length) return;
  finding = finding < 0 && by < 0 ? cards.length - 1 : (finding + by + cards.length) % cards.length;
  cards[finding].focus({ preventScroll: true });
  cards[finding].scrollIntoView({ block: "nearest" });
  say(`finding ${finding + 1} of ${cards.length}`);
};

// ---- Flame graphs ----

const NARROWEST = 0.001, ROOM = 0.012, LEVEL = 20;
const COLORINGS = ["class", "misestimate", "findings"];
const OUTSIDE = ["c6", "m7", "f3"];
const digits = number => number < 9.995 && Math.abs(number - Math.round(number)) > 0.005 ? number.toFixed(2)
  : Math.round(number).toLocaleString("en-US");
const milliseconds = ms => ms < 0.0005 ? "0 ms" : ms < 0.995 ? `${ms.toFixed(3)} ms` : ms < 9.995 ? `${ms.toFixed(2)} ms`
  : ms < 99.95 ? `${ms.toFixed(1)} ms` : `${digits(ms)} ms`;
const bytes = size => {
  let unit = 0;
  while (size >= 1024 && unit < 4) { size /= 1024; unit++; }
  return `${unit === 0 || size >= 99.95 ? size.toFixed(0) : size.toFixed(1)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
};
const quantity = (number, unit) => unit === "ms" ? milliseconds(number) : unit === "bytes" ? bytes(number)
  : unit === "cost" ? `cost ${digits(number)}` : `${digits(number)} ${Math.abs(number - 1) < 1e-9 ? unit.replace(/s$/, "") : unit}`;
const share = part => `${(Math.floor(part * 1000) / 10).toFixed(1)} %`;

// Frames of a measure with what they hold, and where they begin.
const layOut = (data, measure) => {
  const frames = measure.frames.map(([depth, own, name, kind]) => ({
    depth, own, total: own, start: 0, end: 0, parent: -1,
    node: typeof name === "number" ? name : 0,
    label: typeof name === "number" ? data.labels[name - 1] : name,
    tints: typeof name === "number" ? data.tints.map((tints, coloring) => COLORINGS[coloring][0] + tints[name - 1])
      : kind === undefined ? OUTSIDE : [`k${kind}`],
  }));
  const path = [];
  frames.forEach((frame, at) => {
    path.length = frame.depth;
    frame.parent = path[frame.depth - 1] ?? -1;
    path.push(at);
  });
  for (let at = frames.length - 1; at >= 0; at--) {
    const frame = frames[at];
    frame.end = Math.max(frame.end, at + 1);
    if (frame.parent < 0) continue;
    frames[frame.parent].total += frame.total;
    frames[frame.parent].end = Math.max(frames[frame.parent].end, frame.end);
  }
  const next = frames.map(() => 0);
  frames.forEach((frame, at) => {
    if (frame.parent >= 0) {
      frame.start = next[frame.parent];
      next[frame.parent] += frame.total;
    }
    next[at] = frame.start;
  });
  return frames;
};

const pictures = all(".flame").flatMap(flame => all(".measure", flame).map(details => {
  const index = Number(flame.dataset.subject);
  const read = lazy(() => {
    const data = flames()[index], measure = data.measures.find(({ name }) => name === details.dataset.measure);
    return { unit: measure.unit, frames: layOut(data, measure) };
  });
  return { flame, details, index, read, svg: one("svg", details), zoom: 0 };
}));
const pictureOf = element => {
  const details = element?.closest?.(".measure");
  return pictures.find(picture => picture.details === details);
};
const shape = (name, attributes, ...children) => {
  const made = document.createElementNS(one(".picture svg").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const says = (frame, { unit, frames }) => {
  const own = `self ${quantity(frame.own, unit)}, ${share(frame.own / frames[0].total)} of all`;
  return frame.total > frame.own ? `${own}; with what is inside ${quantity(frame.total, unit)}` : own;
};

// Draws what is inside of a frame over the whole width, below the frames that hold it.
const zoom = (picture, to) => {
  const { unit, frames } = picture.read(), into = frames[to];
  picture.zoom = to;
  const inside = at => at >= to && at < into.end, around = at => at < to && frames[at].end > to;
  const drawn = [];
  let depth = 0;
  frames.forEach((frame, at) => {
    const part = inside(at) ? frame.total / into.total : 1;
    if (!(inside(at) || around(at)) || part < NARROWEST) return;
    depth = Math.max(depth, frame.depth);
    const x = inside(at) ? (frame.start - into.start) / into.total : 0;
    const box = shape("svg", { x: `${x * 100}%`, y: frame.depth * LEVEL, width: `${part * 100}%`, height: LEVEL - 1 },
      shape("title", {}, `${frame.label}\n${says(frame, { unit, frames })}`),
      shape("rect", { width: "100%", height: "100%" }));
    if (part >= ROOM) {
      const text = `${frame.label} ${quantity(frame.total, unit)}`;
      box.append(shape("text", { x: 4, y: 14 }, text));
    }
    const row = frame.node ? trees[picture.index].rows[frame.node - 1].id : "";
    drawn.push(shape(row ? "a" : "g", {
      class: `frame ${frame.tints.join(" ")}${around(at) ? " around" : ""}`, "data-i": at, tabindex: "-1",
      ...row && { href: `#${row}`, "aria-label": `${frame.label} ${quantity(frame.total, unit)}, ${says(frame, { unit, frames })}` },
    }, box));
  });
  picture.svg.setAttribute("height", (depth + 1) * LEVEL);
  picture.svg.replaceChildren(...drawn);
  const narrow = frames.filter((frame, at) => inside(at) && frame.total > 0 && frame.total / into.total < NARROWEST).length;
  const note = one(".narrow", picture.details);
  if (note) note.textContent = narrow ? `${digits(narrow)} frames narrower than 0.1 % not drawn.` : "";
  rove(picture, to);
  mark(picture);
};
// One frame of a picture is reached with Tab, the others with arrows.
const rove = (picture, at) => {
  for (const frame of all(".frame", picture.svg)) frame.setAttribute("tabindex", Number(frame.dataset.i) === at ? "0" : "-1");
};
const focusFrame = (picture, at) => {
  const frame = one(`[data-i="${at}"]`, picture.svg);
  if (!frame) return;
  rove(picture, at);
  frame.focus({ preventScroll: true });
  frame.scrollIntoView({ block: "nearest" });
  const { unit, frames } = picture.read();
  picture.flame.status.textContent = `${frames[at].label}: ${says(frames[at], { unit, frames })}`;
};
// What the search matches, and how much of the whole that is: what is inside of a match counts once.
const mark = picture => {
  if (!picture.details.open) return;
  picture.flame.total.textContent = "";
  for (const frame of all(".hit", picture.svg)) frame.classList.remove("hit");
  if (!search.words.length) return;
  const nodes = new Set(search.rows.filter(row => treeOf(row).subject === picture.index).map(row => treeOf(row).place.get(row) + 1));
  const { frames, unit } = picture.read();
  // What has no plan is searched by the names of its frames.
  const named = ({ label }) => search.words.every(word => label.toLowerCase().includes(word));
  const hit = trees[picture.index] ? frame => nodes.has(frame.node) : named;
  let matched = 0, until = 0;
  frames.forEach((frame, at) => {
    if (!hit(frame) || at < until) return;
    matched += frame.total;
    until = frame.end;
  });
  for (const frame of all(".frame", picture.svg)) {
    if (hit(frames[frame.dataset.i])) frame.classList.add("hit");
  }
  picture.flame.total.textContent = `search matches ${quantity(matched, unit)}, ${share(matched / frames[0].total)}`;
};
const move = (picture, at, key) => {
  const { frames } = picture.read(), frame = frames[at];
  const siblings = frames.map((_, other) => other).filter(other => frames[other].parent === frame.parent
    && one(`[data-i="${other}"]`, picture.svg));
  const inside = frames.map((_, other) => other).filter(other => frames[other].parent === at)
    .sort((a, b) => frames[b].total - frames[a].total);
  const to = { up: frame.parent, down: inside[0], left: siblings[siblings.indexOf(at) - 1], right: siblings[siblings.indexOf(at) + 1] }[key];
  if (to !== undefined && to >= 0) focusFrame(picture, to);
};
const showInFlame = row => {
  const tree = treeOf(row);
  const picture = pictures.find(({ index, details }) => index === tree.subject && details.open);
  const to = picture?.read().frames.findIndex(frame => frame.node === tree.place.get(row) + 1) ?? -1;
  if (to < 0 || picture.read().frames[to].total <= 0) return say("it has no width in this measure");
  zoom(picture, to);
  focusFrame(picture, to);
};
const recolor = flame => {
  if (flame.classList.contains("by-kind")) return;
  const now = COLORINGS.findIndex(coloring => flame.classList.contains(`by-${coloring}`));
  const next = COLORINGS[(now + 1) % COLORINGS.length];
  flame.classList.replace(`by-${COLORINGS[now]}`, `by-${next}`);
  flame.coloring.value = next;
};
const remeasure = flame => {
  const measures = all(".measure", flame), now = measures.findIndex(details => details.open);
  measures[(now + 1) % measures.length].open = true;
};
const flameHere = () => document.activeElement?.closest?.(".flame") ?? all(".flame")[here() ? treeOf(here()).subject : 0];

for (const flame of all(".flame")) {
  const controls = one(".controls", flame);
  flame.coloring = make("select", { "aria-label": "Colours of the flame graph" },
    ...COLORINGS.map(name => make("option", { value: name }, `colour by ${name}`)));
  flame.coloring.addEventListener("change", () => {
    for (const name of COLORINGS) flame.classList.toggle(`by-${name}`, name === flame.coloring.value);
  });
  const out = make("button", { type: "button" }, "Zoom out");
  out.addEventListener("click", () => pictures.filter(picture => picture.flame === flame && picture.zoom).forEach(picture => zoom(picture, 0)));
  flame.status = make("span", { class: "status", role: "status" });
  flame.total = make("strong", {});
  if (!flame.classList.contains("by-kind")) controls.append(flame.coloring);
  controls.append(out, flame.total, flame.status);
  controls.hidden = false;
  flame.addEventListener("mouseover", ({ target }) => {
    const picture = pictureOf(target), frame = target.closest(".frame");
    if (!picture || !frame) return;
    const { unit, frames } = picture.read();
    flame.status.textContent = `${frames[frame.dataset.i].label}: ${says(frames[frame.dataset.i], { unit, frames })}`;
  });
  flame.addEventListener("click", event => {
    const frame = event.target.closest(".frame"), picture = pictureOf(event.target);
    if (!frame || !picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    zoom(picture, Number(frame.dataset.i));
    focusFrame(picture, Number(frame.dataset.i));
  });
}
for (const picture of pictures) {
  rove(picture, 0);
  picture.details.addEventListener("toggle", () => mark(picture));
}

// ---- The bar: search and theme ----

const tools = byId("tools");
const box = make("input", { type: "search", "aria-label": `Search the ${trees.length ? "plans" : "pages"}`, placeholder: `Search ${trees.length ? "nodes" : "functions"}  /`, spellcheck: "false" });
const tally = make("span", { class: "tally", role: "status" });
const message = make("span", { class: "message", role: "status" });
const say = text => { message.textContent = text; };
const button = (label, text, act) => {
  const made = make("button", { type: "button", "aria-label": label, title: label }, text);
  made.addEventListener("click", act);
  return made;
};
box.addEventListener("input", () => find(box.value));
const theme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
tools.append(box, tally, button("Previous match", "↑", () => nextMatch(-1)), button("Next match", "↓", () => nextMatch(1)),
  button("Light or dark", "◐", theme), button("Keys", "?", () => help()), message);
tools.hidden = false;

// ---- Keys: the letters of the terminal ----

const at = () => rowAt(document.activeElement) ?? here();
const KEYS = [
  ["/", "search nodes: all words must be there", () => box.focus()],
  ["n", "next match; without a search, next finding", () => nextMatch(1)],
  ["N", "previous match, or finding", () => nextMatch(-1)],
  ["]", "next finding", () => nextFinding(1)],
  ["[", "previous finding", () => nextFinding(-1)],
  ["j", "one row down; in a flame graph, into the widest frame", () => step(1)],
  ["k", "one row up; in a flame graph, out", () => step(-1)],
  ["h", "fold the node, or go to its parent; in a flame graph, to the left", () => at() && left(at())],
  ["l", "unfold the node, or go to its first child; in a flame graph, to the right", () => at() && right(at())],
  ["Enter", "the properties of the node, the node of a finding; in a flame graph, zoom in", null],
  ["Space", "fold or unfold the node", null],
  ["M", "fold all", () => trees.forEach(tree => foldAll(tree, false))],
  ["R", "unfold all", () => trees.forEach(tree => foldAll(tree, true))],
  ["H", "the node that took most time itself; again: the next one", nextHottest],
  ["g", "first row", () => edge(false)],
  ["G", "last row", () => edge(true)],
  ["f", "the node in the flame graph", () => at() && showInFlame(at())],
  ["m", "the next measure of the flame graph", () => flameHere() && remeasure(flameHere())],
  ["c", "the next colours of the flame graph", () => flameHere() && recolor(flameHere())],
  ["0", "zoom out", () => pictures.filter(picture => picture.zoom).forEach(picture => zoom(picture, 0))],
  ["t", "light or dark", theme],
  ["Escape", "close the search, or zoom out", null],
  ["?", "these keys", () => help()],
];
const dialog = make("dialog", { "aria-label": "Keys" }, make("h2", {}, "Keys"),
  make("dl", { class: "keys" }, ...KEYS.map(([key, does]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)))),
  make("form", { method: "dialog" }, make("button", {}, "Close")));
document.body.append(dialog);
const help = () => dialog.open ? dialog.close() : dialog.showModal();

const ARROWS = { ArrowDown: "j", ArrowUp: "k", ArrowLeft: "h", ArrowRight: "l", Home: "g", End: "G" };
const SIDES = { j: "down", k: "up", h: "left", l: "right" };
const inBox = event => {
  if (event.key === "Enter") { event.preventDefault(); nextMatch(event.shiftKey ? -1 : 1); }
  if (event.key === "Escape") { box.value = ""; find(""); box.blur(); }
};
const inRow = (event, row) => {
  if (event.key === "Enter") toggle(row);
  else if (event.key === " ") fold(row, !isOpen(row));
  else return false;
  return true;
};
const inFrame = (event, frame) => {
  const picture = pictureOf(frame), now = Number(frame.dataset.i), key = ARROWS[event.key] ?? event.key;
  if (event.key === "Enter") { zoom(picture, now); focusFrame(picture, now); }
  else if (SIDES[key]) move(picture, now, SIDES[key]);
  else if (event.key === "Escape") { zoom(picture, 0); focusFrame(picture, now); }
  else return false;
  return true;
};
const inCard = (event, card) => {
  if (event.key !== "Enter" || !card.dataset.node) return false;
  location.hash = card.dataset.node;
  arrive();
  return true;
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const target = event.target;
  if (target === box) return inBox(event);
  if (target.matches("input, select, textarea")) return;
  const isRow = target.matches(".node"), frame = target.closest(".frame");
  const done = isRow && inRow(event, target) || frame && inFrame(event, frame)
    || target.matches(".finding") && inCard(event, target);
  if (done) return event.preventDefault();
  // Arrows scroll the page but where there is a row to move from.
  const key = isRow ? ARROWS[event.key] ?? event.key : event.key;
  const act = KEYS.find(([name]) => name === key)?.[2];
  if (!act) return;
  event.preventDefault();
  act();
});

// ---- Addresses and printing ----

const arrive = () => {
  const to = byId(decodeURIComponent(location.hash.slice(1)));
  const row = rowAt(to);
  if (row) {
    fill(row);
    const details = one("details", row);
    if (details) details.open = true;
    select(row);
    row.scrollIntoView({ block: "center" });
  } else if (to?.matches(".finding")) {
    finding = cards.indexOf(to);
    to.focus();
  } else if (to?.matches("details")) {
    to.open = true;
  }
};
addEventListener("hashchange", arrive);
for (const summary of all(".node summary")) summary.setAttribute("tabindex", "-1");
for (const { rows } of trees.slice(0, 1)) rows[0].setAttribute("tabindex", "0");
addEventListener("beforeprint", () => {
  trees.forEach(tree => foldAll(tree, true));
  for (const details of all("details:not(.measure)")) details.open = true;
});
const save = button("Save the report as JSON", "Save the report as JSON", () => {
  const file = URL.createObjectURL(new Blob([byId("report").textContent], { type: "application/json" }));
  const link = make("a", { href: file, download: "report.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(file), 1000);
});
byId("save").append(save);
if (location.hash) arrive();
})();
