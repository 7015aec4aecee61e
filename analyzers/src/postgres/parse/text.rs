//! EXPLAIN's TEXT format, PostgreSQL 9.2 to 19: indentation is the tree, everything else is words for the builder.

mod body;
mod headline;
mod lines;
mod properties;
mod scan;
mod statement;

use body::{Body, Group, Owner};
use lines::{Line, Lines};
use scan::Openness;

use super::builder::Builder;
use super::error::{ParsePlanError, Refused};
use crate::postgres::plan::{Plan, Value};

/// Properties on their way to the builder: Postgres' names in JSON, and what they say.
type Properties<'t> = Vec<(&'t str, Value)>;

/// One plan without a frame around it; `first_line` is where it begins in what the user gave, from 1.
pub(super) fn parse(text: &str, first_line: usize) -> Result<Plan, ParsePlanError> {
    let mut reader = Reader::new(text, first_line);
    reader.read().map_err(|refused| placed(&reader, refused))?;
    let builder = std::mem::take(&mut reader.builder);
    builder.finish().map_err(|refused| placed(&reader, refused))
}

/// The plan of a text that is one just as Postgres printed it, without a frame and with no line cut in two.
/// Programs and files have it so, and it may be large: it is not to be looked at twice.
pub(super) fn parse_bare(text: &str) -> Option<Plan> {
    let mut reader = Reader::new(text, 1);
    reader.read().ok()?;
    if reader.is_bare { reader.builder.finish().ok() } else { None }
}

/// Whether a line without its arrow is that of a node: it has a node's numbers, or a known name.
pub(super) fn is_node(line: &str) -> bool {
    headline::is_one(line)
}

fn placed(reader: &Reader<'_>, refused: Refused) -> ParsePlanError {
    ParsePlanError { line: reader.line, column: reader.column, expected: refused.expected, found: refused.found }
}

/// A node whose children may follow.
struct Frame<'t> {
    /// The column of its name: properties and children stand to the right of it.
    column: usize,
    inputs: headline::Inputs,
    /// How many children are its inputs, as opposed to sub-plans.
    children: u32,
    /// `InitPlan 1 (returns $0)` and its column: what the nodes to its right are to this one.
    label: Option<(usize, &'t str)>,
}

/// A property whose value may go on in the next line.
struct Pending<'t> {
    number: usize,
    indent: usize,
    name: &'t str,
    /// The value's place in the text.
    start: usize,
    end: usize,
    openness: Openness,
    owner: Owner,
}

struct Reader<'t> {
    text: &'t str,
    builder: Builder,
    frames: Vec<Frame<'t>>,
    pending: Option<Pending<'t>>,
    /// Groups that are open, an inner one after the one that it is in.
    groups: Vec<Group<'t>>,
    body: Body<'t>,
    /// What one line gives; kept to allocate once.
    found: Properties<'t>,
    /// Where an error is, if there is one.
    line: usize,
    column: usize,
    /// Whether all lines so far are whole, and Postgres' own.
    is_bare: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, first_line: usize) -> Self {
        Self {
            text,
            builder: Builder::default(),
            frames: Vec::new(),
            pending: None,
            groups: Vec::new(),
            body: Body::of(headline::Inputs::Plain),
            found: Vec::new(),
            line: first_line,
            column: 1,
            is_bare: true,
        }
    }

    fn read(&mut self) -> Result<(), Refused> {
        let preamble = statement::preamble(self.text);
        for (name, value) in preamble.properties {
            self.builder.set_statement(name, Value::Text(value.into()))?;
        }
        for line in Lines::new(self.text, preamble.end, self.line) {
            self.line(line)?;
        }
        self.finish()
    }

    fn line(&mut self, line: Line<'t>) -> Result<(), Refused> {
        if self.frames.is_empty() {
            return self.root(line);
        }
        if self.continues_a_quote(line) {
            self.extend(line);
            return Ok(());
        }
        if let Some(name) = arrow(line.body) {
            return self.node(line, name);
        }
        if self.frames.last().is_some_and(|frame| frame.column < line.indent)
            && let Some(target) = self.body.target(line.body)
        {
            self.begin_line(line)?;
            self.body.open_target(line.indent, target);
            return Ok(());
        }
        if is_label(line.body) {
            return self.label(line);
        }
        if let Some((name, value)) = properties::split(line.body) {
            return self.property(line, name, value);
        }
        self.rest(line)
    }

    /// The first line of the plan. A word that is no node type is one only where numbers or an arrow say so.
    fn root(&mut self, line: Line<'t>) -> Result<(), Refused> {
        self.here(line);
        let (indent, name) = match arrow(line.body) {
            Some(name) => (line.indent + (line.body.len() - name.len()), name),
            None if headline::is_one(line.body) => (line.indent, line.body),
            None => return Err(Refused::new("the first node of a plan, such as `Seq Scan on t  (cost=…)`", line.body)),
        };
        self.open(indent, name)
    }

    fn node(&mut self, line: Line<'t>, name: &'t str) -> Result<(), Refused> {
        self.begin_line(line)?;
        if self.frames.first().is_some_and(|root| line.indent <= root.column) {
            return Err(Refused::new("a node that is indented deeper than the first one", line.body));
        }
        self.close_down_to(line.indent)?;
        self.body.flush(&mut self.builder)?;
        let relationship = self.frames.last_mut().map(|parent| parent.adopt(line.indent));
        self.open(line.indent + (line.body.len() - name.len()), name)?;
        let Some((relationship, label)) = relationship else { return Ok(()) };
        self.builder.set("Parent Relationship", Value::Text(relationship.into()))?;
        if let Some(label) = label {
            self.builder.set("Subplan Name", Value::Text(label.into()))?;
        }
        Ok(())
    }

    fn open(&mut self, column: usize, name: &'t str) -> Result<(), Refused> {
        self.builder.open()?;
        let inputs = headline::read(name, &mut self.found);
        for (name, value) in self.found.drain(..) {
            self.builder.set(name, value)?;
        }
        self.frames.push(Frame { column, inputs, children: 0, label: None });
        self.body = Body::of(inputs);
        Ok(())
    }

    /// Ends the nodes that a line at this column is not below of; never the root.
    fn close_down_to(&mut self, column: usize) -> Result<(), Refused> {
        while self.frames.len() > 1 && self.frames.last().is_some_and(|frame| frame.column >= column) {
            self.body.flush(&mut self.builder)?;
            self.builder.close()?;
            self.frames.pop();
            self.body = Body::of(self.frames.last().map_or(headline::Inputs::Plain, |frame| frame.inputs));
        }
        Ok(())
    }

    fn label(&mut self, line: Line<'t>) -> Result<(), Refused> {
        self.begin_line(line)?;
        self.close_down_to(line.indent)?;
        if let Some(parent) = self.frames.last_mut() {
            parent.label = Some((line.indent, line.body));
        }
        Ok(())
    }

    fn property(&mut self, line: Line<'t>, name: &'t str, value: &'t str) -> Result<(), Refused> {
        self.begin_line(line)?;
        let root = self.frames.first().map_or(0, |root| root.column);
        // A node's own lines are indented by two; one is left to a first line that lost its blank in the clipboard.
        let owner = if line.indent < root + 2 { Owner::Statement } else { Owner::Node };
        self.is_bare &= owner == Owner::Node || statement::is_known(name);
        if owner == Owner::Node && self.groups.is_empty() && !self.body.has_target() {
            self.close_down_to(line.indent)?;
        }
        if let Some(group) = Group::of_worker(line.indent, owner, name) {
            return self.worker(group, value);
        }
        if name == "Serialization" {
            self.groups.push(Group::named(line.indent, owner, name));
            body::serialization(value, &mut self.found);
            return self.deliver_found(owner);
        }
        if value.is_empty() && owner == Owner::Node && properties::is_list(name) {
            return self.deliver(owner, vec![(name, Value::List(Vec::new()))]);
        }
        if value.is_empty() {
            self.groups.push(Group::named(line.indent, owner, name));
            return Ok(());
        }
        self.pending = Some(Pending {
            number: line.number,
            indent: line.indent,
            name,
            start: line.end - value.len(),
            end: line.end,
            openness: Openness::default().after(value),
            owner,
        });
        Ok(())
    }

    /// `Worker 0:  actual time=…`, or any of its properties behind the colon.
    fn worker(&mut self, worker: Group<'t>, value: &'t str) -> Result<(), Refused> {
        let (indent, owner, is_only_jit) = (worker.indent, worker.owner, worker.is_only_jit());
        self.groups.push(worker);
        if is_only_jit {
            self.groups.push(Group::named(indent + 1, owner, "JIT"));
            return Ok(());
        }
        match properties::split(value) {
            Some((name, "")) => self.groups.push(Group::named(indent + 1, owner, name)),
            Some((name, value)) => properties::read(name, value, &mut self.found),
            None => headline::actual(value.strip_prefix("actual ").unwrap_or(value), &mut self.found),
        }
        self.deliver_found(owner)
    }

    /// A line that is nothing by itself: the rest of the value above, or wrong.
    fn rest(&mut self, line: Line<'t>) -> Result<(), Refused> {
        if self.pending.as_ref().is_some_and(|pending| pending.openness.is_open()) {
            self.extend(line);
            return Ok(());
        }
        self.begin_line(line)?;
        if self.groups.last_mut().is_some_and(|group| group.push_line(line.body)) {
            return Ok(());
        }
        Err(Refused::new(
            "a node (`->  Seq Scan on t`), a property (`Filter: …`) or the rest of the line above",
            line.body,
        ))
    }

    fn extend(&mut self, line: Line<'t>) {
        self.is_bare = false;
        if let Some(pending) = &mut self.pending {
            pending.openness = pending.openness.after(&self.text[pending.end..line.end]);
            pending.end = line.end;
        }
    }

    /// Whether the line is inside of quotes that began above. A quote may also be a stray one, in a file's name, and
    /// must not swallow the plan: nodes end it, and so do Postgres' own properties in their place.
    fn continues_a_quote(&self, line: Line<'t>) -> bool {
        let Some(pending) = self.pending.as_ref().filter(|pending| pending.openness.in_quotes()) else { return false };
        let ends = arrow(line.body).is_some_and(headline::is_one)
            || line.indent <= pending.indent
                && properties::split(line.body).is_some_and(|(name, _)| {
                    line.indent == pending.indent && properties::is_known(name) || statement::is_known(name)
                });
        !ends
    }

    fn here(&mut self, line: Line<'t>) {
        (self.line, self.column) = (line.number, line.indent + 1);
    }

    /// Hands over what the lines above said, as far as this line ends it.
    fn begin_line(&mut self, line: Line<'t>) -> Result<(), Refused> {
        self.flush_pending()?;
        self.here(line);
        self.end_groups(line.indent)
    }

    fn flush_pending(&mut self) -> Result<(), Refused> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        (self.line, self.column) = (pending.number, pending.indent + 1);
        let value = &self.text[pending.start..pending.end];
        let in_group = self.groups.last();
        if in_group.is_some_and(Group::is_jit) {
            body::jit(pending.name, value, &mut self.found);
        } else if in_group.is_none() && pending.owner == Owner::Statement {
            statement::read(pending.name, value, &mut self.found);
        } else if in_group.is_none() && self.body.grouping(pending.name, value) {
            return Ok(());
        } else {
            properties::read(pending.name, value, &mut self.found);
        }
        self.deliver_found(pending.owner)
    }

    fn deliver_found(&mut self, owner: Owner) -> Result<(), Refused> {
        let found = std::mem::take(&mut self.found);
        self.deliver(owner, found)
    }

    /// Gives properties to what they belong to: the group, target, node or statement that is open.
    fn deliver(&mut self, owner: Owner, mut found: Properties<'t>) -> Result<(), Refused> {
        for (name, value) in found.drain(..) {
            if let Some(group) = self.groups.last_mut() {
                group.push(name, value);
            } else if owner == Owner::Statement {
                self.builder.set_statement(name, value)?;
            } else if let Some(value) = self.body.take(name, value) {
                self.body.flush_lists(&mut self.builder)?;
                self.builder.set(name, value)?;
            }
        }
        self.found = found;
        Ok(())
    }

    /// Ends the groups and targets that a line at this column is not part of.
    fn end_groups(&mut self, column: usize) -> Result<(), Refused> {
        while self.groups.last().is_some_and(|group| group.indent >= column) {
            let Some(group) = self.groups.pop() else { break };
            let owner = group.owner;
            if let Some(group) = self.body.add_worker(group) {
                self.deliver(owner, vec![group.finish()])?;
            }
        }
        self.body.end_target(column);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Refused> {
        if self.frames.is_empty() {
            return Err(Refused::new("a plan", ""));
        }
        self.flush_pending()?;
        self.end_groups(0)?;
        self.close_down_to(0)?;
        self.body.flush(&mut self.builder)?;
        self.builder.close()
    }
}

impl<'t> Frame<'t> {
    /// What the next child is to this node, in the words of JSON, and the name of its sub-plan.
    fn adopt(&mut self, column: usize) -> (&'static str, Option<&'t str>) {
        match self.label {
            Some((label_column, label)) if label_column < column => {
                let relationship = if label.starts_with("SubPlan") { "SubPlan" } else { "InitPlan" };
                return (relationship, Some(label));
            }
            _ => self.label = None,
        }
        self.children += 1;
        (self.inputs.relationship(self.children), None)
    }
}

/// The node that stands behind an arrow.
fn arrow(body: &str) -> Option<&str> {
    let name = body.strip_prefix("->")?.trim_start();
    (!name.is_empty()).then_some(name)
}

/// The line that says what the node below it is to the node above it.
fn is_label(body: &str) -> bool {
    let is_numbered = |word: &str| body.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    body.starts_with("CTE ") || is_numbered("InitPlan") || is_numbered("SubPlan")
}
