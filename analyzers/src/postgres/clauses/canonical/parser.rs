//! Operators, by Postgres' precedence.

mod operands;

use std::ops::Range;

use super::{
    Column, DEEPEST, Form, commutative, equal, hash, literal, opens_query, ordered, subquery, unordered, unquoted,
};
use crate::postgres::clauses::tokens::{Lexeme, TokenKind};

/// Reads one expression.
pub(super) struct Parser<'l, 't> {
    lexemes: &'l [Lexeme<'t>],
    pub(super) at: usize,
    pub(super) end: usize,
    depth: u32,
    pub(super) columns: Vec<Column>,
    pub(super) membership: Option<(Form, usize)>,
    pub(super) halves: Option<[Form; 2]>,
}

impl<'l, 't> Parser<'l, 't> {
    pub(super) fn new(lexemes: &'l [Lexeme<'t>], place: Range<usize>) -> Self {
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
    pub(super) fn expression(&mut self, least: u8) -> Option<Form> {
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
