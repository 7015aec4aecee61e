//! Rules that matched nothing: those of a sheet without those that a browser has seen in use.

use super::sheet::{RuleId, Sheet};

/// The part of a sheet that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unused {
    /// Style rules that matched no element, in the order of the sheet.
    pub rules: Vec<RuleId>,
    /// Of these, in UTF-8, without the rules in them.
    pub bytes: u64,
    /// Of the whole sheet.
    pub of: u64,
}

impl Unused {
    /// Unused bytes of the sheet's; none where it is empty.
    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| self.bytes as f64 / self.of as f64)
    }
}

/// What is left of a sheet once `used` is taken away: starts and ends of rules in UTF-16 code units of `text`, as the
/// DevTools protocol lists them, which names used rules only.
pub fn unused(sheet: &Sheet, text: &str, used: &[(u32, u32)]) -> Unused {
    let mut is_used = vec![false; sheet.rules.len()];
    for (start, end) in in_bytes(text, used) {
        // A browser may begin a rule before or after the white space; its brace is in it in any case.
        let index = sheet.rules.partition_point(|rule| rule.brace < start);
        if let Some(rule) = sheet.rules.get(index)
            && rule.brace < end
            && let Some(flag) = is_used.get_mut(index)
        {
            *flag = true;
        }
    }
    let mut unused = Unused { of: sheet.bytes as u64, ..Unused::default() };
    for ((id, used), own) in (0..).map(RuleId).zip(is_used).zip(own_bytes(sheet)) {
        if !used {
            unused.rules.push(id);
            unused.bytes += own;
        }
    }
    unused
}

/// Of each rule without the rules in it.
fn own_bytes(sheet: &Sheet) -> Vec<u64> {
    let mut own: Vec<u64> = sheet.rules.iter().map(|rule| u64::from(rule.span.len())).collect();
    for rule in &sheet.rules {
        if let Some(parent) = rule.parent.and_then(|id| own.get_mut(id.0 as usize)) {
            *parent = parent.saturating_sub(u64::from(rule.span.len()));
        }
    }
    own
}

fn in_bytes(text: &str, used: &[(u32, u32)]) -> Vec<(u32, u32)> {
    if text.is_ascii() {
        return used.to_vec();
    }
    let mut ends: Vec<u32> = used.iter().flat_map(|(start, end)| [*start, *end]).collect();
    ends.sort_unstable();
    let bytes = offsets(text, &ends);
    let byte = |end: u32| ends.binary_search(&end).ok().and_then(|at| bytes.get(at).copied()).unwrap_or(u32::MAX);
    used.iter().map(|(start, end)| (byte(*start), byte(*end))).collect()
}

/// In bytes what `sorted` says in UTF-16 code units; the end of the text for what is beyond it.
fn offsets(text: &str, sorted: &[u32]) -> Vec<u32> {
    let mut bytes = Vec::with_capacity(sorted.len());
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        while sorted.get(bytes.len()).is_some_and(|offset| *offset as usize <= units) {
            bytes.push(u32::try_from(byte).unwrap_or(u32::MAX));
        }
        units += c.len_utf16();
    }
    bytes.resize(sorted.len(), u32::try_from(text.len()).unwrap_or(u32::MAX));
    bytes
}
