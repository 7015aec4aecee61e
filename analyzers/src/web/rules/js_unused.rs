use crate::finding::{Evidence, Severity};
use crate::quantity::Quantity;
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::capture::ScriptUse;
use crate::web::{Context, Need, Problem};

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/js-unused"),
    summary: "much of a script never ran",
    docs: include_str!("js_unused.md"),
    thresholds: &[Threshold {
        name: "warn_bytes",
        default: 20_480.0,
        unit: "bytes",
        reason: "in functions of one script that never ran; less is read and compiled in no time that is felt",
    }],
    check: Check::Page(&[Need::Counts], check),
};

/// The source files that are named: those with most that never ran.
const NAMED: usize = 3;

fn check(context: &Context<'_>) -> Vec<Problem> {
    let scripts = context.page.capture.counts.rows().into_iter().flat_map(|counts| &counts.scripts);
    scripts.filter_map(|script| check_script(context, script)).collect()
}

fn check_script(context: &Context<'_>, script: &ScriptUse) -> Option<Problem> {
    let (unused, limit) = (script.unused_bytes as f64, context.limit("warn_bytes"));
    if unused < limit || script.bytes == 0 {
        return None;
    }
    let headline = format!("{} of {} of a script never ran", Quantity::Bytes(unused), Quantity::Bytes(script.bytes as f64));
    let problem = Problem::of(Severity::Warn, script.url.as_str(), headline)
        .evidence(Evidence::against("bytes that never ran", Quantity::Bytes(unused), Quantity::Bytes(limit)))
        .evidence(Evidence::of("of the script", Quantity::Share(unused / script.bytes as f64)));
    Some(problem.advice(format!(
        "load with import() what the first view does not need{}; leave out what nothing calls",
        most(script)
    )))
}

fn most(script: &ScriptUse) -> String {
    let mut sources: Vec<_> = script.sources.iter().filter(|(.., unused)| *unused > 0).collect();
    sources.sort_by(|left, right| right.2.cmp(&left.2).then_with(|| left.0.cmp(&right.0)));
    let named = sources.iter().take(NAMED).map(|(name, _, unused)| format!("{name} ({})", Quantity::Bytes(*unused as f64)));
    let named: Vec<String> = named.collect();
    if named.is_empty() { String::new() } else { format!(", most of it in {}", named.join(", ")) }
}
