//! What a person can ask for, and what the world is asked to do.

use std::fmt;

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::flame::Measure;
use perf_look_analyzers::web::place::Site;

use crate::review::Choice;

/// A screen, by its digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// What was found.
    Findings,
    /// The tree with its numbers.
    Plan,
    /// Widths that add up.
    Flame,
    /// The statement.
    Sql,
    /// Two plans, or two captures of a page, beside each other.
    Diff,
    /// Sums by node type, table and index.
    Stats,
    /// Everything as Postgres named it.
    Raw,
    /// Of a page: memoised selectors by their place.
    Selectors,
    /// Of a page: its style sheets.
    Css,
    /// Of a page: what kept its main thread busy.
    Tasks,
    /// Of a page: its numbers, and how they were measured.
    Metrics,
    /// Of a page: the code of what is selected.
    Source,
    /// Of a server: the statements that it counts, and what runs now.
    Statements,
    /// Of a server: tables that are scanned whole, and old statistics.
    Tables,
    /// Of a server: indexes that are of no use, and those that are missing.
    Indexes,
    /// Of a server: what to know of it.
    Server,
}

impl Screen {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Findings,
        Self::Plan,
        Self::Flame,
        Self::Sql,
        Self::Diff,
        Self::Stats,
        Self::Raw,
        Self::Selectors,
        Self::Css,
        Self::Tasks,
        Self::Metrics,
        Self::Source,
        Self::Statements,
        Self::Tables,
        Self::Indexes,
        Self::Server,
    ];

    /// Those of a plan, in the order of their digits.
    pub const OF_PLANS: &'static [Self] =
        &[Self::Findings, Self::Plan, Self::Flame, Self::Sql, Self::Diff, Self::Stats, Self::Raw];

    /// Those of a page, in the order of their digits.
    pub const OF_PAGES: &'static [Self] = &[
        Self::Findings,
        Self::Selectors,
        Self::Css,
        Self::Tasks,
        Self::Flame,
        Self::Metrics,
        Self::Diff,
        Self::Source,
    ];

    /// Those of a server, in the order of their digits; the last one leads to its plans.
    pub const OF_SERVERS: &'static [Self] =
        &[Self::Statements, Self::Tables, Self::Indexes, Self::Server, Self::Findings];

    /// Whether a server is looked at as a whole.
    pub fn is_of_server(self) -> bool {
        matches!(self, Self::Statements | Self::Tables | Self::Indexes | Self::Server)
    }

    /// Those of a plan or page, in the order of their digits.
    pub fn all_of(of: Of) -> &'static [Self] {
        match of {
            Of::Plan(_) => Self::OF_PLANS,
            Of::Page(_) => Self::OF_PAGES,
        }
    }

    /// The name on its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Plan => "Plan",
            Self::Flame => "Flame",
            Self::Sql => "SQL",
            Self::Diff => "Diff",
            Self::Stats => "Stats",
            Self::Raw => "Raw",
            Self::Selectors => "Selectors",
            Self::Css => "CSS",
            Self::Tasks => "Tasks",
            Self::Metrics => "Metrics",
            Self::Source => "Source",
            Self::Statements => "Statements",
            Self::Tables => "Tables",
            Self::Indexes => "Indexes",
            Self::Server => "Server",
        }
    }
}

/// Where a key means what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// A screen, while a plan is looked at.
    On(Screen),
    /// A screen, while a page is looked at.
    OnPage(Screen),
    /// A review.
    Review,
    /// The end of a review: what will be written.
    Leaving,
    /// A screen, while a server is looked at as a whole.
    OnServer(Screen),
    /// The help.
    Help,
    /// A line is being typed.
    Prompt,
}

/// What can be decided on a target of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Decide {
    Accept,
    Waive,
    Reject,
    Skip,
}

/// One of two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Way {
    Next,
    Previous,
}

/// A move of the cursor, or of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Step {
    Up,
    Down,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    First,
    Last,
}

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Row,
    Node,
    Sql,
    Advice,
    Json,
    Place,
}

/// A format to export to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Svg,
    Folded,
    Speedscope,
    Firefox,
    Pprof,
    /// What Chrome's developer tools open, of a page.
    Cpuprofile,
    Html,
    Markdown,
    Json,
}

impl Format {
    /// Whether it is a picture of one measure.
    pub fn is_flame(self) -> bool {
        matches!(self, Self::Svg | Self::Folded)
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Folded => "folded",
            Self::Speedscope => "speedscope.json",
            Self::Firefox => "firefox.json",
            Self::Pprof => "pb.gz",
            Self::Cpuprofile => "cpuprofile",
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Json => "json",
        }
    }
}

/// What is done about a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays: ask with [`Action::Replace`].
    Keep,
    /// The user was asked.
    Replace,
}

/// An edit of the line that is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Edit {
    Type(char),
    Erase,
    Delete,
    EraseWord,
    EraseAll,
    Left,
    Right,
    Start,
    End,
}

/// What a person asks for, or what became of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Leave.
    Quit,
    /// Stop the program as Ctrl-Z does.
    Suspend,
    /// Draw all anew.
    Redraw,
    /// Show the keys.
    Help,
    /// Go to a screen.
    Show(Screen),
    /// Give the keys to the other pane.
    Pane,
    /// Move the cursor.
    Move(Step),
    /// To the parent, or fold; the previous sibling, group or measure.
    Left,
    /// To the child, or unfold; the next sibling, group or measure.
    Right,
    /// Deeper.
    Enter,
    /// Back.
    Back,
    /// Fold or unfold a node.
    Fold,
    /// Fold all.
    FoldAll,
    /// Unfold all.
    UnfoldAll,
    /// Begin to type what is searched.
    Search,
    /// Begin to type what is kept.
    Filter,
    /// The next match where a search is on, else the next finding.
    Match(Way),
    /// The next finding.
    Finding(Way),
    /// The node that took most; again: the one after.
    Hottest,
    /// Another column to sort by.
    Sort,
    /// The other order.
    Reverse,
    /// Another measure.
    Measure,
    /// Another meaning of colours.
    Colour,
    /// Put text onto the clipboard.
    Copy(What),
    /// Open the SQL, or the code, in an editor.
    Open,
    /// Write a file: asks for its path.
    Export(Format),
    /// A file is there already: asks whether it may be replaced.
    Replace(Format, String),
    /// Run the statement again, so often.
    Rerun(u8),
    /// Ask the server again what it counts.
    Look,
    /// Another size of the panes.
    Sizes,
    /// Wrap long text, or cut it.
    Wrap,
    /// Hide nodes below a larger share.
    HideMore,
    /// Hide fewer.
    HideFewer,
    /// Another statement.
    Statement(Way),
    /// Where the selection was before, or after.
    History(Way),
    /// Keep this run to compare with.
    Pin,
    /// Compares with an earlier run, or a later one.
    Baseline(Way),
    /// All pairs, changed ones, worse ones.
    Changed,
    /// Callers first.
    Invert,
    /// Frames too narrow to draw.
    Narrow,
    /// The list of sums beside the flame.
    Top,
    /// All of the flame again.
    Whole,
    /// Rules that ran.
    Rules,
    /// More hints at the bottom.
    Hints,
    /// Take the mouse or leave it to the terminal.
    Mouse,
    /// Decide on a target.
    Decide(Decide),
    /// Take the last decision back.
    Undo,
    /// Write what was decided.
    Write,
    /// Leave and write nothing.
    Discard,
    /// What was decided is written.
    Settled,
    /// Change the line that is being typed.
    Edit(Edit),
    /// The terminal has another size: columns and rows.
    Resize(u16, u16),
    /// What became of an effect.
    Said(Message),
}

/// A word to the user, in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// For information.
    Note(String),
    /// Something did not work, and what can be done.
    Failure(String),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(text) | Self::Failure(text) => f.write_str(text),
        }
    }
}

/// What the world is asked to do; what became of it comes back as an [`Action`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Give the terminal back and stop.
    Suspend,
    /// Forget what is on the terminal and draw all.
    Redraw,
    /// Put this onto the clipboard. It is what Postgres said, word for word, and may hold escape codes.
    Copy {
        /// The text, raw.
        text: String,
        /// What it is, to say so.
        what: What,
    },
    /// Open the SQL of a subject in an editor.
    Open {
        /// The plan.
        subject: Of,
        /// From 1.
        line: usize,
    },
    /// Open the code of a page in an editor.
    OpenCode(Site),
    /// Write a file.
    Export {
        /// The plan or page.
        subject: Of,
        /// The format.
        format: Format,
        /// What flames are measured by.
        measure: Measure,
        /// Where.
        path: String,
        /// What to do about a file that is there.
        existing: Existing,
    },
    /// Run a subject's statement again and hand in the new report.
    Rerun {
        /// The plan.
        subject: Of,
        /// How often.
        runs: u8,
    },
    /// Write what was decided, by the names of targets; then [`Action::Settled`].
    Settle(Vec<(String, Choice)>),
    /// Explain a statement that the server counts, by its place among them, and hand in the report with it.
    Explain(usize),
    /// Ask the server again what it counts, and hand in the new report.
    Look,
    /// Take the mouse or leave it to the terminal.
    Mouse,
}
