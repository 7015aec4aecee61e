//! What a condition compares, read from the text that EXPLAIN prints of it.
//!
//! Postgres prints expressions in one way (`ruleutils.c`): parentheses around each operation, casts as `::type`, names
//! quoted where they must be. What is not understood is kept as `rest`: nobody guesses.

/// A condition, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition<'t> {
    /// The parts, joined by AND, that compare a column of the relation with something else.
    pub compared: Vec<Compared<'t>>,
    /// The parts that say nothing about which index would serve: OR, subplans, comparisons within the relation.
    pub rest: Vec<&'t str>,
}

/// `column operator something`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared<'t> {
    /// The column without its qualifier, quoted as printed; or the expression on it, see `is_expression`.
    pub column: String,
    /// Whether `column` is an expression on a column, such as `lower(email)` or `(id)::numeric`.
    pub is_expression: bool,
    /// How it is compared.
    pub how: How,
    /// The constant that it is compared with, as printed; none for parameters and other relations' columns.
    pub constant: Option<&'t str>,
    /// The part as printed.
    pub text: &'t str,
}

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// `=`, `= ANY`, `IS NULL`.
    Equal,
    /// `<`, `<=`, `>`, `>=`.
    Range,
    /// `LIKE 'abc%'`.
    Prefix,
    /// `LIKE '%abc'`, `ILIKE`, regular expressions.
    Pattern,
    /// `<>`, containment and others that an ordinary index does not serve.
    Other,
}

const OPERATORS: &[(&str, How)] = &[
    (" = ANY ", How::Equal),
    (" = ", How::Equal),
    (" >= ", How::Range),
    (" <= ", How::Range),
    (" > ", How::Range),
    (" < ", How::Range),
    (" <> ", How::Other),
    (" ~~ ", How::Prefix),
    (" ~~* ", How::Pattern),
    (" ~ ", How::Pattern),
    (" ~* ", How::Pattern),
    (" !~~ ", How::Other),
    (" @> ", How::Other),
    (" <@ ", How::Other),
    (" && ", How::Other),
    (" IS DISTINCT FROM ", How::Other),
];

/// Reads a condition on the relation that goes by `alias` in the statement. Columns without a qualifier are taken for
/// its own, as they are printed where a statement reads one relation.
pub fn read<'t>(text: &'t str, alias: Option<&str>) -> Condition<'t> {
    let mut condition = Condition::default();
    for part in conjuncts(text) {
        match compare(part, alias) {
            Some(compared) => condition.compared.push(compared),
            None => condition.rest.push(part),
        }
    }
    condition
}

/// Postgres flattens AND and doubles no parentheses; what is nested deeper than this it did not print.
const DEEPEST: usize = 16;

/// The parts that AND joins.
pub fn conjuncts(text: &str) -> Vec<&str> {
    conjuncts_within(text, DEEPEST)
}

fn conjuncts_within(text: &str, depth: usize) -> Vec<&str> {
    let bare = without_parentheses(text);
    let parts = split_at(bare, " AND ");
    if parts.len() == 1 || depth == 0 {
        return vec![bare];
    }
    parts.into_iter().flat_map(|part| conjuncts_within(part, depth - 1)).collect()
}

fn compare<'t>(part: &'t str, alias: Option<&str>) -> Option<Compared<'t>> {
    if split_at(part, " OR ").len() > 1 || part.contains("SubPlan") || part.starts_with("NOT ") {
        return None;
    }
    if let Some(column) = part.strip_suffix(" IS NULL") {
        let (column, is_expression) = operand(column, alias)?;
        return Some(Compared { column, is_expression, how: How::Equal, constant: Some("NULL"), text: part });
    }
    let (left, right, how) = OPERATORS.iter().find_map(|(operator, how)| match split_at(part, operator)[..] {
        [left, right] => Some((left, right, *how)),
        _ => None,
    })?;
    let (mine, other) = match (operand(left, alias), operand(right, alias)) {
        (Some(mine), None) if is_constant(right) || !mentions(right, alias) => (mine, right),
        (None, Some(mine)) if is_constant(left) || !mentions(left, alias) => (mine, left),
        _ => return None,
    };
    let constant = is_constant(other).then(|| without_parentheses(other));
    let how = match (how, constant) {
        (How::Prefix, Some(pattern)) if pattern.trim_start_matches(['(', '\'']).starts_with(['%', '_']) => How::Pattern,
        (How::Prefix, None) => How::Pattern,
        (how, _) => how,
    };
    Some(Compared { column: mine.0, is_expression: mine.1, how, constant, text: part })
}

/// A column of the relation, or an expression on one; without its qualifier.
pub(super) fn operand(text: &str, alias: Option<&str>) -> Option<(String, bool)> {
    let bare = without_parentheses(text);
    if is_init_plan(bare) {
        return None;
    }
    if let Some(column) = column(bare, alias) {
        return Some((column.to_owned(), false));
    }
    // A cast to text of a character type is no change: an index on the column serves.
    if let Some(column) = bare.strip_suffix("::text").and_then(|inner| column(without_parentheses(inner), alias)) {
        return Some((column.to_owned(), false));
    }
    let is_function = bare.ends_with(')') && bare.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_cast = bare.contains("::") && bare.starts_with('(');
    let is_own = mentions(bare, alias) && !mentions_others(bare, alias);
    if (is_function || is_cast) && !is_constant(bare) && is_own && !bare.contains('$') {
        return Some((unqualified(bare), true));
    }
    None
}

/// The column's name if the text is one of the relation's columns and nothing else.
fn column<'t>(text: &'t str, alias: Option<&str>) -> Option<&'t str> {
    let (qualifier, name) = match split_at(text, ".")[..] {
        [name] => (None, name),
        [qualifier, name] => (Some(qualifier), name),
        _ => return None,
    };
    let mine = qualifier.is_none_or(|qualifier| alias.is_none_or(|alias| qualifier.trim_matches('"') == alias));
    (mine && is_name(name)).then_some(name)
}

/// Postgres quotes names that have capitals: what has them without quotes is a keyword.
fn is_name(text: &str) -> bool {
    if let Some(quoted) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return !quoted.is_empty();
    }
    let word = |c: char| c.is_alphanumeric() && !c.is_ascii_uppercase() || c == '_' || c == '$';
    !matches!(text, "true" | "false")
        && text.chars().all(word)
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// A literal: `'open'::text`, `42`, `'{1,2}'::integer[]`, `(-1)`, or the `?` that stands for one that was taken out.
fn is_constant(text: &str) -> bool {
    let bare = without_parentheses(text);
    if bare.starts_with('\'') {
        // Nothing but a type may follow the closing quote.
        let skeleton = skeleton(bare);
        return words(&skeleton).is_empty() && !skeleton.contains('$');
    }
    let number = bare.trim_start_matches('-').split("::").next().unwrap_or_default();
    number.parse::<f64>().is_ok() || matches!(bare, "true" | "false" | "NULL") || number == "?"
}

/// `(InitPlan 1).col1`, which PostgreSQL 17 and later print where `$0` was: a value, not a column.
fn is_init_plan(text: &str) -> bool {
    let bare = without_parentheses(text);
    bare.starts_with("(InitPlan ") && bare.rsplit_once(").col").is_some_and(|(_, number)| number.parse::<u32>().is_ok())
}

/// Whether a text can hold a column of the relation.
fn mentions(text: &str, alias: Option<&str>) -> bool {
    if is_init_plan(text) {
        return false;
    }
    let mut owners = owners(text).peekable();
    match alias {
        Some(alias) if owners.peek().is_some() => owners.any(|owner| owner == alias),
        // Without qualifiers each name is a column of the one relation, but for types, functions and parameters.
        _ => words(&skeleton(text)).iter().any(|(word, next)| is_name(word) && *next != Some('(')),
    }
}

/// Whether a text holds a column of another relation.
fn mentions_others(text: &str, alias: Option<&str>) -> bool {
    alias.is_some_and(|alias| owners(text).any(|owner| owner != alias))
}

/// What follows the first word of a type's name: `timestamp with time zone`, `character varying`.
const REST_OF_A_TYPE: &[&str] = &["with", "without", "time", "zone", "varying", "precision"];

/// The words of a skeleton that are no types, numbers or parameters, each with the character behind it.
fn words(skeleton: &str) -> Vec<(&str, Option<char>)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '"';
    let mut found = Vec::new();
    let mut end_of_type = None;
    for word in skeleton.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()) {
        let start = word.as_ptr() as usize - skeleton.as_ptr() as usize;
        let end = start + word.len();
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let goes_on = |from: usize| {
            let between = &skeleton[from..start];
            is_number && matches!(between, "(" | ",") || REST_OF_A_TYPE.contains(&word) && matches!(between, " " | ") ")
        };
        if skeleton[..start].ends_with("::") || end_of_type.is_some_and(goes_on) {
            end_of_type = Some(end);
        } else if !is_number && !word.starts_with('$') {
            found.push((word, skeleton[end..].chars().next()));
        }
    }
    found
}

/// The text, byte for byte as long, with spaces in place of literals and `x` in place of quoted names.
fn skeleton(text: &str) -> String {
    let mut quote = None;
    let mut skeleton = String::with_capacity(text.len());
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            Some('"') => {
                skeleton.extend(std::iter::repeat_n('x', c.len_utf8()));
                continue;
            }
            Some(_) => {
                skeleton.extend(std::iter::repeat_n(' ', c.len_utf8()));
                continue;
            }
            None => {}
        }
        skeleton.push(c);
    }
    skeleton
}

/// A name and the point behind it, as in `o.status`.
struct Qualifier {
    place: std::ops::Range<usize>,
    name: String,
    /// It qualifies a function: `public.lower(…)`.
    is_of_function: bool,
}

fn all_qualifiers(text: &str) -> Vec<Qualifier> {
    let skeleton = skeleton(text);
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '"';
    let points = skeleton.match_indices('.').map(|(at, _)| at);
    let found = points.map(|at| {
        let start = skeleton[..at].trim_end_matches(word).len();
        let behind = skeleton[at + 1..].trim_start_matches(word);
        let printed = &text[start..at];
        let unquoted = printed.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name = unquoted.map_or_else(|| printed.to_owned(), |name| name.replace("\"\"", "\""));
        Qualifier { place: start..at + 1, name, is_of_function: behind.starts_with('(') }
    });
    found.filter(|found| found.name.starts_with(|c: char| !c.is_ascii_digit())).collect()
}

/// The aliases that qualify columns in a text, one for each column.
fn owners(text: &str) -> impl Iterator<Item = String> {
    all_qualifiers(text).into_iter().filter(|found| !found.is_of_function).map(|found| found.name)
}

/// Whether an expression on one relation holds this column of it.
pub fn mentions_column(text: &str, column: &str) -> bool {
    let bare = words(&skeleton(text)).iter().any(|(word, next)| *word == column && *next != Some('('));
    bare || text.contains(&format!("\"{}\"", column.replace('"', "\"\"")))
}

/// An expression in a way that is the same however it was printed: `(lower((o.email)::text))`, `lower(email)`.
pub fn canonical(text: &str) -> String {
    let bare = unqualified(text.trim().trim_end_matches(" text_pattern_ops"));
    bare.replace("::text", "").chars().filter(|c| !matches!(c, '(' | ')' | ' ')).collect()
}

/// The parts of a list that commas separate.
pub fn list(text: &str) -> Vec<&str> {
    split_at(text, ",")
}

/// The text without the qualifiers of its columns; those of functions stay.
fn unqualified(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut copied = 0;
    for found in all_qualifiers(text).into_iter().filter(|found| !found.is_of_function) {
        bare.push_str(&text[copied..found.place.start.max(copied)]);
        copied = found.place.end;
    }
    bare.push_str(&text[copied..]);
    bare
}

/// The text without parentheses that stand around all of it.
pub fn without_parentheses(text: &str) -> &str {
    let mut bare = text.trim();
    for _ in 0..DEEPEST {
        match bare.strip_prefix('(').and_then(|bare| bare.strip_suffix(')')) {
            Some(inner) if closes_at_end(bare) => bare = inner.trim(),
            _ => break,
        }
    }
    bare
}

/// Whether the parenthesis that opens the text is the one that closes it.
fn closes_at_end(text: &str) -> bool {
    let mut last = None;
    scan(text, |at, depth| {
        if depth == 0 && at > 0 && last.is_none() {
            last = Some(at);
        }
    });
    // The first place at depth zero behind the opening is behind the closing one.
    last.is_none()
}

/// Cuts at a separator that is outside of parentheses and quotes.
fn split_at<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let mut places = Vec::new();
    scan(text, |at, depth| {
        if depth == 0 && text[at..].starts_with(separator) {
            places.push(at);
        }
    });
    let mut parts = Vec::new();
    let mut start = 0;
    for place in places {
        if place >= start {
            parts.push(&text[start..place]);
            start = place + separator.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Tells each place outside of quotes, with the depth of parentheses there: of an opening one the depth outside, of what
/// is behind a closing one the depth outside too.
fn scan(text: &str, mut at_place: impl FnMut(usize, usize)) {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                at_place(at, depth);
                quote = Some(c);
            }
            (None, '(') => {
                at_place(at, depth);
                depth += 1;
            }
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) => at_place(at, depth),
        }
    }
}

/// The aliases that qualify columns in a text: `o` of `(o.id = 3)`.
pub fn qualifiers(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for owner in owners(text) {
        if !found.contains(&owner) {
            found.push(owner);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `column how`, `!` before what an index on the expression would serve, and what was not understood after `|`.
    #[track_caller]
    fn read_as(text: &str, alias: Option<&str>) -> String {
        let condition = read(text, alias);
        let shown = condition.compared.iter().map(|compared| {
            let mark = if compared.is_expression { "!" } else { "" };
            let constant = compared.constant.map_or(String::new(), |constant| format!(" {constant}"));
            format!("{mark}{} {:?}{constant}", compared.column, compared.how)
        });
        let mut words = shown.collect::<Vec<_>>().join(", ");
        for rest in condition.rest {
            words = format!("{words} | {rest}");
        }
        words
    }

    #[test]
    fn conditions_are_read_as_postgres_prints_them() {
        for (text, alias, expected) in [
            ("(status = 'open'::text)", None, "status Equal 'open'::text"),
            ("(o.status = 'open'::text)", Some("o"), "status Equal 'open'::text"),
            (
                "((o.total > '20'::numeric) AND (o.status = 'a AND (b'::text))",
                Some("o"),
                "total Range '20'::numeric, status Equal 'a AND (b'::text",
            ),
            ("(lineitem_1.l_partkey = part.p_partkey)", Some("lineitem_1"), "l_partkey Equal"),
            ("(part.p_partkey = lineitem_1.l_partkey)", Some("lineitem_1"), "l_partkey Equal"),
            ("(o.a = $1)", Some("o"), "a Equal"),
            (
                "((e.at >= '2024-01-15 00:00:00+00'::timestamp with time zone) AND (e.at < (now() - '1 day'::interval)))",
                Some("e"),
                "at Range '2024-01-15 00:00:00+00'::timestamp with time zone, at Range",
            ),
            ("((name)::text = 'x'::text)", None, "name Equal 'x'::text"),
            ("(r.a = ANY ((InitPlan 1).col1))", Some("r"), "a Equal"),
            ("(a > (InitPlan 2).col1)", None, "a Range"),
            ("(lower(c.email) = 'x'::text)", Some("c"), "!lower(email) Equal 'x'::text"),
            ("((c.id)::numeric = 3.5)", Some("c"), "!(id)::numeric Equal 3.5"),
            ("(c.\"My Col\" >= 3)", Some("c"), "\"My Col\" Range 3"),
            ("(name ~~ '%x'::text)", None, "name Pattern '%x'::text"),
            ("(name ~~ 'x%'::text)", None, "name Prefix 'x%'::text"),
            ("(id = ANY ('{1,2}'::integer[]))", None, "id Equal '{1,2}'::integer[]"),
            ("(deleted_at IS NULL)", None, "deleted_at Equal NULL"),
            ("((a = 1) OR (b = 2))", None, " | (a = 1) OR (b = 2)"),
            ("(o.a = o.b)", Some("o"), " | o.a = o.b"),
            ("(NOT (hashed SubPlan 1))", None, " | NOT (hashed SubPlan 1)"),
            ("active", None, " | active"),
            ("((id % 7) = 0)", None, " | (id % 7) = 0"),
            (
                "(o.at >= '2024-01-01 00:00:00+00'::timestamp with time zone)",
                Some("o"),
                "at Range '2024-01-01 00:00:00+00'::timestamp with time zone",
            ),
            (
                "(at < '2024-01-01'::timestamp(3) without time zone)",
                None,
                "at Range '2024-01-01'::timestamp(3) without time zone",
            ),
            ("((o.a)::text = ANY ('{a,b}'::character varying[]))", Some("o"), "a Equal '{a,b}'::character varying[]"),
            ("(o.at > CURRENT_TIMESTAMP)", Some("o"), "at Range"),
        ] {
            assert_eq!(read_as(text, alias), expected, "{text}");
        }
    }

    #[test]
    fn names_of_others_and_literals_are_left_alone() {
        for (text, alias, expected) in [
            ("(lower(foo.email) = 'x'::text)", Some("o"), " | lower(foo.email) = 'x'::text"),
            ("(f(o.a, c.b) = 3)", Some("o"), " | f(o.a, c.b) = 3"),
            ("(f('o.x'::text, o.a) = 3)", Some("o"), "!f('o.x'::text, a) Equal 3"),
            ("(o.f(o.a) = 3)", Some("o"), "!o.f(a) Equal 3"),
            ("(lower(o.\"it's o.k.\") = 'x'::text)", Some("o"), "!lower(\"it's o.k.\") Equal 'x'::text"),
            ("(lower(\"A \"\"b\".x) = 'é'::text)", Some("A \"b"), "!lower(x) Equal 'é'::text"),
            ("(f('é'::text, o.a) = 3)", Some("o"), "!f('é'::text, a) Equal 3"),
            ("(foo.c = 4)", Some("o"), " | foo.c = 4"),
        ] {
            assert_eq!(read_as(text, alias), expected, "{text}");
        }
    }

    #[test]
    fn text_that_nobody_printed_is_read_in_no_time() {
        let deep = format!("{}a = 1{}", "(b AND ".repeat(100_000), ")".repeat(100_000));
        assert!(read(&deep, None).compared.len() <= DEEPEST);
        let doubled = format!("{}a = 1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(read(&doubled, None).compared.is_empty());
        let long = format!("(f({}) = 1)", vec!["o.a"; 100_000].join(", "));
        assert_eq!(read(&long, Some("o")).compared.len(), 1);
        read(&"o.".repeat(100_000), Some("o"));
    }

    #[test]
    fn qualifiers_are_the_aliases() {
        assert_eq!(qualifiers("((o.id = i.order_id) AND (\"A b\".x > 1.5) AND (y = 'c.d'))"), ["o", "i", "A b"]);
        assert_eq!(qualifiers("(public.f(o.\"x.y\") = 1.5)"), ["o"]);
    }
}
