//! The same statements on several versions of PostgreSQL: compared, they are the same but for renames that are known.

use std::collections::BTreeMap;

use crate::compare::{assert_complete, changes, compare};

/// The blocks of a file, in its order, by the file's name without its version.
fn blocks(corpus: &std::path::Path) -> BTreeMap<String, BTreeMap<u64, Vec<String>>> {
    let text = std::fs::read_to_string(corpus.join("plans/timescaledb-16-to-19/blocks.jsonl")).unwrap();
    let mut files: BTreeMap<String, BTreeMap<u64, Vec<String>>> = BTreeMap::new();
    for line in text.lines() {
        let block: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(major) = block["pg_major"].as_u64() else { continue };
        let name = block["file"].as_str().unwrap().replace(&format!("-{major}.out"), "");
        files.entry(name).or_default().entry(major).or_default().push(block["text"].as_str().unwrap().to_owned());
    }
    files
}

/// The blocks of two versions that are of one statement: the same text in the same order, and between two such blocks
/// those that are as many in both.
fn same_statements<'t>(old: &'t [String], new: &'t [String]) -> Vec<(&'t str, &'t str)> {
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, j) in (0..old.len()).rev().flat_map(|i| (0..new.len()).rev().map(move |j| (i, j))) {
        longest[i][j] =
            if old[i] == new[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
    }
    let (mut pairs, mut gap, mut i, mut j) = (Vec::new(), (0, 0), 0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            if i - gap.0 == j - gap.1 {
                pairs.extend(old[gap.0..i].iter().zip(&new[gap.1..j]));
            }
            pairs.push((&old[i], &new[j]));
            (i, j) = (i + 1, j + 1);
            gap = (i, j);
        } else if j == new.len() || (i < old.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            i += 1;
        } else {
            j += 1;
        }
    }
    if i - gap.0 == j - gap.1 {
        pairs.extend(old[gap.0..].iter().zip(&new[gap.1..]));
    }
    pairs.into_iter().map(|(old, new)| (old.as_str(), new.as_str())).collect()
}

/// What the snapshot holds are other plans: two statements of `parallel` that PostgreSQL 17, 18 and 19 really plan in
/// other ways, and one of `rowsecurity` that is missing from one version's file.
#[test]
fn a_statement_on_several_versions_is_the_same_but_for_known_renames() {
    let Some(corpus) = perf_look_fixtures::corpus("a_statement_on_several_versions_is_the_same") else { return };
    let (mut compared, mut changed) = (0, BTreeMap::new());
    for (name, versions) in blocks(&corpus) {
        let (majors, lists): (Vec<u64>, Vec<&Vec<String>>) =
            versions.iter().map(|(major, list)| (*major, list)).unzip();
        for (lists, majors) in lists.windows(2).zip(majors.windows(2)) {
            for (place, (before, after)) in same_statements(lists[0], lists[1]).into_iter().enumerate() {
                let comparison = compare(before, after);
                for difference in &comparison.differences {
                    let (before, after) = comparison.subjects(difference);
                    let id = format!("{name} {place} {}-{}", majors[0], majors[1]);
                    assert_complete(&id, before, after, difference);
                    compared += 1;
                    for change in changes(&comparison, difference) {
                        changed.entry(change).or_insert_with(Vec::new).push(id.clone());
                    }
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
    let lines: Vec<String> =
        changed.iter().map(|(change, ids)| format!("{change} ({}, first {})", ids.len(), ids[0])).collect();
    insta::assert_snapshot!(format!("{compared} compared\n{}", lines.join("\n")));
}
