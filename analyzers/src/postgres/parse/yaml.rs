//! EXPLAIN (FORMAT YAML): event by event, without recursion.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::assembly::{Assembly, Shape, nothing, typed};
use super::error::{ParsePlanError, Refused};
use crate::postgres::plan::{Plan, Value};

/// The plans of one YAML text.
pub(super) fn parse(text: &str) -> Result<Vec<Plan>, ParsePlanError> {
    let mut reader = Reader { assembly: Assembly::default(), open: Vec::new(), key: None };
    let mut events = Parser::new_from_str(text);
    while let Some(event) = events.next_event() {
        let (event, span) = event.map_err(|error| at(text, *error.marker(), error.info()))?;
        reader.take(event).map_err(|refused| {
            let (line, column) = (span.start.line(), span.start.col() + 1);
            ParsePlanError { line, column, expected: refused.expected, found: refused.found }
        })?;
    }
    reader.assembly.finish().map_err(|refused| at_end(text, refused))
}

fn at(text: &str, place: Marker, why: &str) -> ParsePlanError {
    let here = text.lines().nth(place.line().saturating_sub(1)).unwrap_or_default();
    ParsePlanError::at(place.line(), place.col() + 1, format!("a plan in YAML ({why})"), here.trim_start())
}

fn at_end(text: &str, refused: Refused) -> ParsePlanError {
    ParsePlanError { line: text.lines().count().max(1), column: 1, expected: refused.expected, found: refused.found }
}

struct Reader {
    assembly: Assembly,
    /// The groups and lists that are open.
    open: Vec<Shape>,
    /// The name that was read and whose value comes next.
    key: Option<String>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), Refused> {
        match event {
            Event::SequenceStart(..) => self.begin(Shape::List),
            Event::MappingStart(..) => self.begin(Shape::Group),
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                self.assembly.end()
            }
            Event::Scalar(word, style, ..) => self.scalar(&word, style),
            Event::Alias(_) => Err(Refused::new("a value", "an alias")),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn begin(&mut self, shape: Shape) -> Result<(), Refused> {
        if self.awaits_a_key() {
            return Err(Refused::new("a name", "a group or a list"));
        }
        self.open.push(shape);
        self.assembly.begin(&self.key.take().unwrap_or_default(), shape)
    }

    fn scalar(&mut self, word: &str, style: ScalarStyle) -> Result<(), Refused> {
        if self.awaits_a_key() {
            self.key = Some(word.to_owned());
            return Ok(());
        }
        let name = self.key.take().unwrap_or_default();
        let value = match (style, word) {
            (ScalarStyle::Plain, "" | "~" | "null") => nothing(&name).unwrap_or(Value::Null),
            (ScalarStyle::Plain, word) => typed(&name, word),
            (_, word) => Value::Text(word.into()),
        };
        self.assembly.scalar(&name, value)
    }

    fn awaits_a_key(&self) -> bool {
        self.key.is_none() && self.open.last() == Some(&Shape::Group)
    }
}
