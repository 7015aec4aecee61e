//! Verdicts to show: one that has all that can become of a target, and a hostile one.

use perf_look_analyzers::Policy;
use perf_look_analyzers::capture::{Run, Statement};
use perf_look_analyzers::gate::inputs::Relation;
use perf_look_analyzers::gate::observation::Kind;
use perf_look_analyzers::gate::outcome::{Source, Waived};
use perf_look_analyzers::gate::{
    Baseline, Decision, Inputs, Level, Limits, Observation, Outcome, State, Verdict, decide,
};

const INDEX: &str = "Sort  (cost=4.90..4.91 rows=6 width=8) (actual rows=6.00 loops=1)
  Sort Key: placed
  Buffers: shared hit=6
  ->  Index Scan using orders_customer on public.orders  (cost=0.29..4.80 rows=6 width=8) (actual rows=6.00 loops=1)
        Index Cond: (customer_id = 42)
        Buffers: shared hit=6";

const SCAN: &str = "Sort  (cost=398.10..398.11 rows=6 width=8) (actual rows=6.00 loops=1)
  Sort Key: placed
  Buffers: shared hit=148
  ->  Seq Scan on public.orders  (cost=0.00..398.00 rows=6 width=8) (actual rows=6.00 loops=1)
        Filter: (customer_id = 42)
        Rows Removed by Filter: 19994
        Buffers: shared hit=148";

/// The name and the place of a statement.
fn source(line: usize) -> Source {
    let text = "select * from orders where customer_id = 42 order by placed".to_owned();
    Source { file: "queries/orders.sql".to_owned(), line, text }
}

fn inputs(indexes: &[&str], work_mem: &str) -> Inputs {
    let indexes = indexes.iter().map(|name| ((*name).to_owned(), format!("CREATE INDEX {name}"))).collect();
    let table = Relation { indexes, rows: 20_000, pages: 148, ..Relation::default() };
    Inputs {
        environment: [("work_mem".to_owned(), work_mem.to_owned())].into(),
        relations: [("public.orders".to_owned(), table)].into(),
        ..Inputs::default()
    }
}

fn observed(target: &str, line: usize, plan: &str, inputs: Inputs) -> Observation {
    let run = |number| Run { number, explain: plan.to_owned() };
    let statement = Statement {
        name: target.to_owned(),
        query: source(line).text,
        server_version: None,
        settings: Vec::new(),
        catalogue: None,
        runs: vec![run(1), run(2)],
        notes: Vec::new(),
        trials: None,
    };
    let policy = Policy::default();
    let observed = Observation::of_statement(target.to_owned(), source(line), &statement, &policy).unwrap();
    Observation { inputs, ..observed }
}

fn against(before: &Observation, now: &Observation) -> Outcome {
    let baseline = Baseline::of(before, "the first one").unwrap();
    decide(now, Some(&baseline), None, &Limits::default())
}

pub(super) fn lost_index(target: &str) -> Outcome {
    let before = observed(target, 12, INDEX, inputs(&["orders_customer", "orders_pkey"], "4MB"));
    against(&before, &observed(target, 12, SCAN, inputs(&["orders_pkey"], "4MB")))
}

fn waived() -> Outcome {
    let mut outcome = lost_index("shop/report.sql#monthly");
    outcome.state = State::Passed;
    for decision in &mut outcome.decisions {
        decision.waived = Some(Waived {
            id: "monthly-scan".to_owned(),
            reason: "runs once a month, at night".to_owned(),
            owner: "data team".to_owned(),
            expires: "2027-01-31".to_owned(),
        });
    }
    outcome
}

/// A page whose rows each make a selector.
fn page() -> Outcome {
    let decision =
        |id, level, counter: &str, (reference, value, limit): (f64, f64, f64), place: Option<&str>| Decision {
            id,
            level,
            counter: counter.to_owned(),
            headline: format!("{counter}: {reference} before, {value} now"),
            reference: Some(reference),
            value: Some(value),
            limit: Some(limit),
            unit: "",
            place: place.map(str::to_owned),
            waived: None,
            fingerprint: format!("page-{counter}"),
        };
    let site = Some("src/app/Row.jsx:20:14 BadRow");
    Outcome {
        target: "shop/cart#open".to_owned(),
        kind: Kind::Page,
        source: Source { file: "perf-look.toml".to_owned(), line: 31, text: "http://localhost:4173/cart".to_owned() },
        state: State::Regressed,
        decisions: vec![
            decision("X1", Level::Fail, "live selectors of one factory", (1.0, 150.0, 11.0), site),
            decision("X2", Level::Warn, "style-recalcs", (3.0, 9.0, 4.0), None),
        ],
        causes: Vec::new(),
        notes: vec!["not judged, since it does not repeat: elements was 1,206 and 1,209".to_owned()],
        comparison: None,
    }
}

/// One of each that can become of a target.
pub(super) fn rich() -> Verdict {
    let quiet = |target: &str| {
        let same = observed(target, 40, INDEX, inputs(&["orders_customer"], "4MB"));
        against(&same, &same)
    };
    let settings = {
        let before = observed("shop/search.sql#by-name", 3, INDEX, inputs(&["orders_customer"], "4MB"));
        against(&before, &observed("shop/search.sql#by-name", 3, INDEX, inputs(&["orders_customer"], "64kB")))
    };
    let new = observed("shop/orders.sql#newest", 30, INDEX, inputs(&["orders_customer"], "4MB"));
    let why = "canceling statement due to statement timeout after 30 s".to_owned();
    let better = {
        let before = observed("shop/orders.sql#by-customer", 55, SCAN, inputs(&[], "4MB"));
        against(&before, &observed("shop/orders.sql#by-customer", 55, INDEX, inputs(&["orders_customer"], "4MB")))
    };
    Verdict {
        outcomes: vec![
            quiet("shop/orders.sql#first"),
            page(),
            lost_index("shop/orders.sql#lookup"),
            waived(),
            decide(&new, None, None, &Limits::default()),
            settings,
            Outcome::unmeasured("shop/stock.sql#all".to_owned(), Kind::Query, source(77), why),
            better,
            quiet("shop/orders.sql#last"),
        ],
        orphans: vec!["shop/old.sql#gone".to_owned()],
        notes: vec!["waiver monthly-scan expires on 2027-01-31, in 9 days".to_owned()],
    }
}

/// The rich verdict with what tries to break out of each format, wherever text from outside stands.
pub(super) fn hostile() -> Verdict {
    const BAD: &str = "a\u{1b}[31m\n::error::x\r%0A,b:c ]]><!-- --> <script>alert(1)</script> ```` `q` \"'&| \u{202e}\u{0}\u{ffff}@you #1 [l](http://e.x)";
    let mut verdict = rich();
    for outcome in &mut verdict.outcomes {
        outcome.target.push_str(BAD);
        outcome.source.file.push_str(BAD);
        outcome.source.text.push_str(BAD);
        outcome.notes.push(BAD.to_owned());
        for cause in &mut outcome.causes {
            cause.text.push_str(BAD);
        }
        for decision in &mut outcome.decisions {
            decision.headline.push_str(BAD);
            decision.counter.push_str(BAD);
            decision.fingerprint.push_str(BAD);
            decision.place = Some(BAD.to_owned());
            if let Some(waived) = &mut decision.waived {
                *waived = Waived { id: BAD.into(), reason: BAD.into(), owner: BAD.into(), expires: BAD.into() };
            }
        }
    }
    verdict.notes.push(BAD.to_owned());
    verdict.orphans.push(BAD.to_owned());
    verdict
}
