//! Made-up server logs of any size, out of entries that auto_explain wrote on real servers.
//!
//! Times, values and processes differ from entry to entry; statements and plans are those that were recorded, some often
//! and some rarely. The same request gives the same bytes.

use std::io::{self, Write};

/// What was recorded: plans in TEXT by PostgreSQL 13 and 15, in all formats by 18.
const RECORDED: [&str; 3] = [
    include_str!("../../fixtures/postgres/logs/13/postgresql.log"),
    include_str!("../../fixtures/postgres/logs/15/postgresql.log"),
    include_str!("../../fixtures/postgres/logs/18/postgresql.log"),
];

/// The log that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// About so many bytes.
    pub bytes: u64,
    /// Of a thousand entries so many are damaged; never two on end.
    pub damaged: u64,
    /// In which formats its plans are.
    pub plans: Plans,
    /// What kind of log it is; only one of standard error can be damaged.
    pub form: Form,
}

/// Formats of plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plans {
    /// TEXT alone.
    Text,
    /// JSON alone.
    Json,
    /// All that there are.
    Mixed,
}

/// Kinds of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `2026-11-21 05:03:44.381 UTC [4711] LOG:  …`, further lines behind tabs.
    Stderr,
    /// csvlog of PostgreSQL 14 to 18.
    Csv,
    /// jsonlog.
    Json,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Bytes.
    pub bytes: u64,
    /// Entries that are whole.
    pub whole: u64,
    /// Entries that are not.
    pub damaged: u64,
}

/// Writes a log.
pub fn write(request: &Request, out: &mut impl Write) -> io::Result<Written> {
    let plans = recorded(request.plans);
    let (mut numbers, mut written, mut after_damage) = (Numbers(0x9e37_79b9_7f4a_7c15), Written::default(), true);
    while written.bytes < request.bytes {
        let plan = varied(plans[numbers.skewed(plans.len())], &mut numbers);
        let entry = entry(request.form, written.whole + written.damaged, &plan, &mut numbers);
        let is_damaged = !after_damage && numbers.below(1000) < request.damaged;
        let entry = if is_damaged { damage(&entry, &mut numbers) } else { entry };
        out.write_all(entry.as_bytes())?;
        written.bytes += entry.len() as u64;
        written.damaged += u64::from(is_damaged);
        written.whole += u64::from(!is_damaged);
        after_damage = is_damaged;
    }
    Ok(written)
}

/// What stands behind `plan:`, without tabs.
fn recorded(plans: Plans) -> Vec<&'static str> {
    let entries = RECORDED.iter().flat_map(|log| log.split("LOG:  duration: ").skip(1));
    let blocks = entries.filter_map(|entry| {
        let (_, block) = entry.split_once(" plan:\n")?;
        // The next entry's prefix, and details of this one.
        let lines = block.split_inclusive('\n').take_while(|line| line.starts_with('\t'));
        Some(&block[..lines.map(str::len).sum()])
    });
    let wanted = |block: &&str| match plans {
        Plans::Text => block.starts_with("\tQuery Text:") && !block.contains("\n\tPlan:"),
        Plans::Json => block.starts_with("\t{"),
        Plans::Mixed => true,
    };
    blocks.filter(wanted).collect()
}

/// Numbers that look random and are not (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A place in a list; the first ones are more frequent.
    fn skewed(&mut self, length: usize) -> usize {
        let length = length as u64;
        let place = self.below(length).min(self.below(length));
        usize::try_from(place).unwrap_or(0)
    }
}

/// The block with other values in place of numbers that stand alone behind `= ` or `(`, and other times.
fn varied(block: &str, numbers: &mut Numbers) -> String {
    let mut text = String::with_capacity(block.len() + 16);
    let mut rest = block;
    while let Some(place) = rest.find(['=', ':']) {
        let (before, behind) = rest.split_at(place + 1);
        text.push_str(before);
        rest = behind;
        let is_value = before.ends_with(" =") && behind.starts_with(' ');
        let is_time = before.ends_with("time=") || before.ends_with("Time\":");
        if is_value || is_time {
            let blank = usize::from(behind.starts_with(' '));
            let digits = behind[blank..].bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                text.push_str(&behind[..blank]);
                // As many digits, so that plans stay plans; the first one stays, so that a slow call stays slow.
                text.push_str(&behind[blank..=blank]);
                (1..digits).for_each(|_| text.push(char::from(b'0' + u8::try_from(numbers.below(10)).unwrap_or(0))));
                rest = &behind[blank + digits..];
            }
        }
    }
    text.push_str(rest);
    text
}

fn entry(form: Form, number: u64, plan: &str, numbers: &mut Numbers) -> String {
    // A tenth of the calls takes ten times as long.
    let slow = if numbers.below(10) == 0 { 10 } else { 1 };
    let ms = format!("{}.{:03}", (1 + numbers.below(40)) * slow, numbers.below(1000));
    let pid = 4_000 + numbers.below(60);
    let (second, part) = (number / 1_000, number % 1_000);
    let time = format!(
        "2026-11-{:02} {:02}:{:02}:{:02}.{part:03} UTC",
        1 + second / 86_400 % 28,
        second / 3_600 % 24,
        second / 60 % 60,
        second % 60
    );
    if form == Form::Stderr {
        return format!("{time} [{pid}] app@shop LOG:  duration: {ms} ms  plan:\n{plan}");
    }
    let lines: Vec<&str> = plan.lines().map(|line| line.strip_prefix('\t').unwrap_or(line)).collect();
    let message = format!("duration: {ms} ms  plan:\n{}", lines.join("\n"));
    if form == Form::Csv {
        let message = message.replace('"', "\"\"");
        return format!(
            "{time},\"app\",\"shop\",{pid},\"[local]\",6920a1b2.{pid:x},{number},\"SELECT\",{time},3/17,0,LOG,00000,\"{message}\",,,,,,,,,\"app\",\"client backend\",,0\n"
        );
    }
    let message = serde_json::Value::from(message);
    format!(
        "{{\"timestamp\":\"{time}\",\"user\":\"app\",\"dbname\":\"shop\",\"pid\":{pid},\"session_id\":\"6920a1b2.{pid:x}\",\"error_severity\":\"LOG\",\"message\":{message},\"backend_type\":\"client backend\",\"query_id\":0}}\n"
    )
}

/// What crashes, full disks and copies leave of an entry.
fn damage(entry: &str, numbers: &mut Numbers) -> String {
    let nodes: Vec<usize> = ["(cost=", "Node Type", "Node-Type"]
        .iter()
        .flat_map(|sign| entry.match_indices(sign))
        .map(|hit| hit.0)
        .collect();
    let node = nodes[numbers.skewed(nodes.len())];
    match numbers.below(4) {
        // Cut off inside of a node, and the next entry begins on a line of its own or does not.
        0 => format!("{}\n", &entry[..node + "Node Type: \"S".len()]),
        1 => entry[..node + "Node Type: \"S".len()].to_owned(),
        // The first line is lost.
        2 => entry.split_once('\n').map_or("", |(_, rest)| rest).to_owned(),
        // A block of the disk that was never written.
        _ => format!("{}{}{}", &entry[..node], "\0".repeat(9), &entry[node + 9..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(request: &Request) -> (String, Written) {
        let mut out = Vec::new();
        let written = write(request, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), written)
    }

    #[test]
    fn the_same_request_gives_the_same_bytes() {
        let request = Request { bytes: 300_000, damaged: 50, plans: Plans::Mixed, form: Form::Stderr };
        let (text, written) = log(&request);
        assert_eq!(log(&request).0, text);
        assert_eq!(written.bytes, text.len() as u64);
        assert!(written.damaged > 3 && written.whole > 50, "{written:?}");
    }
}
