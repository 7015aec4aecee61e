//! The plan as widths that add up: an icicle, the root on top, as in the tree.

use perf_look_analyzers::Subject;
use perf_look_analyzers::finding::{Of, Severity};
use perf_look_analyzers::flame::{Class, Flame, Frame, FrameId, describe, numbers};
use perf_look_analyzers::postgres::counters::Counter;
use perf_look_analyzers::quantity::{Quantity, grouped};
use ratatui::layout::Rect;

use super::prose::Prose;
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece, plain, safe_line};
use crate::flame::{Picture, Rectangle};
use crate::measure;
use crate::model::Model;
use crate::state::{Colour, Pane, State};
use crate::text::{self, plural};
use crate::theme::{Glyphs, Role};

pub(super) fn title(state: &State) -> (Line, Line) {
    let Some((flame, picture)) = state.flame.drawable().zip(state.flame.picture()) else {
        return (vec![piece(Role::Heading, "Flame")], Line::new());
    };
    let zoomed = &flame.frames()[state.flame.zoom];
    let title =
        vec![piece(Role::Heading, measured(state, flame)), piece(Role::Faint, format!("   zoom: {}", zoomed.label))];
    let drawn: usize = picture.rows.iter().map(Vec::len).sum();
    let note = format!(
        "{}, {} drawn   {}",
        plural(flame.frames().len(), "frame"),
        grouped(drawn as f64),
        plural(picture.rows.len(), "level")
    );
    (title, vec![piece(Role::Faint, note)])
}

/// What the widths are.
fn measured(state: &State, flame: &Flame) -> &'static str {
    match state.subject {
        Of::Plan(_) => flame.measure.title(),
        Of::Page(_) => "time of the main thread, sampled",
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, inner: Rect) -> usize {
    let flame = match state.flame.flame() {
        Some(Ok(flame)) => flame,
        Some(Err(why)) => {
            canvas.line(inner, &[piece(Role::Text, format!("  {why}"))]);
            return 0;
        }
        None => return 0,
    };
    let Some(picture) = state.flame.picture() else { return 0 };
    if picture.rows.is_empty() {
        let words = match state.subject {
            Of::Plan(_) => {
                format!("  there is nothing of {} in this plan (m: another measure)", state.measure.title())
            }
            Of::Page(_) => "  the main thread did nothing while it was sampled".to_owned(),
        };
        canvas.line(inner, &[piece(Role::Text, words)]);
        return 0;
    }
    let height = usize::from(inner.height).saturating_sub(usize::from(has_footnote(state)));
    let top = state.scroll(Screen::Flame).top_for(height);
    let here = drawn_frame(flame, picture, (state.flame.at, state.flame.zoom));
    let paint = Paint { state, model, subject: model.subject(state.subject), flame, here };
    let shown = picture.rows.iter().enumerate().skip(top).take(height);
    let mut drawn = 0;
    for (level, rectangles) in shown {
        let y = row_of(state, (level - top, height), inner);
        drawn += 1;
        for rectangle in rectangles {
            paint.rectangle(canvas, *rectangle, Rect { y, height: 1, ..inner });
        }
    }
    if has_footnote(state) {
        let last = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        canvas.line(last, &[piece(Role::Faint, format!(" {}", footnote(flame, picture)))]);
    }
    drawn
}

/// Whether the last row names frames that are too narrow.
pub(super) fn has_footnote(state: &State) -> bool {
    state.flame.picture().is_some_and(|picture| !picture.narrow.is_empty())
}

fn row_of(state: &State, (level, height): (usize, usize), inner: Rect) -> u16 {
    let from_top = if state.flame.inverted.yes() { height - 1 - level } else { level };
    inner.y + u16::try_from(from_top).unwrap_or(0)
}

fn footnote(flame: &Flame, picture: &Picture) -> String {
    let named = picture.narrow.iter().take(3).map(|id| {
        let shown = &flame.frames()[*id];
        format!("{} {}", shown.label, flame.measure.quantity(shown.total))
    });
    let named: Vec<String> = named.collect();
    let are = if picture.narrow.len() == 1 { "is" } else { "are" };
    let count = plural(picture.narrow.len(), "frame");
    format!("{count} {are} narrower than a cell (x: list): {}", named.join(", "))
}

struct Paint<'a> {
    state: &'a State,
    model: &'a Model,
    /// None of a page.
    subject: Option<&'a Subject>,
    flame: &'a Flame,
    /// The frame that has the cursor.
    here: FrameId,
}

/// The frame itself, or the nearest one that it stands on which is wide enough to be drawn.
fn drawn_frame(flame: &Flame, picture: &Picture, (at, zoom): (FrameId, FrameId)) -> FrameId {
    let depth = |id: FrameId| flame.frames()[id].depth;
    let is_drawn = |id: &FrameId| {
        let level = depth(*id).checked_sub(depth(zoom)).and_then(|level| picture.rows.get(level as usize));
        level.is_some_and(|row| row.iter().any(|rectangle| rectangle.frame == *id))
    };
    flame.path(at).into_iter().rev().find(is_drawn).unwrap_or(at)
}

impl Paint<'_> {
    fn rectangle(&self, canvas: &mut Canvas<'_>, rectangle: Rectangle, row: Rect) {
        let frame = &self.flame.frames()[rectangle.frame];
        let narrow = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        let area = Rect { x: row.x + narrow(rectangle.x), width: narrow(rectangle.width), ..row };
        let words = self.words(rectangle, (canvas.has_fills(), canvas.glyphs()));
        canvas.line(area, &[piece(self.fill(frame), words)]);
        if rectangle.frame == self.here {
            canvas.paint(area, if self.state.pane == Pane::List { Role::Cursor } else { Role::Selected });
        }
    }

    /// A separator or the mark of the cursor, the class where there are no colours, the label, the width, its share.
    fn words(&self, rectangle: Rectangle, (has_fills, glyphs): (bool, Glyphs)) -> String {
        let (frame, width) = (&self.flame.frames()[rectangle.frame], rectangle.width);
        let separator = match glyphs {
            _ if rectangle.frame == self.here => ">",
            Glyphs::Unicode => "▏",
            Glyphs::Basic => "│",
            Glyphs::Ascii => "|",
        };
        let mut words = separator.to_owned();
        if !has_fills {
            words.push(frame.class.letter());
            words.push(' ');
        }
        let mut room = width.saturating_sub(text::width(&words));
        let label = safe_line(&frame.label, glyphs);
        words.push_str(&text::cut(&label, room, glyphs));
        room = room.saturating_sub(text::width(&label));
        let quantity = self.flame.measure.quantity(frame.total).to_string();
        let share = text::percent(self.flame.share(frame.total));
        for more in [quantity, share] {
            let more = format!("  {more}");
            if text::width(&more) > room {
                break;
            }
            room -= text::width(&more);
            words.push_str(&more);
        }
        text::left(text::head(&words, width), width)
    }

    fn fill(&self, frame: &Frame) -> Role {
        let Some(subject) = self.subject else { return class_role(frame.class) };
        let Some(node) = frame.node.map(|id| subject.plan.node(id)) else {
            return if self.state.flame.colour == Colour::Class { Role::Outside } else { Role::Little };
        };
        match self.state.flame.colour {
            Colour::Class => class_role(frame.class),
            Colour::Heat => match self.flame.share(frame.own) {
                share if share >= 0.5 => Role::Most,
                share if share >= 0.1 => Role::Much,
                _ => Role::Little,
            },
            Colour::Misestimate => misestimate(node),
            Colour::Cache => match subject.attribution.own_counters(node) {
                Some(own) if own[Counter::SharedRead] > own[Counter::SharedHit] => Role::Most,
                Some(own) if own[Counter::SharedRead] > 0.0 => Role::Much,
                _ => Role::Little,
            },
            Colour::Finding => {
                let findings = self.model.findings_of(self.state.subject, node.id).iter();
                match findings.filter_map(|place| self.model.finding(*place)).map(|finding| finding.severity).max() {
                    Some(Severity::Error) => Role::Most,
                    Some(Severity::Warn) => Role::Much,
                    Some(Severity::Info) => Role::Less,
                    None => Role::Little,
                }
            }
        }
    }
}

/// More rows than planned in the warm fills, fewer in the cold one.
fn misestimate(node: &perf_look_analyzers::postgres::PlanNode) -> Role {
    let Some((expected, actual)) = node.expected_rows().zip(node.rows()) else { return Role::Little };
    let factor = actual.mid().max(1.0) / expected.max(1.0);
    match factor {
        factor if factor >= 100.0 => Role::Most,
        factor if factor >= 2.0 => Role::Much,
        factor if factor <= 0.5 => Role::Less,
        _ => Role::Little,
    }
}

/// The fill of a class.
pub(super) fn class_role(class: Class) -> Role {
    match class {
        Class::Scan | Class::Library => Role::Scan,
        Class::Join => Role::Join,
        Class::SortAggregate | Class::Script => Role::SortAggregate,
        Class::Parallel | Class::Garbage => Role::Parallel,
        Class::Modify => Role::Modify,
        Class::Other | Class::Browser => Role::Other,
        Class::Outside | Class::Idle => Role::Outside,
    }
}

/// The frame of the cursor, or one of the lists.
pub(super) fn detail(state: &State, model: &Model) -> Prose {
    let mut prose = Prose::default();
    let Some((flame, picture)) = state.flame.drawable().zip(state.flame.picture()) else { return prose };
    if state.flame.narrow.yes() {
        narrow(&mut prose, flame, picture);
        return prose;
    }
    if state.flame.top.yes() {
        top(&mut prose, (flame, measured(state, flame)));
        return prose;
    }
    frame(&mut prose, state, model, flame);
    sandwich(&mut prose, model, state, flame);
    for note in &flame.notes {
        prose.labelled(piece(Role::Faint, "  note: "), plain(note.clone()));
    }
    prose.line(Line::new());
    prose.line(match state.subject {
        Of::Plan(_) => legend(state.flame.colour),
        Of::Page(_) => classes(&Class::OF_PAGES),
    });
    prose
}

fn frame(prose: &mut Prose, state: &State, model: &Model, flame: &Flame) {
    let frames = flame.frames();
    let shown = &frames[state.flame.at];
    let lines = match state.subject {
        Of::Plan(subject) => describe(model.report(), subject, flame, state.flame.at),
        Of::Page(_) => numbers(flame, state.flame.at),
    };
    for (place, line) in lines.into_iter().enumerate() {
        let role = if place == 0 { Role::Strong } else { Role::Text };
        let indent = if place == 0 { "" } else { "  " };
        prose.labelled(piece(Role::Text, indent), vec![piece(role, line)]);
    }
    let zoomed = frames[state.flame.zoom].total;
    if state.flame.zoom != 0 && zoomed > 0.0 {
        prose.field("of zoom", Quantity::Share(shown.total / zoomed).to_string());
    }
    let path = flame.path(state.flame.at);
    let labels: Vec<&str> = path.iter().map(|id| frames[*id].label.as_str()).collect();
    let shown_path = match labels.len() {
        ..=8 => labels.join(" > "),
        deep => format!("{} > … > {}", labels[..4].join(" > "), labels[deep - 4..].join(" > ")),
    };
    prose.field("path", shown_path);
}

/// All nodes of the same type, and all that read the same table, wherever they hang.
fn sandwich(prose: &mut Prose, model: &Model, state: &State, flame: &Flame) {
    let Some((subject, together)) = model.subject(state.subject).zip(state.flame.together()) else { return };
    let Some(node) = flame.frames()[state.flame.at].node.map(|id| subject.plan.node(id)) else { return };
    let words = |name: &str, (count, own): (usize, f64)| {
        format!("{name}: {}, {}", plural(count, "node"), flame.measure.quantity(own))
    };
    let mut parts = vec![words(&node.type_name, together.of_type(&node.type_name))];
    parts.extend(node.relation.as_deref().map(|relation| words(relation, together.of_relation(relation))));
    prose.field("together", parts.join("   "));
}

/// What the fills of classes mean.
fn classes(classes: &[Class]) -> Line {
    let mut line = vec![piece(Role::Faint, "  legend ")];
    for class in classes {
        line.push(piece(Role::Text, " "));
        line.push(piece(class_role(*class), format!(" {} {} ", class.letter(), class.name())));
    }
    line
}

/// What the fills mean.
fn legend(colour: Colour) -> Line {
    if colour == Colour::Class {
        return classes(&Class::ALL);
    }
    let mut line = vec![piece(Role::Faint, "  legend ")];
    let mut entry = |role: Role, words: String| {
        line.push(piece(Role::Text, " "));
        line.push(piece(role, format!(" {words} ")));
    };
    match colour {
        Colour::Class => {}
        Colour::Heat => {
            entry(Role::Most, "half or more".to_owned());
            entry(Role::Much, "a tenth or more".to_owned());
            entry(Role::Little, "less".to_owned());
        }
        Colour::Misestimate => {
            entry(Role::Most, "100 times more rows".to_owned());
            entry(Role::Much, "twice as many".to_owned());
            entry(Role::Less, "half or fewer".to_owned());
            entry(Role::Little, "about as planned".to_owned());
        }
        Colour::Cache => {
            entry(Role::Most, "mostly read".to_owned());
            entry(Role::Much, "some read".to_owned());
            entry(Role::Little, "all from the cache".to_owned());
        }
        Colour::Finding => {
            entry(Role::Most, "error".to_owned());
            entry(Role::Much, "warn".to_owned());
            entry(Role::Less, "info".to_owned());
            entry(Role::Little, "no finding".to_owned());
        }
    }
    line
}

/// Frames that are not drawn.
fn narrow(prose: &mut Prose, flame: &Flame, picture: &Picture) {
    /// More than anybody reads.
    const NAMED: usize = 500;
    prose.text(
        Role::Strong,
        &format!("{} narrower than a cell; search finds them too", plural(picture.narrow.len(), "frame")),
    );
    let mut ids: Vec<FrameId> = picture.narrow.clone();
    ids.sort_by(|left, right| flame.frames()[*right].total.total_cmp(&flame.frames()[*left].total));
    for id in ids.iter().take(NAMED) {
        let shown = &flame.frames()[*id];
        let quantity = text::right(&flame.measure.quantity(shown.total).to_string(), 14);
        prose.labelled(piece(Role::Text, format!("{quantity}  ")), plain(shown.label.clone()));
    }
    if ids.len() > NAMED {
        prose.text(Role::Faint, &format!("and {} more", grouped((ids.len() - NAMED) as f64)));
    }
}

/// Frames by what they have themselves.
fn top(prose: &mut Prose, (flame, measured): (&Flame, &str)) {
    /// As many as a screen has rows.
    const NAMED: usize = 50;
    let mut ids: Vec<FrameId> = (0..flame.frames().len()).collect();
    ids.sort_by(|left, right| flame.frames()[*right].own.total_cmp(&flame.frames()[*left].own));
    prose.text(Role::Strong, &format!("most {measured} of their own"));
    for id in ids.iter().take(NAMED) {
        let shown = &flame.frames()[*id];
        let quantity = text::right(&flame.measure.quantity(shown.own).to_string(), 14);
        let share = text::right(&text::percent(measure::part(shown.own, flame.root().total)), 7);
        prose.labelled(piece(Role::Text, format!("{quantity} {share}  ")), plain(shown.label.clone()));
    }
}
