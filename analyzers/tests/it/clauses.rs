//! Nodes and the clauses that they come from.

use std::fmt::Write as _;
use std::path::Path;

use insta::assert_snapshot;
use perf_look_analyzers::postgres::attribution::Attribution;
use perf_look_analyzers::postgres::clauses::{Basis, Certainty, ClauseKind, Clauses, Place, Token, TokenKind};
use perf_look_analyzers::postgres::{NodeKind, Plan, PlanNode, parse};
use proptest::prelude::*;

/// The statement line by line with the nodes that are charged to each, then every node with its places.
fn shown(query: &str, plan: &Plan) -> String {
    let clauses = Clauses::of(query, plan);
    let mut shown = String::new();
    for (number, line) in query.lines().enumerate() {
        let at_line = |node: &&PlanNode| {
            clauses.of_node(node.id).is_some_and(|link| clauses.line_of(link.primary().range.start) == number + 1)
        };
        let nodes: Vec<String> =
            plan.nodes().iter().filter(at_line).map(|node| format!("#{}", node.id.number())).collect();
        writeln!(shown, "{:3} | {line}    {}", number + 1, nodes.join(" ")).unwrap();
    }
    for node in plan.nodes() {
        let indent = "  ".repeat(node.depth as usize);
        let places = clauses.of_node(node.id).map(|link| link.places.iter().map(|place| place_shown(query, place)));
        let places = places.map_or("none".to_owned(), |places| places.collect::<Vec<_>>().join(", "));
        writeln!(shown, "{indent}#{} {}: {places}", node.id.number(), node.label()).unwrap();
    }
    shown
}

fn place_shown(query: &str, place: &Place) -> String {
    let text = query[place.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = text.chars().take(60).collect();
    format!("{:?} `{cut}` {} ({})", place.kind, place.certainty.as_str(), basis_shown(place.basis))
}

fn basis_shown(basis: Basis) -> String {
    match basis {
        Basis::Serves(node) => format!("serves #{}", node.number()),
        basis => format!("{basis:?}"),
    }
}

/// The statements beside this file whose names begin so, each with its plan.
fn cases(is_wanted: fn(&str) -> bool) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clauses");
    let files = perf_look_fixtures::files_below(&folder);
    let mut shown_cases = String::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "sql")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if is_wanted(&name) {
            let query = std::fs::read_to_string(file).unwrap();
            let plan = plans(&file.with_extension("txt")).remove(0);
            writeln!(shown_cases, "{name}\n{}", shown(&query, &plan)).unwrap();
        }
    }
    shown_cases
}

fn is_tpch(name: &str) -> bool {
    name.strip_prefix('q').is_some_and(|number| number.parse::<u32>().is_ok())
}

#[test]
fn each_line_has_the_nodes_that_come_from_it() {
    assert_snapshot!(cases(|name| !is_tpch(name)));
}

#[test]
fn queries_within_queries_have_their_own_nodes() {
    assert_snapshot!(cases(is_tpch));
}

/// The statements of the corpus with their plans.
fn recorded(corpus: &Path) -> Vec<(String, String, Plan)> {
    let folder = corpus.join("plans/perf-look-12-to-18");
    let mut recorded = Vec::new();
    for version in 12..=18 {
        for file in perf_look_fixtures::files_below(&folder.join(version.to_string())) {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let sql = folder.join("sql").join(format!("{name}.sql"));
            let Some(query) = std::fs::read_to_string(sql).ok().and_then(|text| explained(&text)) else { continue };
            for plan in plans(&file) {
                recorded.push((format!("{version}/{name}"), query.clone(), plan));
            }
        }
    }
    recorded
}

fn plans(file: &Path) -> Vec<Plan> {
    parse::parse(&std::fs::read_to_string(file).unwrap()).map_or(Vec::new(), |parsed| parsed.plans)
}

/// What stands behind EXPLAIN in a script.
fn explained(script: &str) -> Option<String> {
    let (_, behind) = script.split_once("EXPLAIN")?;
    let statement = behind.split_once('\n')?.1;
    Some(statement.split(";\n").next()?.to_owned())
}

/// The statements of TPC-H that have queries within queries, with their plans.
fn tpch(corpus: &Path) -> Vec<(String, String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clauses");
    let mut recorded = Vec::new();
    for version in ["15-primary-keys-only", "18-with-foreign-key-indexes"] {
        for file in perf_look_fixtures::files_below(&folder) {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            if file.extension().is_none_or(|ending| ending != "sql") {
                continue;
            }
            let query = std::fs::read_to_string(&file).unwrap();
            for ending in ["json", "txt"] {
                let plan = corpus.join(format!("plans/perf-look-12-to-18/tpch-0.1/{version}/{name}.{ending}"));
                if plan.exists() {
                    let named = |plan| (format!("{version}/{name}"), query.clone(), plan);
                    recorded.extend(plans(&plan).into_iter().map(named));
                }
            }
        }
    }
    recorded
}

#[test]
fn no_scan_of_the_corpus_is_linked_to_another_alias() {
    let Some(corpus) = perf_look_fixtures::corpus("no_scan_of_the_corpus_is_linked_to_another_alias") else { return };
    let mut links = 0;
    for (name, query, plan) in recorded(&corpus).into_iter().chain(tpch(&corpus)) {
        let clauses = Clauses::of(&query, &plan);
        for node in plan.nodes() {
            let places = clauses.of_node(node.id).map_or(&[][..], |link| &link.places);
            let Some(place) = places.iter().find(|place| place.basis == Basis::Name && place.kind != ClauseKind::With)
            else {
                continue;
            };
            let Some(alias) = node.alias.as_deref() else { continue };
            let text = &query[place.range.clone()];
            let is_suffix = |rest: &str| rest.strip_prefix('_').is_some_and(|rest| rest.parse::<u32>().is_ok());
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
            let is_named = |word: &str| alias.strip_prefix(word).is_some_and(|rest| rest.is_empty() || is_suffix(rest));
            // The alias is the last word but for column names and what functions are called with.
            let mut named = words.map(is_named);
            let is_plain = !text.contains('(');
            assert!(
                if is_plain { named.next_back() } else { Some(named.any(|named| named)) } == Some(true),
                "{name}: #{} `{alias}` is linked to `{text}`",
                node.id.number()
            );
            links += 1;
        }
    }
    assert!(links > 2_000, "{links}");
}

#[test]
fn most_scans_of_the_corpus_are_linked_exactly() {
    let Some(corpus) = perf_look_fixtures::corpus("most_scans_of_the_corpus_are_linked_exactly") else { return };
    let share = |recorded: Vec<(String, String, Plan)>| {
        let (mut scans, mut exact, mut likely) = (0_u32, 0_u32, 0_u32);
        for (_, query, plan) in recorded {
            let clauses = Clauses::of(&query, &plan);
            // EXECUTE names a statement that is not there; partitions go by names that the statement does not say.
            let is_scan = |node: &&PlanNode| node.alias.is_some() && node.kind != NodeKind::ModifyTable;
            if query.starts_with("EXECUTE") {
                continue;
            }
            for node in plan.nodes().iter().filter(is_scan) {
                scans += 1;
                match clauses.of_node(node.id).map(|link| link.primary().certainty) {
                    Some(Certainty::Exact) => exact += 1,
                    Some(Certainty::Likely) => likely += 1,
                    None => {}
                }
            }
        }
        format!("{exact} exact, {likely} likely of {scans}")
    };
    assert_snapshot!(share(recorded(&corpus)), @"2631 exact, 984 likely of 3646");
    assert_snapshot!(share(tpch(&corpus)), @"216 exact, 8 likely of 224");
}

#[test]
fn every_self_time_is_on_one_line_or_unplaced() {
    let Some(corpus) = perf_look_fixtures::corpus("every_self_time_is_on_one_line_or_unplaced") else { return };
    for (name, query, plan) in recorded(&corpus).into_iter().chain(tpch(&corpus)) {
        let attribution = Attribution::of(&plan);
        let clauses = Clauses::of(&query, &plan);
        let Some(times) = clauses.own_ms_by_line(&plan, &attribution) else {
            assert!(!plan.is_timed(), "{name}");
            continue;
        };
        let all: f64 = plan.nodes().iter().filter_map(|node| attribution.time(node.id)).map(|time| time.own.0).sum();
        let told: f64 = times.lines.iter().map(|line| line.own.0).sum::<f64>() + times.unplaced.0;
        assert!((all - told).abs() < 1e-6, "{name}: {all} {told}");
        let nodes = times.lines.iter().map(|line| line.nodes.len()).sum::<usize>() + clauses.unmatched().len();
        assert_eq!(nodes, plan.nodes().len(), "{name}");
    }
}

#[test]
fn tokens_are_the_statement_without_a_gap() {
    for query in [
        "select 'größe' -- ü\n, \"a b\" /* x /* y */ */ from t where x = $1 and y like 'é%'",
        "select 'open",
        "a\0b \u{feff}",
        "",
    ] {
        let clauses = Clauses::of(query, &one_scan());
        let text: String = clauses.tokens().iter().map(|token| &query[token.range.clone()]).collect();
        assert_eq!(text, query);
    }
}

#[test]
fn lines_and_columns_are_counted_in_characters() {
    let query = "SELECT 'größe', count(*)\n  FROM t\r\nWHERE é = 1 AND b = 2 GROUP BY c";
    let clauses = Clauses::of(query, &one_scan());
    let places = clauses.clauses().iter().map(|clause| format!("{:?} {}:{}", clause.kind, clause.line, clause.column));
    assert_eq!(places.collect::<Vec<_>>(), ["Select 1:1", "From 2:3", "Where 3:1", "GroupBy 3:23"]);
}

/// A plan of one scan of `t`.
fn one_scan() -> Plan {
    text_plan("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: ((a = 1) AND (b = 2))")
}

#[track_caller]
fn text_plan(text: &str) -> Plan {
    parse::parse(text).unwrap().plans.into_iter().next().unwrap()
}

#[test]
fn a_statement_that_is_cut_off_is_linked_likely() {
    let clauses = Clauses::of("SELECT * FROM t WHERE a = 1 AND (b = 'open", &one_scan());
    assert!(!clauses.is_whole());
    let link = clauses.of_node(one_scan().root().id).unwrap();
    assert!(link.places.iter().all(|place| place.certainty == Certainty::Likely));
    assert_eq!(link.primary().kind, ClauseKind::From);
}

#[test]
fn no_statement_takes_long_or_nests_too_deep() {
    let plan = one_scan();
    let (many, some) = (100_000, 20_000);
    let nested = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(many), close.repeat(many));
    let mut statements = vec![
        format!("SELECT {}", "(".repeat(many)),
        ")".repeat(many),
        format!("SELECT * FROM {}", "(".repeat(many)),
        format!("SELECT * FROM t WHERE {}", nested("(", "a = 1", ")")),
        format!("SELECT * FROM t WHERE {}", nested("NOT ", "a", "")),
        format!("SELECT * FROM t WHERE a = {}", "- ".repeat(some)),
        format!("SELECT * FROM t WHERE {}", "a = 1 AND ".repeat(some)),
        format!("SELECT * FROM t WHERE {} true", "a = 1 OR ".repeat(some)),
        format!("SELECT * FROM t WHERE a IN ({}1)", "1, ".repeat(some)),
        format!("SELECT * FROM t WHERE a = {}1", "1 + ".repeat(some)),
        format!("SELECT {}1", "CASE WHEN a THEN ".repeat(some)),
        format!("SELECT * FROM t {}", "JOIN t ON a = 1 ".repeat(some)),
        format!("SELECT 1 {}", "UNION SELECT 1 FROM t ".repeat(some)),
        "SELECT (".repeat(some),
        "(SELECT * FROM ".repeat(some),
        "WITH a AS (".repeat(some),
        format!("SELECT '{}", "x\n".repeat(some)),
        format!("SELECT * FROM t GROUP BY {}1 ORDER BY 1", "a, ".repeat(some)),
        format!("SELECT {}1 FROM t", "sum(a) OVER (PARTITION BY b), ".repeat(some)),
        "\0".repeat(some),
        "/*".repeat(some),
        "$a$".repeat(some),
    ];
    statements.push(format!("SELECT * FROM t WHERE {}", "a[".repeat(some)));
    for statement in statements {
        let clauses = Clauses::of(&statement, &plan);
        let text: usize = clauses.tokens().iter().map(|token| token.range.len()).sum();
        assert_eq!(text, statement.len());
    }
}

#[test]
fn a_plan_of_many_nodes_takes_no_longer_than_its_length() {
    let scan = "(cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.020 rows=1 loops=1)";
    let filter = "Filter: ((a = 1) AND (b > 'x'::text))";
    let mut wide = format!("Append  {scan}\n");
    let mut deep = String::new();
    for node in 0..5_000 {
        write!(wide, "  ->  Seq Scan on t t_{node}  {scan}\n        {filter}\n").unwrap();
    }
    for node in 0..1_000 {
        let indent = " ".repeat(node * 6);
        let arrow = if node == 0 { "" } else { "->  " };
        writeln!(deep, "{}{arrow}Sort  {scan}", indent.get(4..).unwrap_or("")).unwrap();
    }
    let statement = format!(
        "SELECT * FROM t WHERE a = 1 AND b > 'x' {}",
        "UNION ALL SELECT a, (SELECT max(b) FROM t WHERE t.a = 1) FROM t WHERE a = 1 AND b > 'x' ".repeat(2_000)
    );
    for plan in [text_plan(&wide), text_plan(&deep)] {
        assert!(plan.nodes().len() >= 1_000);
        let clauses = Clauses::of(&statement, &plan);
        let times = clauses.own_ms_by_line(&plan, &Attribution::of(&plan)).unwrap();
        let nodes = times.lines.iter().map(|line| line.nodes.len()).sum::<usize>() + clauses.unmatched().len();
        assert_eq!(nodes, plan.nodes().len());
    }
}

#[test]
fn tokens_are_cut_as_postgres_does() {
    let query = "SELECT E'a\\'b', $$it's$$, $x$ $$ $x$, U&'d', \"a \"\"b\", x->>'k', 1.5e-3, .5, a<-1, b=$1, c::int, \
                 'it''s' /* a /* b */ c */, 0x1F, größe -- end";
    let clauses = Clauses::of(query, &one_scan());
    let seen = |token: &&Token| !matches!(token.kind, TokenKind::Space | TokenKind::Punctuation);
    let shown =
        clauses.tokens().iter().filter(seen).map(|token| format!("{:?} {}", token.kind, &query[token.range.clone()]));
    assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @r#"
    Keyword SELECT
    Text E'a\'b'
    Text $$it's$$
    Text $x$ $$ $x$
    Text U&'d'
    QuotedName "a ""b"
    Name x
    Operator ->>
    Text 'k'
    Number 1.5e-3
    Number .5
    Name a
    Operator <
    Operator -
    Number 1
    Name b
    Operator =
    Parameter $1
    Name c
    Operator ::
    Name int
    Text 'it''s'
    Comment /* a /* b */ c */
    Number 0x1F
    Name größe
    Comment -- end
    "#);
}

/// Pieces of which statements are made.
const PIECES: &[&str] = &[
    "SELECT ",
    "FROM ",
    "WHERE ",
    "t ",
    "t_1 ",
    "a ",
    "b ",
    "= ",
    "< ",
    "(",
    ")",
    ", ",
    "AND ",
    "OR ",
    "NOT ",
    "IN ",
    "EXISTS ",
    "JOIN ",
    "LEFT JOIN ",
    "ON ",
    "USING ",
    "GROUP BY ",
    "ORDER BY ",
    "LIMIT ",
    "UNION ",
    "WITH ",
    "AS ",
    "x.",
    "'é'",
    "'",
    "\"",
    "$1 ",
    "1 ",
    "BETWEEN ",
    "LIKE ",
    "IS ",
    "NULL ",
    "DISTINCT ",
    "ON CONFLICT ",
    "CASE ",
    "WHEN ",
    "END ",
    "::int ",
    "[",
    "]",
    "count(*) ",
    "OVER ",
    "PARTITION BY ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "MERGE INTO ",
    "SET ",
    "VALUES ",
    "ROWS FROM ",
    "ARRAY",
    "ANY ",
    "--",
    "/*",
    "*/",
    "\n",
    ";",
    "EXPLAIN ",
    "interval ",
    "cast(",
    "extract(",
    "FETCH ",
    "FOR UPDATE ",
    "\0",
    "名 ",
];

proptest! {
    #[test]
    fn nothing_that_is_made_of_sql_makes_it_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let query = pieces.concat();
        let clauses = Clauses::of(&query, &joined());
        let text: String = clauses.tokens().iter().map(|token| &query[token.range.clone()]).collect();
        prop_assert_eq!(&text, &query);
        for link in joined().nodes().iter().filter_map(|node| clauses.of_node(node.id)) {
            prop_assert!(link.places.iter().all(|place| query.get(place.range.clone()).is_some_and(|text| !text.is_empty())));
        }
        for clause in clauses.clauses() {
            prop_assert!(query.get(clause.range.clone()).is_some());
        }
        let condition = format!("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: ({})", query.replace(['\n', '\0'], " "));
        if let Ok(parsed) = parse::parse(&condition) {
            for plan in parsed.plans {
                Clauses::of("SELECT * FROM t WHERE a = 1 AND b IN (SELECT b FROM t)", &plan);
            }
        }
    }
}

/// A plan with most kinds of links.
fn joined() -> Plan {
    text_plan(
        "Limit  (cost=0.00..1.00 rows=1 width=4)
  CTE x
    ->  Seq Scan on t t_1  (cost=0.00..1.00 rows=1 width=4)
  ->  Sort  (cost=0.00..1.00 rows=1 width=4)
        Sort Key: t.a DESC, (count(*))
        ->  HashAggregate  (cost=0.00..1.00 rows=1 width=4)
              Group Key: t.a
              ->  Hash Join  (cost=0.00..1.00 rows=1 width=4)
                    Hash Cond: (t.a = x.b)
                    ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)
                          Filter: ((a = 1) AND (NOT (hashed SubPlan 1)))
                          SubPlan 1
                            ->  Seq Scan on t t_2  (cost=0.00..1.00 rows=1 width=4)
                    ->  Hash  (cost=0.00..1.00 rows=1 width=4)
                          ->  CTE Scan on x  (cost=0.00..1.00 rows=1 width=4)",
    )
}
