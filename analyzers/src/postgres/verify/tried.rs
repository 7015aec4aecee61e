//! Trials as far as they matter for a verdict: costs, times, rows, and whether an index was taken.

use super::IndexDefinition;
use super::trials::{Answer, Built, Explained, IndexTrial, IndexTrials, Place, Series, Trial, Trials, Untried};
use crate::postgres::parse;
use crate::postgres::{Plan, PlanNode};
use crate::quantity::Ms;
use crate::verification::Change;

/// What came of the trials of one plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Why something is not among what was tried.
    pub missing: Untried,
    /// Indexes; none where nothing asked for one.
    pub indexes: Option<TriedIndexes>,
    /// Indexes that were built to measure them.
    pub built: Vec<TriedBuilt>,
    /// More memory.
    pub memory: Vec<TriedMemory>,
    /// Other statistics.
    pub statistics: Vec<TriedStatistics>,
}

/// What came of the indexes.
#[derive(Debug, Clone, PartialEq)]
pub enum TriedIndexes {
    /// They were not tried.
    Untried(Untried),
    /// They were tried.
    Tried {
        /// How.
        by: By,
        /// The planner's cost without any of them.
        before: f64,
        /// Each with what it came to.
        trials: Vec<TriedIndex>,
    },
}

/// How indexes were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The planner was told of them.
    Hypothesis(Place),
    /// They were built, in transactions that were rolled back.
    Building,
}

/// What an index came to.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedIndex {
    /// The index.
    pub index: IndexDefinition,
    /// The planner's cost with it, where the planner takes it.
    pub cost: Option<f64>,
    /// In bytes.
    pub bytes: Option<f64>,
}

/// What a statement came to with an index that was built.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedBuilt {
    /// The index.
    pub index: IndexDefinition,
    /// Whether the planner takes it.
    pub taken: bool,
    /// The planner's cost.
    pub cost: Change<f64>,
    /// The time, the median of runs in turns; none where it was only planned.
    pub execution: Option<Change<Ms>>,
    /// How many runs in turns that is the median of.
    pub pairs: usize,
    /// Blocks that it touched; none where it was only planned.
    pub blocks: Option<Change<f64>>,
    /// In bytes.
    pub bytes: Option<f64>,
}

/// What a statement came to with more memory.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedMemory {
    /// The SQL as it is advised.
    pub sql: String,
    /// The time, and blocks of temporary files; or why it was not run.
    pub run: Result<(Ms, f64), Untried>,
}

/// What the planner thought of a statement with other statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct TriedStatistics {
    /// The SQL as it is advised.
    pub sql: String,
    /// The new plan; or why it was not tried.
    pub plan: Result<Replanned, Untried>,
}

/// A plan that was made anew, beside the one that was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Replanned {
    /// Whether its steps are others.
    pub steps: Steps,
    /// The planner's cost.
    pub cost: Option<f64>,
    /// Rows that are expected, loop by loop, by the node of the judged plan; none where no node does what that one does.
    pub rows: Vec<Option<f64>>,
}

/// What became of a plan's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// All are the same.
    Same,
    /// Some are others.
    Others,
}

impl Default for Tried {
    fn default() -> Self {
        Self::nothing(Untried::because("it was not tried when this was recorded, or under names that were taken out"))
    }
}

impl Tried {
    /// Nothing was tried, for this reason.
    pub fn nothing(why: Untried) -> Self {
        Self { missing: why, indexes: None, built: Vec::new(), memory: Vec::new(), statistics: Vec::new() }
    }

    /// Reads what a server said of the plan at this place of its statement.
    pub fn of(trials: &Trials, place: usize, judged: &Plan) -> Self {
        let indexes = trials.indexes.as_ref().map(|indexes| match indexes {
            IndexTrials::Untried(untried) => TriedIndexes::Untried(untried.clone()),
            IndexTrials::Hypothetical(series) => read(series, place, By::Hypothesis(series.place)),
            IndexTrials::RolledBack(series) => read(series, place, By::Building),
        });
        Self {
            indexes,
            built: trials.built.iter().filter_map(|built| read_built(built, place)).collect(),
            memory: trials.memory.iter().map(|trial| read_memory(trial, place)).collect(),
            statistics: trials.statistics.iter().map(|trial| read_statistics(trial, place, judged)).collect(),
            ..Self::default()
        }
    }
}

const UNREADABLE: &str = "what the server said of the statement then cannot be read";

fn read(series: &Series, place: usize, by: By) -> TriedIndexes {
    let without = plan(&series.before, place);
    let Some((without, before)) = without.as_ref().and_then(|plan| Some((plan, cost(plan)?))) else {
        return TriedIndexes::Untried(Untried::because(UNREADABLE));
    };
    let trials = series.trials.iter().filter_map(|trial| read_one(trial, place, without)).collect();
    TriedIndexes::Tried { by, before, trials }
}

/// None where the server refused such an index, or said what cannot be read.
fn read_one(trial: &IndexTrial, place: usize, without: &Plan) -> Option<TriedIndex> {
    let Answer::Planned { name, bytes, explain } = &trial.answer else { return None };
    let plan = plan(explain, place)?;
    let cost = cost(&plan).filter(|_| takes(&plan, name, without));
    Some(TriedIndex { index: trial.index.clone(), cost, bytes: bytes.map(|bytes| bytes as f64) })
}

fn read_built(built: &Built, place: usize) -> Option<TriedBuilt> {
    let (before, after) = (plan(&built.before, place)?, plan(&built.after, place)?);
    let [mut without, mut with] = [0, 1].map(|side| built.times.iter().map(|pair| pair[side]).collect::<Vec<f64>>());
    let paired = median(&mut without).zip(median(&mut with));
    let once = before.statement.execution_ms.zip(after.statement.execution_ms);
    let change = |(before, after)| Change { before: Ms(before), after: Ms(after) };
    Some(TriedBuilt {
        index: built.index.clone(),
        taken: takes(&after, Built::NAME, &before),
        cost: Change { before: cost(&before)?, after: cost(&after)? },
        execution: paired.or(once).map(change),
        pairs: built.times.len().max(1),
        blocks: touched(&before).zip(touched(&after)).map(|(before, after)| Change { before, after }),
        bytes: built.bytes.map(|bytes| bytes as f64),
    })
}

fn read_memory(trial: &Trial, place: usize) -> TriedMemory {
    let run = match &trial.answer {
        Explained::Untried(untried) => Err(untried.clone()),
        Explained::Explain(explain) => measured(explain, place).ok_or_else(|| Untried::because(UNREADABLE)),
    };
    TriedMemory { sql: trial.sql.clone(), run }
}

fn measured(explain: &str, place: usize) -> Option<(Ms, f64)> {
    let plan = plan(explain, place)?;
    let spilled = plan.root().counters.as_deref().map_or(0.0, crate::postgres::counters::Counters::temp_blocks);
    Some((Ms(plan.statement.execution_ms?), spilled))
}

fn read_statistics(trial: &Trial, place: usize, judged: &Plan) -> TriedStatistics {
    let plan = match &trial.answer {
        Explained::Untried(untried) => Err(untried.clone()),
        Explained::Explain(explain) => match plan(explain, place) {
            Some(plan) => Ok(replanned(judged, &plan)),
            None => Err(Untried::because(UNREADABLE)),
        },
    };
    TriedStatistics { sql: trial.sql.clone(), plan }
}

fn replanned(judged: &Plan, now: &Plan) -> Replanned {
    let labels = |plan: &Plan| plan.nodes().iter().map(PlanNode::label).collect::<Vec<String>>();
    let steps = if labels(judged) == labels(now) { Steps::Same } else { Steps::Others };
    let rows = |node: &PlanNode| Some(node.estimate?.rows);
    let same = |node: &PlanNode| match steps {
        Steps::Same => rows(now.node(node.id)),
        // A scan goes by its alias wherever it stands, and may read by another way.
        Steps::Others => now.nodes().iter().find(|other| is_scan_of(other, node)).and_then(rows),
    };
    Replanned { steps, cost: cost(now), rows: judged.nodes().iter().map(same).collect() }
}

fn is_scan_of(node: &PlanNode, judged: &PlanNode) -> bool {
    judged.relation.is_some() && node.alias == judged.alias && node.relation == judged.relation
}

/// Whether a plan uses the index: by its name, or by one that Postgres gave the part of a partition, which no node used
/// before.
fn takes(plan: &Plan, index: &str, without: &Plan) -> bool {
    let used = |plan: &Plan, name: &str| plan.nodes().iter().any(|node| node.index.as_deref() == Some(name));
    let names = plan.nodes().iter().filter_map(|node| node.index.as_deref());
    used(plan, index)
        || index == Built::NAME && names.into_iter().any(|name| name.ends_with("_idx") && !used(without, name))
}

fn touched(plan: &Plan) -> Option<f64> {
    Some(plan.root().counters.as_deref()?.touched_blocks())
}

/// The middle; of an even number the lower one of the two.
fn median(times: &mut [f64]) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len().saturating_sub(1) / 2).copied()
}

fn plan(explain: &str, place: usize) -> Option<Plan> {
    parse::parse(explain).ok()?.plans.into_iter().nth(place)
}

fn cost(plan: &Plan) -> Option<f64> {
    Some(plan.root().estimate?.total_cost)
}
