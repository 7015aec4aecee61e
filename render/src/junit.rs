//! JUnit's XML: a case each plan and page; what is worth stopping for is a failure, the rest is its output.

use std::io::{self, Write};

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::report::Reject;
use perf_look_analyzers::{Finding, Report, Severity, safe};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let plans = (0..report.subjects.len()).map(Of::Plan);
    let cases: Vec<Of> = plans.chain((0..report.pages.len()).map(Of::Page)).collect();
    let failures = cases.iter().filter(|of| failures(report, **of).next().is_some()).count();
    let counts = [
        ("name", "perf-look".to_owned()),
        ("tests", (cases.len() + report.rejects.len()).to_string()),
        ("failures", failures.to_string()),
        ("errors", report.rejects.len().to_string()),
    ];
    let mut xml = document()?;
    xml.create_element("testsuites").with_attributes(pairs(&counts)).write_inner_content(|xml| {
        xml.create_element("testsuite").with_attributes(pairs(&counts)).write_inner_content(|xml| {
            cases.iter().try_for_each(|of| case(xml, report, *of))?;
            report.rejects.iter().try_for_each(|reject| unread(xml, reject))
        })?;
        Ok(())
    })?;
    finish(xml, out)
}

/// An XML document that is being written.
pub(crate) type Xml = Writer<Vec<u8>>;

/// A new one.
pub(crate) fn document() -> io::Result<Xml> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    Ok(xml)
}

/// Writes it out.
pub(crate) fn finish(xml: Xml, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&xml.into_inner())?;
    out.write_all(b"\n")
}

/// Attributes as the writer takes them.
pub(crate) fn pairs<'a>(attributes: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str()))
}

/// Text of one line, as XML 1.0 has it.
pub(crate) fn attribute(text: &str) -> String {
    characters(&safe::line(text))
}

/// Text of several lines, as XML 1.0 has it.
pub(crate) fn content(text: &str) -> String {
    characters(&safe::block(text))
}

/// Two characters that are no control characters cannot stand in XML either.
fn characters(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn of_case(report: &Report, of: Of) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(move |finding| finding.location.of() == of)
}

fn failures(report: &Report, of: Of) -> impl Iterator<Item = &Finding> {
    of_case(report, of).filter(|finding| finding.severity == Severity::Error)
}

fn case(xml: &mut Xml, report: &Report, of: Of) -> io::Result<()> {
    let classname = match of {
        Of::Plan(_) => "plan",
        Of::Page(_) => "page",
    };
    let attributes = [("name", attribute(report.name(of))), ("classname", classname.to_owned())];
    xml.create_element("testcase").with_attributes(pairs(&attributes)).write_inner_content(|xml| {
        for finding in failures(report, of) {
            let attributes = [("message", attribute(&finding.headline)), ("type", finding.rule.to_string())];
            let failure = xml.create_element("failure").with_attributes(pairs(&attributes));
            failure.write_text_content(BytesText::new(&content(&words(finding))))?;
        }
        let others = of_case(report, of).filter(|finding| finding.severity < Severity::Error);
        let others: Vec<String> = others.map(words).collect();
        if !others.is_empty() {
            let output = content(&others.join("\n\n"));
            xml.create_element("system-out").write_text_content(BytesText::new(&output))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn words(finding: &Finding) -> String {
    let lines: Vec<String> = finding.lines().into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}

fn unread(xml: &mut Xml, reject: &Reject) -> io::Result<()> {
    let place = reject.line.map_or_else(|| reject.source.clone(), |line| format!("{}:{line}", reject.source));
    let attributes = [("name", attribute(&place)), ("classname", "input".to_owned())];
    xml.create_element("testcase").with_attributes(pairs(&attributes)).write_inner_content(|xml| {
        let why = [("message", attribute(&reject.why)), ("type", "could not read".to_owned())];
        xml.create_element("error").with_attributes(pairs(&why)).write_empty()?;
        Ok(())
    })?;
    Ok(())
}
