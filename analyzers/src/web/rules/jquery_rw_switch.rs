use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::place::Site;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/jquery-rw-switch"),
    summary: "the page reads its layout right after writing to it, through jQuery, again and again",
    docs: include_str!("jquery_rw_switch.md"),
    thresholds: &[
        Threshold {
            name: "warn_switches",
            default: 10.0,
            unit: "switches",
            reason: "each can make the browser lay the page out at once instead of once at the end",
        },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let jquery = context.page.capture.counts.rows().and_then(|counts| counts.jquery.as_ref());
    let switches = jquery.iter().flat_map(|jquery| &jquery.switches);
    switches.filter_map(|(site, count)| check_site(context, site, *count)).collect()
}

fn check_site(context: &Context<'_>, site: &Site, count: u64) -> Option<Problem> {
    let (count, limit) = (count as f64, context.limit("warn_switches"));
    (count >= limit).then(|| {
        let headline = format!("the layout was read here {} times right after it was changed", grouped(count));
        Problem::at(Severity::Warn, site.clone(), headline)
            .evidence(Evidence::against("reads after a write", Quantity::Count(count), Quantity::Count(limit)))
            .advice("read all that is needed first, then write: two loops instead of one")
    })
}
