//! What is outside the nodes, side by side: planning, triggers, just-in-time compilation, start and stop.

use crate::quantity::Ms;
use crate::report::Subject;

/// A frame beside the nodes, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Outside {
    /// As the report calls it: `Trigger audit on orders`.
    pub name: String,
    /// What it took; none where it is not there.
    pub before: Option<Ms>,
    /// What it took; none where it is gone.
    pub after: Option<Ms>,
}

/// What could not be placed, so that the differences add up where parts took more than the whole.
const NOT_PLACED: &str = "Not placed, parts took more than the whole";

impl Outside {
    /// How much longer it took; what is not there took nothing.
    pub fn delta(&self) -> Ms {
        self.after.unwrap_or_default() - self.before.unwrap_or_default()
    }

    /// Whether it is a part of Execution Time.
    pub fn is_executed(&self) -> bool {
        self.name != "Planning"
    }

    /// Whether it is a thing that ran, not a correction.
    pub fn is_placed(&self) -> bool {
        self.name != NOT_PLACED
    }
}

/// The frames of both, in the order of reports; several of one name in their order.
pub(super) fn outside(before: &Subject, after: &Subject) -> Vec<Outside> {
    let (was, mut is) = (frames(before), frames(after));
    let mut pairs = Vec::with_capacity(was.len().max(is.len()));
    for (name, own) in was {
        let place = is.iter().position(|(other, _)| *other == name);
        let after = place.map(|place| is.remove(place).1);
        pairs.push(Outside { name, before: Some(own), after });
    }
    pairs.extend(is.into_iter().map(|(name, own)| Outside { name, before: None, after: Some(own) }));
    pairs.sort_by_key(|pair| rank(&pair.name));
    pairs
}

/// `After root` frames have no time of their own: theirs is in their nodes.
fn frames(subject: &Subject) -> Vec<(String, Ms)> {
    let attribution = &subject.attribution;
    let frames = attribution.frames.iter().filter(|frame| !frame.name.starts_with("After root"));
    let frames = frames.map(|frame| (frame.name.clone(), frame.own));
    frames.chain(attribution.remainder.map(|rest| (NOT_PLACED.to_owned(), rest))).collect()
}

fn rank(name: &str) -> usize {
    match name {
        "Planning" => 0,
        "JIT" => 2,
        "Start/stop" => 3,
        NOT_PLACED => 4,
        _ => 1,
    }
}
