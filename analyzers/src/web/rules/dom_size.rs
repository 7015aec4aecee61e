use crate::finding::Evidence;
use crate::quantity::{Quantity, grouped};
use crate::rule::{Check, Rule, RuleId, Threshold};
use crate::web::trace::DomStats;
use crate::web::{Context, Need, Problem};

use super::shared::WHOLE_PAGE;

pub(super) static RULE: Rule = Rule {
    id: RuleId("web/dom-size"),
    summary: "the document is large, deep, or has very many elements side by side",
    docs: include_str!("dom_size.md"),
    thresholds: &[
        Threshold { name: "warn_elements", default: 1_400.0, unit: "elements", reason: "half of all pages have fewer" },
        Threshold { name: "error_elements", default: 5_000.0, unit: "elements", reason: "each change of style may have to look at all of them" },
        Threshold { name: "warn_depth", default: 32.0, unit: "levels", reason: "deeper trees cost more in layout, and rarely say more" },
        Threshold { name: "error_depth", default: 64.0, unit: "levels", reason: "twice that" },
        Threshold { name: "warn_children", default: 60.0, unit: "elements", reason: "more than a screen shows" },
        Threshold { name: "error_children", default: 1_000.0, unit: "elements", reason: "a list that should show only what is in view" },
    ],
    check: Check::Page(&[Need::Counts], check),
};

fn check(context: &Context<'_>) -> Vec<Problem> {
    let Some(document) = context.page.capture.counts.rows().map(|counts| counts.document) else { return Vec::new() };
    let elements = grouped(document.elements as f64);
    let measures = [
        Measure {
            what: "elements",
            value: document.elements,
            limits: ("warn_elements", "error_elements"),
            headline: format!("the document has {elements} elements"),
            about: None,
            advice: "show what is in view: a window of the rows, closed parts without content; what \
                     matching selectors and layouts cost grows with this number",
        },
        Measure {
            what: "levels",
            value: document.depth,
            limits: ("warn_depth", "error_depth"),
            headline: format!("elements are nested {} levels deep", document.depth),
            about: named(context, |dom| dom.deepest.clone()),
            advice: "leave out wrappers that only carry a style: grid and flex need fewer, fragments need none",
        },
        Measure {
            what: "children of one element",
            value: document.children,
            limits: ("warn_children", "error_children"),
            headline: format!("one element has {} children", grouped(document.children as f64)),
            about: named(context, |dom| dom.widest.clone()),
            advice: "show a window of the list (virtual scrolling), or pages; content-visibility: auto spares the \
                     layout of what is out of view",
        },
    ];
    measures.into_iter().filter_map(|measure| measure.problem(context)).collect()
}

/// One of the sizes of a document.
struct Measure {
    what: &'static str,
    value: u64,
    limits: (&'static str, &'static str),
    headline: String,
    /// The element, where it is known.
    about: Option<String>,
    advice: &'static str,
}

impl Measure {
    fn problem(self, context: &Context<'_>) -> Option<Problem> {
        let (severity, limit) = context.judge(self.value as f64, self.limits.0, self.limits.1)?;
        let evidence =
            Evidence::against(self.what, Quantity::Count(self.value as f64), Quantity::Count(limit));
        let about = self.about.unwrap_or_else(|| WHOLE_PAGE.to_owned());
        Some(Problem::of(severity, about, self.headline).identified_by(self.what).evidence(evidence).advice(self.advice))
    }
}

/// What the pass that takes times says of the same document.
fn named(context: &Context<'_>, of: impl Fn(&DomStats) -> Option<String>) -> Option<String> {
    context.page.trace().and_then(|run| run.dom.as_ref()).and_then(of)
}
