//! Finds where events begin and end in the pieces of a trace, without reading what is in them.
//!
//! A trace is mostly events that nobody asks for. Counting braces outside of strings is several times faster than
//! reading values, and needs no more memory than the longest event.

/// What is scanned at once, however large the pieces that are fed: so much is held beside the event in progress.
const PIECE: usize = 64 * 1024;

/// A longer event is skipped. The largest that were seen, tables of 50,000 selectors, have 8 MB.
const LONGEST_EVENT: usize = 32 * 1024 * 1024;

/// Longer keys are none that we look for.
const LONGEST_KEY: usize = 16;

/// What was found.
pub(super) enum Found<'a> {
    /// An event, from `{` to `}`, as it was written.
    Event { at_byte: u64, name: &'a [u8], category: &'a [u8], text: &'a [u8] },
    /// Something that is no event.
    Garbage { at_byte: u64, why: &'static str },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Around the list of events: before it, or among other keys beside it.
    Around,
    /// In the list, between events.
    Between,
    /// In the list, in what is no event; told once.
    Garbage,
    /// In an event.
    Event,
    /// In an event that is not kept.
    Skipped,
}

/// What the end of the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// All that was opened is closed.
    Whole,
    /// The text ends in the middle.
    Cut,
    /// There is no list of events.
    NoEvents,
}

/// A part of the buffer.
type Span = (usize, usize);

#[derive(Debug)]
pub(super) struct Scanner {
    place: Place,
    /// The bytes that are being scanned, from the begin of the event in progress.
    buffer: Vec<u8>,
    /// How many bytes were dropped before the buffer.
    dropped: u64,
    /// What is open around the list of events.
    around: u32,
    /// What is open in the event.
    depth: u32,
    string: Text,
    /// The last string at the level of the event, or the last key around the list.
    last: Span,
    key: Vec<u8>,
    name: Span,
    category: Span,
    next: Next,
    has_events: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Anything,
    Name,
    Category,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    Yes,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Around,
            buffer: Vec::new(),
            dropped: 0,
            around: 0,
            depth: 0,
            string: Text::Outside,
            last: (0, 0),
            key: Vec::new(),
            name: (0, 0),
            category: (0, 0),
            next: Next::Anything,
            has_events: Seen::No,
        }
    }

    /// Scans the next bytes, and hands over each event that ends in them.
    pub(super) fn feed(&mut self, bytes: &[u8], found: &mut impl FnMut(Found<'_>)) {
        for piece in bytes.chunks(PIECE) {
            let mut buffer = std::mem::take(&mut self.buffer);
            let from = buffer.len();
            buffer.extend_from_slice(piece);
            let start = self.scan(&buffer, from, found);
            self.drop_before(&mut buffer, start, found);
        }
    }

    /// How many bytes were fed.
    pub(super) fn at_byte(&self) -> u64 {
        self.dropped + self.buffer.len() as u64
    }

    /// What the text is when nothing follows.
    pub(super) fn end(&self) -> End {
        match (self.has_events, self.place, self.around) {
            (Seen::No, ..) => End::NoEvents,
            (Seen::Yes, Place::Around, 0) => End::Whole,
            _ => End::Cut,
        }
    }

    /// Keeps the event in progress, if it is not too long.
    fn drop_before(&mut self, buffer: &mut Vec<u8>, start: usize, found: &mut impl FnMut(Found<'_>)) {
        let mut keep_from = if self.place == Place::Event { start } else { buffer.len() };
        if buffer.len() - keep_from > LONGEST_EVENT {
            found(Found::Garbage { at_byte: self.dropped + keep_from as u64, why: "an event longer than 32 MB" });
            self.place = Place::Skipped;
            keep_from = buffer.len();
        }
        buffer.drain(..keep_from);
        self.dropped += keep_from as u64;
        for (from, to) in [&mut self.last, &mut self.name, &mut self.category] {
            (*from, *to) = (from.saturating_sub(keep_from), to.saturating_sub(keep_from));
        }
        self.buffer = std::mem::take(buffer);
    }

    /// Scans from a place on, and says where the event begins that is in progress at the end.
    fn scan(&mut self, buffer: &[u8], from: usize, found: &mut impl FnMut(Found<'_>)) -> usize {
        let (mut at, mut start) = (from, 0);
        while at < buffer.len() {
            match self.place {
                Place::Around => at = self.scan_around(buffer, at),
                Place::Between | Place::Garbage => {
                    start = at;
                    self.between(buffer[at], self.dropped + at as u64, found);
                    at += 1;
                }
                Place::Event | Place::Skipped => {
                    let (next, end) = self.scan_event(buffer, at);
                    at = next;
                    if let Some(end) = end {
                        self.ended(&buffer[..next], start, end, found);
                    }
                }
            }
        }
        start
    }

    fn ended(&mut self, buffer: &[u8], start: usize, end: EventEnd, found: &mut impl FnMut(Found<'_>)) {
        let at_byte = self.dropped + start as u64;
        match end {
            EventEnd::Closed if self.place == Place::Event => {
                let (name, category) = (&buffer[self.name.0..self.name.1], &buffer[self.category.0..self.category.1]);
                found(Found::Event { at_byte, name, category, text: &buffer[start..] });
            }
            EventEnd::Closed => {}
            EventEnd::Broken => {
                found(Found::Garbage { at_byte, why: "a line ends inside a string" });
            }
        }
        self.string = Text::Outside;
        self.place = Place::Between;
    }

    /// Goes on in an event, to its end or the buffer's.
    fn scan_event(&mut self, buffer: &[u8], from: usize) -> (usize, Option<EventEnd>) {
        let mut at = from;
        while at < buffer.len() {
            if self.string != Text::Outside {
                let (next, is_broken) = self.scan_string(buffer, at);
                if is_broken {
                    return (next, Some(EventEnd::Broken));
                }
                if self.depth == 1 && self.string == Text::Outside {
                    self.last.1 = next - 1;
                    match std::mem::replace(&mut self.next, Next::Anything) {
                        Next::Name => self.name = self.last,
                        Next::Category => self.category = self.last,
                        Next::Anything => {}
                    }
                }
                at = next;
                continue;
            }
            match buffer[at] {
                b'"' => {
                    self.string = Text::Inside;
                    if self.depth == 1 {
                        self.last = (at + 1, at + 1);
                    }
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, Some(EventEnd::Closed));
                    }
                }
                b':' if self.depth == 1 && self.place == Place::Event => {
                    self.next = match buffer.get(self.last.0..self.last.1) {
                        Some(b"name") => Next::Name,
                        Some(b"cat") => Next::Category,
                        _ => Next::Anything,
                    };
                }
                _ => {}
            }
            at += 1;
        }
        (at, None)
    }

    /// Goes on in a string; true where a line ends in it, which no JSON has.
    fn scan_string(&mut self, buffer: &[u8], from: usize) -> (usize, bool) {
        let mut at = from;
        while at < buffer.len() {
            let byte = buffer[at];
            at += 1;
            if self.string == Text::Escaped {
                self.string = Text::Inside;
            } else if byte == b'"' {
                self.string = Text::Outside;
                return (at, false);
            } else if byte == b'\\' {
                self.string = Text::Escaped;
            } else if byte == b'\n' {
                return (at, true);
            }
        }
        (at, false)
    }

    fn between(&mut self, byte: u8, at_byte: u64, found: &mut impl FnMut(Found<'_>)) {
        match byte {
            b'{' => {
                self.place = Place::Event;
                self.depth = 1;
                (self.last, self.name, self.category) = ((0, 0), (0, 0), (0, 0));
                self.next = Next::Anything;
            }
            b']' => {
                self.place = Place::Around;
                self.around -= 1;
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if self.place == Place::Garbage => {}
            _ => {
                self.place = Place::Garbage;
                found(Found::Garbage { at_byte, why: "something between events that is no event" });
            }
        }
    }

    /// One byte around the list of events.
    fn scan_around(&mut self, buffer: &[u8], at: usize) -> usize {
        if self.string != Text::Outside {
            let (next, _) = self.scan_string(buffer, at);
            let end = if self.string == Text::Outside { next - 1 } else { next };
            let room = LONGEST_KEY.saturating_sub(self.key.len());
            self.key.extend(buffer[at..end].iter().take(room));
            return next;
        }
        match buffer[at] {
            b'"' => {
                self.string = Text::Inside;
                self.key.clear();
            }
            b'[' if self.around == 0 || (self.around == 1 && self.key == b"traceEvents") => {
                self.around += 1;
                self.key.clear();
                self.place = Place::Between;
                self.has_events = Seen::Yes;
            }
            b'{' | b'[' => self.around += 1,
            b'}' | b']' => self.around = self.around.saturating_sub(1),
            _ => {}
        }
        at + 1
    }
}

/// How an event ended.
#[derive(Debug, Clone, Copy)]
enum EventEnd {
    Closed,
    Broken,
}
