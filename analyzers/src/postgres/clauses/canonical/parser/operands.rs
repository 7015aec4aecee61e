//! Operands: constants, columns, calls, parentheses.

use super::{NOT, Parser, UNARY};
use crate::postgres::clauses::canonical::{
    Column, Form, constant, hash, literal, opens_query, ordered, subquery, unquoted,
};
use crate::postgres::clauses::tokens::{Lexeme, TokenKind, name};

impl Parser<'_, '_> {
    pub(super) fn prefix(&mut self) -> Option<Form> {
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
    pub(super) fn list(&mut self, close: &str) -> Option<Vec<Form>> {
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

    pub(super) fn skip_type(&mut self) {
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
