// The style sheets of a document and of the shadow trees that scripts can enter, and the rules in them, of all levels.
(() => {
  const seen = new Set();
  let rules = 0;
  const count = (list) => {
    for (const rule of list) {
      rules++;
      if (rule.cssRules) count(rule.cssRules);
    }
  };
  const add = (sheet) => {
    if (!sheet || seen.has(sheet)) return;
    seen.add(sheet);
    let list = [];
    try {
      list = sheet.cssRules;
    } catch {
      // Of another origin: its rules are nobody's business.
    }
    for (const rule of list) if (rule.styleSheet) add(rule.styleSheet);
    count(list);
  };
  const enter = (root) => {
    for (const sheet of root.styleSheets) add(sheet);
    for (const sheet of root.adoptedStyleSheets) add(sheet);
    const elements = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    for (let element = elements.nextNode(); element; element = elements.nextNode()) {
      if (element.shadowRoot) enter(element.shadowRoot);
    }
  };
  enter(document);
  return [seen.size, rules];
})()
