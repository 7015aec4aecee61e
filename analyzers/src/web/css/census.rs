//! All stylesheets of a page together: how much there is, the extremes with their places, and what is there twice.

use std::collections::BTreeMap;

use super::read;
use super::sheet::{Rule, Selector, Sheet, Specificity, Tally};
use crate::web::place::Position;

/// A stylesheet as a page has it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its address, or what else tells it from the others.
    pub name: &'a str,
    /// Its text as the browser has it.
    pub text: &'a str,
    /// How many documents and shadow trees have it.
    pub copies: u64,
}

/// A text of a page's stylesheets, once for all sheets that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of the first sheet that has it.
    pub name: String,
    /// How many sheets, documents and shadow trees have it.
    pub copies: u64,
    /// What is in it.
    pub sheet: Sheet,
}

/// A place in a page's stylesheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the sheet in [`Census::sheets`].
    pub sheet: usize,
    /// Where in it.
    pub at: Position,
}

/// A selector that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extreme {
    /// Where it is.
    pub place: Place,
    /// As it is written.
    pub text: String,
    /// How specific it is.
    pub specificity: Specificity,
    /// How complex it is.
    pub complexity: u32,
}

/// Rules with one list of selectors in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The selectors, as the first of the rules has them.
    pub selectors: String,
    /// The at-rules around it, the outermost first.
    pub contexts: Vec<String>,
    /// Of all of them, in the order of the sheets.
    pub places: Vec<Place>,
    /// How many of them have the same declarations as one before them.
    pub alike: usize,
}

/// Rules that could be fewer, over the different texts of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Duplicates {
    /// Rules whose list of selectors was there before, in the same context.
    pub lists: usize,
    /// Of these, the rules whose declarations were there before too.
    pub wholes: usize,
    /// Those with the most rules, [`Duplicates::SHOWN`] at most.
    pub most: Vec<Duplicate>,
}

impl Duplicates {
    /// More would tell a reader nothing.
    pub const SHOWN: usize = 20;
}

/// What the stylesheets of a page hold together. A text that several sheets have counts once, unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Census {
    /// Each text once, in the order of the page.
    pub sheets: Vec<Entry>,
    /// Selectors, and how many of them are written differently.
    pub selectors: Tally,
    /// How many selectors of each specificity there are.
    pub specificities: BTreeMap<Specificity, usize>,
    /// How many selectors of each complexity there are.
    pub complexities: BTreeMap<u32, usize>,
    /// The first of the most specific selectors.
    pub most_specific: Option<Extreme>,
    /// The first of the most complex selectors.
    pub most_complex: Option<Extreme>,
    /// What is there twice.
    pub duplicates: Duplicates,
}

impl Census {
    /// Reads and counts all sheets of a page.
    pub fn of(sources: &[Source<'_>]) -> Self {
        let (sheets, texts) = distinct(sources);
        let mut census = Self { sheets, ..Self::default() };
        census.selectors = census.tally();
        for entry in &census.sheets {
            for selector in &entry.sheet.selectors {
                *census.specificities.entry(selector.specificity).or_default() += 1;
                *census.complexities.entry(selector.complexity).or_default() += 1;
            }
        }
        census.most_specific = census.extreme(&texts, |selector| selector.specificity);
        census.most_complex = census.extreme(&texts, |selector| selector.complexity);
        census.duplicates = census.duplicates(&texts);
        census
    }

    /// Of all texts.
    pub fn bytes(&self) -> usize {
        self.sum(|sheet| sheet.bytes)
    }

    /// Style rules.
    pub fn rules(&self) -> usize {
        self.sum(|sheet| sheet.rules.len())
    }

    /// In all rules, keyframes and descriptors.
    pub fn declarations(&self) -> usize {
        self.sum(|sheet| sheet.declarations.tally.total)
    }

    /// What a browser drops.
    pub fn rejects(&self) -> usize {
        self.sum(|sheet| sheet.rejects.total())
    }

    /// Selectors, those of each copy of a text.
    pub fn live_selectors(&self) -> u64 {
        self.sheets.iter().map(|entry| entry.copies.saturating_mul(entry.sheet.selectors.len() as u64)).sum()
    }

    /// Different selectors of all; none where there are no selectors.
    pub fn uniqueness(&self) -> Option<f64> {
        let Tally { total, unique } = self.selectors;
        (total > 0).then(|| unique as f64 / total as f64)
    }

    /// Mean complexity of the selectors; none where there are none.
    pub fn mean_complexity(&self) -> Option<f64> {
        let sum: u64 = self.complexities.iter().map(|(score, count)| u64::from(*score) * *count as u64).sum();
        (self.selectors.total > 0).then(|| sum as f64 / self.selectors.total as f64)
    }

    /// How many selectors are more complex than this.
    pub fn more_complex_than(&self, limit: u32) -> usize {
        self.complexities.range(limit.saturating_add(1)..).map(|(_, count)| count).sum()
    }

    /// How many selectors have at least so many ids.
    pub fn with_ids(&self, ids: u32) -> usize {
        let from = Specificity { ids, ..Specificity::default() };
        self.specificities.range(from..).map(|(_, count)| count).sum()
    }

    /// How many selectors have at least so many classes, attributes and pseudo-classes.
    pub fn with_classes(&self, classes: u32) -> usize {
        let many = self.specificities.iter().filter(|(specificity, _)| specificity.classes >= classes);
        many.map(|(_, count)| count).sum()
    }

    /// Texts that at least so many sheets, documents and shadow trees have, most first.
    pub fn copied(&self, times: u64) -> Vec<&Entry> {
        let mut copied: Vec<&Entry> = self.sheets.iter().filter(|entry| entry.copies >= times).collect();
        copied.sort_by_key(|entry| std::cmp::Reverse(entry.copies));
        copied
    }

    fn sum(&self, number: impl Fn(&Sheet) -> usize) -> usize {
        self.sheets.iter().map(|entry| number(&entry.sheet)).sum()
    }

    fn tally(&self) -> Tally {
        let selectors = self.sheets.iter().flat_map(|entry| &entry.sheet.selectors);
        let mut written: Vec<u64> = selectors.map(|selector| selector.written).collect();
        let total = written.len();
        written.sort_unstable();
        written.dedup();
        Tally { total, unique: written.len() }
    }

    fn extreme<K: Ord>(&self, texts: &[&str], key: impl Fn(&Selector) -> K) -> Option<Extreme> {
        let all = self.sheets.iter().enumerate();
        let selectors = all.flat_map(|(sheet, entry)| entry.sheet.selectors.iter().map(move |found| (sheet, found)));
        // The first of several: `max_by_key` would take the last.
        let (sheet, selector) = selectors.reduce(|most, next| if key(most.1) < key(next.1) { next } else { most })?;
        Some(Extreme {
            place: Place { sheet, at: selector.at },
            text: selector.span.of(texts.get(sheet)?).to_owned(),
            specificity: selector.specificity,
            complexity: selector.complexity,
        })
    }
}

/// A rule among all of a page's, with what it shares with those like it.
struct Shared<'a> {
    sheet: usize,
    rule: &'a Rule,
}

impl Census {
    fn duplicates(&self, texts: &[&str]) -> Duplicates {
        let all = self.sheets.iter().enumerate();
        let mut rules: Vec<Shared<'_>> =
            all.flat_map(|(sheet, entry)| entry.sheet.rules.iter().map(move |rule| Shared { sheet, rule })).collect();
        // Stable, so that those of one list stay in the order of the page.
        rules.sort_by_key(|shared| shared.rule.list);
        let mut groups: Vec<&[Shared<'_>]> =
            rules.chunk_by(|a, b| a.rule.list == b.rule.list).filter(|group| group.len() > 1).collect();
        let lists = groups.iter().map(|group| group.len() - 1).sum();
        let wholes = groups.iter().map(|group| alike(group)).sum();
        groups.sort_by_key(|group| (std::cmp::Reverse(group.len()), place(&group[0])));
        groups.truncate(Duplicates::SHOWN);
        Duplicates { lists, wholes, most: groups.iter().filter_map(|group| self.duplicate(group, texts)).collect() }
    }

    fn duplicate(&self, group: &[Shared<'_>], texts: &[&str]) -> Option<Duplicate> {
        let first = group.first()?;
        let (sheet, text) = (&self.sheets.get(first.sheet)?.sheet, texts.get(first.sheet)?);
        let selectors = sheet.selectors_of(first.rule).iter().map(|selector| selector.span.of(text));
        Some(Duplicate {
            selectors: selectors.collect::<Vec<_>>().join(", "),
            contexts: sheet.contexts_of(first.rule).iter().map(|context| context.span.of(text).to_owned()).collect(),
            places: group.iter().map(place).collect(),
            alike: alike(group),
        })
    }
}

fn place(shared: &Shared<'_>) -> Place {
    Place { sheet: shared.sheet, at: shared.rule.at }
}

/// How many rules of a group have the declarations of one before them.
fn alike(group: &[Shared<'_>]) -> usize {
    let mut wholes: Vec<u64> = group.iter().map(|shared| shared.rule.whole).collect();
    wholes.sort_unstable();
    wholes.dedup();
    group.len() - wholes.len()
}

/// Reads each text once.
fn distinct<'a>(sources: &[Source<'a>]) -> (Vec<Entry>, Vec<&'a str>) {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut entries, mut texts) = (Vec::<Entry>::new(), Vec::new());
    for source in sources {
        let index = *known.entry(source.text).or_insert(entries.len());
        if let Some(entry) = entries.get_mut(index) {
            entry.copies = entry.copies.saturating_add(source.copies);
            continue;
        }
        entries.push(Entry { name: source.name.to_owned(), copies: source.copies, sheet: read(source.text) });
        texts.push(source.text);
    }
    (entries, texts)
}
