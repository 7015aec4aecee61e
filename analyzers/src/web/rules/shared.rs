//! What several rules say in the same way.

use crate::finding::{Evidence, Severity};
use crate::quantity::{Ms, Quantity};
use crate::web::capture::{ComponentRenders, MemoryPoint, SelectorWarning, WarningKind};
use crate::web::page::{Growth, growth};
pub(super) use crate::web::rule::WHOLE_PAGE;
use crate::web::trace::Trace;
use crate::web::{Context, Problem};

/// A number that was taken in several runs: judged by the one in the middle, the others tell how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) middle: f64,
    least: f64,
    most: f64,
    runs: usize,
}

impl Measured {
    /// None without any number. Of an even number of them the smaller one in the middle, which was measured.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        Some(Self { middle: values[(values.len() - 1) / 2], least, most, runs: values.len() })
    }

    /// Of the runs that have it.
    pub(super) fn over(runs: &[Trace], of: impl Fn(&Trace) -> Option<f64>) -> Option<Self> {
        Self::of(runs.iter().filter_map(of).collect())
    }

    /// The number with the limit that it broke, if it did, and how far runs differ.
    pub(super) fn evidence(self, what: &'static str, unit: fn(f64) -> Quantity, limit: Option<f64>) -> Vec<Evidence> {
        let mut evidence = vec![Evidence { what, observed: unit(self.middle), limit: limit.map(unit) }];
        if self.runs > 1 && self.least < self.most {
            evidence.push(Evidence::of("least in any run", unit(self.least)));
            evidence.push(Evidence::of("most in any run", unit(self.most)));
        }
        evidence
    }
}

impl Problem {
    /// Some more numbers.
    pub(super) fn with(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// The runs of the pass that takes times.
pub(super) fn runs<'a>(context: &Context<'a>) -> &'a [Trace] {
    context.page.capture.timing.rows().map_or(&[], |timing| &timing.runs)
}

/// What a library has warned of, by place; none where nothing was counted.
pub(super) fn warnings<'a>(context: &Context<'a>, kind: WarningKind) -> Vec<&'a SelectorWarning> {
    let counts = context.page.capture.counts.rows();
    counts.into_iter().flat_map(|counts| &counts.warnings).filter(|warning| warning.kind == kind).collect()
}

/// As a time, from ms.
pub(super) fn time(ms: f64) -> Quantity {
    Quantity::Time(Ms(ms))
}

/// Microseconds as ms.
pub(super) fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

/// The worse of two judgements.
pub(super) fn worse(left: Option<(Severity, f64)>, right: Option<(Severity, f64)>) -> Option<Severity> {
    left.map(|(severity, _)| severity).max(right.map(|(severity, _)| severity))
}

/// A number of the page that breaks the limits of the rule, `warn_…` and `error_…`: what it is, how that is said before
/// the number, and its unit.
pub(super) fn vital(
    context: &Context<'_>,
    value: Measured,
    (what, said, unit): (&'static str, &str, fn(f64) -> Quantity),
    limits: (&str, &str),
) -> Option<Problem> {
    let (severity, limit) = context.judge(value.middle, limits.0, limits.1)?;
    let headline = format!("{said} {}", unit(value.middle));
    Some(Problem::of(severity, WHOLE_PAGE, headline).with(value.evidence(what, unit, Some(limit))))
}

/// A problem of a React component, where it is defined if that is known.
pub(super) fn component(severity: Severity, row: &ComponentRenders, headline: &str) -> Problem {
    let name = if row.name.is_empty() { "a component" } else { &row.name };
    match &row.site {
        Some(site) => {
            // Where there is a source map that has no name, that of the build says nothing.
            let name = site.function().unwrap_or(if site.original.is_some() { "a component" } else { name });
            Problem::at(severity, site.clone(), format!("{name} was {headline}"))
        }
        None => Problem::of(severity, name, format!("{name} was {headline}")).identified_by(name),
    }
}

/// A number of the page's memory that grows with each repeat of the steps. None where a moment does not have it.
pub(super) fn leak(
    context: &Context<'_>,
    what: &'static str,
    of: impl Fn(&MemoryPoint) -> Option<u64>,
) -> Option<Problem> {
    let series: Vec<u64> = context.page.capture.census.rows()?.memory.iter().map(of).collect::<Option<_>>()?;
    let growth = growth(&series)?;
    let (severity, limit) = context.judge(growth.per_repeat(), "warn_per_repeat", "error_per_repeat")?;
    let severity = if matches!(growth, Growth::Steady(_)) { severity } else { Severity::Warn };
    let count = |number: u64| Quantity::Count(number as f64);
    let each = Quantity::Count(growth.per_repeat());
    let problem = Problem::of(severity, WHOLE_PAGE, format!("{what} grow by {each} with each repeat of the steps"))
        .evidence(Evidence::against("more with each repeat", each, Quantity::Count(limit)))
        .evidence(Evidence::of("after loading", count(*series.first()?)))
        .evidence(Evidence::of("after the last repeat", count(*series.last()?)));
    Some(problem.identified_by(what))
}
