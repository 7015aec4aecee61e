//! What a line of a plan in TEXT looks like.

use super::super::text;

/// What belongs to the statement and stands below its tree.
const STATEMENT: [&str; 21] = [
    "Execution Time:",
    "Execution time:",
    "Generated Plan Advice:",
    "JIT:",
    "Optimizer:",
    "PlannedStmt:",
    "Planner:",
    "Planning Time:",
    "Planning time:",
    "Planning:",
    "Query Identifier:",
    "Query Parameters:",
    "Query Text:",
    "RTI ",
    "Result RTIs:",
    "Serialization:",
    "Settings:",
    "Supplied Plan Advice:",
    "Total runtime:",
    "Trigger ",
    "Unprunable RTIs:",
];

/// Whether a line is a node for certain: it has costs or measurements.
pub(super) fn is_measured_node(words: &str) -> bool {
    let name = node_of(words).unwrap_or(words);
    let Some((name, rest)) = name.split_once('(') else { return false };
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(": ");
    // A custom scan has a name in parentheses before its costs.
    let rest = if name.ends_with("Custom Scan ") || name.contains("Motion ") { words } else { rest };
    let measured = ["cost=", "actual ", "never executed)"];
    let at_once = measured.iter().any(|sign| rest.starts_with(sign));
    is_name && (at_once || rest.len() == words.len() && measured.iter().any(|sign| words.contains(sign)))
}

/// Whether a line can be a node of EXPLAIN (COSTS OFF), or the beginning of one that was cut.
pub(super) fn is_bare_node(words: &str) -> bool {
    let name = node_of(words).unwrap_or(words);
    text::is_node(name.split_once("  (").map_or(name, |(name, _)| name))
}

/// The node behind an arrow: `->  Sort`, but not `-> 'key'::text`, which is an operator.
pub(super) fn node_of(words: &str) -> Option<&str> {
    let node = words.strip_prefix("->")?.trim_start();
    node.starts_with(|c: char| c.is_ascii_uppercase()).then_some(node)
}

/// A line of the statement below the tree, whatever its indentation.
pub(super) fn is_of_the_statement(words: &str) -> bool {
    STATEMENT.iter().any(|name| match words.strip_prefix(name) {
        Some(rest) if *name == "Trigger " => rest.contains(": time=") || rest.contains(": calls="),
        Some(rest) if *name == "RTI " => rest.ends_with("):"),
        Some(_) => true,
        None => false,
    })
}

/// The last line of a plan.
pub(super) fn is_last(words: &str) -> bool {
    ["Execution Time:", "Execution time:", "Total runtime:"].iter().any(|name| words.starts_with(name))
        && words.ends_with("ms")
}

/// `InitPlan 1 (returns $0)`, `SubPlan 2`, `CTE x`.
pub(super) fn is_label(words: &str) -> bool {
    ["InitPlan", "SubPlan", "CTE "].iter().any(|label| words.starts_with(label)) && !words.contains([',', '=', ':'])
}

/// `Name: value`, or the label of a subplan.
pub(super) fn is_property(words: &str) -> bool {
    if is_label(words) {
        return true;
    }
    let Some((name, value)) = words.split_once(':') else { return false };
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.len() <= 60
        && (value.is_empty() || value.starts_with(' '))
        && !name.contains(['(', ')', '"', '\'', ',', '.'])
}

/// What was opened and not closed in a line, so that it must go on.
#[derive(Debug, Default)]
pub(super) struct Open {
    quote: Option<char>,
    brackets: i64,
    operator: bool,
}

impl Open {
    /// Of a line's beginning.
    pub(super) fn of(text: &str) -> Self {
        let mut open = Self::default();
        open.add(text);
        open
    }

    /// Some more of the line.
    pub(super) fn add(&mut self, text: &str) {
        for c in text.chars() {
            match (self.quote, c) {
                (Some(open), _) if c == open => self.quote = None,
                (None, '\'' | '"') => self.quote = Some(c),
                (None, '(' | '[' | '{') => self.brackets += 1,
                (None, ')' | ']' | '}') => self.brackets -= 1,
                _ => {}
            }
        }
        self.operator = text.trim_end().ends_with([',', '=', '<', '>', '+', '/', '.']);
    }

    pub(super) fn is_quote(&self) -> bool {
        self.quote.is_some()
    }

    pub(super) fn is_any(&self) -> bool {
        self.quote.is_some() || self.brackets > 0 || self.operator
    }
}

/// The middle of a node's line: no line of a plan begins so, but a line that was cut in two does.
pub(super) fn is_middle(words: &str) -> bool {
    const MIDDLES: [&str; 14] = [
        "(actual ",
        "(cost=",
        "(never executed)",
        "Batches: ",
        "Disk: ",
        "Memory Usage: ",
        "Memory: ",
        "actual time=",
        "cost=",
        "loops=",
        "rows=",
        "time=",
        "width=",
        "Worker: ",
    ];
    MIDDLES.iter().any(|middle| words.starts_with(middle))
}
