// Finds the elements of steps. Runs apart from the page, whose scripts see nothing of it.
const find = path => {
  let element = document;
  for (const part of path) {
    const within = element.shadowRoot ?? element.contentDocument ?? element;
    element = within.querySelector(part);
    if (!element) return null;
  }
  return element;
};

const name = element => {
  const id = element.id ? `#${element.id}` : '';
  return (element.localName + id + [...element.classList].map(it => `.${it}`).join('')).slice(0, 100);
};

// Where the middle of an element is, once it has been brought into view.
const place = element => {
  if (!element) return { state: 'missing' };
  element.scrollIntoViewIfNeeded();
  const box = [...element.getClientRects()].find(it => it.width > 0 && it.height > 0);
  const view = element.ownerDocument.defaultView;
  if (!box || view.getComputedStyle(element).visibility !== 'visible') return { state: 'hidden' };
  const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2;
  let x = middle(box.left, box.right, view.innerWidth);
  let y = middle(box.top, box.bottom, view.innerHeight);
  const hit = element.getRootNode().elementFromPoint(x, y);
  if (!hit) return { state: 'hidden' };
  const own = element.contains(hit) || hit.contains(element) || [...element.labels ?? []].some(it => it.contains(hit));
  if (!own) return { state: 'covered', by: name(hit) };
  for (let inner = view; inner.frameElement; inner = inner.parent) {
    const frame = inner.frameElement.getBoundingClientRect();
    x += frame.left + inner.frameElement.clientLeft;
    y += frame.top + inner.frameElement.clientTop;
  }
  return { state: 'ready', x, y };
};

const choose = (element, wanted) => {
  if (!element) return { state: 'missing' };
  const option = [...element.options ?? []].find(it => it.value === wanted || it.text === wanted);
  if (!option) return { state: 'optionless' };
  element.value = option.value;
  for (const kind of ['input', 'change']) element.dispatchEvent(new Event(kind, { bubbles: true }));
  return { state: 'ready', x: 0, y: 0 };
};

const reach = element => {
  if (!element) return { state: 'missing' };
  element.scrollIntoView({ block: 'center', behavior: 'instant' });
  return { state: 'ready', x: 0, y: 0 };
};

const asked = path => act => {
  try {
    return act(find(path));
  } catch (error) {
    return { state: 'unreadable', why: error.message };
  }
};
