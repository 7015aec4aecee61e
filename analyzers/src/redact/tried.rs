//! The same for what was tried: indexes are names, and their expressions hold literals.

use super::Redaction;
use super::names::Kind;
use crate::postgres::verify::{IndexDefinition, Tried, TriedIndexes};

impl Redaction {
    pub(super) fn tried(&mut self, tried: &mut Tried) {
        if let Some(TriedIndexes::Tried { trials, .. }) = &mut tried.indexes {
            for trial in trials {
                self.definition(&mut trial.index);
            }
        }
        for built in &mut tried.built {
            self.definition(&mut built.index);
        }
    }

    fn definition(&mut self, index: &mut IndexDefinition) {
        for key in index.keys.iter_mut().chain(&mut index.include) {
            *key = self.sql(key);
        }
        if let Some(names) = &mut self.names {
            index.schema = names.of_kind(Kind::Schema, &index.schema);
            index.table = names.of_kind(Kind::Relation, &index.table);
        }
    }
}
