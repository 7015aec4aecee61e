//! The page that is checked, and what is done to it: a list of 200 orders, a style sheet of 120 rules, a panel that is
//! filled anew at each step. Nothing builds it: scripts are modules as they stand, beside reselect's own.

use std::io;
use std::net::TcpListener;
use std::path::Path;

use super::Project;
use super::cases::{Control, Edit, Fault};

/// Below where scripts/pages installs: a file of a package, and what the page calls it.
const LIBRARIES: [(&str, &str); 2] =
    [("reselect/dist/reselect.browser.mjs", "reselect.js"), ("jquery/dist/jquery.js", "jquery.js")];

const CONFIGURATION: &str = r#"[suite.pages]
serve = "node web/serve.mjs PORT"
wait = "http://127.0.0.1:PORT/"

[suite.pages.page.orders]
url = "/"
steps = "orders.steps"
repeat = 3
"#;

const SERVER: &str = r#"import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

createServer(async (request, response) => {
  const name = new URL(request.url, "http://localhost").pathname;
  const file = path.join(import.meta.dirname, name === "/" ? "index.html" : path.basename(name));
  try {
    const body = await readFile(file);
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}).listen(Number(process.argv[2]), "127.0.0.1");
"#;

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Orders</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="style.css">
</head>
<body>
  <header class="bar"><h1>Orders</h1><button id="more">show the last ones</button></header>
  <table class="orders"><tbody id="rows"></tbody></table>
  <aside id="panel"></aside>
  <script type="module" src="main.js"></script>
</body>
</html>
"#;

const MAIN: &str = r#"import { orders, totalOf } from "./selectors.js";

const rows = document.getElementById("rows");
const panel = document.getElementById("panel");

function show(order) {
  const row = document.createElement("tr");
  row.className = `order kind-${order.id % 120}`;
  row.insertCell().textContent = order.id;
  row.insertCell().textContent = order.customer;
  row.insertCell().textContent = totalOf(order.id);
  rows.append(row);
}

function lineOf(order) {
  const line = document.createElement("p");
  line.className = "line";
  line.textContent = `order ${order.id}: ${totalOf(order.id)}`;
  return line;
}

function fill() {
  panel.replaceChildren(...orders.slice(-100).map(lineOf));
}

orders.forEach(show);
document.getElementById("more").addEventListener("click", fill);
"#;

const SELECTORS: &str = r#"import { createSelector } from "./reselect.js";

const made = (n) => ({ id: n + 1, customer: `customer ${n % 40}`, lines: [{ cents: 100 + n, amount: 1 + (n % 3) }] });

export const orders = Array.from({ length: 200 }, (_, n) => made(n));

const state = { orders };

const selectLines = createSelector(
  [(state) => state.orders, (state, id) => id],
  (orders, id) => orders.find((order) => order.id === id).lines,
);

const selectTotal = createSelector([selectLines], (lines) =>
  lines.reduce((sum, line) => sum + line.cents * line.amount, 0),
);

export const totalOf = (id) => selectTotal(state, id);
"#;

const STEPS: &str = "click #more\n";

/// 120 rules, of which each matches a row or two.
fn sheet() -> String {
    let rules = (0..120).map(|n| format!(".orders .kind-{n} {{ color: #{:06x}; }}\n", 0x0010_2030 + n * 257));
    rules.collect()
}

/// The page as the gate accepted it, on a port that was free.
///
/// # Errors
///
/// What scripts/pages installs is missing, the folder cannot be written, or the gate does not accept what it measured.
pub(super) fn accepted(program: &Path) -> io::Result<Project> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let project = Project::empty(program)?;
    project.write("perf-look.toml", &CONFIGURATION.replace("PORT", &port))?;
    let files = [("serve.mjs", SERVER), ("index.html", PAGE), ("main.js", MAIN), ("selectors.js", SELECTORS)];
    for (file, text) in files.into_iter().chain([("style.css", sheet().as_str())]) {
        project.write(&format!("web/{file}"), text)?;
    }
    for (from, file) in LIBRARIES {
        project.write(&format!("web/{file}"), &library(from)?)?;
    }
    project.write("orders.steps", STEPS)?;
    project.accept()
}

/// Without the line about its source map, which is not served.
fn library(file: &str) -> io::Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pages/node_modules").join(file);
    let missing = |error| io::Error::other(format!("{}: {error}; scripts/pages installs it", path.display()));
    let text = std::fs::read_to_string(&path).map_err(missing)?;
    Ok(text.split_inclusive('\n').filter(|line| !line.starts_with("//# sourceMappingURL")).collect())
}

const fn script(from: &'static str, to: &'static str) -> Edit {
    Edit { file: "web/main.js", from, to }
}

const fn selectors(from: &'static str, to: &'static str) -> Edit {
    Edit { file: "web/selectors.js", from, to }
}

const fn style(from: &'static str, to: &'static str) -> Edit {
    Edit { file: "web/style.css", from, to }
}

const fn page(from: &'static str, to: &'static str) -> Edit {
    Edit { file: "web/index.html", from, to }
}

const fn control(name: &'static str, edits: &'static [Edit]) -> Control {
    Control { name, edits, code: 0 }
}

/// Changes of the page that do no harm.
pub const PAGE_CONTROLS: &[Control] = &[
    control("a comment is added to a script", &[script("function fill() {", "// The newest ones.\nfunction fill() {")]),
    control(
        "a function is renamed",
        &[
            script("function show(order)", "function addRow(order)"),
            script("orders.forEach(show)", "orders.forEach(addRow)"),
        ],
    ),
    control(
        "a selector is renamed",
        &[
            selectors("const selectTotal =", "const selectSum ="),
            selectors("=> selectTotal(state", "=> selectSum(state"),
        ],
    ),
    control("a selector is written in other lines", &[selectors("lines) =>\n  lines", "lines) => lines")]),
    control(
        "a function moves to the end of its file",
        &[
            script("function fill() {\n  panel.replaceChildren(...orders.slice(-100).map(lineOf));\n}\n", ""),
            script("", "\nfunction fill() {\n  panel.replaceChildren(...orders.slice(-100).map(lineOf));\n}\n"),
        ],
    ),
    control(
        "a rule moves to the end of the sheet",
        &[style(".orders .kind-0 { color: #102030; }\n", ""), style("", ".orders .kind-0 { color: #102030; }\n")],
    ),
    control("a rule is laid out anew", &[style("kind-5 { color: #102535; }", "kind-5 {\n  color: #102535;\n}")]),
    control("a color changes", &[style("kind-7 { color: #102737; }", "kind-7 { color: #802737; }")]),
    control("a class that nothing has is renamed", &[style(".kind-119 {", ".sort-119 {")]),
    control("two orders are added", &[selectors("length: 200", "length: 202")]),
    control("a text changes", &[page("show the last ones", "show the hundred last ones")]),
    control(
        "the elements of the head change places",
        &[
            page("  <title>Orders</title>\n", ""),
            page(
                "<link rel=\"stylesheet\" href=\"style.css\">\n",
                "<link rel=\"stylesheet\" href=\"style.css\">\n  <title>Orders</title>\n",
            ),
        ],
    ),
    control(
        "an image is added",
        &[page("<aside", "<img alt=\"\" src=\"data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=\"><aside")],
    ),
];

/// Changes that make the page do more.
pub const PAGE_FAULTS: &[Fault] = &[
    Fault {
        name: "a selector for each row",
        edits: &[
            selectors(
                "const selectTotal = createSelector",
                "const kept = new Map();\nconst makeTotal = () => createSelector",
            ),
            selectors(
                "=> selectTotal(state, id)",
                "=> {\n  if (!kept.has(id)) kept.set(id, makeTotal());\n  return kept.get(id)(state, id);\n}",
            ),
        ],
        target: "pages/orders",
        decision: "X1 selectors",
        place: "selectors.js",
        cause: "selectors.js is another one",
    },
    Fault {
        name: "a selector for each call, thrown away",
        edits: &[
            selectors("const selectTotal = createSelector", "const makeTotal = () => createSelector"),
            selectors("=> selectTotal(state, id)", "=> makeTotal()(state, id)"),
        ],
        target: "pages/orders",
        decision: "X1 selectors-created",
        place: "selectors.js",
        cause: "selectors.js is another one",
    },
    Fault {
        name: "a selector is given a new array with each state",
        edits: &[
            selectors("[(state) => state.orders,", "[(state) => [...state.orders],"),
            selectors("=> selectTotal(state, id)", "=> selectTotal({ ...state }, id)"),
        ],
        target: "pages/orders",
        decision: "D8 web/selector-recompute-ratio",
        place: "selectors.js",
        cause: "selectors.js is another one",
    },
    Fault {
        name: "60 more rules",
        edits: &[style("", include_str!("more_rules.css"))],
        target: "pages/orders",
        decision: "X1 css",
        place: "",
        cause: "style.css is another one",
    },
    Fault {
        name: "the sheet is there twice",
        edits: &[page("<body>", "<body><link rel=\"stylesheet\" href=\"style.css?again\">")],
        target: "pages/orders",
        decision: "X1 css",
        place: "",
        cause: "the document is another one",
    },
    Fault {
        name: "a selector for all elements in all elements",
        edits: &[style("", "body :not(.no) :not(.none) :not(.nothing) { outline-color: red; }\n")],
        target: "pages/orders",
        decision: "X1 match-attempts",
        place: "style.css:121",
        cause: "style.css is another one",
    },
    Fault {
        name: "a tenth more elements",
        edits: &[selectors("length: 200", "length: 220")],
        target: "pages/orders",
        decision: "X1 dom",
        place: "",
        cause: "selectors.js is another one",
    },
    Fault {
        name: "a layout is forced for each row",
        edits: &[script("  rows.append(row);", "  rows.append(row);\n  row.title = row.offsetHeight;")],
        target: "pages/orders",
        decision: "X2 layouts",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "styles are recalculated for each row",
        edits: &[script("  rows.append(row);", "  rows.append(row);\n  row.title = getComputedStyle(row).color;")],
        target: "pages/orders",
        decision: "X2 style-recalcs",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "a listener for each row",
        edits: &[script("  rows.append(row);", "  rows.append(row);\n  row.addEventListener(\"click\", fill);")],
        target: "pages/orders",
        decision: "X1 listeners",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "five listeners more at each step",
        edits: &[script(
            "function fill() {\n",
            "function fill() {\n  for (let n = 0; n < 5; n += 1) addEventListener(\"resize\", () => n);\n",
        )],
        target: "pages/orders",
        decision: "D8 web/memory-listener-leak",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "the nodes of each step are kept",
        edits: &[script(
            "function fill() {\n",
            "const kept = [];\nfunction fill() {\n  kept.push(...panel.children);\n",
        )],
        target: "pages/orders",
        decision: "D8 web/memory",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "the lines of each step stay in the page",
        edits: &[script("panel.replaceChildren(", "panel.append(")],
        target: "pages/orders",
        decision: "D8 web/memory-node-leak",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "a Map grows with each step",
        edits: &[script(
            "function fill() {\n",
            "const seen = new Map();\nfunction fill() {\n  for (const order of orders) seen.set({}, order);\n",
        )],
        target: "pages/orders",
        decision: "D8 web/memory-collection-growth",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "a sheet more at each step",
        edits: &[script(
            "function fill() {\n",
            "function fill() {\n  const sheet = document.createElement(\"style\");\n  sheet.textContent = \".line { color: blue; }\";\n  document.head.append(sheet);\n",
        )],
        target: "pages/orders",
        decision: "D8 web/css-sheet-growth",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "a library more, of 280 kB",
        edits: &[page("<body>", "<body><script src=\"jquery.js\"></script>")],
        target: "pages/orders",
        // What it brings is said before its bytes.
        decision: "X1 functions",
        place: "",
        cause: "jquery.js is new",
    },
    Fault {
        name: "20 requests more",
        edits: &[script("", "\nfor (let n = 0; n < 20; n += 1) await fetch(`style.css?${n}`);\n")],
        target: "pages/orders",
        decision: "X1 requests",
        place: "",
        cause: "main.js is another one",
    },
    Fault {
        name: "each row looks for its table",
        edits: &[script("  rows.append(row);", "  document.getElementById(\"rows\").append(row);")],
        target: "pages/orders",
        decision: "X1 dom-queries",
        place: "main.js",
        cause: "main.js is another one",
    },
    Fault {
        name: "a task of 100 million turns",
        edits: &[script(
            "orders.forEach(show);",
            "orders.forEach(show);\nlet mixed = 1;\nfor (let n = 0; n < 1e8; n += 1) mixed = (Math.imul(mixed, 1664525) + 1) | 0;\ndocument.title = mixed;",
        )],
        target: "pages/orders",
        // By its turns: how long they take is no count.
        decision: "X1 js-blocks",
        place: "main.js:28",
        cause: "main.js is another one",
    },
];

/// Changes that a rule warns of: no count of the page grows, and whether a warning fails is the project's to say.
pub const PAGE_WARNINGS: &[Fault] = &[Fault {
    name: "all rows have the same id",
    edits: &[script("  rows.append(row);", "  rows.append(row);\n  row.id = \"row\";")],
    target: "pages/orders",
    decision: "D8 web/dom-duplicate-id",
    place: "",
    cause: "main.js is another one",
}];
