//! A log as it comes from standard error: each entry behind `log_line_prefix`, its further lines behind a tab.

use memchr::memmem;

use super::Entry;
use super::syslog::{Chunk, Number};
use crate::postgres::log::calls::Calls;
use crate::postgres::log::lines::LONGEST;
use crate::postgres::log::message::{depth, is_of_statement};
use crate::postgres::log::prefix::{Header, Prefix, header};

/// The words before lines that say more of the entry above them.
const DETAILS: [&[u8]; 6] = [b"DETAIL:  ", b"HINT:  ", b"QUERY:  ", b"CONTEXT:  ", b"LOCATION:  ", b"STATEMENT:  "];

/// As many backends are listened to at once, where each line says whose it is.
const OPEN: usize = 64;

const FIRST_LINE: &str = "the entry's first line is missing";

const LOST: &str = "lines of the entry are missing: syslog dropped them; log to files (logging_collector = on), or raise \
                    its limits of messages a second";

/// The words of entries that are about no statement's time.
const OTHERS: [&[u8]; 6] = [b"ERROR:  ", b"WARNING:  ", b"FATAL:  ", b"PANIC:  ", b"NOTICE:  ", b"DEBUG"];

/// Larger buffers are not kept, in bytes.
const SPARE: usize = 1 << 18;

/// How far into a line its prefix can go.
const PREFIX: usize = 200;

#[derive(Debug, Default)]
pub(in crate::postgres::log) struct Stderr {
    /// Entries that go on; the last one is the newest. Several only where each line has a prefix.
    open: Vec<Open>,
    /// Whether further lines have a prefix too, so that they can be told apart.
    prefixed: bool,
    /// Whether it was said already that the first line of the plan is missing whose statement comes next.
    said: bool,
    /// Whether an entry has begun at all.
    begun: bool,
    /// Buffers of entries that are done.
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Open {
    line: usize,
    session: u64,
    time: Vec<u8>,
    /// What ran when it was written.
    context: Vec<u8>,
    part: Part,
    /// The entry and its last line, where syslog numbers them.
    place: Option<(u64, u64)>,
    /// Whether a line in between is missing.
    lost: bool,
    message: Vec<u8>,
}

/// What tells whose a line is.
#[derive(Debug, Clone, Copy)]
struct Origin<'l> {
    prefix: Option<&'l Prefix>,
    /// What stands before all that Postgres wrote.
    syslog: Option<Header<'l>>,
    /// Of a line of syslog's, which entry it is of, and which line of that.
    place: Option<(u64, u64)>,
}

impl<'l> Origin<'l> {
    /// By what stands before `LOG:`.
    fn header(&self, before: &'l [u8]) -> Header<'l> {
        let written = header(self.prefix, before);
        match self.syslog {
            Some(syslog) if written.time.is_empty() => syslog,
            Some(syslog) => Header { session: syslog.session, ..written },
            None => written,
        }
    }
}

/// What of an entry further lines belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Message,
    /// `CONTEXT:`, a line or more a function.
    Context,
    /// What does not matter.
    Detail,
}

impl Open {
    /// Whether a line begins another plan, since the first line of that one's entry is missing.
    fn ends_before(&self, text: &[u8]) -> bool {
        let begins = text == b"{" || text.starts_with(b"<explain") || text.starts_with(b"Query Text: ");
        // A statement may have such a line too, but no plan stands before it.
        begins && self.part == Part::Message && is_of_plan(&self.message)
    }

    /// Whether a line of syslog's is of this entry; one that does not follow the last one shows that some are lost.
    fn takes(&mut self, place: Option<(u64, u64)>) -> bool {
        let (Some((entry, part)), Some((own, last))) = (place, self.place) else { return true };
        if entry == own {
            self.lost |= part > last + 1;
            self.place = Some((own, part));
        }
        entry == own
    }

    /// Takes the rest of a line.
    fn joins(&mut self, text: &[u8]) {
        if self.part == Part::Message && self.message.len() <= LONGEST {
            self.message.extend_from_slice(text);
        }
    }

    /// Takes a further line.
    fn goes_on(&mut self, text: &[u8]) {
        match self.part {
            Part::Message if self.message.len() <= LONGEST => {
                self.message.push(b'\n');
                self.message.extend_from_slice(text);
            }
            Part::Context if self.context.len() <= LONGEST => {
                self.context.push(b'\n');
                self.context.extend_from_slice(text);
            }
            Part::Message | Part::Context | Part::Detail => {}
        }
    }
}

impl Stderr {
    pub(super) fn line(&mut self, number: usize, line: &[u8], prefix: Option<&Prefix>, calls: &mut Calls) {
        match line.strip_prefix(b"\t") {
            Some(text) => self.goes_on(number, text, self.open.len().checked_sub(1), calls),
            // Where a crash left zeros, they stand in place of a tab as well.
            None if line.first() == Some(&0) => self.goes_on(number, line, self.open.len().checked_sub(1), calls),
            None => match Chunk::of(line) {
                Some(chunk) => self.chunk(number, &chunk, prefix, calls),
                None => self.begins(number, line, &Origin { prefix, syslog: None, place: None }, calls),
            },
        }
    }

    /// A line of syslog's, in which there may be several of an entry.
    fn chunk(&mut self, number: usize, chunk: &Chunk<'_>, prefix: Option<&Prefix>, calls: &mut Calls) {
        self.prefixed = true;
        let place = match chunk.number {
            Number::Part { entry, part } => Some((entry, part)),
            Number::Alone => None,
        };
        let origin = Origin { prefix, syslog: Some(chunk.header), place };
        for (count, text) in chunk.text.split(|byte| *byte == b'\n').enumerate() {
            let is_first = match place {
                Some((_, part)) => part == 1 && count == 0,
                None => count == 0 && is_begin(text),
            };
            if is_first {
                self.begins(number, text, &origin, calls);
            } else {
                self.part(number, text, &origin, calls);
            }
        }
    }

    /// A further line of an entry, or the rest of a long one.
    fn part(&mut self, number: usize, text: &[u8], origin: &Origin<'_>, calls: &mut Calls) {
        let session = origin.syslog.map_or(0, |syslog| syslog.session);
        let open = self.open.iter().rposition(|open| open.session == session);
        let open = open.filter(|open| self.open.get_mut(*open).is_some_and(|open| open.takes(origin.place)));
        match text.strip_prefix(b"\t") {
            Some(text) => self.goes_on(number, text, open, calls),
            None if self.detail(text, origin) => {}
            None => {
                if let Some(open) = open.and_then(|open| self.open.get_mut(open)) {
                    open.joins(text);
                }
            }
        }
    }

    pub(super) fn end(&mut self, calls: &mut Calls) {
        for open in std::mem::take(&mut self.open) {
            self.close(open, calls);
        }
    }

    fn begins(&mut self, number: usize, line: &[u8], origin: &Origin<'_>, calls: &mut Calls) {
        if let Some(place) = memmem::find(line, b"LOG:  ") {
            let (before, message) = (&line[..place], &line[place + "LOG:  ".len()..]);
            let header = origin.header(before);
            self.make_room(header.session, calls);
            self.begun = true;
            if is_of_statement(message) {
                let mut kept = self.spare.pop().unwrap_or_default();
                kept.extend_from_slice(message);
                self.open.push(Open {
                    line: number,
                    session: header.session,
                    time: header.time.to_vec(),
                    context: Vec::new(),
                    part: Part::Message,
                    place: origin.place,
                    lost: false,
                    message: kept,
                });
            }
            return;
        }
        if self.detail(line, origin) || self.prefixed_line(number, line, origin, calls) {
            return;
        }
        self.make_room(origin.header(line).session, calls);
        self.begun = true;
    }

    /// Ends what a new entry ends: all, or where lines are told apart, what the same backend had begun.
    fn make_room(&mut self, session: u64, calls: &mut Calls) {
        let prefixed = self.prefixed && session != 0;
        while let Some(place) = self.open.iter().position(|open| !prefixed || open.session == session) {
            let open = self.open.remove(place);
            self.close(open, calls);
        }
        if self.open.len() >= OPEN {
            let open = self.open.remove(0);
            self.close(open, calls);
        }
    }

    /// `CONTEXT:  PL/pgSQL function f() line 3 at SQL statement`, below an entry.
    fn detail(&mut self, line: &[u8], origin: &Origin<'_>) -> bool {
        let found = DETAILS.iter().find_map(|word| Some((*word, memmem::find(&line[..line.len().min(PREFIX)], word)?)));
        let Some((word, place)) = found else { return false };
        let session = origin.header(&line[..place]).session;
        let Some(open) = self.open.iter_mut().rfind(|open| open.session == session) else { return false };
        open.part = Part::Detail;
        if word == b"CONTEXT:  " {
            open.part = Part::Context;
            open.context = line[place + word.len()..].to_vec();
        }
        true
    }

    /// A further line of an entry, where a container or a service put a prefix before each: `db-1  | \tLimit  (cost=`.
    fn prefixed_line(&mut self, number: usize, line: &[u8], origin: &Origin<'_>, calls: &mut Calls) -> bool {
        if self.open.is_empty() || origin.syslog.is_some() {
            return false;
        }
        let near = &line[..line.len().min(PREFIX)];
        let tab = memchr::memchr(b'\t', near).map(|place| (place, 1));
        let Some((place, width)) = tab.or_else(|| memmem::find(near, b"#011").map(|place| (place, 4))) else {
            return false;
        };
        let session = origin.header(&line[..place]).session;
        let open = match session {
            0 => self.open.len().checked_sub(1),
            session => self.open.iter().rposition(|open| open.session == session),
        };
        self.prefixed = true;
        self.goes_on(number, &line[place + width..], open, calls);
        true
    }

    fn goes_on(&mut self, number: usize, text: &[u8], open: Option<usize>, calls: &mut Calls) {
        // The end of this entry and of the line is lost, and the next entry stands where it was.
        let ran_into = if text.ends_with(b" ms  plan:") { memmem::find(text, b"LOG:  duration: ") } else { None };
        if let Some(place) = ran_into {
            self.goes_on(number, &text[..place], open, calls);
            return self.begins(number, text, &Origin { prefix: None, syslog: None, place: None }, calls);
        }
        if let Some(place) = open.filter(|place| self.open.get(*place).is_some_and(|open| open.ends_before(text))) {
            let open = self.open.remove(place);
            self.close(open, calls);
            calls.reject(number, FIRST_LINE);
            // Its statement follows, by which such a plan is known where nothing stands before it.
            self.said = !text.starts_with(b"Query Text: ");
        } else if let Some(open) = open.and_then(|open| self.open.get_mut(open)) {
            open.goes_on(text);
        } else if is_begin_of_plan(text) && !std::mem::take(&mut self.said) || !self.begun && is_of_plan(text) {
            // What begins like a plan, or what a file begins with, had a first line once.
            self.begun = true;
            calls.reject(number, FIRST_LINE);
        }
    }

    fn close(&mut self, open: Open, calls: &mut Calls) {
        let Open { line, session, time, context, lost, message: mut kept, .. } = open;
        if kept.len() > LONGEST {
            calls.reject(line, "an entry of more than 16 MiB is not read");
        } else if lost {
            calls.reject(line, LOST);
        } else {
            calls.entry(&Entry { line, session, time: &time, depth: depth(&context), message: &kept });
        }
        // A large one is rare, and its memory is better used otherwise.
        if kept.capacity() <= SPARE {
            kept.clear();
            self.spare.push(kept);
        }
    }
}

/// Whether a line of syslog's without the number of its entry begins one.
fn is_begin(text: &[u8]) -> bool {
    let near = &text[..text.len().min(PREFIX)];
    let has = |word: &[u8]| memmem::find(near, word).is_some();
    !text.starts_with(b"\t") && (has(b"LOG:  ") || OTHERS.iter().any(|word| has(word)))
}

fn is_begin_of_plan(text: &[u8]) -> bool {
    text.starts_with(b"Query Text: ") || text.starts_with(b"  \"Query Text\": ") || text.starts_with(b"  <Query-Text>")
}

fn is_of_plan(text: &[u8]) -> bool {
    [b"(cost=".as_slice(), b"\"Node Type\"", b"Node Type:", b"<Node-Type>"]
        .iter()
        .any(|sign| memmem::find(text, sign).is_some())
}
