//! Search and filter: all words must be there, in any order, whatever their case.

use perf_look_analyzers::Finding;
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::plan::{Property, Value};

use crate::model::Model;

/// The words of a query, lower case.
pub(crate) fn words(query: &str) -> Vec<String> {
    query.split_whitespace().map(str::to_lowercase).collect()
}

/// Whether a text has all words.
pub(crate) fn text(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| has(text, word))
}

/// Whether a node has all words: in its number, what it does, the names that it reads, and its properties.
pub(crate) fn node(node: &PlanNode, words: &[String]) -> bool {
    words.iter().all(|word| node_has(node, word))
}

/// Whether a finding has all words.
pub(crate) fn finding(finding: &Finding, model: &Model, words: &[String]) -> bool {
    let name = model.report().name(finding.location.of());
    words.iter().all(|word| {
        let texts = [finding.rule.0, &finding.headline, finding.location.path(), name];
        texts.iter().any(|text| has(text, word)) || finding.severity.as_str() == word
    })
}

fn node_has(node: &PlanNode, word: &str) -> bool {
    // `#5` is that node, and `on` may stand between what it does and what it reads.
    if let Some(number) = word.strip_prefix('#') {
        return number.parse() == Ok(node.id.number());
    }
    let names = [&node.subplan_name, &node.schema, &node.relation, &node.alias, &node.index];
    (node.parallel && has("Parallel", word))
        || has(&node.type_name, word)
        || names.iter().filter_map(|name| name.as_deref()).any(|name| has(name, word))
        || (node.relation.is_some() && word == "on")
        || node.properties.iter().any(|property| property_has(property, word))
}

fn property_has(property: &Property, word: &str) -> bool {
    value_has(&property.value, word)
}

fn value_has(value: &Value, word: &str) -> bool {
    match value {
        Value::Text(text) => has(text, word),
        Value::List(values) => values.iter().any(|value| value_has(value, word)),
        Value::Group(properties) => properties.iter().any(|property| property_has(property, word)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Decimal(_) => false,
    }
}

/// Without making a lower-case copy of every text of a large plan.
fn has(text: &str, word: &str) -> bool {
    if !text.is_ascii() || !word.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let Some(first) = word.bytes().next() else { return true };
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let candidates = text.len().saturating_sub(word.len() - 1);
    let starts = |at: &usize| text[*at].to_ascii_lowercase() == first;
    (0..candidates).filter(starts).any(|at| text[at..at + word.len()].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_case() {
        assert!(text("Parallel Seq Scan on Orders", &words("orders SEQ")));
        assert!(!text("Parallel Seq Scan", &words("orders seq")));
        assert!(text("Straße", &words("STRASSE")) || text("Straße", &words("straße")));
        assert!(text("anything", &words("  ")));
    }
}
