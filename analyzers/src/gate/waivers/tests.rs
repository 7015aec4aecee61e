//! What waivers cover, and what is said of those that are wrong.

use super::*;

fn day(year: i32, month: u8, day: u8) -> Date {
    Date::from_calendar_date(year, time::Month::try_from(month).unwrap(), day).unwrap()
}

fn terms() -> Terms {
    Terms::on(day(2026, 11, 21))
}

const RIGHT: &str = r#"[[waiver]]
id = "report-spills"
rule = "D3"
target = "reports/*.sql#monthly"
ceiling = 4_096
reason = "work_mem is raised on Sunday"
owner = "reporting"
expires = 2027-01-31
issue = "https://example.org/7"

[[waiver]]
id = "big-page"
metric = "rules"
target = "shop/**"
reason = "the old theme goes in January"
expires = "2026-12-01"
"#;

fn read(text: &str) -> Result<Waivers, Vec<String>> {
    let mut waivers = Waivers::none(terms());
    let read = waivers.add_file("waivers.toml", text);
    read.map(|()| waivers).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn inline(sql: &str) -> Result<Waivers, Vec<String>> {
    let mut waivers = Waivers::none(terms());
    let statement = Statement { target: "a.sql#q", source: "a.sql", first_line: 5, sql };
    let read = waivers.add_statement(statement);
    read.map(|()| waivers).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// What is said of the right text with a line in place of another.
fn said(line: &str, instead: &str) -> Vec<String> {
    assert!(RIGHT.contains(line));
    read(&RIGHT.replacen(line, instead, 1)).expect_err("it is wrong")
}

#[test]
fn a_value_up_to_the_ceiling_is_covered() {
    let waivers = read(RIGHT).unwrap();
    let covers = |target, of, value| waivers.covers(target, of, value).map(|waiver| waiver.id.as_str());
    assert_eq!(covers("reports/a.sql#monthly", "D3", 4096.0), Some("report-spills"));
    assert_eq!(covers("reports/a.sql#monthly", "D3", 4096.5), None);
    assert_eq!(covers("reports/a.sql#monthly", "D4", 1.0), None);
    assert_eq!(covers("reports/a.sql#daily", "D3", 1.0), None);
    assert_eq!(covers("reports/deep/a.sql#monthly", "D3", 1.0), None, "* stays within a folder");
    assert_eq!(covers("shop/deep/page#open", "rules", 1e9), Some("big-page"));
}

#[test]
fn why_something_is_not_covered_is_said() {
    let waivers = read(RIGHT).unwrap();
    let answer = waivers.answer("reports/a.sql#monthly", "D3", 5000.0);
    assert!(matches!(answer, Answer::AboveCeiling(waiver) if waiver.id == "report-spills"));
    assert_eq!(waivers.answer("else", "D3", 1.0), Answer::None);
}

#[test]
fn an_expired_waiver_covers_nothing_and_says_so() {
    let waivers = read(&RIGHT.replace("2027-01-31", "2026-11-20")).unwrap();
    assert!(matches!(waivers.answer("reports/a.sql#monthly", "D3", 1.0), Answer::Expired(_)));
    assert_eq!(waivers.covers("reports/a.sql#monthly", "D3", 1.0), None);
    let said = waivers.notices()[0].to_string();
    assert_eq!(said, "waiver report-spills expired on 2026-11-20, 1 day ago: mend what it covers, or renew it");
}

#[test]
fn the_last_day_still_counts() {
    let waivers = read(&RIGHT.replace("2027-01-31", "2026-11-21")).unwrap();
    assert!(waivers.covers("reports/a.sql#monthly", "D3", 1.0).is_some());
    assert_eq!(waivers.notices()[0].kind, NoticeKind::ExpiresSoon(0));
}

#[test]
fn what_is_not_needed_and_what_ends_soon_is_noticed() {
    let waivers = read(RIGHT).unwrap();
    assert!(waivers.covers("shop/page", "rules", 1.0).is_some());
    let notices: Vec<String> = waivers.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "waiver report-spills covers nothing in this run: remove it",
            "waiver big-page expires on 2026-12-01, in 10 days: mend what it covers, or renew it",
        ]
    );
    assert!(waivers.covers("reports/a.sql#monthly", "D3", 1.0).is_some());
    assert_eq!(waivers.notices().len(), 1);
}

#[test]
fn fourteen_days_are_soon_and_fifteen_are_not() {
    for (end, soon) in [("2026-12-05", true), ("2026-12-06", false)] {
        let waivers = read(&RIGHT.replace("2026-12-01", end)).unwrap();
        assert!(waivers.covers("shop/page", "rules", 1.0).is_some());
        let kinds: Vec<NoticeKind> = waivers.notices().iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds.contains(&NoticeKind::ExpiresSoon(14)), soon, "{end}");
    }
}

#[test]
fn every_mistake_has_its_line_and_column() {
    assert_eq!(
        said("reason = \"work", "reson = 1\nreason = \"work"),
        ["waivers.toml:6:1: unknown key reson: did you mean reason?"]
    );
    assert_eq!(
        said("rule = \"D3\"", ""),
        ["waivers.toml:1:1: a waiver is of one rule or of one metric: give either rule or metric"]
    );
    assert_eq!(
        said("id = \"report-spills\"", "id = 7"),
        ["waivers.toml:2:6: id is of type integer: it has to be a text in quotes"]
    );
    assert_eq!(
        said("work_mem is raised on Sunday", "  later    "),
        ["waivers.toml:6:10: the reason has 5 characters: say in at least 10 why this has to be tolerated"]
    );
    assert_eq!(said("4_096", "-1"), ["waivers.toml:5:11: a ceiling is a number of 0 or more, not -1"]);
    assert_eq!(said("4_096", "nan"), ["waivers.toml:5:11: a ceiling is a number of 0 or more, not nan"]);
    assert_eq!(
        said("\"2026-12-01\"", "\"2026-02-30\""),
        ["waivers.toml:16:11: 2026-02-30 is no day: write it as 2027-01-31"]
    );
    assert_eq!(
        said("2027-01-31", "2027-05-21"),
        [
            "waivers.toml:8:11: 2027-05-21 is too far ahead: a waiver lasts 180 days at most, until 2027-05-20 from today"
        ]
    );
    assert_eq!(
        said("\"big-page\"", "\"report-spills\""),
        ["waivers.toml:11:1: there is a waiver report-spills already, at waivers.toml:1:1: give this one another id"]
    );
}

#[test]
fn all_mistakes_are_said_at_once() {
    let errors = read("[[waiver]]\nid = \"\"\nreason = \"short\"\n[waver]\n").unwrap_err();
    assert_eq!(errors.len(), 6, "{errors:#?}");
    assert_eq!(errors[5], "waivers.toml:4:2: unknown key waver: did you mean waiver?");
}

#[test]
fn a_text_that_is_no_toml_has_its_place() {
    let errors = read("[[waiver]]\nid = \n").unwrap_err();
    assert!(errors[0].starts_with("waivers.toml:2:"), "{errors:?}");
    assert!(read("waiver = 3").unwrap_err()[0].starts_with("waivers.toml:1:1: waiver is of type integer"));
}

#[test]
fn a_glob_that_matches_everything_is_an_error() {
    for glob in ["*", "**", "**/*", "*/*", "[!a]*", "{**,a}", "**/*#*", "?*", "**/*.sql#*"] {
        let errors = said("shop/**", glob);
        let expected = format!("waivers.toml:14:10: {glob} matches everything: name a file, a query or a page in it");
        assert_eq!(errors, [expected]);
    }
    assert!(said("shop/**", "shop/[").first().is_some_and(|said| said.contains("shop/[ is no glob: ")));
}

#[test]
fn a_comment_waives_its_own_statement() {
    let sql = "select 1\n  -- perf-look: allow(D4, db/sort) until=2027-01-31 reason=\"goes with 3.0\" owner=shop\n;";
    let waivers = inline(sql).unwrap();
    let waiver = waivers.covers("a.sql#q", "D4", 1e9).unwrap();
    assert_eq!((waiver.id.as_str(), waiver.line, waiver.column), ("a.sql:6 D4", 6, 3));
    assert_eq!((waiver.reason.as_str(), waiver.owner.as_deref()), ("goes with 3.0", Some("shop")));
    assert!(waivers.covers("a.sql#q", "db/sort", 1.0).is_some());
    assert!(waivers.covers("a.sql#other", "D4", 1.0).is_none());
}

#[test]
fn only_comments_waive() {
    let waiver = "-- perf-look: allow(D4) until=2027-01-31 reason=\"goes with 3.0\"";
    for sql in [format!("select '{waiver}'"), format!("select $${waiver}$$"), format!("/* {waiver} */ select 1")] {
        assert_eq!(inline(&sql).unwrap().iter().count(), 0, "{sql}");
    }
}

#[test]
fn a_wrong_comment_has_its_place_in_the_file() {
    let said = |rest: &str| inline(&format!("select 1\n-- perf-look: {rest}")).expect_err("it is wrong");
    let form = "expected allow(RULE) until=2027-01-31 reason=\"why\" owner=name";
    assert_eq!(said("ignore(D4)"), [format!("a.sql:6:15: {form}")]);
    assert_eq!(said("allow() until=2027-01-31"), ["a.sql:6:15: allow() is empty: write something, or leave it out"]);
    assert_eq!(said("allow(D4) untl=2027-01-31"), ["a.sql:6:25: unknown key untl: did you mean until?"]);
    assert_eq!(
        said("allow(D4) until=2027-13-31 reason=\"goes with 3.0\""),
        ["a.sql:6:31: 2027-13-31 is no day: write it as 2027-01-31"]
    );
    assert_eq!(said("allow(D4) until=2027-01-31 reason=\"open"), ["a.sql:6:49: this quote is not closed"]);
    assert_eq!(said("allow(D4) until=2027-01-31 until=2027-01-31"), ["a.sql:6:42: until is given twice: remove one"]);
    assert_eq!(
        said("allow(D4) until=2027-01-31"),
        ["a.sql:6:1: a waiver needs reason: for example reason=\"the index is built on Sunday\""]
    );
}

#[test]
fn escape_codes_in_what_was_written_do_not_reach_the_terminal() {
    let errors = read("\"\\u001b[31mred\" = 1").unwrap_err();
    assert!(!errors[0].contains('\u{1b}'), "{errors:?}");
}
