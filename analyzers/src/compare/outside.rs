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

/// The frames of both, in the order of reports.
pub(super) fn outside(before: &Subject, after: &Subject) -> Vec<Outside> {
    let (was, is) = (frames(before), frames(after));
    let names = |frames: &[(String, Ms)]| frames.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let became = counterparts(&names(&was), &names(&is));
    let is_new = |place: &usize| !became.contains(&Some(*place));
    let come: Vec<usize> = (0..is.len()).filter(is_new).collect();
    let was = was.into_iter().zip(&became).map(|((name, own), new)| Outside {
        name,
        before: Some(own),
        after: new.map(|place| is[place].1),
    });
    let come = come.iter().map(|place| Outside { name: is[*place].0.clone(), before: None, after: Some(is[*place].1) });
    let mut pairs: Vec<Outside> = was.chain(come).collect();
    pairs.sort_by_key(|pair| rank(&pair.name));
    pairs
}

/// For each name before its place after: the same name, else the same constraint; several of one name in their order.
pub(crate) fn counterparts<S: AsRef<str>>(before: &[S], after: &[S]) -> Vec<Option<usize>> {
    let (mut became, mut is_taken) = (vec![None; before.len()], vec![false; after.len()]);
    for known_by in [|name| name, key] as [fn(&str) -> &str; 2] {
        for (name, place) in before.iter().zip(&mut became).filter(|(_, place)| place.is_none()) {
            let same = |new: &usize| !is_taken[*new] && known_by(after[*new].as_ref()) == known_by(name.as_ref());
            *place = (0..after.len()).find(same);
            if let Some(new) = *place {
                is_taken[new] = true;
            }
        }
    }
    became
}

/// What a frame is known by in both plans. The trigger of a constraint has a name with a number in it, which is another
/// one in each database and which TEXT does not print, nor does it always print the table.
fn key(name: &str) -> &str {
    let Some(trigger) = name.strip_prefix("Trigger ") else { return name };
    let known = trigger.split_once("for constraint ").map_or(trigger, |(_, constraint)| constraint);
    known.rsplit_once(" on ").map_or(known, |(known, _)| known)
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
