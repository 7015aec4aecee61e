//! SARIF 2.1.0, for tools that collect what other tools found; what the gate says of its targets is `gate/sarif.rs`.

use std::io::{self, Write};

use perf_look_analyzers::report::Reject;
use perf_look_analyzers::rule::rule;
use perf_look_analyzers::{Finding, Report, Severity};
use serde_json::{Value, json};

use crate::json::write_json;
use crate::spot::{Spot, uri};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: Vec<&str> = Vec::new();
    for finding in &report.findings {
        if !rules.contains(&finding.rule.0) {
            rules.push(finding.rule.0);
        }
    }
    let results: Vec<Value> = report.findings.iter().map(|finding| result(report, finding, &rules)).collect();
    let run = json!({
        "tool": driver(&rules.iter().map(|id| describe(id)).collect::<Vec<_>>()),
        "columnKind": "utf16CodeUnits",
        "invocations": [{
            "executionSuccessful": report.rejects.is_empty(),
            "toolExecutionNotifications": report.rejects.iter().map(notification).collect::<Vec<_>>(),
        }],
        "results": results,
    });
    write_log(&run, out)
}

/// A log of one run.
pub(crate) fn write_log(run: &Value, out: &mut dyn Write) -> io::Result<()> {
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    write_json(&log, out)?;
    out.write_all(b"\n")
}

/// The program, with the rules that said something.
pub(crate) fn driver(rules: &[Value]) -> Value {
    json!({ "driver": {
        "name": "perf-look",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    }})
}

/// A rule, with its page where it has one.
pub(crate) fn describe(id: &str) -> Value {
    let mut description = json!({ "id": id });
    if let Some(rule) = rule(id) {
        description["shortDescription"] = json!({ "text": rule.summary });
        description["help"] = json!({ "text": format!("perf-look explain {id}"), "markdown": rule.docs });
    }
    description
}

/// A place in a file of the repository.
pub(crate) fn physical(spot: Spot<'_>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(spot.file), "uriBaseId": "%SRCROOT%" } });
    if let Some(line) = spot.line {
        physical["region"] = json!({ "startLine": line });
        if let Some(column) = spot.column {
            physical["region"]["startColumn"] = column.into();
        }
    }
    physical
}

fn result(report: &Report, finding: &Finding, rules: &[&str]) -> Value {
    let name = report.name(finding.location.of());
    let text: Vec<String> = finding.lines().into_iter().skip(1).map(|(_, line)| line).collect();
    let place = format!("{name}: {}", finding.location.path());
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": place }] });
    if let Some(spot) = Spot::of(report, finding) {
        location["physicalLocation"] = physical(spot);
    }
    json!({
        "ruleId": finding.rule.0,
        "ruleIndex": rules.iter().position(|known| *known == finding.rule.0),
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Warn => "warning",
            Severity::Info => "note",
        },
        "message": { "text": format!("{}\n{}", finding.headline, text.join("\n")) },
        "locations": [location],
        "partialFingerprints": { "perfLook/v1": finding.fingerprint },
    })
}

fn notification(reject: &Reject) -> Value {
    let mut notification = json!({
        "level": "error",
        "message": { "text": format!("could not read {}: {}", reject.source, reject.why) },
    });
    if let Some(spot) = Spot::of_reject(&reject.source, reject.line) {
        notification["locations"] = json!([{ "physicalLocation": physical(spot) }]);
    }
    notification
}
