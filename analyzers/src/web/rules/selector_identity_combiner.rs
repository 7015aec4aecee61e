use crate::finding::{Evidence, Severity};
use crate::quantity::{Quantity};
use crate::rule::{Check, Rule, RuleId};
use crate::web::capture::{SelectorWarning, WarningKind};
use crate::web::page::SelectorSite;
use crate::web::{Context, Need, Problem};

use super::shared::warnings;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/selector-identity-combiner"),
    summary: "a selector gives back what it is given",
    docs: include_str!("selector_identity_combiner.md"),
    thresholds: &[],
    check: Check::Page(&[Need::Census], check),
};

/// By the texts of combiners, which say where they stand; where these say nothing, by what reselect warns of.
fn check(context: &Context<'_>) -> Vec<Problem> {
    let sites = context.page.selector_sites.iter();
    let found: Vec<Problem> = sites.filter(|site| is_identity(&site.combiner)).map(problem).collect();
    if found.is_empty() {
        let warnings = warnings(context, WarningKind::IdentityCombiner);
        return warnings.into_iter().filter_map(warned).collect();
    }
    found
}

/// The warning knows where the selector was called, not where it stands.
fn warned(warning: &SelectorWarning) -> Option<Problem> {
    let headline = "the combiner of a selector that is used here gives back its input".to_owned();
    let problem = Problem::at(Severity::Warn, warning.site.clone()?, headline);
    Some(problem.evidence(Evidence::of("warnings of the library", Quantity::Count(warning.count as f64))).advice(ADVICE))
}

const ADVICE: &str = "use the input selector itself: there is nothing to remember; if the combiner was to work on its \
                      input, move that work into it";

fn problem(site: &SelectorSite) -> Problem {
    Problem::at(Severity::Warn, site.site.clone(), "the combiner of this selector gives back its input".to_owned())
        .identified_by(&site.combiner)
        .evidence(Evidence::of("live selectors", Quantity::Count(site.instances as f64)))
        .evidence(Evidence::of("runs of their combiners", Quantity::Count(site.recomputations as f64)))
        .advice(ADVICE)
}

/// Whether a function is `x => x`, however it is written.
fn is_identity(text: &str) -> bool {
    let text = text.trim();
    if let Some((parameter, body)) = text.split_once("=>") {
        let parameter = parameter.trim().trim_start_matches('(').trim_end_matches(')').trim();
        return is_name(parameter) && returned(body) == parameter;
    }
    let Some((parameter, body)) = text.strip_prefix("function").and_then(|rest| rest.split_once('(')?.1.split_once(')'))
    else {
        return false;
    };
    is_name(parameter.trim()) && body.trim().starts_with('{') && returned(body) == parameter.trim()
}

/// What a body gives back, if that is all that it does.
fn returned(body: &str) -> &str {
    let body = body.trim();
    let Some(block) = body.strip_prefix('{').and_then(|block| block.strip_suffix('}')) else { return body };
    let value = block.trim().strip_prefix("return").unwrap_or_default();
    if value.starts_with(char::is_whitespace) { value.trim().trim_end_matches(';').trim_end() } else { "" }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

#[cfg(test)]
mod tests {
    use super::is_identity;

    #[test]
    fn an_identity_is_known_however_it_is_written() {
        for text in ["x=>x", "(x) => x", "x => { return x; }", "function (a) { return a }", "function same($){return $}"] {
            assert!(is_identity(text), "{text}");
        }
        for text in ["x=>x.items", "(x, y) => x", "x => y", "() => 1", "x => { returnx }", "function (a) { return b }", ""] {
            assert!(!is_identity(text), "{text}");
        }
    }
}
