//! The same for a server as a whole: statements and definitions hold literals, and nearly all else is names.

use super::names::Kind;
use super::{Redaction, without_quoted};
use crate::postgres::Overview;
use crate::postgres::overview::capture::{ForeignKey, Index, Missing, OverviewCapture, Part, Session, Table};

impl Redaction {
    /// What follows is worked out anew from what is left.
    pub(super) fn overview(&mut self, overview: Overview) -> Overview {
        let mut capture = overview.capture;
        // Tables and indexes first, or their names in statements would be taken for columns.
        each(&mut capture.tables, |table| self.table(table));
        each(&mut capture.indexes, |index| self.index(index));
        each(&mut capture.foreign_keys, |key| self.foreign_key(key));
        if let Part::Read(statements) = &mut capture.statements {
            statements.worst.iter_mut().for_each(|row| row.query = self.sql(&row.query));
        }
        each(&mut capture.sessions, |session| self.session(session));
        if self.names.is_some() {
            self.rename(Kind::Schema, &mut capture.server.database);
            self.rename(Kind::Alias, &mut capture.server.role);
            refusals(&mut capture);
        }
        Overview::of(capture)
    }

    fn session(&mut self, session: &mut Session) {
        session.query = session.query.as_deref().map(|query| self.sql(query));
        if self.names.is_some() {
            session.role.iter_mut().for_each(|role| self.rename(Kind::Alias, role));
            // What a client says of itself may hold anything.
            session.application = None;
        }
    }

    fn table(&mut self, table: &mut Table) {
        self.rename(Kind::Schema, &mut table.schema);
        self.rename(Kind::Relation, &mut table.name);
        if self.names.is_some() {
            table.quoted = format!("{}.{}", table.schema, table.name);
        }
    }

    fn index(&mut self, index: &mut Index) {
        let texts = [&mut index.definition].into_iter().chain(&mut index.keys).chain(&mut index.included);
        texts.chain(&mut index.predicate).for_each(|text| *text = self.sql(text));
        if self.names.is_none() {
            return;
        }
        self.rename(Kind::Schema, &mut index.schema);
        self.rename(Kind::Relation, &mut index.table);
        self.rename(Kind::Index, &mut index.name);
        index.foreign_keys.iter_mut().for_each(|name| self.rename(Kind::Constraint, name));
        // Made-up names need no quotes.
        index.quoted = format!("{}.{}", index.schema, index.name);
        index.quoted_table = format!("{}.{}", index.schema, index.table);
    }

    fn foreign_key(&mut self, key: &mut ForeignKey) {
        if self.names.is_none() {
            return;
        }
        key.references = self.sql(&key.references);
        self.rename(Kind::Schema, &mut key.schema);
        self.rename(Kind::Relation, &mut key.table);
        self.rename(Kind::Constraint, &mut key.name);
        key.columns.iter_mut().for_each(|column| self.rename(Kind::Column, column));
        key.quoted.clone_from(&key.columns);
        key.quoted_table = format!("{}.{}", key.schema, key.table);
    }
}

fn each<T>(part: &mut Part<Vec<T>>, change: impl FnMut(&mut T)) {
    if let Part::Read(rows) = part {
        rows.iter_mut().for_each(change);
    }
}

/// The server's words name what they are about.
fn refusals(capture: &mut OverviewCapture) {
    let words = |missing: Option<&mut Missing>| {
        if let Some(Missing::Refused(why)) = missing {
            *why = without_quoted(why);
        }
    };
    words(capture.statements.missing_mut());
    words(capture.sessions.missing_mut());
    words(capture.tables.missing_mut());
    words(capture.indexes.missing_mut());
    words(capture.foreign_keys.missing_mut());
}
