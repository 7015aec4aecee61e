//! jsonlog, PostgreSQL 15 and up: an entry a line, an object of JSON.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;

use super::Entry;
use crate::postgres::log::calls::Calls;
use crate::postgres::log::message::{depth, is_of_statement};
use crate::postgres::log::sql::Hash;

/// What matters of an entry.
#[derive(Deserialize)]
struct Logged<'l> {
    #[serde(borrow)]
    timestamp: Option<Cow<'l, str>>,
    pid: Option<i64>,
    #[serde(borrow)]
    session_id: Option<Cow<'l, str>>,
    #[serde(borrow)]
    message: Option<Cow<'l, str>>,
    #[serde(borrow)]
    context: Option<Cow<'l, str>>,
}

/// Whether a line is one of jsonlog: plans in JSON begin with a bracket that stands alone.
pub(super) fn begins(line: &[u8]) -> bool {
    line.starts_with(b"{\"timestamp\":")
}

pub(super) fn line(number: usize, line: &[u8], calls: &mut Calls) {
    const SIGNS: [&[u8]; 3] = [b"\"duration: ", b"\"statement: ", b"\"execute "];
    let is_of_interest = SIGNS.iter().any(|sign| memmem::find(line, sign).is_some());
    // Without its beginning a line can be of any kind; it is one of a plan where it holds a node.
    if !is_of_interest && (begins(line) || memmem::find(line, b"Node Type").is_none() && !is_plan_in_text(line)) {
        return;
    }
    // Logs are in the encoding of their databases.
    let text = String::from_utf8_lossy(line);
    let logged: Logged<'_> = match serde_json::from_str(&text) {
        Ok(logged) => logged,
        Err(error) => {
            // It is a text of one line.
            let why = error.to_string().replace(" at line 1 column", " at column");
            return calls.reject(number, format!("not an object of JSON: {why}"));
        }
    };
    let Some(message) = logged.message.as_deref().filter(|message| is_of_statement(message.as_bytes())) else {
        return;
    };
    let mut session = Hash::default();
    session.bytes(&logged.pid.unwrap_or_default().to_le_bytes());
    session.bytes(logged.session_id.as_deref().unwrap_or_default().as_bytes());
    calls.entry(&Entry {
        line: number,
        session: session.0.max(1),
        time: logged.timestamp.as_deref().unwrap_or_default().as_bytes(),
        depth: depth(logged.context.as_deref().unwrap_or_default().as_bytes()),
        message: message.as_bytes(),
    });
}

fn is_plan_in_text(line: &[u8]) -> bool {
    memmem::find(line, b"  (cost=").is_some() && !line.starts_with(b"{")
}
