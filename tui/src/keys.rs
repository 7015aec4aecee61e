//! One table of keys: it drives what a key does, the hints at the bottom, the help, and the table of the README.

use std::fmt::Write as _;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::action::{Action, Context, Decide, Edit, Format, Screen, Step, Way, What};

/// What keys do, and where.
#[derive(Debug, Clone)]
pub struct Binding {
    /// All that do it, spelled as in `ctrl-d`, `g g`.
    pub keys: &'static [&'static str],
    /// Where they do it.
    pub on: &'static [Context],
    /// What they do.
    pub action: Action,
    /// What they do, in words.
    pub help: &'static str,
    /// In how many words at the bottom, and how important that is: 1 is shown first.
    pub hint: Option<(&'static str, u8)>,
}

const FINDINGS: Context = Context::On(Screen::Findings);
const PLAN: Context = Context::On(Screen::Plan);
const FLAME: Context = Context::On(Screen::Flame);
const SQL: Context = Context::On(Screen::Sql);
const DIFF: Context = Context::On(Screen::Diff);
const STATS: Context = Context::On(Screen::Stats);
const RAW: Context = Context::On(Screen::Raw);
const P_FINDINGS: Context = Context::OnPage(Screen::Findings);
const P_SELECTORS: Context = Context::OnPage(Screen::Selectors);
const P_CSS: Context = Context::OnPage(Screen::Css);
const P_TASKS: Context = Context::OnPage(Screen::Tasks);
const P_FLAME: Context = Context::OnPage(Screen::Flame);
const P_METRICS: Context = Context::OnPage(Screen::Metrics);
const P_DIFF: Context = Context::OnPage(Screen::Diff);
const P_SOURCE: Context = Context::OnPage(Screen::Source);
const S_STATEMENTS: Context = Context::OnServer(Screen::Statements);
const S_TABLES: Context = Context::OnServer(Screen::Tables);
const S_INDEXES: Context = Context::OnServer(Screen::Indexes);
const S_SERVER: Context = Context::OnServer(Screen::Server);
const PLANS: &[Context] = &[FINDINGS, PLAN, FLAME, SQL, DIFF, STATS, RAW];
const PAGES: &[Context] = &[P_FINDINGS, P_SELECTORS, P_CSS, P_TASKS, P_FLAME, P_METRICS, P_DIFF, P_SOURCE];
const SERVERS: &[Context] = &[S_STATEMENTS, S_TABLES, S_INDEXES, S_SERVER];
const FLAMES: &[Context] = &[FLAME, P_FLAME];
/// What a page has in lists.
const LISTS: &[Context] = &[P_SELECTORS, P_CSS, P_TASKS, P_METRICS];
/// Screens with several lists each.
const LISTED: &[Context] = &[P_SELECTORS, P_CSS, P_TASKS, P_METRICS, S_STATEMENTS, S_TABLES, S_INDEXES];
const ALL: &[Context] = &[
    FINDINGS,
    PLAN,
    FLAME,
    SQL,
    DIFF,
    STATS,
    RAW,
    P_FINDINGS,
    P_SELECTORS,
    P_CSS,
    P_TASKS,
    P_FLAME,
    P_METRICS,
    P_DIFF,
    P_SOURCE,
    S_STATEMENTS,
    S_TABLES,
    S_INDEXES,
    S_SERVER,
];
/// What is judged: plans and pages.
const JUDGED: &[Context] = &[
    FINDINGS,
    PLAN,
    FLAME,
    SQL,
    DIFF,
    STATS,
    RAW,
    P_FINDINGS,
    P_SELECTORS,
    P_CSS,
    P_TASKS,
    P_FLAME,
    P_METRICS,
    P_DIFF,
    P_SOURCE,
];
const ALL_BUT_DIFF: &[Context] =
    &[FINDINGS, PLAN, FLAME, SQL, STATS, RAW, P_FINDINGS, P_SELECTORS, P_CSS, P_TASKS, P_FLAME, P_METRICS, P_SOURCE];
/// The help is a place to read: it moves like a screen.
const READ: &[Context] = &[
    FINDINGS,
    PLAN,
    FLAME,
    SQL,
    DIFF,
    STATS,
    RAW,
    P_FINDINGS,
    P_SELECTORS,
    P_CSS,
    P_TASKS,
    P_FLAME,
    P_METRICS,
    P_DIFF,
    P_SOURCE,
    S_STATEMENTS,
    S_TABLES,
    S_INDEXES,
    S_SERVER,
    Context::Help,
];
/// A flame moves sideways and down instead of by rows.
const ROWS: &[Context] = &[
    FINDINGS,
    PLAN,
    SQL,
    DIFF,
    STATS,
    RAW,
    P_FINDINGS,
    P_SELECTORS,
    P_CSS,
    P_TASKS,
    P_METRICS,
    P_DIFF,
    P_SOURCE,
    S_STATEMENTS,
    S_TABLES,
    S_INDEXES,
    S_SERVER,
    Context::Help,
];
const FILTERED_PAGES: &[Context] =
    &[P_FINDINGS, P_SELECTORS, P_CSS, P_TASKS, P_METRICS, S_STATEMENTS, S_TABLES, S_INDEXES, S_SERVER];
const DIFFS: &[Context] = &[DIFF, P_DIFF];
/// Where something is selected that may have code.
const CODE: &[Context] = &[P_FINDINGS, P_SELECTORS, P_CSS, P_TASKS, P_FLAME, P_METRICS, P_DIFF];
/// Lists of a server whose rows have SQL.
const COUNTED: &[Context] = &[S_STATEMENTS, S_TABLES, S_INDEXES];
const TREES: &[Context] = &[PLAN, RAW];
/// What a filter can keep some of.
const FILTERED: &[Context] = &[FINDINGS, PLAN, RAW];
/// The screens of a review.
const REVIEWS: &[Context] = &[Context::Review, Context::Leaving];
const REVIEW: &[Context] = &[Context::Review];
const LEAVING: &[Context] = &[Context::Leaving];
/// What has columns to sort by.
const SORTED: &[Context] = &[PLAN, STATS, P_SELECTORS, P_CSS, P_TASKS, P_METRICS, S_STATEMENTS, S_TABLES, S_INDEXES];
const HELP: &[Context] = &[Context::Help];
const PROMPT: &[Context] = &[Context::Prompt];

type Row = (&'static [&'static str], &'static [Context], Action, &'static str, Option<(&'static str, u8)>);

/// The table, in the order of the help.
const TABLE: &[Row] = &[
    (&["?", "f1"], ALL, Action::Help, "show all keys of this screen", Some(("help", 1))),
    (&["q", "ctrl-c"], READ, Action::Quit, "quit", Some(("quit", 2))),
    (&["1"], JUDGED, Action::Show(Screen::Findings), "Findings: what costs time, and what to do", None),
    (&["2"], PLANS, Action::Show(Screen::Plan), "Plan: the tree, each node with its own time", None),
    (&["3"], PLANS, Action::Show(Screen::Flame), "Flame: the plan as widths that add up", None),
    (&["4"], PLANS, Action::Show(Screen::Sql), "SQL: the statement, and which clause a node comes from", None),
    (&["5"], PLANS, Action::Show(Screen::Diff), "Diff: this run and an earlier one, node by node", None),
    (&["6"], PLANS, Action::Show(Screen::Stats), "Stats: sums by node type, table and index", None),
    (&["7"], PLANS, Action::Show(Screen::Raw), "Raw: everything as Postgres named it", None),
    (&["2"], PAGES, Action::Show(Screen::Selectors), "Selectors: memoised selectors by place, and DOM queries", None),
    (&["3"], PAGES, Action::Show(Screen::Css), "CSS: selectors by what matching them costs, and style sheets", None),
    (&["4"], PAGES, Action::Show(Screen::Tasks), "Tasks: long tasks, forced layouts, slow answers", None),
    (&["5"], PAGES, Action::Show(Screen::Flame), "Flame: what the main thread did, as widths", None),
    (&["6"], PAGES, Action::Show(Screen::Metrics), "Metrics: all numbers, and what could not be measured", None),
    (&["7"], PAGES, Action::Show(Screen::Diff), "Diff: this page and another capture of it, place by place", None),
    (&["8"], PAGES, Action::Show(Screen::Source), "Source: the code of what is selected", None),
    (&["1"], SERVERS, Action::Show(Screen::Statements), "Statements: what took most time, and what runs now", None),
    (&["2"], SERVERS, Action::Show(Screen::Tables), "Tables: those scanned whole, and old statistics", None),
    (&["3"], SERVERS, Action::Show(Screen::Indexes), "Indexes: unused, duplicate, missing for foreign keys", None),
    (&["4"], SERVERS, Action::Show(Screen::Server), "Server: what to know of it and of its counters", None),
    (&["5"], SERVERS, Action::Show(Screen::Findings), "Findings: of all statements that were explained", None),
    (&["c"], CODE, Action::Show(Screen::Source), "show the code of what is selected", Some(("code", 4))),
    (&["enter"], &[FINDINGS], Action::Enter, "go to the node of the finding in the plan", Some(("node", 3))),
    (&["enter"], &[P_FINDINGS], Action::Enter, "go to the list that has the place of the finding", Some(("place", 3))),
    (&["enter"], &[S_STATEMENTS], Action::Enter, "explain the statement, or show its plan", Some(("explain", 3))),
    (&["enter"], &[S_TABLES, S_INDEXES, S_SERVER], Action::Enter, "read the details of the row", Some(("details", 3))),
    (&["enter"], LISTS, Action::Enter, "read the details of the row; again: its code", Some(("details", 3))),
    (&["enter"], &[P_SOURCE], Action::Enter, "read what is known of the place", Some(("details", 3))),
    (&["enter"], TREES, Action::Enter, "read the details of the node", Some(("details", 3))),
    (&["enter"], FLAMES, Action::Enter, "zoom into the frame", Some(("zoom in", 3))),
    (&["enter"], &[SQL], Action::Enter, "go to the node of this line in the plan", Some(("node", 3))),
    (&["enter"], DIFFS, Action::Enter, "read the details of the pair", Some(("details", 3))),
    (&["enter"], &[STATS], Action::Enter, "go to the slowest node of the group in the plan", Some(("slowest node", 3))),
    (
        &["esc"],
        READ,
        Action::Back,
        "back: closes help, search, filter, zoom, pane, then goes to Findings, and from there to the server",
        Some(("back", 9)),
    ),
    (&["tab", "shift-tab"], ALL, Action::Pane, "give the keys to the other pane", Some(("other pane", 8))),
    (&["j", "down"], ROWS, Action::Move(Step::Down), "one row down", None),
    (&["k", "up"], ROWS, Action::Move(Step::Up), "one row up", None),
    (&["j", "down"], FLAMES, Action::Move(Step::Down), "to the widest frame below", None),
    (&["k", "up"], FLAMES, Action::Move(Step::Up), "to the frame above", None),
    (&["ctrl-d"], READ, Action::Move(Step::HalfDown), "half a page down", None),
    (&["ctrl-u"], READ, Action::Move(Step::HalfUp), "half a page up", None),
    (&["pagedown", "ctrl-f"], READ, Action::Move(Step::PageDown), "a page down", None),
    (&["pageup", "ctrl-b"], READ, Action::Move(Step::PageUp), "a page up", None),
    (&["g g", "home"], READ, Action::Move(Step::First), "to the first row", None),
    (&["G", "end"], READ, Action::Move(Step::Last), "to the last row", None),
    (&["h", "left"], TREES, Action::Left, "fold the node, or go to its parent", None),
    (&["l", "right"], TREES, Action::Right, "unfold the node, or go to its first child", None),
    (&["h", "left"], FLAMES, Action::Left, "to the frame on the left", None),
    (&["l", "right"], FLAMES, Action::Right, "to the frame on the right", None),
    (&["h", "left"], &[SQL], Action::Left, "the node before of this line", None),
    (&["l", "right"], &[SQL], Action::Right, "the next node of this line", Some(("next node of line", 6))),
    (&["h", "left"], &[STATS], Action::Left, "the groups before: node type, table, index", None),
    (&["l", "right"], &[STATS], Action::Right, "the next groups: node type, table, index", Some(("next groups", 5))),
    (&["h", "left"], LISTED, Action::Left, "the list before, of the same screen", None),
    (&["l", "right"], LISTED, Action::Right, "the next list of the same screen", Some(("next list", 4))),
    (&["space"], TREES, Action::Fold, "fold or unfold the node", Some(("fold", 6))),
    (&["z M"], TREES, Action::FoldAll, "fold all nodes", None),
    (&["z R"], TREES, Action::UnfoldAll, "unfold all nodes", None),
    (
        &["n"],
        ALL_BUT_DIFF,
        Action::Match(Way::Next),
        "next match of the search; without one, next finding",
        Some(("next finding", 5)),
    ),
    (&["N"], ALL_BUT_DIFF, Action::Match(Way::Previous), "previous match, or finding", None),
    (
        &["n"],
        DIFFS,
        Action::Match(Way::Next),
        "next match of the search; without one, next change",
        Some(("next change", 4)),
    ),
    (&["N"], DIFFS, Action::Match(Way::Previous), "previous match, or change", None),
    (&["n"], SERVERS, Action::Match(Way::Next), "next match of the search", None),
    (&["N"], SERVERS, Action::Match(Way::Previous), "previous match", None),
    (&["]"], JUDGED, Action::Finding(Way::Next), "next finding", None),
    (&["["], JUDGED, Action::Finding(Way::Previous), "previous finding", None),
    (&["H"], PLANS, Action::Hottest, "the node that took most itself; again: the next one", Some(("hottest", 7))),
    (&["/"], ALL, Action::Search, "search: words that must all be there", Some(("search", 7))),
    (&["&"], FILTERED, Action::Filter, "filter: keep what matches, and the nodes above it", Some(("filter", 12))),
    (&["&"], FILTERED_PAGES, Action::Filter, "filter: keep what matches", Some(("filter", 12))),
    (&["s"], SORTED, Action::Sort, "sort by the next column", Some(("sort", 10))),
    (&["S"], SORTED, Action::Reverse, "sort the other way round", None),
    (
        &["m"],
        &[PLAN, FLAME],
        Action::Measure,
        "measure by something else: time, buffers, rows, cost, …",
        Some(("measure", 8)),
    ),
    (
        &["c"],
        &[PLAN, FLAME],
        Action::Colour,
        "colour by something else: class, misestimate, heat, cache, finding",
        Some(("colour", 11)),
    ),
    (&["+"], TREES, Action::HideMore, "hide nodes below a larger part of the whole", None),
    (&["-"], TREES, Action::HideFewer, "hide fewer nodes", None),
    (&["0"], FLAMES, Action::Whole, "zoom out to the whole", None),
    (&["i"], FLAMES, Action::Invert, "root at the bottom, or at the top", Some(("invert", 10))),
    (&["x"], FLAMES, Action::Narrow, "list the frames that are too narrow to draw", Some(("narrow frames", 9))),
    (&["T"], FLAMES, Action::Top, "sums by label beside the flame", None),
    (&["v"], DIFFS, Action::Changed, "show all pairs, changed ones, or worse ones", Some(("all/changed", 5))),
    (&["b"], PLANS, Action::Pin, "keep this run as the baseline of Diff", Some(("pin as baseline", 13))),
    (&["b"], PAGES, Action::Pin, "keep this page as the baseline of Diff", None),
    (&["{"], PLANS, Action::Baseline(Way::Previous), "compare with the run before that", Some(("earlier run", 6))),
    (&["}"], PLANS, Action::Baseline(Way::Next), "compare with the run after that", None),
    (&[")"], PLANS, Action::Statement(Way::Next), "next statement", Some(("next statement", 6))),
    (&["("], PLANS, Action::Statement(Way::Previous), "previous statement", None),
    (&[")"], PAGES, Action::Statement(Way::Next), "next page", Some(("next page", 6))),
    (&["("], PAGES, Action::Statement(Way::Previous), "previous page", None),
    (&["<"], JUDGED, Action::History(Way::Previous), "where the selection was before", None),
    (&[">"], JUDGED, Action::History(Way::Next), "where the selection was after that", None),
    (&["y y"], ALL, Action::Copy(What::Row), "copy the row", None),
    (&["y s"], COUNTED, Action::Copy(What::Sql), "copy the SQL: the statement, or what mends it", None),
    (&["y n"], PLANS, Action::Copy(What::Node), "copy the node with its properties", None),
    (&["y s"], PLANS, Action::Copy(What::Sql), "copy the SQL of the statement", None),
    (&["y a"], PLANS, Action::Copy(What::Advice), "copy the SQL of the advice", None),
    (&["y j"], PLANS, Action::Copy(What::Json), "copy the node as JSON", None),
    (&["y p"], PLANS, Action::Copy(What::Place), "copy where it is: name, line, node", None),
    (&["y a"], PAGES, Action::Copy(What::Advice), "copy the advice", None),
    (&["y p"], PAGES, Action::Copy(What::Place), "copy where it is: file, line, column, function", None),
    (&["e s"], PLANS, Action::Export(Format::Svg), "export a flame graph as SVG", None),
    (&["e f"], PLANS, Action::Export(Format::Folded), "export folded stacks", None),
    (&["e p"], PLANS, Action::Export(Format::Speedscope), "export for speedscope", None),
    (&["e x"], PLANS, Action::Export(Format::Firefox), "export for the Firefox Profiler", None),
    (&["e g"], PLANS, Action::Export(Format::Pprof), "export for pprof", None),
    (&["e s"], PAGES, Action::Export(Format::Svg), "export the flame graph as SVG", None),
    (&["e f"], PAGES, Action::Export(Format::Folded), "export folded stacks", None),
    (&["e p"], PAGES, Action::Export(Format::Speedscope), "export for speedscope", None),
    (&["e x"], PAGES, Action::Export(Format::Firefox), "export for the Firefox Profiler", None),
    (&["e g"], PAGES, Action::Export(Format::Pprof), "export for pprof", None),
    (&["e c"], PAGES, Action::Export(Format::Cpuprofile), "export for Chrome's developer tools", None),
    (&["e h"], ALL, Action::Export(Format::Html), "export the report as HTML", None),
    (&["e m"], ALL, Action::Export(Format::Markdown), "export the report as Markdown", None),
    (&["e j"], ALL, Action::Export(Format::Json), "export the report as JSON", None),
    (&["o"], PLANS, Action::Open, "open the SQL in $VISUAL or $EDITOR", None),
    (&["o"], PAGES, Action::Open, "open the code in $VISUAL or $EDITOR, where its file is here", Some(("open", 9))),
    (&["r"], PLANS, Action::Rerun(1), "run the statement again; this run becomes the baseline", None),
    (&["r"], SERVERS, Action::Look, "ask the server again what it counts", Some(("ask again", 6))),
    (&["R"], PLANS, Action::Rerun(5), "run the statement five times more", None),
    (
        &["p"],
        &[FINDINGS, P_FINDINGS],
        Action::Rules,
        "show rules that found nothing or could not look",
        Some(("all rules", 10)),
    ),
    (&["d"], ALL, Action::Sizes, "give the details more room, all, or none", None),
    (&["w"], ALL, Action::Wrap, "wrap long lines, or cut them", None),
    (&["."], ALL, Action::Hints, "more hints at the bottom", Some(("more", 14))),
    (&["%"], ALL, Action::Mouse, "take the mouse, or leave it to the terminal", None),
    (&["ctrl-z"], READ, Action::Suspend, "stop the program; `fg` brings it back", None),
    (&["ctrl-l"], READ, Action::Redraw, "draw everything again", None),
    (&["a"], REVIEW, Action::Decide(Decide::Accept), "accept: it is right from now on; asks why", Some(("accept", 2))),
    (
        &["w"],
        REVIEW,
        Action::Decide(Decide::Waive),
        "waive: what fails is tolerated for a while; asks why, who, until when",
        Some(("waive", 3)),
    ),
    (
        &["r"],
        REVIEW,
        Action::Decide(Decide::Reject),
        "reject: what was measured is forgotten, to be mended",
        Some(("reject", 4)),
    ),
    (&["s"], REVIEW, Action::Decide(Decide::Skip), "skip: it waits", Some(("skip", 5))),
    (&["u"], REVIEW, Action::Undo, "take the last decision back", Some(("undo", 7))),
    (&["y"], LEAVING, Action::Write, "write what was decided, and leave", Some(("write it", 2))),
    (&["n", "ctrl-c"], LEAVING, Action::Discard, "leave, and write nothing", Some(("leave without writing", 3))),
    (&["?", "f1"], REVIEWS, Action::Help, "show all keys of this screen", Some(("help", 1))),
    (
        &["q", "ctrl-c"],
        REVIEW,
        Action::Quit,
        "show what will be written, and leave; nothing is written before",
        Some(("quit", 2)),
    ),
    (&["j", "down"], REVIEWS, Action::Move(Step::Down), "one row down", None),
    (&["k", "up"], REVIEWS, Action::Move(Step::Up), "one row up", None),
    (&["ctrl-d"], REVIEWS, Action::Move(Step::HalfDown), "half a page down", None),
    (&["ctrl-u"], REVIEWS, Action::Move(Step::HalfUp), "half a page up", None),
    (&["pagedown", "ctrl-f"], REVIEWS, Action::Move(Step::PageDown), "a page down", None),
    (&["pageup", "ctrl-b"], REVIEWS, Action::Move(Step::PageUp), "a page up", None),
    (&["g g", "home"], REVIEWS, Action::Move(Step::First), "to the first row", None),
    (&["G", "end"], REVIEWS, Action::Move(Step::Last), "to the last row", None),
    (&["tab", "shift-tab"], REVIEW, Action::Pane, "give the keys to the other pane", Some(("other pane", 6))),
    (&["enter"], REVIEW, Action::Enter, "read on about the target", None),
    (&["/"], REVIEW, Action::Search, "search: words that must all be there", Some(("search", 8))),
    (
        &["n"],
        REVIEW,
        Action::Match(Way::Next),
        "next match of the search; without one, next target to decide",
        Some(("next", 9)),
    ),
    (&["N"], REVIEW, Action::Match(Way::Previous), "previous match, or target to decide", None),
    (&["esc"], REVIEW, Action::Back, "back: closes help, search, pane", None),
    (&["esc"], LEAVING, Action::Back, "back to the targets", Some(("back", 4))),
    (&["."], REVIEW, Action::Hints, "more hints at the bottom", Some(("more", 10))),
    (&["%"], REVIEWS, Action::Mouse, "take the mouse, or leave it to the terminal", None),
    (&["ctrl-z"], REVIEWS, Action::Suspend, "stop the program; `fg` brings it back", None),
    (&["ctrl-l"], REVIEWS, Action::Redraw, "draw everything again", None),
    (&["?", "f1"], HELP, Action::Help, "close the help", Some(("close", 1))),
    (&["/"], HELP, Action::Search, "search in the help", Some(("search", 3))),
    (&["enter"], PROMPT, Action::Enter, "take what was typed", Some(("take it", 1))),
    (&["esc", "ctrl-c"], PROMPT, Action::Back, "forget what was typed", Some(("forget it", 2))),
    (&["backspace", "ctrl-h"], PROMPT, Action::Edit(Edit::Erase), "erase the letter before", None),
    (&["delete"], PROMPT, Action::Edit(Edit::Delete), "erase the letter under the cursor", None),
    (&["ctrl-w"], PROMPT, Action::Edit(Edit::EraseWord), "erase the word before", None),
    (&["ctrl-u"], PROMPT, Action::Edit(Edit::EraseAll), "erase all", None),
    (&["left"], PROMPT, Action::Edit(Edit::Left), "one letter back", None),
    (&["right"], PROMPT, Action::Edit(Edit::Right), "one letter on", None),
    (&["home", "ctrl-a"], PROMPT, Action::Edit(Edit::Start), "to the start", None),
    (&["end", "ctrl-e"], PROMPT, Action::Edit(Edit::End), "to the end", None),
];

/// All bindings, in the order of the help.
pub fn bindings() -> impl Iterator<Item = Binding> {
    TABLE.iter().map(|(keys, on, action, help, hint)| Binding { keys, on, action: action.clone(), help, hint: *hint })
}

/// What a key does where one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It does something.
    Does(Action),
    /// It begins keys of two strokes.
    Begins(String),
    /// Nothing.
    Nothing,
}

/// What a key does in a context, after the first stroke of a key of two.
pub fn meaning(context: Context, before: Option<&str>, key: &str) -> Meaning {
    let stroke = before.map_or_else(|| key.to_owned(), |before| format!("{before} {key}"));
    let here = || TABLE.iter().filter(|(_, on, ..)| on.contains(&context));
    if let Some((_, _, action, ..)) = here().find(|(keys, ..)| keys.contains(&stroke.as_str())) {
        return Meaning::Does(action.clone());
    }
    let begins = |spelled: &&str| spelled.strip_prefix(&*stroke).is_some_and(|rest| rest.starts_with(' '));
    if here().any(|(keys, ..)| keys.iter().any(begins)) {
        return Meaning::Begins(stroke);
    }
    match (context, key.chars().next()) {
        (Context::Prompt, Some(typed)) if key.chars().count() == 1 => Meaning::Does(Action::Edit(Edit::Type(typed))),
        (Context::Prompt, _) if key == "space" => Meaning::Does(Action::Edit(Edit::Type(' '))),
        _ => Meaning::Nothing,
    }
}

/// The bindings that go on after a first stroke: what a menu shows.
pub fn after(context: Context, before: &str) -> Vec<(String, &'static str)> {
    let mut follow = Vec::new();
    for (keys, on, _, help, _) in TABLE {
        let second = keys.iter().find_map(|key| key.strip_prefix(before)?.strip_prefix(' '));
        if let Some(second) = second.filter(|_| on.contains(&context)) {
            follow.push((second.to_owned(), *help));
        }
    }
    follow
}

/// The name of a key as the table spells it; none for those that mean nothing anywhere.
pub fn spell(event: KeyEvent) -> Option<String> {
    // Windows tells of releases too.
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let name = match event.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(c) if control => format!("ctrl-{}", c.to_ascii_lowercase()),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "enter".to_owned(),
        KeyCode::Esc => "esc".to_owned(),
        KeyCode::Tab => "tab".to_owned(),
        KeyCode::BackTab => "shift-tab".to_owned(),
        KeyCode::Backspace => "backspace".to_owned(),
        KeyCode::Delete => "delete".to_owned(),
        KeyCode::Up => "up".to_owned(),
        KeyCode::Down => "down".to_owned(),
        KeyCode::Left => "left".to_owned(),
        KeyCode::Right => "right".to_owned(),
        KeyCode::Home => "home".to_owned(),
        KeyCode::End => "end".to_owned(),
        KeyCode::PageUp => "pageup".to_owned(),
        KeyCode::PageDown => "pagedown".to_owned(),
        KeyCode::F(n) => format!("f{n}"),
        _ => return None,
    };
    Some(name)
}

/// How a key is printed: `Ctrl-D`, `Enter`, `zM`, `←`.
pub fn printed(key: &str) -> String {
    let one = |key: &str| match key {
        "pageup" => "PgUp".to_owned(),
        "pagedown" => "PgDn".to_owned(),
        "shift-tab" => "Shift-Tab".to_owned(),
        key if key.len() > 1 && key.starts_with("ctrl-") => format!("Ctrl-{}", &key["ctrl-".len()..]),
        key if key.len() > 1 && key.is_ascii() => key[..1].to_uppercase() + &key[1..],
        key => key.to_owned(),
    };
    key.split(' ').map(one).collect()
}

/// The table as README has it.
pub fn markdown() -> String {
    let mut text = String::from("| key | where | what it does |\n|---|---|---|\n");
    for (keys, on, _, help, _) in TABLE.iter().filter(|(_, on, ..)| *on != PROMPT) {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{}`", printed(key))).collect();
        let _ = writeln!(text, "| {} | {} | {help} |", keys.join(" "), places(on));
    }
    text
}

fn places(on: &[Context]) -> String {
    let has_all = |contexts: &[Context]| contexts.iter().all(|context| on.contains(context));
    let (of_plans, of_pages, of_servers) = (has_all(PLANS), has_all(PAGES), has_all(SERVERS));
    if of_plans && of_pages && of_servers {
        return "everywhere".to_owned();
    }
    let is_single = |context: &&Context| !(of_servers && matches!(context, Context::OnServer(_)));
    let singles = on.iter().filter(is_single);
    let mut names: Vec<String> = singles.filter_map(|context| place(*context, on, (of_plans, of_pages))).collect();
    names.extend(of_plans.then(|| "plans".to_owned()));
    names.extend(of_pages.then(|| "pages".to_owned()));
    names.extend(of_servers.then(|| "servers".to_owned()));
    names.join(", ")
}

/// The name of a place, unless all plans or all pages are named together.
fn place(context: Context, on: &[Context], (of_plans, of_pages): (bool, bool)) -> Option<String> {
    let named = |screen: Screen, other: Context, of: &str| {
        let is_one_of_two = Screen::OF_PLANS.contains(&screen) && Screen::OF_PAGES.contains(&screen);
        let of = if is_one_of_two && !on.contains(&other) { of } else { "" };
        format!("{}{of}", screen.name())
    };
    match context {
        Context::On(screen) if !of_plans => Some(named(screen, Context::OnPage(screen), " of plans")),
        Context::OnPage(screen) if !of_pages && !on.contains(&Context::On(screen)) => {
            Some(named(screen, Context::On(screen), " of pages"))
        }
        Context::Review => Some("Review".to_owned()),
        Context::Leaving => Some("end of a review".to_owned()),
        Context::OnServer(screen) => Some(screen.name().to_owned()),
        Context::Help => Some("Help".to_owned()),
        Context::On(_) | Context::OnPage(_) | Context::Prompt => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for context in ALL.iter().chain(REVIEWS).chain(HELP).chain(PROMPT) {
            let mut seen: Vec<&str> = Vec::new();
            for (keys, on, ..) in TABLE {
                for key in keys.iter().filter(|_| on.contains(context)) {
                    let collides = |other: &&str| {
                        *other == *key || other.starts_with(&format!("{key} ")) || key.starts_with(&format!("{other} "))
                    };
                    assert!(!seen.iter().any(collides), "`{key}` means two things on {context:?}");
                    seen.push(key);
                }
            }
        }
    }

    #[test]
    fn every_binding_says_what_it_does() {
        for binding in bindings() {
            assert!(!binding.keys.is_empty() && !binding.on.is_empty());
            assert!(!binding.help.is_empty() && !binding.help.ends_with('.'), "{:?}", binding.keys);
        }
    }

    #[test]
    fn keys_of_two_strokes_wait_for_the_second() {
        assert_eq!(meaning(PLAN, None, "z"), Meaning::Begins("z".to_owned()));
        assert_eq!(meaning(PLAN, Some("z"), "M"), Meaning::Does(Action::FoldAll));
        assert_eq!(meaning(PLAN, Some("z"), "j"), Meaning::Nothing);
    }

    #[test]
    fn letters_are_typed_where_a_line_is_typed() {
        assert_eq!(meaning(Context::Prompt, None, "q"), Meaning::Does(Action::Edit(Edit::Type('q'))));
        assert_eq!(meaning(Context::Prompt, None, "表"), Meaning::Does(Action::Edit(Edit::Type('表'))));
        assert_eq!(meaning(Context::Prompt, None, "f5"), Meaning::Nothing);
    }
}
