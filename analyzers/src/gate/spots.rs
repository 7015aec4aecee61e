//! Where the work of a page is done, so that of a sum that grew can be said what grew in it.

use std::collections::BTreeMap;

use crate::compare::pages::Addresses;
use crate::web::Page;
use crate::web::page::Author;
use crate::web::place::Site;

use super::baseline::Number;
use super::counters::{MATCH_ATTEMPTS, SCRIPT_BLOCKS, SCRIPT_CALLS};

/// How many of a counter a baseline keeps: most pages do nearly all in fewer places, and its file is read by people.
const KEPT: usize = 10;

/// What is done at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// How often.
    pub count: f64,
    /// Where, as a reader finds it.
    pub place: String,
    /// What of it is done at that very place, where several are known by one name.
    most: u64,
}

/// The places of one counter, by what they are known by in another version of the page.
pub type Spots = BTreeMap<String, Spot>;

/// The places of each counter of work.
pub(super) fn of_page(page: &Page) -> BTreeMap<&'static str, Spots> {
    let mut all: BTreeMap<&'static str, Spots> = BTreeMap::new();
    let mut put = |counter, known, place, count| add(all.entry(counter).or_default(), known, place, count);
    let addresses = Addresses::of(page);
    let file = |site: &Site| addresses.file(site.file()).into_owned();
    if let Some(counts) = page.capture.counts.rows() {
        for row in &counts.calls {
            let known = match site_function(&row.site) {
                Some(function) => format!("{} {function}", file(&row.site)),
                None => format!("{} {}", file(&row.site), code(page, &row.site)),
            };
            put(SCRIPT_BLOCKS, known.clone(), row.site.to_string(), row.calls.total());
            put(SCRIPT_CALLS, known, row.site.to_string(), row.calls.total());
        }
        for row in &counts.loops {
            let known = format!("{} {} loop", file(&row.site), site_function(&row.site).unwrap_or_default());
            put(SCRIPT_BLOCKS, known, row.site.to_string(), row.turns.total());
        }
    }
    for row in page.css_selectors.iter().filter(|row| row.author == Author::Page) {
        let place = row.site.as_ref().map_or_else(|| row.selector.clone(), |site| format!("{site} {}", row.selector));
        let of_file = row.site.as_ref().map(file).unwrap_or_default();
        put(MATCH_ATTEMPTS, format!("{of_file} {}", row.selector), place, row.match_attempts);
    }
    all
}

fn site_function(site: &Site) -> Option<&str> {
    site.function().filter(|name| !name.is_empty())
}

fn add(spots: &mut Spots, known: String, place: String, count: u64) {
    let spot = spots.entry(known).or_insert_with(|| Spot { count: 0.0, place: String::new(), most: 0 });
    spot.count += count as f64;
    if spot.place.is_empty() || count > spot.most {
        (spot.place, spot.most) = (place, count);
    }
}

/// The code at a place: a function without a name is known by that. Empty where it was not kept.
fn code(page: &Page, site: &Site) -> String {
    /// As much as tells functions of one file apart.
    const CHARACTERS: usize = 40;
    let Some((excerpt, line)) = page.excerpt(site) else { return String::new() };
    let before = site.position().column.saturating_sub(excerpt.column.unwrap_or(1));
    let text = excerpt.lines.get(line).map_or("", String::as_str);
    let at_place: String = text.chars().skip(before as usize).take(CHARACTERS).collect();
    at_place.trim().to_owned()
}

/// Those that do most, as a baseline keeps them.
pub(super) fn kept(spots: &Spots) -> BTreeMap<String, Number> {
    let mut most: Vec<(&String, &Spot)> = spots.iter().filter(|(_, spot)| spot.count > 0.0).collect();
    most.sort_by(|left, right| right.1.count.total_cmp(&left.1.count).then(left.0.cmp(right.0)));
    most.into_iter().take(KEPT).map(|(known, spot)| (known.clone(), Number(spot.count))).collect()
}

/// The place of what grew most since a baseline. What that does not hold did at most as much as the last that it holds.
pub(super) fn grown<'s>(was: &BTreeMap<String, Number>, is: &'s Spots) -> Option<&'s str> {
    let least = was.values().map(|number| number.0).min_by(f64::total_cmp);
    let least = least.filter(|_| was.len() >= KEPT).unwrap_or(0.0);
    let grew = |known: &String, spot: &Spot| spot.count - was.get(known).map_or(least, |number| number.0);
    let most = is
        .iter()
        .max_by(|left, right| grew(left.0, left.1).total_cmp(&grew(right.0, right.1)).then(right.0.cmp(left.0)))?;
    (grew(most.0, most.1) > 0.0).then_some(most.1.place.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots(counts: &[(&str, u64)]) -> Spots {
        let mut spots = Spots::new();
        for (name, count) in counts {
            add(&mut spots, (*name).to_owned(), format!("at {name}"), *count);
        }
        spots
    }

    #[test]
    fn what_grew_most_is_named_and_not_what_is_largest() {
        let was = kept(&spots(&[("large", 9_000), ("small", 10)]));
        assert_eq!(grown(&was, &spots(&[("large", 9_100), ("small", 500)])), Some("at small"));
        assert_eq!(grown(&was, &spots(&[("large", 9_100), ("new", 200)])), Some("at new"));
        assert_eq!(grown(&was, &spots(&[("large", 8_000)])), None);
    }

    #[test]
    fn what_a_baseline_does_not_hold_may_have_been_there() {
        let names: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
        let all: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 100)).collect();
        let was = kept(&spots(&all));
        assert_eq!(was.len(), KEPT);
        let now = [all, vec![("grew", 150)]].concat();
        assert_eq!(grown(&was, &spots(&now)), Some("at grew"));
    }

    #[test]
    fn of_several_by_one_name_the_largest_is_shown() {
        let mut both = spots(&[("a", 5)]);
        add(&mut both, "a".to_owned(), "at another".to_owned(), 7);
        assert_eq!((both["a"].count, both["a"].place.as_str()), (12.0, "at another"));
    }
}
