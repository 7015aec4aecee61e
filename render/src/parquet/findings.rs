//! The table `findings`: a row a finding, those of pages too.

use parquet_derive::ParquetRecordWriter;
use perf_look_analyzers::{Finding, Report};

use super::{Day, Keys};

#[derive(ParquetRecordWriter)]
pub(super) struct Row {
    statement: Option<String>,
    plan: Option<String>,
    subject: String,
    rule: String,
    severity: String,
    node: Option<i64>,
    location: String,
    headline: String,
    impact_ms: Option<f64>,
    impact_share: Option<f64>,
    workload_share: Option<f64>,
    confidence: String,
    advice: Option<String>,
    sql: Option<String>,
    fingerprint: String,
}

pub(super) fn rows(report: &Report) -> impl Iterator<Item = (Day, Row)> {
    report.findings.iter().map(|finding| {
        let keys = finding.location.subject().map(|subject| Keys::of(report, subject));
        (keys.as_ref().and_then(|keys| keys.day.clone()), row(report, finding, keys.as_ref()))
    })
}

fn row(report: &Report, finding: &Finding, keys: Option<&Keys>) -> Row {
    Row {
        statement: keys.and_then(|keys| keys.statement.clone()),
        plan: keys.map(|keys| keys.plan.clone()),
        subject: report.name(finding.location.of()).to_owned(),
        rule: finding.rule.0.to_owned(),
        severity: finding.severity.as_str().to_owned(),
        node: finding.location.node().map(|node| i64::from(node.number())),
        location: finding.location.path().to_owned(),
        headline: finding.headline.clone(),
        impact_ms: finding.impact.map(|ms| ms.0),
        impact_share: finding.share,
        workload_share: finding.workload_share,
        confidence: finding.confidence.as_str().to_owned(),
        advice: finding.advice.first().map(|advice| advice.text.clone()),
        sql: finding.advice.iter().find_map(|advice| advice.sql.clone()),
        fingerprint: finding.fingerprint.clone(),
    }
}
