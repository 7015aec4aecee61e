//! Takes the customers' data out of what was captured, before anything is read from it: so every output agrees.
//!
//! Plans carry literals in their conditions and names everywhere. What cannot be told from a literal goes as well.

mod catalogue;
mod names;
mod overview;
mod tried;

use crate::Input;
use crate::postgres::Attribution;
use crate::postgres::clauses::{Token, TokenKind, tokens};
use crate::postgres::plan::{Plan, PlanNode, Property, Value};
use crate::report::{Report, Subject};
use crate::workload::Source;
use names::Names;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redact {
    /// Texts and numbers in SQL and conditions, and comments.
    Literals,
    /// These, and the names of relations, columns, indexes, functions and statements: each always by the same other one.
    Names,
}

/// What stands in place of a number.
const NUMBER: &str = "?";
/// What stands in place of a text: still SQL, so that what reads conditions goes on to do so.
const TEXT: &str = "'?'";

/// Takes it out of plans, statements, the code of pages, and words on what could not be read.
#[must_use]
pub fn redact(mut input: Input, what: Redact) -> Input {
    let names = (what == Redact::Names).then(|| Names::of(&input.subjects));
    let mut redaction = Redaction { names };
    for (place, subject) in input.subjects.iter_mut().enumerate() {
        redaction.subject(place, subject);
    }
    input.overview = input.overview.map(|overview| Box::new(redaction.overview(*overview)));
    for page in &mut input.pages {
        // Code holds texts and numbers of all kinds.
        page.capture.sources.clear();
    }
    if let (Redact::Names, Some(Source::Log(log))) =
        (what, input.workload.as_mut().map(|workload| &mut workload.source))
    {
        log.files = (1..=log.files.len()).map(|number| format!("log {number}")).collect();
    }
    for statement in input.workload.iter_mut().flat_map(|workload| &mut workload.statements) {
        statement.text = redaction.sql(&statement.text);
    }
    for reject in &mut input.rejects {
        reject.why = without_quoted(&reject.why);
        if what == Redact::Names {
            "an input".clone_into(&mut reject.source);
        }
    }
    input
}

/// Whether a report shows literals of statements.
pub fn holds_literals(report: &Report) -> bool {
    report.subjects.iter().any(|subject| {
        let mut texts = subject.plan.nodes().iter().flat_map(|node| &node.properties);
        subject.query.as_deref().is_some_and(has_literal) || texts.any(|property| value_has_literal(&property.value))
    })
}

fn value_has_literal(value: &Value) -> bool {
    match value {
        Value::Text(text) => has_literal(text),
        Value::List(values) => values.iter().any(value_has_literal),
        Value::Group(group) => group.iter().any(|property| value_has_literal(&property.value)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Decimal(_) => false,
    }
}

fn has_literal(text: &str) -> bool {
    // Nearly all texts have neither quote nor digit, and cutting a text takes longer than a look.
    text.bytes().any(|byte| byte == b'\'' || byte == b'$' || byte.is_ascii_digit())
        && Piece::all_of(text).any(|piece| piece.kind == Kind::Text && piece.text != TEXT || piece.kind == Kind::Number)
}

/// A redaction at work.
struct Redaction {
    names: Option<Names>,
}

impl Redaction {
    fn subject(&mut self, place: usize, subject: &mut Subject) {
        subject.query = subject.query.as_deref().map(|query| self.sql(query));
        self.plan(&mut subject.plan);
        if let Some(catalogue) = &mut subject.catalogue {
            self.catalogue(catalogue);
        }
        if let Some(tried) = &mut subject.tried {
            self.tried(tried);
        }
        if self.names.is_some() {
            subject.notes.iter_mut().for_each(|note| *note = without_quoted(note));
            subject.name = format!("statement {}", place + 1);
            for (_, value) in subject.settings.iter_mut().filter(|(name, _)| names::is_setting_of_names(name)) {
                NUMBER.clone_into(value);
            }
        }
        // Frames are called after triggers and CTEs.
        subject.attribution = Attribution::of(&subject.plan);
    }

    fn plan(&mut self, plan: &mut Plan) {
        for node in plan.nodes_mut() {
            self.node(node);
        }
        let statement = &mut plan.statement;
        statement.query = statement.query.as_deref().map(|query| self.sql(query).into());
        self.properties(&mut statement.properties);
        let Some(names) = &mut self.names else { return };
        for trigger in &mut statement.triggers {
            names.rename(names::Kind::Trigger, &mut trigger.name);
            names.rename_some(names::Kind::Constraint, &mut trigger.constraint);
            names.rename_some(names::Kind::Relation, &mut trigger.relation);
        }
        for (setting, value) in &mut statement.settings {
            if names::is_setting_of_names(setting) {
                *value = NUMBER.into();
            }
        }
    }

    fn node(&mut self, node: &mut PlanNode) {
        self.properties(&mut node.properties);
        for worker in &mut node.workers {
            self.properties(&mut worker.properties);
        }
        let Some(names) = &mut self.names else { return };
        names.rename_some(names::Kind::Schema, &mut node.schema);
        names.rename_some(names::Kind::Relation, &mut node.relation);
        names.rename_some(names::Kind::Alias, &mut node.alias);
        names.rename_some(names::Kind::Index, &mut node.index);
        if let Some(cte) = node.subplan_name.as_deref().and_then(|name| name.strip_prefix("CTE ")) {
            node.subplan_name = Some(format!("CTE {}", names.of_kind(names::Kind::Relation, cte)).into());
        } else if let Some(name) = &node.subplan_name {
            node.subplan_name = Some(self.sql(name).into());
        }
    }

    fn properties(&mut self, properties: &mut [Property]) {
        for property in properties {
            if !names::is_word_of_postgres(&property.name, &property.value) {
                self.value(&mut property.value);
            }
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Text(text) => *text = self.sql(text).into(),
            Value::List(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Group(group) => self.properties(group),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Decimal(_) => {}
        }
    }

    /// SQL, or an expression of a plan.
    fn sql(&mut self, text: &str) -> String {
        let mut redacted = String::with_capacity(text.len());
        let mut before = "";
        for piece in Piece::all_of(text) {
            match (piece.kind, &mut self.names) {
                (Kind::Text, _) => redacted.push_str(TEXT),
                (Kind::Number, _) => redacted.push_str(NUMBER),
                (Kind::Comment, _) => redacted.push_str(if piece.text.starts_with("--") { "--" } else { "/* */" }),
                (Kind::Name, Some(names)) => redacted.push_str(&names.of_text(piece.text, before)),
                (Kind::Name | Kind::Other, _) => redacted.push_str(piece.text),
            }
            before = piece.text;
        }
        redacted
    }
}

/// A piece of SQL, as far as it matters here.
struct Piece<'t> {
    kind: Kind,
    text: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Comment,
    Name,
    Other,
}

impl<'t> Piece<'t> {
    fn all_of(text: &'t str) -> impl Iterator<Item = Self> {
        let mut before = "";
        tokens(text).into_iter().map(move |Token { range, kind }| {
            let piece = &text[range];
            let kind = match kind {
                TokenKind::Text | TokenKind::Unread => Kind::Text,
                // `SubPlan 1` is Postgres' own number.
                TokenKind::Number if matches!(before, "SubPlan" | "InitPlan") => Kind::Other,
                TokenKind::Number => Kind::Number,
                TokenKind::Comment => Kind::Comment,
                TokenKind::Name | TokenKind::QuotedName => Kind::Name,
                // What looks like no literal but has letters or digits is one that is not known.
                TokenKind::Operator if piece.contains(char::is_alphanumeric) => Kind::Text,
                _ => Kind::Other,
            };
            before = if piece.trim().is_empty() { before } else { piece };
            Self { kind, text: piece }
        })
    }
}

/// A message with what it quotes taken out.
fn without_quoted(message: &str) -> String {
    let mut redacted = String::new();
    let mut rest = message;
    while let Some((at, quote)) = rest.char_indices().find(|(_, c)| matches!(c, '"' | '\'' | '`')) {
        redacted.push_str(&rest[..at]);
        redacted.push_str("'?'");
        let after = &rest[at + 1..];
        // Names hold quotes, so up to the last one.
        rest = after.rfind(quote).map_or("", |end| &after[end + 1..]);
    }
    redacted + rest
}
