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

/// The parts that AND joins.
pub fn conjuncts(text: &str) -> Vec<&str> {
    let bare = without_parentheses(text);
    let parts = split_at(bare, " AND ");
    if parts.len() == 1 { vec![bare] } else { parts.into_iter().flat_map(conjuncts).collect() }
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
fn operand(text: &str, alias: Option<&str>) -> Option<(String, bool)> {
    let bare = without_parentheses(text);
    if let Some(column) = column(bare, alias) {
        return Some((column.to_owned(), false));
    }
    // A cast to text of a character type is no change: an index on the column serves.
    if let Some(column) = bare.strip_suffix("::text").and_then(|inner| column(without_parentheses(inner), alias)) {
        return Some((column.to_owned(), false));
    }
    let is_function = bare.ends_with(')') && bare.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_cast = bare.contains("::") && bare.starts_with('(');
    if (is_function || is_cast) && !is_constant(bare) && mentions(bare, alias) && !bare.contains('$') {
        return Some((unqualified(bare, alias), true));
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

fn is_name(text: &str) -> bool {
    if let Some(quoted) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return !quoted.is_empty();
    }
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let keyword = matches!(text, "true" | "false" | "NULL" | "CURRENT_DATE" | "CURRENT_USER" | "LOCALTIMESTAMP");
    !keyword && text.chars().all(word) && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// A literal: `'open'::text`, `42`, `'{1,2}'::integer[]`, `(-1)`.
fn is_constant(text: &str) -> bool {
    let bare = without_parentheses(text);
    if let Some(rest) = bare.strip_prefix('\'') {
        // Nothing but a type may follow the closing quote.
        return rest.rfind('\'').is_some_and(|end| {
            let behind = &rest[end + 1..];
            behind.is_empty()
                || behind.starts_with("::") && !behind.contains(['(', '$'])
                || behind.starts_with("::") && behind.ends_with(')') && !behind.contains('$')
        });
    }
    let number = bare.trim_start_matches('-').split("::").next().unwrap_or_default();
    number.parse::<f64>().is_ok() || matches!(bare, "true" | "false" | "NULL")
}

/// Whether a text can hold a column of the relation.
fn mentions(text: &str, alias: Option<&str>) -> bool {
    let bare = outside_of_literals(text);
    match alias {
        Some(alias) if bare.contains('.') => {
            bare.contains(&format!("{alias}.")) || bare.contains(&format!("\"{alias}\"."))
        }
        // Without qualifiers each name is a column of the one relation, but for types, functions and parameters.
        _ => words(&bare).any(|(word, next)| is_name(word) && next != Some('(')),
    }
}

/// Words that are no types, each with the character behind it.
fn words(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == '"';
    text.split(move |c: char| !is_word(c)).filter(|word| !word.is_empty()).filter_map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let is_type = text[..start].ends_with("::");
        let is_parameter = word.starts_with('$') || word.starts_with(|c: char| c.is_ascii_digit());
        (!is_type && !is_parameter).then(|| (word, text[start + word.len()..].chars().next()))
    })
}

/// The text with the insides of its literals blanked.
fn outside_of_literals(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .map(|c| {
            if c == '\'' {
                inside = !inside;
            }
            if inside { ' ' } else { c }
        })
        .collect()
}

fn unqualified(text: &str, alias: Option<&str>) -> String {
    match alias {
        Some(alias) => text.replace(&format!("\"{alias}\"."), "").replace(&format!("{alias}."), ""),
        None => text.to_owned(),
    }
}

/// The text without parentheses that stand around all of it.
pub fn without_parentheses(text: &str) -> &str {
    let mut bare = text.trim();
    while let Some(inner) = bare.strip_prefix('(').and_then(|bare| bare.strip_suffix(')')) {
        if !closes_at_end(bare) {
            break;
        }
        bare = inner.trim();
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
    let bare = outside_of_literals(text);
    let mut found: Vec<String> = Vec::new();
    for (at, _) in bare.match_indices('.') {
        let before = &bare[..at];
        let name = if let Some(quoted) = before.strip_suffix('"') {
            &quoted[quoted.rfind('"').map_or(0, |quote| quote + 1)..]
        } else {
            let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            &before[before.trim_end_matches(word).len()..]
        };
        let is_number = name.starts_with(|c: char| c.is_ascii_digit());
        if !name.is_empty() && !is_number && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
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
        ] {
            assert_eq!(read_as(text, alias), expected, "{text}");
        }
    }

    #[test]
    fn qualifiers_are_the_aliases() {
        assert_eq!(qualifiers("((o.id = i.order_id) AND (\"A b\".x > 1.5) AND (y = 'c.d'))"), ["o", "i", "A b"]);
    }
}
