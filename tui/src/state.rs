//! What the user did: where they stand, what is folded, searched and sorted. Views read it, `update` changes it.

use std::collections::BTreeMap;

use perf_look_analyzers::finding::{Location, Of};
use perf_look_analyzers::flame::Measure;
use perf_look_analyzers::postgres::NodeId;
use tui_input::Input;

use crate::action::{Context, Format, Message, Screen};
use crate::diff::DiffState;
use crate::flame::FlameState;
use crate::lists::Tables;
use crate::model::Model;
use crate::review::{Question, Reviewing, Stage};
use crate::rows::{Row, Rows, Shape};
use crate::source::SourceState;
use crate::statement::Statement;
use crate::stats::{Asked, Group};
use crate::widths::Widths;

/// Which pane has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Pane {
    #[default]
    List,
    Detail,
}

/// How the panes share the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sizes {
    /// By what they hold.
    #[default]
    Fitting,
    /// Most of it for the details.
    Detail,
    /// All of it for the list.
    List,
}

/// A place in a list: the row of the cursor and the first row that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scroll {
    /// The row of the cursor.
    pub cursor: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl Scroll {
    /// The first row to be shown so that the cursor is among `height`.
    pub fn top_for(self, height: usize) -> usize {
        let least = (self.cursor + 1).saturating_sub(height.max(1));
        self.top.clamp(least, self.cursor)
    }

    /// The same, with what stands around the cursor: of `length` rows up to two above and below.
    pub(crate) fn top_with_surroundings(self, height: usize, length: usize) -> usize {
        const AROUND: usize = 2;
        let around = AROUND.min(height.saturating_sub(1) / 2);
        let below = (self.cursor + 1 + around).min(length.max(self.cursor + 1));
        self.top.clamp(below.saturating_sub(height.max(1)), self.cursor.saturating_sub(around))
    }
}

/// A line that is being typed, and for what.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// For what.
    pub purpose: Purpose,
    /// What is typed.
    pub input: Input,
}

/// What a line is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Purpose {
    Search,
    Filter,
    Export(Format),
    Replace(Format),
    Decide(Question),
}

/// What is searched, and where it is on this screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// The words; empty for none.
    pub query: String,
    /// What matches: nodes, findings, lines or groups by their index, in order.
    pub matches: Vec<usize>,
}

/// What the tree table colours by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// The part of the whole that a node took.
    #[default]
    Heat,
    /// What a node does.
    Class,
    /// How wrong the estimate was.
    Misestimate,
    /// Blocks that were not in the cache.
    Cache,
    /// What was found.
    Finding,
}

impl Colour {
    const ALL: [Self; 5] = [Self::Heat, Self::Class, Self::Misestimate, Self::Cache, Self::Finding];

    /// The word on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Heat => "heat",
            Self::Class => "class",
            Self::Misestimate => "misestimate",
            Self::Cache => "cache",
            Self::Finding => "finding",
        }
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// Whether something extra is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Shown {
    #[default]
    No,
    Yes,
}

impl Shown {
    /// The other one.
    #[must_use]
    pub fn toggled(self) -> Self {
        if self == Self::Yes { Self::No } else { Self::Yes }
    }

    /// Whether it is shown.
    pub fn yes(self) -> bool {
        self == Self::Yes
    }
}

/// Everything that the user did.
#[derive(Debug, Clone)]
pub struct State {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The screen.
    pub screen: Screen,
    /// The pane that has the keys.
    pub pane: Pane,
    /// The plan or page.
    pub subject: Of,
    /// The node; shared by all screens.
    pub node: NodeId,
    /// The frame outside the tree that the cursor is on, in place of the node.
    pub frame: Option<usize>,
    /// The finding, by its place in the report.
    pub finding: usize,
    /// Where the lists stand, by screen.
    pub scrolls: [Scroll; Screen::ALL.len()],
    /// The first line of the details that is shown.
    pub detail: usize,
    /// What nodes are measured by.
    pub measure: Measure,
    /// What each node has of it.
    pub widths: Widths,
    /// The screen Flame.
    pub flame: FlameState,
    /// The rows of the SQL.
    pub statement: Statement,
    /// What decides on the rows.
    pub shape: Shape,
    /// The rows of the plan.
    pub rows: Rows,
    /// The findings that are listed, by their place in the report.
    pub listed: Vec<usize>,
    /// Which nodes of the other statements are folded.
    pub folds: BTreeMap<Of, Vec<bool>>,
    /// What is searched.
    pub search: Search,
    /// A line that is being typed.
    pub prompt: Option<Prompt>,
    /// The first of two strokes.
    pub stroke: Option<String>,
    /// The help: where it is scrolled to, and what is searched in it.
    pub help: Option<HelpState>,
    /// How far the hottest nodes were walked.
    pub hot: Option<usize>,
    /// Where selections were.
    pub history: History,
    /// A word to the user, until the next key.
    pub message: Option<Message>,
    /// What the tree colours by.
    pub colour: Colour,
    /// How the panes share the screen.
    pub sizes: Sizes,
    /// Whether long lines are wrapped.
    pub wrap: Shown,
    /// Whether rules that found nothing are listed.
    pub rules: Shown,
    /// Whether all hints are shown.
    pub hints: Shown,
    /// The groups of the screen Stats, and their order.
    pub stats: Asked,
    /// The sums of the screen Stats.
    pub groups: Vec<Group>,
    /// What these were made for.
    pub(crate) groups_of: Option<(Of, Asked)>,
    /// The screen Diff.
    pub diff: DiffState,
    /// The statement to compare with.
    pub pinned: Option<Of>,
    /// What the screens of a page and of a server list.
    pub tables: Tables,
    /// The screen Source.
    pub source: SourceState,
    /// A review, in place of all screens.
    pub review: Option<Reviewing>,
}

/// Where the help stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelpState {
    /// The first line.
    pub top: usize,
    /// Words that a line must have.
    pub query: String,
}

/// Selections in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Plans and their nodes, or pages with the first of nodes.
    pub places: Vec<(Of, NodeId)>,
    /// Which of them is now.
    pub at: usize,
}

/// The screen that everything is reached from.
pub(crate) fn top(model: &Model) -> Screen {
    if model.report().overview.is_some() { Screen::Statements } else { Screen::Findings }
}

impl State {
    /// As it opens: on the statements of a server, else on Findings, with the worst finding selected.
    pub fn new(model: &Model, size: (u16, u16)) -> Self {
        let first = model.finding(0).map(|finding| &finding.location);
        let subject = first.map(Location::of).or_else(|| model.subjects().next()).unwrap_or(Of::Plan(0));
        let node = first.and_then(Location::node).unwrap_or(NodeId(0));
        let shape = Shape::default();
        let judged = model.subject(subject);
        let measure = judged.map_or(Measure::Wall, |subject| Measure::of_choice(&subject.plan));
        let widths = judged.map(|subject| Widths::of(subject, measure)).unwrap_or_default();
        let rows = judged.map(|subject| Rows::of(subject, &shape, &widths)).unwrap_or_default();
        let mut state = Self {
            size,
            screen: top(model),
            pane: Pane::List,
            subject,
            node,
            frame: None,
            finding: 0,
            scrolls: [Scroll::default(); Screen::ALL.len()],
            detail: 0,
            measure,
            widths,
            flame: FlameState::default(),
            statement: Statement::default(),
            shape,
            rows,
            listed: (0..model.report().findings.len()).collect(),
            folds: BTreeMap::new(),
            search: Search::default(),
            prompt: None,
            stroke: None,
            help: None,
            hot: None,
            history: History { places: vec![(subject, node)], at: 0 },
            message: None,
            colour: Colour::default(),
            sizes: Sizes::default(),
            wrap: Shown::Yes,
            rules: Shown::No,
            hints: Shown::No,
            stats: Asked::default(),
            groups: Vec::new(),
            groups_of: None,
            diff: DiffState::default(),
            pinned: None,
            tables: Tables::default(),
            source: SourceState::default(),
            review: model.review().map(|review| Reviewing::new(review.targets.len())),
        };
        state.follow_node();
        if state.screen.is_of_server() {
            state.tables.follow(model, (subject, state.screen), "");
        }
        state
    }

    /// The same place in another report: after the statement was run again.
    #[must_use]
    pub fn on(&self, model: &Model) -> Self {
        let mut state = Self::new(model, self.size);
        state.screen = self.screen;
        state.tables = self.tables.anew();
        for screen in Screen::ALL.into_iter().filter(|screen| screen.is_of_server()) {
            *state.scroll_mut(screen) = self.scroll(screen);
        }
        (state.colour, state.sizes, state.wrap, state.hints) = (self.colour, self.sizes, self.wrap, self.hints);
        state.diff.kept = self.diff.kept;
        if model.node(self.subject, self.node).is_some() && self.subject == state.subject {
            state.node = self.node;
            state.history = History { places: vec![(state.subject, state.node)], at: 0 };
            state.follow_node();
        }
        state
    }

    /// What keys mean now.
    pub fn context(&self) -> Context {
        if self.prompt.is_some() {
            return Context::Prompt;
        }
        if self.help.is_some() { Context::Help } else { self.on_screen() }
    }

    /// What keys mean on the screen, whatever is shown above it.
    pub(crate) fn on_screen(&self) -> Context {
        match self.review.as_ref().map(|reviewing| reviewing.stage) {
            Some(Stage::Deciding) => Context::Review,
            Some(Stage::Leaving(_)) => Context::Leaving,
            None => self.context_of(self.screen),
        }
    }

    /// What keys mean on a screen of what is looked at.
    pub(crate) fn context_of(&self, screen: Screen) -> Context {
        match self.subject {
            _ if screen.is_of_server() => Context::OnServer(screen),
            Of::Plan(_) => Context::On(screen),
            Of::Page(_) => Context::OnPage(screen),
        }
    }

    /// The screens of what is looked at, in the order of their digits.
    pub(crate) fn screens(&self) -> &'static [Screen] {
        if self.screen.is_of_server() { Screen::OF_SERVERS } else { Screen::all_of(self.subject) }
    }

    /// Where the list of a screen stands.
    pub fn scroll(&self, screen: Screen) -> Scroll {
        self.scrolls[screen as usize]
    }

    pub(crate) fn scroll_mut(&mut self, screen: Screen) -> &mut Scroll {
        &mut self.scrolls[screen as usize]
    }

    /// Puts the cursors of the trees onto the selected node or frame.
    pub(crate) fn follow_node(&mut self) {
        let place = match self.frame {
            Some(frame) => (0..self.rows.len()).find(|place| self.rows.get(*place) == Some(Row::Frame(frame))),
            None => self.rows.place(self.node),
        };
        if let Some(place) = place {
            self.scroll_mut(Screen::Plan).cursor = place;
            self.scroll_mut(Screen::Raw).cursor = place;
        }
    }
}
