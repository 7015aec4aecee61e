//! The same for what the catalogue said: definitions hold literals, and all else is names.

use super::names::{self, Kind};
use super::{NUMBER, Redaction, without_quoted};
use crate::postgres::Catalogue;
use crate::postgres::catalogue::Relation;

impl Redaction {
    pub(super) fn catalogue(&mut self, catalogue: &mut Catalogue) {
        for relation in &mut catalogue.relations {
            self.definitions(relation);
            self.names_of(relation);
        }
        if self.names.is_some() {
            for note in &mut catalogue.notes {
                *note = without_quoted(note);
            }
            for (_, value) in catalogue.settings.iter_mut().filter(|(name, _)| names::is_setting_of_names(name)) {
                NUMBER.clone_into(value);
            }
        }
    }

    fn definitions(&mut self, relation: &mut Relation) {
        for index in &mut relation.indexes {
            index.definition = self.sql(&index.definition);
            index.predicate = index.predicate.as_deref().map(|predicate| self.sql(predicate));
            for key in &mut index.keys {
                *key = self.sql(key);
            }
        }
        for statistics in &mut relation.extended_statistics {
            statistics.definition = self.sql(&statistics.definition);
            statistics.digest = None;
        }
        for found in relation.columns.iter_mut().filter_map(|column| column.statistics.as_mut()) {
            // Of few possible contents each could be tried.
            found.digest.clear();
        }
    }

    fn names_of(&mut self, relation: &mut Relation) {
        if self.names.is_none() {
            return;
        }
        relation.parent = relation.parent.as_deref().map(|parent| self.sql(parent));
        for key in &mut relation.foreign_keys {
            key.definition = self.sql(&key.definition);
            key.references = self.sql(&key.references);
        }
        for key in &mut relation.referenced_by {
            key.table = self.sql(&key.table);
        }
        for column in &mut relation.columns {
            column.data_type = self.sql(&column.data_type);
        }
        self.rename(Kind::Schema, &mut relation.schema);
        self.rename(Kind::Relation, &mut relation.name);
        relation.columns.iter_mut().for_each(|column| self.rename(Kind::Column, &mut column.name));
        relation.indexes.iter_mut().for_each(|index| self.rename(Kind::Index, &mut index.name));
        relation.extended_statistics.iter_mut().for_each(|it| self.rename(Kind::Constraint, &mut it.name));
        let own = relation.foreign_keys.iter_mut().map(|key| (&mut key.name, &mut key.columns));
        let others = relation.referenced_by.iter_mut().map(|key| (&mut key.name, &mut key.columns));
        for (name, columns) in own.chain(others) {
            self.rename(Kind::Constraint, name);
            for column in columns {
                self.rename(Kind::Column, column);
            }
        }
    }

    pub(super) fn rename(&mut self, kind: Kind, name: &mut String) {
        if let Some(names) = &mut self.names {
            *name = names.of_kind(kind, name);
        }
    }
}
