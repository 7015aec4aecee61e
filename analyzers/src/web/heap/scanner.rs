//! The JSON of a snapshot, byte by byte and in any pieces, as nodes, edges, locations and strings.
//!
//! A tree of values of half a gigabyte would need several, and a list of its numbers nearly as much.

use super::error::HeapError;
use super::meta::{MOST_FIELDS, Meta};
use super::nesting::Nesting;

/// What is made of a snapshot. The order is that of V8: nodes, edges, locations, strings.
pub(super) trait Visitor {
    fn begin(&mut self, meta: &Meta) -> Result<(), HeapError>;
    fn node(&mut self, node: Node) -> Result<(), HeapError>;
    fn nodes_end(&mut self) -> Result<(), HeapError>;
    fn edge(&mut self, edge: Edge) -> Result<(), HeapError>;
    fn edges_end(&mut self) -> Result<(), HeapError>;
    fn location(&mut self, location: Location) -> Result<(), HeapError>;
    /// `raw` is as it stands in the JSON, and cut behind [`LONGEST`] bytes.
    fn string(&mut self, index: u32, raw: &[u8]);
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub kind: u8,
    pub name: u32,
    pub size: u64,
    pub edges: u32,
    /// 0 where nobody knows, 1 for attached, 2 for detached.
    pub detachedness: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub kind: u8,
    /// A string or, for elements and hidden ones, a number of its own.
    pub name: u32,
    pub to: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Location {
    pub node: u32,
    pub script: u32,
    /// From 0.
    pub line: u32,
    /// From 0.
    pub column: u32,
}

/// Strings are kept up to here, names are shorter.
pub(super) const LONGEST: usize = 4096;

/// The value of `snapshot` has about two kilobytes.
const LONGEST_HEADER: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// A key or the end of the object.
    Key,
    InKey,
    Colon,
    Value,
    InHeader,
    Array(Section),
    Numbers(Section),
    Strings,
    InString,
    InOther,
    AfterValue,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Nodes,
    Edges,
    Locations,
    Strings,
}

impl Section {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Nodes, "nodes"), (Self::Edges, "edges"), (Self::Locations, "locations"), (Self::Strings, "strings")];
}

/// The state between two pieces.
pub(super) struct Scanner<V> {
    pub(super) visitor: V,
    meta: Option<Meta>,
    state: State,
    /// The lists that have begun.
    seen: Vec<Section>,
    /// Bytes before the piece at hand.
    before: u64,
    /// A key, the header, or a string that began in an earlier piece.
    buffer: Vec<u8>,
    nesting: Nesting,
    number: Number,
    record: [u64; MOST_FIELDS],
    filled: usize,
    stride: usize,
    strings: u32,
    escaped: bool,
    /// A value is expected, as behind a comma.
    hungry: bool,
}

/// A number of which the digits may come in two pieces.
#[derive(Debug, Default)]
struct Number {
    value: u64,
    digits: u32,
    /// White space came behind it.
    over: bool,
}

impl<V: Visitor> Scanner<V> {
    pub(super) fn new(visitor: V) -> Self {
        Self {
            visitor,
            meta: None,
            state: State::Start,
            seen: Vec::new(),
            before: 0,
            buffer: Vec::new(),
            nesting: Nesting::default(),
            number: Number::default(),
            record: [0; MOST_FIELDS],
            filled: 0,
            stride: 0,
            strings: 0,
            escaped: false,
            hungry: false,
        }
    }

    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<(), HeapError> {
        while !piece.is_empty() {
            let used = self.step(piece)?;
            self.before += used as u64;
            piece = &piece[used..];
        }
        Ok(())
    }

    /// The visitor and how all was laid out, where the snapshot is whole.
    pub(super) fn finish(self) -> Result<(V, Meta), HeapError> {
        let cut = HeapError::CutShort { bytes: self.before, place: self.place() };
        if self.state != State::End {
            return Err(cut);
        }
        let missing = Section::ALL.iter().find(|(section, _)| !self.seen.contains(section));
        match (missing, self.meta) {
            (None, Some(meta)) => Ok((self.visitor, meta)),
            (Some((_, name)), _) => Err(HeapError::Inconsistent(format!("it has no list of {name}"))),
            (None, None) => Err(HeapError::Inconsistent("it has no meta".to_owned())),
        }
    }

    /// Takes what belongs to the state at hand from the piece, at least a byte.
    fn step(&mut self, piece: &[u8]) -> Result<usize, HeapError> {
        match self.state {
            State::InKey => Ok(self.key(piece)),
            State::InHeader => self.header(piece),
            State::InOther => Ok(self.other(piece)),
            State::Numbers(section) => self.numbers(section, piece),
            State::InString => self.string(piece),
            _ => self.punctuation(piece[0]).map(|()| 1),
        }
    }

    fn punctuation(&mut self, byte: u8) -> Result<(), HeapError> {
        if byte.is_ascii_whitespace() {
            return Ok(());
        }
        self.state = match (self.state, byte) {
            (State::Start, b'{') | (State::AfterValue, b',') => State::Key,
            (State::Key, b'"') => {
                self.buffer.clear();
                State::InKey
            }
            (State::Key | State::AfterValue, b'}') => State::End,
            (State::Colon, b':') => State::Value,
            (State::Value, _) => return self.value(byte),
            (State::Array(section), b'[') => {
                self.hungry = false;
                if section == Section::Strings { State::Strings } else { State::Numbers(section) }
            }
            (State::Strings, b'"') if self.hungry || self.strings == 0 => {
                self.buffer.clear();
                (self.escaped, self.hungry) = (false, false);
                State::InString
            }
            (State::Strings, b',') if !self.hungry && self.strings > 0 => {
                self.hungry = true;
                State::Strings
            }
            (State::Strings, b']') if !self.hungry => State::AfterValue,
            (state, _) => return Err(self.expected(0, expected_in(state))),
        };
        Ok(())
    }

    /// The first byte of the value of the key in the buffer.
    fn value(&mut self, byte: u8) -> Result<(), HeapError> {
        let section = match self.buffer.as_slice() {
            b"snapshot" => None,
            b"nodes" => Some(self.begin(Section::Nodes)?),
            b"edges" => Some(self.begin(Section::Edges)?),
            b"locations" => Some(self.begin(Section::Locations)?),
            b"strings" => Some(self.begin(Section::Strings)?),
            _ => {
                self.nesting = Nesting::default();
                self.state = State::InOther;
                self.other(&[byte]);
                return Ok(());
            }
        };
        let Some(section) = section else {
            self.buffer.clear();
            self.nesting = Nesting::default();
            self.state = State::InHeader;
            return self.header(&[byte]).map(drop);
        };
        self.state = State::Array(section);
        self.punctuation(byte)
    }

    fn begin(&mut self, section: Section) -> Result<Section, HeapError> {
        let Some(meta) = &self.meta else { return Err(self.expected(0, "the meta before this list")) };
        (self.filled, self.number) = (0, Number::default());
        let (stride, before) = match section {
            Section::Nodes => (meta.node.stride, None),
            Section::Edges => (meta.edge.stride, Some(Section::Nodes)),
            Section::Locations => (meta.location.stride, Some(Section::Nodes)),
            Section::Strings => (1, Some(Section::Edges)),
        };
        self.stride = stride;
        let in_order = !self.seen.contains(&section) && before.is_none_or(|before| self.seen.contains(&before));
        self.seen.push(section);
        if in_order { Ok(section) } else { Err(self.expected(0, "nodes before edges before strings, each once")) }
    }

    fn key(&mut self, piece: &[u8]) -> usize {
        let end = piece.iter().position(|&byte| byte == b'"');
        let text = &piece[..end.unwrap_or(piece.len())];
        // No key that we know is as long.
        self.buffer.extend_from_slice(&text[..text.len().min(LONGEST.saturating_sub(self.buffer.len()))]);
        if end.is_some() {
            self.state = State::Colon;
        }
        end.map_or(piece.len(), |end| end + 1)
    }

    fn header(&mut self, piece: &[u8]) -> Result<usize, HeapError> {
        let end = self.nesting.end(piece);
        let used = end.unwrap_or(piece.len());
        if self.buffer.len() + used > LONGEST_HEADER {
            return Err(self.expected(0, "a meta of at most a megabyte"));
        }
        self.buffer.extend_from_slice(&piece[..used]);
        if end.is_some() {
            let meta = Meta::parse(&self.buffer)?;
            self.visitor.begin(&meta)?;
            self.meta = Some(meta);
            self.state = State::AfterValue;
        }
        Ok(used)
    }

    fn other(&mut self, piece: &[u8]) -> usize {
        let end = self.nesting.end(piece);
        if end.is_some() {
            self.state = State::AfterValue;
        }
        end.unwrap_or(piece.len())
    }

    fn numbers(&mut self, section: Section, piece: &[u8]) -> Result<usize, HeapError> {
        let mut number = std::mem::take(&mut self.number);
        for (at, &byte) in piece.iter().enumerate() {
            match byte {
                b'0'..=b'9' if !number.over => {
                    number.value = number.value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                    number.digits = number.digits.saturating_add(1);
                }
                b',' => {
                    self.end_number(section, &number, at)?;
                    self.hungry = true;
                    number = Number::default();
                }
                b']' => {
                    self.end_list(section, &number, at)?;
                    return Ok(at + 1);
                }
                b' ' | b'\n' | b'\r' | b'\t' => number.over = number.digits > 0,
                _ => return Err(self.expected(at, "a whole number that is not negative")),
            }
        }
        self.number = number;
        Ok(piece.len())
    }

    fn end_number(&mut self, section: Section, number: &Number, at: usize) -> Result<(), HeapError> {
        // Twenty digits may not fit, and no number of a snapshot has as many.
        if number.digits == 0 || number.digits > 19 {
            return Err(self.expected(at, "a number of at most 19 digits"));
        }
        self.record[self.filled] = number.value;
        self.filled += 1;
        if self.filled < self.stride {
            return Ok(());
        }
        self.filled = 0;
        self.end_record(section).map_err(|wrong| match wrong {
            Wrong::Number(expected) => self.expected(at, expected),
            Wrong::Other(error) => error,
        })
    }

    fn end_list(&mut self, section: Section, number: &Number, at: usize) -> Result<(), HeapError> {
        if self.hungry || number.digits > 0 {
            self.end_number(section, number, at)?;
        }
        if self.filled > 0 {
            return Err(self.expected(at, "the rest of a record"));
        }
        match section {
            Section::Nodes => self.visitor.nodes_end()?,
            Section::Edges => self.visitor.edges_end()?,
            Section::Locations | Section::Strings => {}
        }
        self.state = State::AfterValue;
        Ok(())
    }

    fn end_record(&mut self, section: Section) -> Result<(), Wrong> {
        let Some(meta) = &self.meta else { return Ok(()) };
        let record = &self.record;
        match section {
            Section::Nodes => {
                let fields = &meta.node;
                self.visitor.node(Node {
                    kind: kind(record[fields.kind], &meta.node_kinds)?,
                    name: small(record[fields.name])?,
                    size: record[fields.size],
                    edges: small(record[fields.edges])?,
                    detachedness: fields.detachedness.map(|place| record[place]),
                })?;
            }
            Section::Edges => {
                let fields = &meta.edge;
                let kind = kind(record[fields.kind], &meta.edge_kinds)?;
                let to = index(record[fields.to], meta)?;
                self.visitor.edge(Edge { kind, name: small(record[fields.name])?, to })?;
            }
            Section::Locations => {
                let fields = &meta.location;
                self.visitor.location(Location {
                    node: index(record[fields.node], meta)?,
                    script: small(record[fields.script])?,
                    line: small(record[fields.line])?,
                    column: small(record[fields.column])?,
                })?;
            }
            Section::Strings => {}
        }
        Ok(())
    }

    fn string(&mut self, piece: &[u8]) -> Result<usize, HeapError> {
        let mut at = 0;
        while let Some(found) = piece[at..].iter().position(|&byte| byte == b'"' || byte == b'\\' || self.escaped) {
            at += found;
            if self.escaped {
                self.escaped = false;
            } else if piece[at] == b'"' {
                self.end_string(&piece[..at])?;
                return Ok(at + 1);
            } else {
                self.escaped = true;
            }
            at += 1;
        }
        self.keep(piece);
        Ok(piece.len())
    }

    fn end_string(&mut self, rest: &[u8]) -> Result<(), HeapError> {
        if self.buffer.is_empty() {
            self.visitor.string(self.strings, &rest[..rest.len().min(LONGEST)]);
        } else {
            self.keep(rest);
            self.visitor.string(self.strings, &self.buffer);
        }
        let Some(strings) = self.strings.checked_add(1) else { return Err(self.expected(0, "fewer strings")) };
        (self.strings, self.state) = (strings, State::Strings);
        Ok(())
    }

    fn keep(&mut self, text: &[u8]) {
        let room = LONGEST.saturating_sub(self.buffer.len());
        self.buffer.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn expected(&self, at: usize, expected: &'static str) -> HeapError {
        HeapError::Shape { at: self.before + at as u64, place: self.place(), expected }
    }

    fn place(&self) -> &'static str {
        match self.state {
            State::Start => "at its beginning",
            State::InHeader => "in its meta",
            State::Array(Section::Nodes) | State::Numbers(Section::Nodes) => "in its nodes",
            State::Array(Section::Edges) | State::Numbers(Section::Edges) => "in its edges",
            State::Array(Section::Locations) | State::Numbers(Section::Locations) => "in its locations",
            State::Array(_) | State::Numbers(_) | State::Strings | State::InString => "in its strings",
            State::End => "behind its end",
            _ => "between its lists",
        }
    }
}

fn expected_in(state: State) -> &'static str {
    match state {
        State::Start => "{",
        State::Key => "a name",
        State::Colon => ":",
        State::Array(_) => "[",
        State::Strings => "a string",
        State::AfterValue => ", or }",
        _ => "nothing more",
    }
}

/// Why a record is refused.
enum Wrong {
    Number(&'static str),
    Other(HeapError),
}

impl From<HeapError> for Wrong {
    fn from(error: HeapError) -> Self {
        Self::Other(error)
    }
}

fn kind(value: u64, kinds: &[String]) -> Result<u8, Wrong> {
    let kind = u8::try_from(value).ok().filter(|&kind| usize::from(kind) < kinds.len());
    kind.ok_or(Wrong::Number("a record of a type that the meta names"))
}

fn small(value: u64) -> Result<u32, Wrong> {
    u32::try_from(value).map_err(|_| Wrong::Number("a record with numbers below 4,294,967,296"))
}

/// A node is named by where its record begins in the list of numbers.
fn index(value: u64, meta: &Meta) -> Result<u32, Wrong> {
    let stride = meta.node.stride as u64;
    if !value.is_multiple_of(stride) || value / stride >= meta.node_count {
        return Err(Wrong::Number("a record that names one of the nodes"));
    }
    small(value / stride)
}

/// What a string of the JSON says; as it stands where it was cut.
pub(super) fn unescaped(raw: &[u8]) -> String {
    let quoted = [b"\"", raw, b"\""].concat();
    serde_json::from_slice(&quoted).unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned())
}
