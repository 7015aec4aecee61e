//! One thing of one capture, on its way to be paired.

use crate::web::place::{Position, Site};

use super::Addresses;

/// A thing that was counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thing {
    /// What it is known by, the strictest first; the first is its identity.
    pub(super) keys: Vec<String>,
    pub(super) name: String,
    pub(super) site: Option<Site>,
    /// Of several with one key those at the same place are the same.
    pub(super) at: Option<Position>,
    pub(super) number: f64,
}

impl Thing {
    /// Known by its name alone.
    pub(crate) fn named(name: &str) -> Self {
        Self { keys: vec![name.to_owned()], name: name.to_owned(), ..Self::default() }
    }

    /// Known by its file and function, and by where exactly it is: builds give names to what has none.
    pub(super) fn at(site: &Site, addresses: Addresses<'_>) -> Self {
        let exactly = format!("{}:{}", addresses.file(site.file()), site.position());
        Self {
            keys: vec![addresses.place(site), exactly],
            name: String::new(),
            site: Some(site.clone()),
            at: Some(site.position()),
            number: 0.0,
        }
    }

    /// One of several things at one place.
    pub(super) fn called(mut self, name: &str) -> Self {
        for key in &mut self.keys {
            *key = format!("{name} {key}");
        }
        self.showing(name)
    }

    /// Known by another key alone.
    pub(super) fn identified(self, key: String) -> Self {
        Self { keys: vec![key], ..self }
    }

    /// With words beside its place.
    pub(super) fn showing(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// By what else it is known, where its first key finds none.
    pub(super) fn or_known_as(mut self, key: String) -> Self {
        self.keys.push(key);
        self
    }

    pub(crate) fn standing_at(mut self, at: Option<Position>) -> Self {
        self.at = at;
        self
    }

    pub(super) fn counted(mut self, number: u64) -> Self {
        self.number = number as f64;
        self
    }

    /// Measured in µs, said in ms.
    pub(super) fn lasted(mut self, us: u64) -> Self {
        self.number = us as f64 / 1000.0;
        self
    }
}
