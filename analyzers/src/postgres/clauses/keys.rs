//! Sort and group keys of a plan found in ORDER BY, GROUP BY, DISTINCT and windows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ClauseKind;
use super::canonical;
use super::outline::{ClausePart, Outline, ScopeId};
use super::tokens::{Lexeme, TokenKind, lexemes, name, tokens};
use crate::postgres::plan::{PlanNode, Value};

/// How many clauses with one key are looked at.
const FEW: usize = 32;

/// The clauses that sort or group, with the forms of their keys.
pub(super) struct Keys {
    /// Of each clause that has keys: the forms of all of them.
    of_part: BTreeMap<usize, BTreeSet<u64>>,
    by_key: BTreeMap<u64, Vec<usize>>,
}

impl Keys {
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let selects = Selects::of(outline);
        let mut keys = Self { of_part: BTreeMap::new(), by_key: BTreeMap::new() };
        for (number, part) in outline.parts.iter().enumerate() {
            let forms: BTreeSet<u64> = match part.kind {
                ClauseKind::OrderBy | ClauseKind::GroupBy => selects.keys(outline, part.scope, part.elements()),
                ClauseKind::Distinct if part.body < part.place.end => {
                    selects.keys(outline, part.scope, commas(&outline.lexemes, part.body..part.place.end - 1))
                }
                ClauseKind::Distinct => selects.all(part.scope),
                ClauseKind::Window => selects.keys(outline, part.scope, window_keys(&outline.lexemes, part)),
                _ => continue,
            };
            for form in &forms {
                keys.by_key.entry(*form).or_default().push(number);
            }
            keys.of_part.insert(number, forms);
        }
        keys
    }

    /// The clauses that hold all keys of a node's property, in the order of the text.
    pub(super) fn find(&self, node: &PlanNode, property: &str) -> Vec<usize> {
        let wanted = printed(node.property(property));
        let Some(first) = wanted.first().copied().flatten() else { return Vec::new() };
        let candidates = self.by_key.get(&first).map_or(&[][..], Vec::as_slice);
        let has_all =
            |part: &&usize| wanted.iter().all(|key| key.is_some_and(|key| self.of_part[*part].contains(&key)));
        candidates.iter().take(FEW).filter(has_all).copied().collect()
    }
}

/// The forms of a list of keys as Postgres prints it.
fn printed(value: Option<&Value>) -> Vec<Option<u64>> {
    let Some(Value::List(values)) = value else { return Vec::new() };
    let form = |text: &str| {
        let tokens = tokens(text);
        let (lexemes, _) = lexemes(text, &tokens);
        let place = without_order(&lexemes, 0..lexemes.len());
        canonical::form(&lexemes, place).map(|(form, _)| form.key)
    };
    values.iter().map(|value| value.text().and_then(form)).collect()
}

/// A key without DESC, NULLS FIRST and USING.
fn without_order(lexemes: &[Lexeme<'_>], place: Range<usize>) -> Range<usize> {
    let mut end = place.end;
    let is = |at: usize, words: &[&str]| at > place.start && words.iter().any(|word| lexemes[at - 1].is_word(word));
    while is(end, &["FIRST", "LAST", "NULLS", "ASC", "DESC"]) {
        end -= 1;
    }
    if is(end.saturating_sub(1), &["USING"]) {
        end -= 2;
    }
    place.start..end
}

/// Cut at the commas outside of parentheses.
fn commas(lexemes: &[Lexeme<'_>], place: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut cuts = Vec::new();
    let (mut start, mut at) = (place.start, place.start);
    while at < place.end {
        if lexemes[at].is(",") {
            cuts.push(start..at);
            start = at + 1;
        }
        at = lexemes[at].mate.unwrap_or(at) + 1;
    }
    cuts.push(start..place.end);
    cuts.into_iter()
}

/// What PARTITION BY and ORDER BY of a window say.
fn window_keys(lexemes: &[Lexeme<'_>], part: &ClausePart) -> std::vec::IntoIter<Range<usize>> {
    const ENDS: &[&str] = &["PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"];
    let mut keys = Vec::new();
    let mut at = part.body;
    while at + 1 < part.place.end {
        let opens = (lexemes[at].is_word("PARTITION") || lexemes[at].is_word("ORDER")) && lexemes[at + 1].is_word("BY");
        if !opens {
            at += 1;
            continue;
        }
        let start = at + 2;
        at = start;
        while at < part.place.end && !lexemes[at].is(")") && !ENDS.iter().any(|word| lexemes[at].is_word(word)) {
            at = lexemes[at].mate.unwrap_or(at) + 1;
        }
        keys.extend(commas(lexemes, start..at.min(part.place.end)));
    }
    keys.into_iter()
}

/// What each query gives, for `ORDER BY 1` and `ORDER BY alias`.
struct Selects {
    elements: BTreeMap<ScopeId, Vec<Option<u64>>>,
    by_alias: BTreeMap<(ScopeId, String), u64>,
    /// What queries in FROM give to the query around them.
    given: BTreeMap<(ScopeId, String), u64>,
}

impl Selects {
    fn of(outline: &Outline<'_>) -> Self {
        let mut selects = Self { elements: BTreeMap::new(), by_alias: BTreeMap::new(), given: BTreeMap::new() };
        for part in outline.parts.iter().filter(|part| part.kind == ClauseKind::Select) {
            for element in part.elements() {
                selects.add(outline, part.scope, element);
            }
        }
        selects
    }

    fn add(&mut self, outline: &Outline<'_>, scope: ScopeId, element: Range<usize>) {
        let lexemes = &outline.lexemes;
        let last = element.end - 1;
        let follows = |word: &str| last > element.start && lexemes[last - 1].is_word(word);
        let has_as = follows("AS");
        let is_bare = element.len() > 1 && lexemes[last].is_name() && is_operand_end(&lexemes[last - 1]);
        let end = if has_as {
            last - 1
        } else if is_bare {
            last
        } else {
            element.end
        };
        let form = canonical::form(lexemes, element.start..end).map(|(form, _)| form.key);
        if let Some(form) = form.filter(|_| end < element.end) {
            let alias = name(lexemes[last].text);
            if let Some(around) = outline.scopes[scope].parent {
                self.given.insert((around, alias.clone()), form);
            }
            self.by_alias.insert((scope, alias), form);
        }
        self.elements.entry(scope).or_default().push(form);
    }

    fn all(&self, scope: ScopeId) -> BTreeSet<u64> {
        self.elements.get(&scope).into_iter().flatten().flatten().copied().collect()
    }

    fn keys(
        &self,
        outline: &Outline<'_>,
        scope: ScopeId,
        elements: impl Iterator<Item = Range<usize>>,
    ) -> BTreeSet<u64> {
        let mut forms = BTreeSet::new();
        for element in elements {
            let place = without_order(&outline.lexemes, element);
            let Some(only) = outline.lexemes.get(place.start) else { continue };
            if place.len() == 1 && only.kind == TokenKind::Number {
                let number = only.text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                forms.extend(number.and_then(|number| *self.elements.get(&scope)?.get(number)?));
                continue;
            }
            if place.len() == 1 {
                let alias = (scope, name(only.text));
                forms.extend(self.by_alias.get(&alias).into_iter().chain(self.given.get(&alias)));
            }
            forms.extend(canonical::form(&outline.lexemes, place).map(|(form, _)| form.key));
        }
        forms
    }
}

/// Behind these a name is an alias: `sum(x) total`, `price p`.
fn is_operand_end(lexeme: &Lexeme<'_>) -> bool {
    lexeme.is(")") || lexeme.is_word("END") || lexeme.is_name() || lexeme.kind == TokenKind::Number
}
