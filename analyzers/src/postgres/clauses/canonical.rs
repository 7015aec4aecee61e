//! Expressions in one form, so that what a person wrote and what Postgres printed of it can be compared: without casts,
//! needless parentheses and qualifiers, with operands in one order. The form is a hash; nobody reads it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::tokens::{Lexeme, TokenKind, name};

/// Parentheses deeper than this are read as unknown.
const DEEPEST: u32 = 64;

/// An expression in its one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Equal for equal expressions.
    pub(super) key: u64,
    /// Equal for expressions that differ in their constants only.
    pub(super) shape: u64,
    /// Holds no column.
    is_constant: bool,
    /// Holds a constant that Postgres may print otherwise: a parameter, a call, a date, a subquery.
    pub(super) is_soft: bool,
}

/// A column in an expression: hashes of its qualifier and of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) qualifier: Option<u64>,
    pub(super) name: u64,
}

/// One of the conditions that AND joins.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Where it is, in lexemes.
    pub(super) place: Range<usize>,
    pub(super) form: Form,
    pub(super) columns: Vec<Column>,
    /// Of `x IN (SELECT …)` the form of `x` and the parenthesis.
    pub(super) membership: Option<(Form, usize)>,
    /// Of `x [NOT] IN (SELECT …)` and `[NOT] EXISTS (…)` what is left where Postgres plans the query apart:
    /// `(NOT (hashed SubPlan 1))`.
    pub(super) tested: Option<Form>,
}

pub(super) fn hash(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// The form of one expression, and its columns; none where it is not understood.
pub(super) fn form(lexemes: &[Lexeme<'_>], place: Range<usize>) -> Option<(Form, Vec<Column>)> {
    let mut parser = Parser::new(lexemes, place);
    let form = parser.expression(0)?;
    (parser.at == parser.end).then_some((form, parser.columns))
}

/// The conditions that AND joins; those that are not understood are left out.
pub(super) fn parts(lexemes: &[Lexeme<'_>], place: Range<usize>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open = vec![(place, 0)];
    while let Some((place, depth)) = open.pop() {
        let pieces = pieces(lexemes, &place);
        if pieces.len() == 1 && !is_wrapped(lexemes, &place) || depth == DEEPEST {
            part(lexemes, place, &mut parts);
        } else if pieces.len() == 1 {
            open.push((place.start + 1..place.end - 1, depth + 1));
        } else {
            open.extend(pieces.into_iter().rev().map(|piece| (piece, depth + 1)));
        }
    }
    parts
}

/// Whether parentheses stand around all of it, and not around a query.
fn is_wrapped(lexemes: &[Lexeme<'_>], place: &Range<usize>) -> bool {
    place.len() > 2
        && lexemes[place.start].is("(")
        && lexemes[place.start].mate == Some(place.end - 1)
        && !opens_query(lexemes, place.start)
}

/// Cut at each AND outside of parentheses; whole where there is an OR.
fn pieces(lexemes: &[Lexeme<'_>], place: &Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut betweens, mut cases) = (place.start, place.start, 0_u32, 0_u32);
    while at < place.end {
        let lexeme = &lexemes[at];
        if lexeme.is_word("CASE") {
            cases += 1;
        } else if lexeme.is_word("END") {
            cases = cases.saturating_sub(1);
        } else if cases > 0 {
        } else if lexeme.is_word("OR") {
            return vec![place.clone()];
        } else if lexeme.is_word("BETWEEN") {
            betweens += 1;
        } else if lexeme.is_word("AND") && betweens > 0 {
            betweens -= 1;
        } else if lexeme.is_word("AND") {
            pieces.push(start..at);
            start = at + 1;
        }
        at = lexeme.mate.map_or(at, |mate| mate.min(place.end)) + 1;
    }
    pieces.push(start..place.end);
    pieces
}

fn part(lexemes: &[Lexeme<'_>], place: Range<usize>, parts: &mut Vec<Part>) {
    let mut parser = Parser::new(lexemes, place.clone());
    let Some(form) = parser.expression(0).filter(|_| parser.at == parser.end) else { return };
    let columns = parser.columns;
    // Those within an OR say nothing of the whole.
    let halves = parser.halves.filter(|halves| form.key == unordered("AND", halves).key);
    let tests = [parser.membership.map(|(left, _)| ordered("ANY", &[left, subquery()])), Some(exists())];
    let tests = tests.into_iter().flatten();
    let tested = tests.fold(None, |tested, test| match form.key {
        key if key == test.key => Some(subquery()),
        key if key == ordered("NOT", &[test]).key => Some(ordered("NOT", &[subquery()])),
        _ => tested,
    });
    let membership = parser.membership.filter(|(left, _)| form.key == ordered("ANY", &[*left, subquery()]).key);
    // A BETWEEN is two comparisons to Postgres.
    for form in halves.into_iter().flatten() {
        parts.push(Part { place: place.clone(), form, columns: columns.clone(), membership: None, tested: None });
    }
    parts.push(Part { place, form, columns, membership, tested });
}

/// Whether the parenthesis at this place opens a query: `(SELECT …)`, `((SELECT …) UNION …)`, not `((SELECT …) = 1)`.
pub(super) fn opens_query(lexemes: &[Lexeme<'_>], open: usize) -> bool {
    const STARTS: &[&str] = &["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "TABLE"];
    const BEHIND: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"];
    for at in open..open + MOST_DOUBLED {
        if !lexemes.get(at).is_some_and(|lexeme| lexeme.is("(")) {
            return false;
        }
        let Some(next) = lexemes.get(at + 1) else { return false };
        if STARTS.iter().any(|start| next.is_word(start)) {
            return true;
        }
        let behind = next.mate.and_then(|mate| lexemes.get(mate + 1));
        if behind.is_some_and(|behind| !behind.is(")") && !BEHIND.iter().any(|word| behind.is_word(word))) {
            return false;
        }
    }
    false
}

/// Nobody doubles the parentheses around a query more often.
const MOST_DOUBLED: usize = 8;

/// The form of `left = right`.
pub(super) fn equal(left: Form, right: Form) -> Form {
    commutative("=", left, right)
}

fn commutative(operator: &str, left: Form, right: Form) -> Form {
    let keys = [left.key.min(right.key), left.key.max(right.key)];
    let shapes = [left.shape.min(right.shape), left.shape.max(right.shape)];
    Form { key: hash((operator, keys)), ..ordered_shape(hash((operator, shapes)), &[left, right]) }
}

fn ordered(operator: &str, operands: &[Form]) -> Form {
    let keys: Vec<u64> = operands.iter().map(|form| form.key).collect();
    let shapes: Vec<u64> = operands.iter().map(|form| form.shape).collect();
    Form { key: hash((operator, keys)), ..ordered_shape(hash((operator, shapes)), operands) }
}

fn ordered_shape(shape: u64, operands: &[Form]) -> Form {
    let is_constant = operands.iter().all(|form| form.is_constant);
    let is_soft = is_constant || operands.iter().any(|form| form.is_soft);
    Form { key: 0, shape: if is_constant { hash("?") } else { shape }, is_constant, is_soft }
}

fn unordered(operator: &str, operands: &[Form]) -> Form {
    let mut sorted = operands.to_vec();
    sorted.sort_by_key(|form| form.key);
    let mut shapes: Vec<u64> = operands.iter().map(|form| form.shape).collect();
    shapes.sort_unstable();
    let keys: Vec<u64> = sorted.iter().map(|form| form.key).collect();
    Form { key: hash((operator, keys)), ..ordered_shape(hash((operator, shapes)), operands) }
}

/// A constant that is what it says, or one that Postgres computes.
fn constant(value: &str, is_soft: bool) -> Form {
    Form { key: hash(("constant", value)), shape: hash("?"), is_constant: true, is_soft }
}

fn subquery() -> Form {
    constant("(query)", true)
}

fn exists() -> Form {
    ordered("EXISTS", &[subquery()])
}

/// `'20'`, `20` and `20.0` are one constant, and so are a day and its midnight.
fn literal(text: &str) -> Form {
    let bare = text.trim();
    if let Ok(number) = bare.parse::<f64>()
        && bare.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
    {
        return constant(&format!("{number}"), false);
    }
    let is_date = bare.len() >= 10 && bare.as_bytes()[..4].iter().all(u8::is_ascii_digit) && bare.as_bytes()[4] == b'-';
    if is_date {
        let day = bare.trim_end_matches("+00").trim_end_matches(" 00:00:00");
        return constant(day, true);
    }
    constant(text, false)
}

/// What stands between the quotes.
fn unquoted(text: &str) -> String {
    let start = text.find('\'').map_or(0, |at| at + 1);
    let end = text.rfind('\'').filter(|end| *end >= start).unwrap_or(text.len());
    text[start..end].replace("''", "'")
}

struct Parser<'l, 't> {
    lexemes: &'l [Lexeme<'t>],
    at: usize,
    end: usize,
    depth: u32,
    columns: Vec<Column>,
    membership: Option<(Form, usize)>,
    halves: Option<[Form; 2]>,
}

impl<'l, 't> Parser<'l, 't> {
    fn new(lexemes: &'l [Lexeme<'t>], place: Range<usize>) -> Self {
        let end = place.end.min(lexemes.len());
        Self { lexemes, at: place.start, end, depth: 0, columns: Vec::new(), membership: None, halves: None }
    }

    fn peek(&self) -> Option<&'l Lexeme<'t>> {
        self.lexemes[..self.end].get(self.at)
    }

    fn ahead(&self, by: usize) -> Option<&'l Lexeme<'t>> {
        self.lexemes[..self.end].get(self.at + by)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.peek().is_some_and(|lexeme| lexeme.is(text));
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|lexeme| lexeme.is_word(word));
        self.at += usize::from(found);
        found
    }

    /// What binds at least as strongly as `least`, by Postgres' precedence.
    fn expression(&mut self, least: u8) -> Option<Form> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut left = self.prefix()?;
        while let Some((power, next)) = self.infix(least, left) {
            debug_assert!(power >= least, "infix() asks for more than was allowed");
            left = next?;
        }
        self.depth -= 1;
        Some(left)
    }

    /// What follows an operand, if it binds strongly enough.
    fn infix(&mut self, least: u8, left: Form) -> Option<(u8, Option<Form>)> {
        let lexeme = self.peek()?;
        let power = power(lexeme, self.ahead(1))?;
        if power < least {
            return None;
        }
        let form = match power {
            OR | AND => self.chain(left, power),
            IS => self.is(left),
            COMPARE => self.compare(left),
            MATCH => self.matches(left),
            CAST => {
                self.at += 1;
                self.skip_type();
                Some(left)
            }
            INDEX => self.index(left),
            COLLATE => {
                self.at += 2;
                Some(left)
            }
            AT_ZONE => {
                self.at += 3;
                self.expression(AT_ZONE + 1).map(|zone| ordered("AT TIME ZONE", &[left, zone]))
            }
            _ => {
                self.at += 1;
                let operator = lexeme.text;
                let right = self.expression(power + 1);
                right.map(|right| {
                    if operator == "+" || operator == "*" {
                        commutative(operator, left, right)
                    } else {
                        ordered(operator, &[left, right])
                    }
                })
            }
        };
        Some((power, form))
    }

    fn chain(&mut self, left: Form, power: u8) -> Option<Form> {
        let word = if power == OR { "OR" } else { "AND" };
        let mut operands = vec![left];
        while self.take_word(word) {
            operands.push(self.expression(power + 1)?);
        }
        Some(unordered(word, &operands))
    }

    fn is(&mut self, left: Form) -> Option<Form> {
        if self.take_word("ISNULL") {
            return Some(ordered("IS NULL", &[left]));
        }
        if self.take_word("NOTNULL") {
            return Some(ordered("IS NOT NULL", &[left]));
        }
        self.at += 1;
        let is_not = self.take_word("NOT");
        let what = self.peek()?.text.to_uppercase();
        self.at += 1;
        let form = if what == "DISTINCT" {
            if !self.take_word("FROM") {
                return None;
            }
            commutative("IS DISTINCT FROM", left, self.expression(COMPARE)?)
        } else {
            return Some(ordered(&format!("IS {}{what}", if is_not { "NOT " } else { "" }), &[left]));
        };
        Some(if is_not { ordered("NOT", &[form]) } else { form })
    }

    fn compare(&mut self, left: Form) -> Option<Form> {
        let operator = self.peek()?.text;
        self.at += 1;
        if let Some(quantifier) = self.quantifier() {
            return self.quantified(left, operator, quantifier);
        }
        let right = self.expression(COMPARE + 1)?;
        Some(match operator {
            "=" => equal(left, right),
            "<>" | "!=" => commutative("<>", left, right),
            ">" => ordered("<", &[right, left]),
            ">=" => ordered("<=", &[right, left]),
            _ => ordered(operator, &[left, right]),
        })
    }

    fn quantifier(&mut self) -> Option<&'static str> {
        let is_call = self.ahead(1).is_some_and(|next| next.is("("));
        let word = self.peek().filter(|_| is_call)?;
        let found = if word.is_word("ANY") || word.is_word("SOME") { "ANY" } else { "ALL" };
        (found == "ANY" || word.is_word("ALL")).then(|| {
            self.at += 1;
            found
        })
    }

    /// `= ANY (…)`, to which Postgres turns IN.
    fn quantified(&mut self, left: Form, operator: &str, quantifier: &str) -> Option<Form> {
        let open = self.at;
        let close = self.lexemes[open].mate.filter(|close| *close < self.end)?;
        if opens_query(self.lexemes, open) {
            self.at = close + 1;
            if operator == "=" && quantifier == "ANY" {
                self.membership = Some((left, open));
            }
            return Some(ordered(quantifier, &[left, subquery()]));
        }
        let elements = self.elements(open, close)?;
        let operator = if operator == "!=" { "<>" } else { operator };
        Some(match (operator, quantifier) {
            ("=", "ANY") => in_list("IN", left, &elements),
            ("<>", "ALL") => in_list("NOT IN", left, &elements),
            _ => ordered(&format!("{operator} {quantifier}"), &[left, unordered("list", &elements)]),
        })
    }

    /// The elements of the array in parentheses: `'{1,2}'::integer[]`, `ARRAY[1, 2]`; another expression is one.
    fn elements(&mut self, open: usize, close: usize) -> Option<Vec<Form>> {
        self.at = open + 1;
        while self.peek()?.is("(") {
            self.at += 1;
        }
        let lexeme = self.peek()?;
        let inner = unquoted(lexeme.text);
        let elements = if lexeme.kind == TokenKind::Text && inner.starts_with('{') {
            Some(array_elements(&inner))
        } else if lexeme.is_word("ARRAY") && self.ahead(1).is_some_and(|next| next.is("[")) {
            self.at += 2;
            self.list("]")
        } else {
            self.at = open + 1;
            self.expression(0).map(|form| vec![form])
        };
        self.at = close + 1;
        elements
    }

    /// `[NOT] IN`, `LIKE`, `ILIKE`, `BETWEEN`.
    fn matches(&mut self, left: Form) -> Option<Form> {
        let is_not = self.take_word("NOT");
        let word = self.peek()?.text.to_uppercase();
        self.at += 1;
        match word.as_str() {
            "IN" => self.is_in(left, is_not),
            "BETWEEN" => self.between(left, is_not),
            _ => {
                let pattern = self.expression(MATCH + 1)?;
                if self.take_word("ESCAPE") {
                    return None;
                }
                let operator = match (word.as_str(), is_not) {
                    ("LIKE", false) => "~~",
                    ("LIKE", true) => "!~~",
                    ("ILIKE", false) => "~~*",
                    _ => "!~~*",
                };
                Some(ordered(operator, &[left, pattern]))
            }
        }
    }

    fn is_in(&mut self, left: Form, is_not: bool) -> Option<Form> {
        let open = self.at;
        let close = self.peek()?.mate?;
        if opens_query(self.lexemes, open) {
            self.at = close + 1;
            self.membership = Some((left, open));
            let form = ordered("ANY", &[left, subquery()]);
            return Some(if is_not { ordered("NOT", &[form]) } else { form });
        }
        self.at = open + 1;
        let elements = self.list(")")?;
        Some(in_list(if is_not { "NOT IN" } else { "IN" }, left, &elements))
    }

    fn between(&mut self, left: Form, is_not: bool) -> Option<Form> {
        let is_whole = self.depth == 1;
        if self.take_word("SYMMETRIC") {
            return None;
        }
        let low = self.expression(MATCH + 1)?;
        if !self.take_word("AND") {
            return None;
        }
        let high = self.expression(MATCH + 1)?;
        if is_not {
            return Some(unordered("OR", &[ordered("<", &[left, low]), ordered("<", &[high, left])]));
        }
        let halves = [ordered("<=", &[low, left]), ordered("<=", &[left, high])];
        if is_whole {
            self.halves = Some(halves);
        }
        Some(unordered("AND", &halves))
    }

    fn index(&mut self, left: Form) -> Option<Form> {
        let close = self.peek()?.mate?;
        self.at += 1;
        let place = self.expression(0)?;
        self.at = close + 1;
        Some(ordered("[]", &[left, place]))
    }

    fn prefix(&mut self) -> Option<Form> {
        let lexeme = self.peek()?;
        match lexeme.kind {
            TokenKind::Number => {
                self.at += 1;
                Some(literal(lexeme.text))
            }
            TokenKind::Text => {
                self.at += 1;
                Some(literal(&unquoted(lexeme.text)))
            }
            TokenKind::Parameter => {
                self.at += 1;
                Some(constant(lexeme.text, true))
            }
            TokenKind::Punctuation if lexeme.text == "(" => self.parenthesis(),
            TokenKind::Operator => self.sign(lexeme.text),
            TokenKind::Keyword => self.keyword(),
            TokenKind::Name | TokenKind::QuotedName => self.named(),
            _ => None,
        }
    }

    fn sign(&mut self, operator: &str) -> Option<Form> {
        self.at += 1;
        if operator == "-" && self.peek()?.kind == TokenKind::Number {
            let number = literal(&format!("-{}", self.peek()?.text));
            self.at += 1;
            return Some(number);
        }
        let operand = self.expression(UNARY)?;
        Some(if operator == "+" { operand } else { ordered(operator, &[operand]) })
    }

    fn parenthesis(&mut self) -> Option<Form> {
        let close = self.peek()?.mate.filter(|close| *close < self.end)?;
        let is_plan = |word: &Lexeme<'_>| word.text.starts_with("SubPlan") || word.text.starts_with("InitPlan");
        let is_plan = self.ahead(1).is_some_and(is_plan)
            || self.ahead(1).is_some_and(|word| word.is_word("hashed")) && self.ahead(2).is_some_and(is_plan);
        let form = if opens_query(self.lexemes, self.at) || is_plan {
            self.at = close + 1;
            subquery()
        } else {
            self.at += 1;
            let elements = self.list(")")?;
            match elements[..] {
                [single] => single,
                _ => ordered("ROW", &elements),
            }
        };
        // `(InitPlan 1).col1`, `(composite).field`
        while self.peek().is_some_and(|next| next.is(".")) {
            self.at += 2;
        }
        Some(form)
    }

    /// Expressions with commas between them, and what closes them.
    fn list(&mut self, close: &str) -> Option<Vec<Form>> {
        let mut forms = Vec::new();
        while !self.take(close) {
            forms.push(self.expression(0)?);
            if !self.take(",") && !self.peek()?.is(close) {
                return None;
            }
        }
        Some(forms)
    }

    fn keyword(&mut self) -> Option<Form> {
        let lexeme = self.peek()?;
        let word = lexeme.text.to_uppercase();
        self.at += 1;
        match word.as_str() {
            "NOT" => self.expression(NOT).map(|form| ordered("NOT", &[form])),
            "TRUE" | "FALSE" | "NULL" => Some(constant(&word, false)),
            "CURRENT_DATE" | "CURRENT_TIMESTAMP" => Some(constant(&word, true)),
            "CASE" => self.case(),
            "EXISTS" | "ARRAY" if self.peek()?.is("(") => {
                self.at = self.peek()?.mate? + 1;
                Some(ordered(&word, &[subquery()]))
            }
            "ARRAY" => {
                self.at += 1;
                self.list("]").map(|elements| ordered("ARRAY", &elements))
            }
            "INTERVAL" if self.peek()?.kind == TokenKind::Text => {
                let text = unquoted(self.peek()?.text);
                self.at += 1;
                while self.peek().is_some_and(|unit| is_interval_unit(unit.text)) {
                    self.at += 1;
                }
                Some(constant(&text, true))
            }
            "CAST" => {
                let close = self.peek()?.mate?;
                self.at += 1;
                let form = self.expression(0)?;
                self.at = close + 1;
                Some(form)
            }
            "LEFT" | "RIGHT" | "EXTRACT" | "GROUPING" | "VALUES" => self.call(&word.to_lowercase()),
            _ => None,
        }
    }

    fn case(&mut self) -> Option<Form> {
        let mut operands = Vec::new();
        while !self.take_word("END") {
            let is_word = ["WHEN", "THEN", "ELSE"].iter().any(|word| self.take_word(word));
            if !is_word && !operands.is_empty() {
                return None;
            }
            operands.push(self.expression(0)?);
        }
        Some(ordered("CASE", &operands))
    }

    /// A column, a function call, or a type before its text.
    fn named(&mut self) -> Option<Form> {
        let mut names = vec![self.peek()?.text];
        self.at += 1;
        while self.peek().is_some_and(|point| point.is(".")) {
            let next = self.ahead(1)?;
            names.push(next.text);
            self.at += 2;
        }
        let last = name(names[names.len() - 1]);
        let next = self.peek();
        if next.is_some_and(|next| next.is("(")) {
            return self.call(&last);
        }
        if next.is_some_and(|next| next.kind == TokenKind::Text) && names.len() == 1 {
            let text = unquoted(next?.text);
            self.at += 1;
            // Postgres prints a typed constant in the type's own way.
            return Some(Form { is_soft: true, ..literal(&text) });
        }
        if matches!(last.as_str(), "localtimestamp" | "current_user" | "session_user" | "current_time" | "localtime") {
            return Some(constant(&last, true));
        }
        let qualifier = (names.len() > 1).then(|| hash(name(names[names.len() - 2])));
        let name = hash(last);
        self.columns.push(Column { qualifier, name });
        let form = hash(("column", name));
        Some(Form { key: form, shape: form, is_constant: false, is_soft: false })
    }

    /// The arguments of a function, whatever words its syntax puts between them.
    fn call(&mut self, function: &str) -> Option<Form> {
        let close = self.peek()?.mate.filter(|close| *close < self.end)?;
        self.at += 1;
        let function = if function == "date_part" { "extract" } else { function };
        let mut operands = Vec::new();
        if function == "extract" && self.peek()?.kind != TokenKind::Text {
            operands.push(constant(&self.peek()?.text.to_lowercase(), false));
            self.at += 1;
        }
        while self.at < close {
            if opens_query(self.lexemes, self.at - 1) && self.lexemes[self.at - 1].is("(") {
                operands.push(subquery());
                self.at = close;
            } else if self.take("*") {
                operands.push(constant("*", false));
            } else if !self.take(",") && !SEPARATORS.iter().any(|word| self.take_word(word)) {
                operands.push(self.expression(0)?);
            } else if self.lexemes[self.at - 1].is_word("DISTINCT") {
                operands.push(constant("DISTINCT", false));
            }
        }
        self.at = close + 1;
        let form = self.call_tail(ordered(function, &operands))?;
        // A call without columns is computed, and may be by Postgres beforehand; an aggregate is not.
        Some(Form { is_soft: true, is_constant: form.is_constant && function != "count", ..form })
    }

    fn call_tail(&mut self, mut form: Form) -> Option<Form> {
        loop {
            if self.take_word("WITHIN") {
                self.at += 1;
            } else if self.take_word("FILTER") {
            } else if self.take_word("OVER") {
                form = ordered("OVER", &[form]);
                if !self.peek()?.is("(") {
                    self.at += 1;
                    return Some(form);
                }
            } else {
                return Some(form);
            }
            self.at = self.peek()?.mate? + 1;
        }
    }

    fn skip_type(&mut self) {
        self.at += 1;
        while let Some(lexeme) = self.peek() {
            let goes_on = REST_OF_A_TYPE.iter().any(|word| lexeme.is_word(word));
            if lexeme.is(".") {
                self.at += 2;
            } else if lexeme.is("(") || lexeme.is("[") {
                self.at = lexeme.mate.unwrap_or(self.end) + 1;
            } else if goes_on {
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

/// Words that stand between a function's arguments.
const SEPARATORS: &[&str] = &["FROM", "FOR", "IN", "AS", "DISTINCT", "ORDER", "BY", "DESC", "ASC", "PLACING", "USING"];

/// What follows the first word of a type's name: `timestamp with time zone`, `character varying`.
const REST_OF_A_TYPE: &[&str] = &["with", "without", "time", "zone", "varying", "precision"];

fn is_interval_unit(word: &str) -> bool {
    const UNITS: &[&str] = &["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
    UNITS.iter().any(|unit| word.eq_ignore_ascii_case(unit))
}

fn in_list(operator: &str, left: Form, elements: &[Form]) -> Form {
    match elements {
        [single] if operator == "IN" && single.is_constant => equal(left, *single),
        [single] if single.is_constant => commutative("<>", left, *single),
        _ => {
            let list = unordered("list", elements);
            let shape = if list.is_constant { hash("?list") } else { list.shape };
            ordered(operator, &[left, Form { shape, ..list }])
        }
    }
}

/// The elements of `{a,"b c",NULL}`.
fn array_elements(text: &str) -> Vec<Form> {
    let inner = text.trim_start_matches('{').trim_end_matches('}');
    let (mut elements, mut element, mut is_quoted, mut is_escaped) = (Vec::new(), String::new(), false, false);
    for c in inner.chars() {
        match c {
            _ if is_escaped => {
                element.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => elements.push(literal(&std::mem::take(&mut element))),
            _ => element.push(c),
        }
    }
    elements.push(literal(&element));
    elements
}

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARE: u8 = 5;
const MATCH: u8 = 6;
const OTHER: u8 = 7;
const ADD: u8 = 8;
const MULTIPLY: u8 = 9;
const POWER: u8 = 10;
const AT_ZONE: u8 = 11;
const COLLATE: u8 = 12;
const UNARY: u8 = 13;
const INDEX: u8 = 14;
const CAST: u8 = 15;

/// How strongly an operator binds; none for what is no operator.
fn power(lexeme: &Lexeme<'_>, next: Option<&Lexeme<'_>>) -> Option<u8> {
    if lexeme.kind == TokenKind::Operator {
        return Some(match lexeme.text {
            "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=" => COMPARE,
            "+" | "-" => ADD,
            "*" | "/" | "%" => MULTIPLY,
            "^" => POWER,
            "::" => CAST,
            ":" | ":=" => return None,
            _ => OTHER,
        });
    }
    if lexeme.is("[") {
        return Some(INDEX);
    }
    let of_word = |lexeme: &Lexeme<'_>| {
        const WORDS: &[(&str, u8)] = &[
            ("OR", OR),
            ("AND", AND),
            ("IS", IS),
            ("ISNULL", IS),
            ("NOTNULL", IS),
            ("IN", MATCH),
            ("LIKE", MATCH),
            ("ILIKE", MATCH),
            ("BETWEEN", MATCH),
            ("COLLATE", COLLATE),
        ];
        WORDS.iter().find(|(word, _)| lexeme.is_word(word)).map(|(_, power)| *power)
    };
    if lexeme.is_word("NOT") {
        return next.and_then(of_word).filter(|power| *power == MATCH);
    }
    if lexeme.is_word("AT") && next.is_some_and(|next| next.is_word("TIME")) {
        return Some(AT_ZONE);
    }
    of_word(lexeme)
}
