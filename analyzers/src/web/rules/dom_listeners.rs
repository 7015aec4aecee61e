use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-listeners"),
    summary: "the document has many event listeners",
    docs: include_str!("dom_listeners.md"),
    thresholds: &[
        Threshold {
            name: "warn_listeners",
            default: 1_000.0,
            unit: "listeners",
            reason: "more than a page has parts to click: one for each row of a list",
        },
        Threshold {
            name: "error_listeners",
            default: 5_000.0,
            unit: "listeners",
            reason: "each keeps its function, and what that refers to, alive",
        },
        Threshold {
            name: "warn_from_one_place",
            default: 100.0,
            unit: "listeners",
            reason: "a line that runs once a row, where one listener around them would do",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let Some(counts) = context.page.capture.counts.rows() else { return Vec::new() };
    let mut places = counts.listeners.iter();
    let of_page = whole(context, counts.document.listeners as f64, counts.listeners.first());
    if of_page.is_some() {
        // The finding of the page is about the place where most are from.
        places.next();
    }
    of_page.into_iter().chain(places.filter_map(|place| one_place(context, place))).collect()
}

fn whole(context: &Context<'_>, listeners: f64, most: Option<&(Site, u64)>) -> Option<Problem> {
    let (severity, limit) = context.judge(listeners, "warn_listeners", "error_listeners")?;
    let all = Evidence::against("listeners", Quantity::Count(listeners), Quantity::Count(limit));
    let headline = format!("the document has {} event listeners", grouped(listeners));
    let problem = match most {
        Some((site, count)) => {
            let count = *count as f64;
            Problem::at(severity, site.clone(), format!("{headline}, {} of them with this function", grouped(count)))
                .evidence(all)
                .evidence(Evidence::of("from this place", Quantity::Count(count)))
        }
        None => Problem::of(severity, WHOLE_PAGE, headline).evidence(all),
    };
    Some(problem.advice(ADVICE))
}

fn one_place(context: &Context<'_>, (site, count): &(Site, u64)) -> Option<Problem> {
    let (count, limit) = (*count as f64, context.limit("warn_from_one_place"));
    if count < limit {
        return None;
    }
    let headline = format!("{} event listeners are functions of this place", grouped(count));
    let evidence = Evidence::against("from this place", Quantity::Count(count), Quantity::Count(limit));
    Some(Problem::at(Severity::Warn, site.clone(), headline).evidence(evidence).advice(ADVICE))
}

const ADVICE: &str =
    "listen once on an element around them, and look at event.target to see which one it was (event delegation)";
