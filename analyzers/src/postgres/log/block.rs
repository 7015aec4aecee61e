//! What can be known of a plan in a log without parsing it: its statement, a number for its shape, whether it is whole.

use memchr::{memchr, memmem};

use super::sql::Hash;

/// How auto_explain writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    Yaml,
    Xml,
}

/// What auto_explain wrote behind `plan:`.
#[derive(Debug)]
pub(super) struct Block<'b> {
    pub(super) format: Format,
    /// As the format writes it.
    query: &'b [u8],
    /// The same for plans with the same nodes; costs, rows and conditions do not count. Never the same for other nodes.
    pub(super) key: u64,
    /// Whether only a parser can tell that nothing is missing.
    pub(super) doubtful: bool,
    /// `Query Identifier`, where it was logged.
    pub(super) query_id: Option<i64>,
}

const CUT: &str = "the entry is cut off inside of its plan";

impl<'b> Block<'b> {
    /// Finds the parts of a block, or says why it is none.
    pub(super) fn of(block: &'b [u8]) -> Result<Self, &'static str> {
        let text = block.trim_ascii_end();
        if memchr(0, text).is_some() {
            return Err("the entry holds bytes of zero, as a crash leaves them in a file");
        }
        let block = match text.trim_ascii_start() {
            b"" => return Err("the entry ends before its plan"),
            [b'{', ..] => json(text),
            [b'<', ..] => xml(text),
            start if start.starts_with(b"Query Text: \"") && memmem::find(text, b"\nPlan:").is_some() => yaml(text),
            start if start.starts_with(b"Query Text:") => plain(text),
            _ => return Err("the plan does not begin with its statement, as auto_explain writes it"),
        }?;
        let doubtful = block.doubtful || std::str::from_utf8(text).is_err();
        Ok(Self { doubtful, query_id: query_id(text), ..block })
    }

    /// A number for its statement, see [`super::sql::key`].
    pub(super) fn sql_key(&self) -> u64 {
        super::sql::key(self.query)
    }

    /// Its statement as it was sent.
    pub(super) fn sql(&self) -> Result<String, &'static str> {
        let text = String::from_utf8_lossy(self.query);
        match self.format {
            Format::Text => Ok(text.into_owned()),
            Format::Json | Format::Yaml => serde_json::from_str(&text).map_err(|_| "its statement cannot be read"),
            Format::Xml => match quick_xml::escape::unescape(&text) {
                Ok(sql) => Ok(sql.into_owned()),
                Err(_) => Err("its statement cannot be read"),
            },
        }
    }
}

/// The lines of a text.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr(b'\n', text);
        rest = end.map(|end| &text[end + 1..]);
        Some(end.map_or(text, |end| &text[..end]))
    })
}

fn indent_of(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}

fn plain(text: &[u8]) -> Result<Block<'_>, &'static str> {
    let costs = memmem::find(text, b"  (cost=").ok_or(CUT)?;
    let tree = memchr::memrchr(b'\n', &text[..costs]).ok_or(CUT)? + 1;
    let query = text[..tree].trim_ascii_start().strip_prefix(b"Query Text:").unwrap_or_default();
    let query = memmem::rfind(query, b"\nQuery Parameters:").map_or(query, |end| &query[..end]).trim_ascii();
    let (mut hash, mut last, mut doubtful) = (Hash::default(), &text[..0], false);
    for line in lines(&text[tree..]) {
        last = line;
        let words = line.trim_ascii_start();
        let is_node = words.starts_with(b"->") || hash.0 == Hash::default().0;
        if !is_node && !is_label(words) {
            continue;
        }
        let end = memmem::find(words, b"  (cost=");
        doubtful |= is_node && (end.is_none() || !words.ends_with(b")"));
        hash.byte(u8::try_from(indent_of(line).min(255)).unwrap_or(u8::MAX));
        hash.bytes(&words[..end.unwrap_or(words.len())]);
    }
    if !is_whole(last.trim_ascii()) {
        return Err(CUT);
    }
    Ok(Block { format: Format::Text, query, key: hash.0, doubtful, query_id: None })
}

/// `InitPlan 1 (returns $0)`, `CTE recent`: what the nodes below it are to the one above.
fn is_label(words: &[u8]) -> bool {
    words.starts_with(b"InitPlan") || words.starts_with(b"SubPlan") || words.starts_with(b"CTE ")
}

/// Whether a last line in TEXT ends as one does: a property with its value, a node with its numbers.
fn is_whole(line: &[u8]) -> bool {
    let (mut depth, mut quoted) = (0i32, false);
    for byte in line {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    let is_property = memmem::find(line, b": ").is_some() || memmem::find(line, b" time=").is_some();
    depth == 0 && !quoted && (is_property || line.ends_with(b")"))
}

/// What of a node is its shape, in JSON, YAML and XML.
const KEYS: [&[u8]; 7] =
    [b"Node Type", b"Relation Name", b"Index Name", b"Parent Relationship", b"Schema", b"Subplan Name", b"Join Type"];

/// The same in XML's spelling.
const TAGS: [&[u8]; 7] = [
    b"Node-Type>",
    b"Relation-Name>",
    b"Index-Name>",
    b"Parent-Relationship>",
    b"Schema>",
    b"Subplan-Name>",
    b"Join-Type>",
];

/// Adds a line to the shape where it says something of it.
fn add(hash: &mut Hash, keys: &[&[u8]], indent: usize, words: &[u8]) {
    if !matches!(words.first(), Some(b'N' | b'R' | b'I' | b'P' | b'S' | b'J')) {
        return;
    }
    if keys.iter().any(|key| words.starts_with(key)) {
        hash.byte(u8::try_from(indent.min(255)).unwrap_or(u8::MAX));
        hash.bytes(words);
    }
}

fn json(text: &[u8]) -> Result<Block<'_>, &'static str> {
    let mut rest = lines(text);
    if rest.next().map(<[u8]>::trim_ascii) != Some(b"{") {
        return Err("the plan does not begin as auto_explain writes it");
    }
    let query = rest.next().and_then(|line| line.trim_ascii().strip_prefix(b"\"Query Text\": ")).ok_or(CUT)?;
    let query = query.strip_suffix(b",").ok_or(CUT)?;
    let (mut hash, mut depth, mut last) = (Hash::default(), 1i32, &text[..0]);
    for line in rest {
        let indent = indent_of(line);
        let words = &line[indent..];
        match words.first() {
            Some(b'"') => add(&mut hash, &KEYS, indent, words[1..].strip_suffix(b",").unwrap_or(&words[1..])),
            Some(b'}' | b']') => depth -= 1,
            _ => {}
        }
        depth += i32::from(matches!(words.last(), Some(b'{' | b'[')));
        last = line;
    }
    if last != b"}" || depth != 0 {
        return Err(if last == b"}" { "lines of the plan are missing: its brackets do not match" } else { CUT });
    }
    Ok(Block { format: Format::Json, query, key: hash.0, doubtful: false, query_id: None })
}

fn yaml(text: &[u8]) -> Result<Block<'_>, &'static str> {
    let mut rest = lines(text);
    let query = rest.next().and_then(|line| line.trim_ascii().strip_prefix(b"Query Text: ")).ok_or(CUT)?;
    let (mut hash, mut last) = (Hash::default(), &text[..0]);
    for line in rest {
        let indent = indent_of(line);
        let words = line[indent..].strip_prefix(b"- ").unwrap_or(&line[indent..]);
        add(&mut hash, &KEYS, indent, words);
        last = line;
    }
    let last = last.trim_ascii();
    let value = memmem::find(last, b": ").map_or(last, |colon| &last[colon + 2..]);
    let is_closed = !value.starts_with(b"\"") || (value.len() > 1 && value.ends_with(b"\""));
    if !is_closed || (memchr(b':', last).is_none() && !last.starts_with(b"- ")) {
        return Err(CUT);
    }
    Ok(Block { format: Format::Yaml, query, key: hash.0, doubtful: false, query_id: None })
}

fn xml(text: &[u8]) -> Result<Block<'_>, &'static str> {
    const OPEN: &[u8] = b"<Query-Text>";
    let start = memmem::find(text, OPEN).ok_or(CUT)? + OPEN.len();
    let end = start + memmem::find(&text[start..], b"</Query-Text>").ok_or(CUT)?;
    let mut hash = Hash::default();
    for line in lines(&text[end..]) {
        let indent = indent_of(line);
        if let Some(words) = line[indent..].strip_prefix(b"<") {
            add(&mut hash, &TAGS, indent, words);
        }
    }
    if !text.ends_with(b"</explain>") {
        return Err(CUT);
    }
    Ok(Block { format: Format::Xml, query: &text[start..end], key: hash.0, doubtful: false, query_id: None })
}

/// It stands near the end, below the tree.
fn query_id(text: &[u8]) -> Option<i64> {
    const NEAR: usize = 4096;
    const LENGTH: usize = "Query Identifier".len();
    let end = &text[text.len().saturating_sub(NEAR)..];
    let place = memmem::rfind(end, b"Query Identifier").or_else(|| memmem::rfind(end, b"<Query-Identifier"))?;
    let rest = &end[place + LENGTH..];
    let start = rest.iter().take(4).position(|byte| byte.is_ascii_digit() || *byte == b'-')?;
    let length = rest[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
    std::str::from_utf8(&rest[start..start + length]).ok()?.parse().ok().filter(|id| *id != 0)
}
