//! EXPLAIN (FORMAT XML): event by event, without recursion.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::assembly::{Assembly, Shape, nothing, typed};
use super::error::{ParsePlanError, Refused};
use super::names::interned;
use crate::postgres::plan::{Plan, Value};

/// The plans of one XML text.
pub(super) fn parse(text: &str) -> Result<Vec<Plan>, ParsePlanError> {
    let mut xml = Reader::from_str(text);
    let mut reader = Elements::default();
    loop {
        let before = xml.buffer_position();
        match xml.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => reader.take(&event).map_err(|refused| at(text, before, refused))?,
            Err(error) => {
                let why = Refused::new(format!("a plan in XML ({error})"), rest_of_line(text, xml.error_position()));
                return Err(at(text, xml.error_position(), why));
            }
        }
    }
    reader.finish().map_err(|refused| at(text, text.len() as u64, refused))
}

fn at(text: &str, position: u64, refused: Refused) -> ParsePlanError {
    let (line, column) = super::error::place(text, usize::try_from(position).unwrap_or(usize::MAX));
    ParsePlanError { line, column, expected: refused.expected, found: refused.found }
}

fn rest_of_line(text: &str, position: u64) -> &str {
    usize::try_from(position).ok().and_then(|position| text.get(position..)).unwrap_or_default()
}

/// The elements that are open. An element is a leaf until another begins in it.
#[derive(Default)]
struct Elements {
    assembly: Assembly,
    open: Vec<Element>,
    /// Whether the group of sorts that is open names a method that sorts in memory, not yet followed by its space.
    sorts_in_memory: bool,
}

struct Element {
    name: Cow<'static, str>,
    /// Whether it was found to hold elements and was begun.
    begun: bool,
    /// How many groups of an incremental sort it holds.
    sort_groups: u32,
    text: String,
}

impl Elements {
    fn take(&mut self, event: &Event<'_>) -> Result<(), Refused> {
        match event {
            Event::Start(tag) => self.begin(tag.name().as_ref()),
            Event::Empty(tag) => {
                self.begin(tag.name().as_ref())?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.push(&text.html_content()),
            Event::CData(text) => self.push(text),
            Event::GeneralRef(entity) => self.push(&resolved(entity)?),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => Ok(()),
        }
    }

    fn push(&mut self, text: &str) -> Result<(), Refused> {
        match self.open.last_mut() {
            Some(element) if !element.begun => element.text.push_str(text),
            _ if text.trim().is_empty() => {}
            _ => return Err(Refused::new("an element", text.trim())),
        }
        Ok(())
    }

    fn begin(&mut self, tag: &str) -> Result<(), Refused> {
        if let Some(parent) = self.open.last_mut()
            && !parent.begun
        {
            parent.begun = true;
            if !parent.text.trim().is_empty() {
                return Err(Refused::new("an element", parent.text.trim()));
            }
            parent.text = String::new();
            let shape = if holds_a_list(&parent.name, tag) { Shape::List } else { Shape::Group };
            self.assembly.begin(&parent.name, shape)?;
        }
        let name = self.name(tag);
        self.open.push(Element { name, begun: false, sort_groups: 0, text: String::new() });
        Ok(())
    }

    /// The name in JSON. Of the groups of an incremental sort XML has only the kind; JSON has two names for each.
    fn name(&mut self, tag: &str) -> Cow<'static, str> {
        match tag {
            "Incremental-Sort-Groups" => {
                self.sorts_in_memory = false;
                let Some(parent) = self.open.last_mut() else { return Cow::Borrowed("Full-sort Groups") };
                parent.sort_groups += 1;
                Cow::Borrowed(if parent.sort_groups == 1 { "Full-sort Groups" } else { "Pre-sorted Groups" })
            }
            "Sort-Space" => {
                let in_memory = std::mem::take(&mut self.sorts_in_memory);
                Cow::Borrowed(if in_memory { "Sort Space Memory" } else { "Sort Space Disk" })
            }
            _ => interned(&json_name(tag)),
        }
    }

    fn end(&mut self) -> Result<(), Refused> {
        let Some(element) = self.open.pop() else {
            return Err(Refused::new("no more ends than beginnings", "one end more"));
        };
        if element.begun {
            return self.assembly.end();
        }
        let inside = self.open.last().map_or("", |parent| &*parent.name);
        if self.open.is_empty() {
            // An empty <explain/>: the query rewrites to nothing.
            return Ok(());
        }
        if inside == "Sort Methods Used" && !element.text.starts_with("external") {
            self.sorts_in_memory = true;
        }
        let value = match &*element.name {
            // Postgres prints the settings' values and the items of its lists as text.
            "Item" => Value::Text(element.text.into()),
            _ if inside == "Settings" => Value::Text(element.text.into()),
            name if element.text.trim().is_empty() => nothing(name).unwrap_or_else(|| Value::Text("".into())),
            name => typed(name, &element.text),
        };
        self.assembly.scalar(&element.name, value)
    }

    fn finish(self) -> Result<Vec<Plan>, Refused> {
        match self.open.last() {
            Some(element) => Err(Refused::new(format!("</{}>", element.name.replace(' ', "-")), "")),
            None => self.assembly.finish(),
        }
    }
}

fn resolved(entity: &BytesRef<'_>) -> Result<String, Refused> {
    let unknown = || Refused::new("an entity of XML", &format!("&{};", &**entity));
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => resolve_predefined_entity(entity).map(str::to_owned).ok_or_else(unknown),
        Err(_) => Err(unknown()),
    }
}

fn holds_a_list(parent: &str, first_child: &str) -> bool {
    // <Group-Keys> holds <Group-Key>s, which are lists of <Item>s.
    first_child == "Item" || parent.strip_suffix('s').is_some_and(|one| one == json_name(first_child))
}

/// XML's names have a dash for each blank and slash; Postgres' JSON has the name as it is.
fn json_name(tag: &str) -> Cow<'_, str> {
    match tag {
        "One-Time-Filter" => Cow::Borrowed("One-Time Filter"),
        _ if !tag.contains('-') => Cow::Borrowed(tag),
        _ => {
            let name = tag.replace('-', " ");
            let name = name.replace("I O ", "I/O ").replace("Full sort ", "Full-sort ");
            Cow::Owned(name.replace("Pre sorted ", "Pre-sorted "))
        }
    }
}
