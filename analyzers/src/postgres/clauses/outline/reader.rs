//! Reads one query from its first lexeme to its last, and notes the queries within it.

use std::ops::Range;

use super::{ClausePart, Item, Origin, Outline, Scope, ScopeId};
use crate::postgres::clauses::ClauseKind;
use crate::postgres::clauses::canonical::opens_query;
use crate::postgres::clauses::tokens::{Lexeme, TokenKind, name};

/// Reads one query, and notes those within it.
pub(super) struct Reader<'o, 't> {
    outline: &'o mut Outline<'t>,
    /// The query, and of a UNION the arm that is being read.
    query: ScopeId,
    scope: ScopeId,
    at: usize,
    end: usize,
    /// Parentheses that are open around `at`, within the query.
    depth: usize,
    /// The open clause.
    open: Option<usize>,
    from: From,
    /// What the next query in parentheses is called: `name AS (`.
    with: Option<usize>,
    /// The statement is a MERGE.
    is_merge: bool,
}

/// What is known within FROM.
#[derive(Debug, Default)]
struct From {
    /// The open FROM.
    clause: Option<usize>,
    /// An item is next.
    is_item_next: bool,
    /// Parentheses around joins that are open, each with the JOIN that it stands behind.
    groups: Vec<Option<usize>>,
    /// The open JOIN and the open ON.
    join: Option<usize>,
    on: Option<usize>,
}

impl<'o, 't> Reader<'o, 't> {
    pub(super) fn new(outline: &'o mut Outline<'t>, query: ScopeId) -> Self {
        let place = outline.scopes[query].place.clone();
        let (at, end) = (place.start, place.end);
        Self {
            outline,
            query,
            scope: query,
            at,
            end,
            depth: 0,
            open: None,
            from: From::default(),
            with: None,
            is_merge: false,
        }
    }

    fn is(&self, by: usize, word: &str) -> bool {
        self.at + by < self.end && self.outline.lexemes[self.at + by].is_word(word)
    }

    pub(super) fn read(mut self) {
        while self.at < self.end {
            let before = self.at;
            let lexeme = self.outline.lexemes[self.at].clone();
            match lexeme.kind {
                TokenKind::Punctuation => self.punctuation(&lexeme),
                TokenKind::Keyword | TokenKind::Name | TokenKind::QuotedName => self.word(&lexeme),
                _ => {}
            }
            if self.at == before {
                self.at += 1;
            }
        }
        self.close();
    }

    fn punctuation(&mut self, lexeme: &Lexeme<'t>) {
        match lexeme.text {
            "(" if opens_query(&self.outline.lexemes, self.at) => self.query(lexeme.mate),
            "(" => {
                if self.is_over() {
                    self.window(lexeme.mate);
                }
                if self.from.is_item_next && self.depth == self.from.groups.len() {
                    let join = self.from.join.take();
                    self.from.groups.push(join);
                }
                self.depth += 1;
            }
            ")" => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth < self.from.groups.len() {
                    self.close_join();
                    self.from.join = self.from.groups.pop().flatten();
                }
            }
            "," if self.depth == 0 || self.from.clause.is_some() && self.depth == self.from.groups.len() => {
                self.comma();
            }
            ";" if self.depth == 0 => self.at = self.end,
            _ => {}
        }
    }

    fn query(&mut self, mate: Option<usize>) {
        let close = mate.unwrap_or(self.end).min(self.end);
        let place = self.at + 1..close;
        let mut origin = Origin::Expression;
        let id = self.outline.scopes.len();
        self.at = close + 1;
        if let Some(named) = self.with.take() {
            let name = name(self.outline.lexemes[named].text);
            origin = Origin::With { name, place: named..self.at.min(self.end) };
        } else if self.from.is_item_next && self.depth == self.from.groups.len() {
            origin = Origin::Derived(self.outline.items.len());
            self.item(place.start - 1..self.at.min(self.end), None);
        } else if self.open.is_none() {
            origin = Origin::Arm;
        }
        self.outline.scopes.push(Scope { parent: Some(self.scope), origin, place });
        debug_assert!(self.outline.scopes[id].parent.is_some(), "only the statement has no parent");
    }

    fn is_over(&self) -> bool {
        self.at > 0 && self.outline.lexemes[self.at - 1].is_word("OVER")
    }

    fn window(&mut self, mate: Option<usize>) {
        let place = self.at - 1..mate.map_or(self.end, |mate| mate + 1).min(self.end);
        self.part(ClauseKind::Window, place, self.at + 1);
    }

    fn part(&mut self, kind: ClauseKind, place: Range<usize>, body: usize) -> usize {
        let part = ClausePart { scope: self.scope, kind, place, body, commas: Vec::new(), item: None };
        self.outline.parts.push(part);
        self.outline.parts.len() - 1
    }

    fn comma(&mut self) {
        if self.from.clause.is_some() {
            self.close_join();
            self.from.is_item_next = true;
        }
        if let Some(open) = self.open {
            let at = self.at;
            self.outline.parts[open].commas.push(at);
            if self.outline.parts[open].kind == ClauseKind::With {
                self.with = Some(at + 1);
            }
        }
    }

    fn word(&mut self, lexeme: &Lexeme<'t>) {
        if self.depth == 0
            && let Some((kind, words)) = self.clause()
        {
            return self.start(kind, words);
        }
        if self.from.clause.is_none() || self.depth != self.from.groups.len() {
            return;
        }
        if let Some(words) = self.join_words() {
            self.close_join();
            self.from.join = Some(self.part(ClauseKind::Join, self.at..self.end, self.at + words));
            self.at += words;
            self.from.is_item_next = true;
        } else if self.from.is_item_next {
            if lexeme.is_word("ROWS") && self.is(1, "FROM") {
                let at = self.at;
                self.at += 1;
                self.named_item();
                if let Some(item) = self.outline.items.last_mut() {
                    item.place.start = item.place.start.min(at);
                }
            } else if !(lexeme.is_word("ONLY") || lexeme.is_word("LATERAL")) {
                self.named_item();
            }
        } else if (lexeme.is_word("ON") || lexeme.is_word("USING")) && self.is_joined() {
            self.close_on();
            let on = self.part(ClauseKind::On, self.at..self.end, self.at + 1);
            self.outline.parts[on].item = self.from.join.and_then(|join| self.outline.parts[join].item);
            self.from.on = Some(on);
        }
    }

    /// Whether a condition may follow: of a JOIN, or of what MERGE is USING.
    fn is_joined(&self) -> bool {
        self.from.join.is_some() || self.is_merge
    }

    /// The clause that begins here, and the number of words that say so.
    fn clause(&self) -> Option<(ClauseKind, usize)> {
        let first = self.open.is_none();
        let opened = self.open.map(|open| self.outline.parts[open].kind);
        let is_statement = first || opened == Some(ClauseKind::With);
        let lexeme = &self.outline.lexemes[self.at];
        let found = match lexeme.text.to_ascii_uppercase().as_str() {
            _ if lexeme.kind == TokenKind::QuotedName || self.is_label() => return None,
            "WITH" if first => (ClauseKind::With, if self.is(1, "RECURSIVE") { 2 } else { 1 }),
            "SELECT" => (ClauseKind::Select, 1),
            "VALUES" if opened != Some(ClauseKind::Set) => (ClauseKind::Values, 1),
            "UPDATE" if is_statement => (ClauseKind::Target, 1),
            "INSERT" | "DELETE" | "MERGE" if is_statement => (ClauseKind::Target, 2),
            "SET" => (ClauseKind::Set, 1),
            "FROM" if !self.is_distinct_from() => (ClauseKind::From, 1),
            "USING" if opened == Some(ClauseKind::Target) => (ClauseKind::From, 1),
            "WHERE" => (ClauseKind::Where, 1),
            "GROUP" if self.is(1, "BY") => (ClauseKind::GroupBy, 2),
            "HAVING" => (ClauseKind::Having, 1),
            "WINDOW" => (ClauseKind::Window, 1),
            "ORDER" if self.is(1, "BY") => (ClauseKind::OrderBy, 2),
            "LIMIT" | "OFFSET" | "FETCH" => (ClauseKind::Limit, 1),
            "FOR" if self.is(1, "UPDATE") || self.is(1, "SHARE") || self.is(1, "NO") || self.is(1, "KEY") => {
                (ClauseKind::Lock, 1)
            }
            "ON" if self.is(1, "CONFLICT") => (ClauseKind::Conflict, 2),
            "WHEN" if self.is_merge => (ClauseKind::When, 1),
            "RETURNING" => (ClauseKind::Returning, 1),
            "UNION" | "INTERSECT" | "EXCEPT" => (ClauseKind::SetOperation, if self.is(1, "ALL") { 2 } else { 1 }),
            _ => return None,
        };
        Some(found)
    }

    /// Behind a point or AS any word is a name, but for `CREATE TABLE … AS SELECT`.
    fn is_label(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).map(|at| &self.outline.lexemes[at]) else { return false };
        let is_query = ["SELECT", "WITH", "VALUES"].iter().any(|word| self.is(0, word));
        before.is(".") || before.is_word("AS") && !is_query
    }

    /// `IS [NOT] DISTINCT FROM` opens no clause.
    fn is_distinct_from(&self) -> bool {
        let word = |back: usize, word: &str| self.at >= back && self.outline.lexemes[self.at - back].is_word(word);
        word(1, "DISTINCT") && (word(2, "IS") || word(2, "NOT"))
    }

    fn start(&mut self, kind: ClauseKind, words: usize) {
        let opened = self.open.map(|open| self.outline.parts[open].kind);
        if kind == ClauseKind::Limit && opened == Some(kind) {
            // `LIMIT 10 OFFSET 20` is one clause.
            self.at += words;
            return;
        }
        self.close();
        if matches!(kind, ClauseKind::OrderBy | ClauseKind::Limit | ClauseKind::SetOperation) {
            // Behind the last arm they are of all arms together.
            self.scope = self.query;
        }
        let body = (self.at + words).min(self.end);
        let place = self.at..self.end;
        self.open = Some(self.part(kind, place, body));
        self.at = body;
        match kind {
            ClauseKind::From => self.from = From { clause: self.open, is_item_next: true, ..From::default() },
            ClauseKind::With => self.with = Some(body),
            ClauseKind::Target => {
                self.is_merge = self.outline.lexemes[body - words].is_word("MERGE");
                self.target();
            }
            ClauseKind::SetOperation => self.arm(),
            ClauseKind::Select if self.is(0, "DISTINCT") => self.distinct(),
            _ => {}
        }
    }

    fn distinct(&mut self) {
        let start = self.at;
        self.at += 1;
        if self.is(0, "ON") {
            self.at = self.outline.lexemes.get(self.at + 1).and_then(|open| open.mate).unwrap_or(self.at) + 1;
        }
        self.at = self.at.min(self.end);
        let body = (start + 3).min(self.at);
        let distinct = self.part(ClauseKind::Distinct, start..self.at, body);
        self.outline.parts[distinct].place.end = self.at;
        if let Some(open) = self.open {
            self.outline.parts[open].body = self.at;
        }
    }

    fn target(&mut self) {
        if self.is(0, "ONLY") {
            self.at += 1;
        }
        self.named_item();
    }

    fn arm(&mut self) {
        self.close();
        self.open = None;
        let place = self.at..self.end;
        self.outline.scopes.push(Scope { parent: Some(self.query), origin: Origin::Arm, place });
        self.scope = self.outline.scopes.len() - 1;
    }

    /// `[NATURAL] [INNER | LEFT | …] JOIN`: how many words it is here.
    fn join_words(&self) -> Option<usize> {
        const BEFORE: &[&str] = &["NATURAL", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER"];
        let mut words = 0;
        while words < 3 && BEFORE.iter().any(|word| self.is(words, word)) {
            words += 1;
        }
        self.is(words, "JOIN").then_some(words + 1)
    }

    /// `schema.table alias`, `function(…) AS alias`.
    fn named_item(&mut self) {
        let start = self.at;
        let mut last = start;
        while last + 2 < self.end && self.outline.lexemes[last + 1].is(".") {
            last += 2;
        }
        if last >= self.end {
            return;
        }
        let relation = name(self.outline.lexemes[last].text);
        self.at = last + 1;
        let call = self.outline.lexemes[..self.end].get(self.at).filter(|open| open.is("("));
        let is_insert = self.from.clause.is_none();
        let end = call.filter(|_| !is_insert).map_or(self.at, |open| open.mate.unwrap_or(self.at) + 1);
        // Queries among the arguments are read by going through them.
        let arguments = self.at;
        self.at = end.min(self.end);
        self.item(start..end.min(self.end), Some(relation));
        if end > arguments {
            self.at = arguments;
            if let Some(item) = self.outline.items.last_mut() {
                item.is_call = true;
            }
        }
    }

    /// Notes an item whose name or query is at `place`; its alias is at `self.at`.
    fn item(&mut self, place: Range<usize>, relation: Option<String>) {
        let mut at = self.at;
        let lexemes = &self.outline.lexemes[..self.end];
        let is = |at: usize, word: &str| lexemes.get(at).is_some_and(|lexeme| lexeme.is_word(word));
        if is(at, "WITH") && is(at + 1, "ORDINALITY") {
            at += 2;
        }
        at += usize::from(lexemes.get(at).is_some_and(|star| star.is("*")));
        at += usize::from(is(at, "AS"));
        let alias = lexemes.get(at).filter(|alias| alias.is_name() && !is(at, "CROSS"));
        let end = if alias.is_some() { at + 1 } else { place.end };
        let alias = alias.map_or_else(|| relation.clone().unwrap_or_default(), |alias| name(alias.text));
        let number = self.outline.items.len();
        if let Some(join) = self.from.join
            && self.outline.parts[join].item.is_none()
        {
            self.outline.parts[join].item = Some(number);
        }
        let place = place.start..end;
        let item = Item { scope: self.scope, relation, alias, place, join: None, is_call: false };
        self.outline.items.push(item);
        self.from.is_item_next = false;
        self.at = self.at.max(end);
    }

    fn close_on(&mut self) {
        if let Some(on) = self.from.on.take() {
            self.outline.parts[on].place.end = self.at;
        }
    }

    fn close_join(&mut self) {
        self.close_on();
        if let Some(join) = self.from.join.take() {
            self.outline.parts[join].place.end = self.at;
        }
    }

    fn close(&mut self) {
        self.close_join();
        let at = self.at;
        if let Some(open) = self.open {
            let part = &mut self.outline.parts[open];
            part.place.end = at.max(part.place.start + 1).min(self.end.max(part.place.start));
        }
        self.from = From::default();
        self.with = None;
    }
}
