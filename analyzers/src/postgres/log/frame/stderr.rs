//! A log as it comes from standard error: each entry behind `log_line_prefix`, its further lines behind a tab.

use memchr::memmem;

use super::Entry;
use crate::postgres::log::calls::Calls;
use crate::postgres::log::lines::LONGEST;
use crate::postgres::log::message::{is_inside_a_function, is_of_statement};
use crate::postgres::log::prefix::{Prefix, header};

/// The words before lines that say more of the entry above them.
const DETAILS: [&[u8]; 6] = [b"DETAIL:  ", b"HINT:  ", b"QUERY:  ", b"CONTEXT:  ", b"LOCATION:  ", b"STATEMENT:  "];

/// As many backends are listened to at once, where each line says whose it is.
const OPEN: usize = 64;

const FIRST_LINE: &str = "the entry's first line is missing";

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
    nested: bool,
    /// Whether its message is over and details follow.
    over: bool,
    message: Vec<u8>,
}

impl Open {
    /// Whether a line begins another plan, since the first line of that one's entry is missing.
    fn ends_before(&self, text: &[u8]) -> bool {
        let begins = text == b"{" || text.starts_with(b"<explain") || text.starts_with(b"Query Text: ");
        // A statement may have such a line too, but no plan stands before it.
        begins && !self.over && is_of_plan(&self.message)
    }
}

impl Stderr {
    pub(super) fn line(&mut self, number: usize, line: &[u8], prefix: Option<&Prefix>, calls: &mut Calls) {
        match line.strip_prefix(b"\t") {
            Some(text) => self.goes_on(number, text, self.open.len().checked_sub(1), calls),
            // Where a crash left zeros, they stand in place of a tab as well.
            None if line.first() == Some(&0) => self.goes_on(number, line, self.open.len().checked_sub(1), calls),
            None => self.begins(number, line, prefix, calls),
        }
    }

    pub(super) fn end(&mut self, calls: &mut Calls) {
        for open in std::mem::take(&mut self.open) {
            self.close(open, calls);
        }
    }

    fn begins(&mut self, number: usize, line: &[u8], prefix: Option<&Prefix>, calls: &mut Calls) {
        if let Some(place) = memmem::find(line, b"LOG:  ") {
            let (before, message) = (&line[..place], &line[place + "LOG:  ".len()..]);
            let header = header(prefix, before);
            self.make_room(header.session, calls);
            self.begun = true;
            if is_of_statement(message) {
                let mut kept = self.spare.pop().unwrap_or_default();
                kept.extend_from_slice(message);
                self.open.push(Open {
                    line: number,
                    session: header.session,
                    time: header.time.to_vec(),
                    nested: false,
                    over: false,
                    message: kept,
                });
            }
            return;
        }
        if self.detail(line, prefix) || self.prefixed_line(number, line, prefix, calls) {
            return;
        }
        self.make_room(header(prefix, line).session, calls);
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
    fn detail(&mut self, line: &[u8], prefix: Option<&Prefix>) -> bool {
        let found = DETAILS.iter().find_map(|word| Some((*word, memmem::find(&line[..line.len().min(PREFIX)], word)?)));
        let Some((word, place)) = found else { return false };
        let session = header(prefix, &line[..place]).session;
        let Some(open) = self.open.iter_mut().rfind(|open| open.session == session) else { return false };
        open.over = true;
        open.nested |= word == b"CONTEXT:  " && is_inside_a_function(&line[place + word.len()..]);
        true
    }

    /// A further line of an entry, where syslog or a container put a prefix before each: `…: [5-2] #011Limit  (cost=`.
    fn prefixed_line(&mut self, number: usize, line: &[u8], prefix: Option<&Prefix>, calls: &mut Calls) -> bool {
        if self.open.is_empty() {
            return false;
        }
        let near = &line[..line.len().min(PREFIX)];
        let tab = memchr::memchr(b'\t', near).map(|place| (place, 1));
        let Some((place, width)) = tab.or_else(|| memmem::find(near, b"#011").map(|place| (place, 4))) else {
            return false;
        };
        let session = header(prefix, &line[..place]).session;
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
            return self.begins(number, text, None, calls);
        }
        if let Some(place) = open.filter(|place| self.open.get(*place).is_some_and(|open| open.ends_before(text))) {
            let open = self.open.remove(place);
            self.close(open, calls);
            calls.reject(number, FIRST_LINE);
            // Its statement follows, by which such a plan is known where nothing stands before it.
            self.said = !text.starts_with(b"Query Text: ");
        } else if let Some(open) = open.and_then(|open| self.open.get_mut(open)) {
            if !open.over && open.message.len() <= LONGEST {
                open.message.push(b'\n');
                open.message.extend_from_slice(text);
            }
        } else if is_begin_of_plan(text) && !std::mem::take(&mut self.said) || !self.begun && is_of_plan(text) {
            // What begins like a plan, or what a file begins with, had a first line once.
            self.begun = true;
            calls.reject(number, FIRST_LINE);
        }
    }

    fn close(&mut self, open: Open, calls: &mut Calls) {
        let Open { line, session, time, nested, message: mut kept, .. } = open;
        if kept.len() > LONGEST {
            calls.reject(line, "an entry of more than 16 MiB is not read");
            kept = Vec::new();
        } else {
            calls.entry(&Entry { line, session, time: &time, nested, message: &kept });
        }
        kept.clear();
        self.spare.push(kept);
    }
}

fn is_begin_of_plan(text: &[u8]) -> bool {
    text.starts_with(b"Query Text: ") || text.starts_with(b"  \"Query Text\": ") || text.starts_with(b"  <Query-Text>")
}

fn is_of_plan(text: &[u8]) -> bool {
    [b"(cost=".as_slice(), b"\"Node Type\"", b"Node Type:", b"<Node-Type>"]
        .iter()
        .any(|sign| memmem::find(text, sign).is_some())
}
