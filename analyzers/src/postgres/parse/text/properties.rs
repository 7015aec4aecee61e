//! The lines below a node, `Name: value`, in the words of Postgres' JSON.

use super::Properties;
use super::scan::{fields, list_value, measure, pairs};
use crate::postgres::plan::{Property, Value};

/// Longer than any name that Postgres or an extension prints.
const LONGEST_NAME: usize = 100;

/// Splits a line into name and value, if it is a property: words, a colon, and a blank or the end.
pub(super) fn split(body: &str) -> Option<(&str, &str)> {
    // A trigger's name stands there without quotes, whatever is in it.
    if body.starts_with("Trigger ")
        && let Some(place) = body.rfind(": time=").or_else(|| body.rfind(": calls="))
    {
        return Some((&body[..place], &body[place + 2..]));
    }
    let head = body.as_bytes().get(..LONGEST_NAME).unwrap_or(body.as_bytes());
    let mut brackets = 0_u32;
    for (place, byte) in head.iter().enumerate() {
        match byte {
            b':' if brackets == 0 => {
                let value = &body[place + 1..];
                let ends = place > 0 && (value.is_empty() || value.starts_with(' '));
                return ends.then(|| (body[..place].trim_ascii_end(), value.trim_ascii()));
            }
            b'(' if place > 0 => brackets += 1,
            b')' => brackets = brackets.checked_sub(1)?,
            b'.' | b',' if brackets > 0 => {}
            b' ' | b'/' | b'-' | b'_' | b'.' if place > 0 => {}
            _ if byte.is_ascii_alphanumeric() && (place > 0 || byte.is_ascii_alphabetic()) => {}
            _ => return None,
        }
    }
    None
}

/// Properties of Postgres' own whose line nothing else looks like: where one begins, the value above has ended.
pub(super) fn is_known(name: &str) -> bool {
    is_list(name)
        || is_expression(name)
        || name.starts_with("Rows Removed by ")
        || matches!(
            name,
            "Batches"
                | "Buckets"
                | "Buffers"
                | "Cache Mode"
                | "Full-sort Groups"
                | "Heap Blocks"
                | "Heap Fetches"
                | "Hits"
                | "I/O Timings"
                | "Index Searches"
                | "Inner Unique"
                | "Planned Partitions"
                | "Pre-sorted Groups"
                | "Remote SQL"
                | "Sort Method"
                | "Storage"
                | "WAL"
                | "Workers Launched"
                | "Workers Planned"
        )
}

/// Properties that are lists in JSON.
pub(super) fn is_list(name: &str) -> bool {
    matches!(
        name,
        "Output"
            | "Sort Key"
            | "Presorted Key"
            | "Group Key"
            | "Hash Key"
            | "Conflict Arbiter Indexes"
            | "Params Evaluated"
    )
}

/// Properties that are SQL, even where it looks like a number or `true`.
fn is_expression(name: &str) -> bool {
    !name.starts_with("Rows Removed by ")
        && [" Cond", "Filter", " Key", " Condition", " Call", " SQL", " By", "Order"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// The properties that a line says.
pub(super) fn read<'t>(name: &'t str, value: &'t str, into: &mut Properties<'t>) {
    match name {
        "Buffers" => buffers(value, into),
        "I/O Timings" => io_timings(value, into),
        "WAL" => named_pairs(value, wal_name, into),
        "Heap Blocks" => named_pairs(value, heap_blocks_name, into),
        "Tuples" => named_pairs(value, tuples_name, into),
        "Memory" => named_pairs(value, memory_name, into),
        "Estimates" => estimates(value, into),
        "Sort Method" => sort_method(value, into),
        "Buckets" => hash_table(value, into),
        "Batches" => hashed_groups("HashAgg Batches", value, into),
        "Planned Partitions" => hashed_groups("Planned Partitions", value, into),
        "Hits" => cache(value, into),
        "Full-sort Groups" | "Pre-sorted Groups" => into.push((name, sort_groups(value))),
        "Storage" => storage(value, into),
        "Sampling" => sampling(value, into),
        _ if is_list(name) => into.push((name, list_value(value))),
        _ if is_expression(name) => into.push((name, Value::Text(value.into()))),
        _ => into.push((name, plain(value))),
    }
}

/// A value of which nothing else is known.
fn plain(value: &str) -> Value {
    match value {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => measure(value),
    }
}

/// `shared hit=1 read=2, temp written=3`.
fn buffers<'t>(value: &'t str, into: &mut Properties<'t>) {
    let mut kind = "shared";
    for (name, value) in pairs(value) {
        let count = name.rsplit_once(' ').map_or(name, |(named, count)| {
            kind = named;
            count
        });
        keep(buffers_name(kind, count), name, value, into);
    }
}

fn buffers_name(kind: &str, count: &str) -> Option<&'static str> {
    Some(match (kind, count) {
        ("shared", "hit") => "Shared Hit Blocks",
        ("shared", "read") => "Shared Read Blocks",
        ("shared", "dirtied") => "Shared Dirtied Blocks",
        ("shared", "written") => "Shared Written Blocks",
        ("local", "hit") => "Local Hit Blocks",
        ("local", "read") => "Local Read Blocks",
        ("local", "dirtied") => "Local Dirtied Blocks",
        ("local", "written") => "Local Written Blocks",
        ("temp", "read") => "Temp Read Blocks",
        ("temp", "written") => "Temp Written Blocks",
        _ => return None,
    })
}

/// `read=0.1 write=0.2` up to PostgreSQL 14, `shared/local read=0.1, temp write=0.2` in 15 and 16, each by itself later.
fn io_timings<'t>(value: &'t str, into: &mut Properties<'t>) {
    let mut kind = "";
    for (name, value) in pairs(value) {
        let direction = name.rsplit_once(' ').map_or(name, |(named, direction)| {
            kind = named;
            direction
        });
        keep(io_timing_name(kind, direction), name, value, into);
    }
}

fn io_timing_name(kind: &str, direction: &str) -> Option<&'static str> {
    Some(match (kind, direction) {
        ("" | "shared/local", "read") => "I/O Read Time",
        ("" | "shared/local", "write") => "I/O Write Time",
        ("shared", "read") => "Shared I/O Read Time",
        ("shared", "write") => "Shared I/O Write Time",
        ("local", "read") => "Local I/O Read Time",
        ("local", "write") => "Local I/O Write Time",
        ("temp", "read") => "Temp I/O Read Time",
        ("temp", "write") => "Temp I/O Write Time",
        _ => return None,
    })
}

/// A pair under its name in JSON, or under its own where a later version of Postgres adds one.
fn keep<'t>(known: Option<&'static str>, name: &'t str, value: &'t str, into: &mut Properties<'t>) {
    into.push((known.unwrap_or(name), measure(value)));
}

fn named_pairs<'t>(value: &'t str, json_name: impl Fn(&str) -> Option<&'static str>, into: &mut Properties<'t>) {
    for (name, value) in pairs(value) {
        keep(json_name(name), name, value, into);
    }
}

fn wal_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "records" => "WAL Records",
        "fpi" => "WAL FPI",
        "bytes" => "WAL Bytes",
        "fpi bytes" => "WAL FPI Bytes",
        "buffers full" => "WAL Buffers Full",
        _ => return None,
    })
}

fn heap_blocks_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "exact" => "Exact Heap Blocks",
        "lossy" => "Lossy Heap Blocks",
        _ => return None,
    })
}

fn tuples_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "inserted" => "Tuples Inserted",
        "updated" => "Tuples Updated",
        "deleted" => "Tuples Deleted",
        "skipped" => "Tuples Skipped",
        _ => return None,
    })
}

fn memory_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "used" => "Memory Used",
        "allocated" => "Memory Allocated",
        _ => return None,
    })
}

/// Memoize's, from PostgreSQL 19.
fn estimates<'t>(value: &'t str, into: &mut Properties<'t>) {
    let json_name = |name: &str| {
        Some(match name {
            "capacity" => "Estimated Capacity",
            "distinct keys" => "Estimated Distinct Lookup Keys",
            "lookups" => "Estimated Lookups",
            "hit percent" => "Estimated Hit Percent",
            _ => return None,
        })
    };
    named_pairs(value, json_name, into);
}

/// `external merge  Disk: 10kB`.
fn sort_method<'t>(value: &'t str, into: &mut Properties<'t>) {
    let (method, space) = value.split_once("  ").unwrap_or((value, ""));
    into.push(("Sort Method", Value::Text(method.into())));
    for (kind, used) in fields(space) {
        into.push(("Sort Space Used", measure(used)));
        into.push(("Sort Space Type", Value::Text(kind.into())));
    }
}

/// `16384 (originally 1024)  Batches: 16 (originally 1)  Memory Usage: 392kB`; unsaid, the original numbers are the same.
fn hash_table<'t>(value: &'t str, into: &mut Properties<'t>) {
    let (buckets, rest) = value.split_once("  ").unwrap_or((value, ""));
    with_original(buckets, "Hash Buckets", "Original Hash Buckets", into);
    for (name, value) in fields(rest) {
        match name {
            "Batches" => with_original(value, "Hash Batches", "Original Hash Batches", into),
            "Memory Usage" => into.push(("Peak Memory Usage", measure(value))),
            _ => into.push((name, measure(value))),
        }
    }
}

fn with_original<'t>(value: &'t str, name: &'static str, original: &'static str, into: &mut Properties<'t>) {
    let (now, before) = value.split_once(" (originally ").unwrap_or((value, value));
    into.push((name, measure(now)));
    into.push((original, measure(before.trim_end_matches(')'))));
}

/// `1  Memory Usage: 24kB`, `16  Batches: 81  Memory Usage: 553kB  Disk Usage: 14888kB`.
fn hashed_groups<'t>(first: &'static str, value: &'t str, into: &mut Properties<'t>) {
    let (count, rest) = value.split_once("  ").unwrap_or((value, ""));
    into.push((first, measure(count)));
    for (name, value) in fields(rest) {
        let name = match name {
            "Batches" => "HashAgg Batches",
            "Memory Usage" => "Peak Memory Usage",
            name => name,
        };
        into.push((name, measure(value)));
    }
}

/// `980  Misses: 20  Evictions: 0  Overflows: 0  Memory Usage: 3kB`.
fn cache<'t>(value: &'t str, into: &mut Properties<'t>) {
    let (hits, rest) = value.split_once("  ").unwrap_or((value, ""));
    into.push(("Cache Hits", measure(hits)));
    for (name, value) in fields(rest) {
        let name = match name {
            "Misses" => "Cache Misses",
            "Evictions" => "Cache Evictions",
            "Overflows" => "Cache Overflows",
            "Memory Usage" => "Peak Memory Usage",
            name => name,
        };
        into.push((name, measure(value)));
    }
}

/// `9  Sort Method: quicksort  Average Memory: 30kB  Peak Memory: 30kB`.
fn sort_groups(value: &str) -> Value {
    let (count, rest) = value.split_once("  ").unwrap_or((value, ""));
    let mut group = vec![property("Group Count", measure(count))];
    let mut spaces: [(&'static str, &str, Vec<Property>); 2] =
        [("Sort Space Memory", "Memory", Vec::new()), ("Sort Space Disk", "Disk", Vec::new())];
    for (name, value) in fields(rest) {
        let space = spaces.iter_mut().find(|(_, kind, _)| name.ends_with(kind));
        match (name, space) {
            ("Sort Method" | "Sort Methods", _) => group.push(property("Sort Methods Used", list_value(value))),
            (_, Some((_, _, space))) if name.starts_with("Average ") => {
                space.push(property("Average Sort Space Used", measure(value)));
            }
            (_, Some((_, _, space))) => space.push(property("Peak Sort Space Used", measure(value))),
            (name, None) => group.push(Property { name: name.to_owned().into(), value: measure(value) }),
        }
    }
    let used = spaces.into_iter().filter(|(_, _, space)| !space.is_empty());
    group.extend(used.map(|(name, _, space)| property(name, Value::Group(space))));
    Value::Group(group)
}

fn property(name: &'static str, value: Value) -> Property {
    Property { name: name.into(), value }
}

/// `Memory  Maximum Storage: 20kB`.
fn storage<'t>(value: &'t str, into: &mut Properties<'t>) {
    let (kind, rest) = value.split_once("  ").unwrap_or((value, ""));
    into.push(("Storage", Value::Text(kind.into())));
    into.extend(fields(rest).map(|(name, value)| (name, measure(value))));
}

/// `bernoulli ('10'::real) REPEATABLE ('1'::double precision)`.
fn sampling<'t>(value: &'t str, into: &mut Properties<'t>) {
    let (method, rest) = value.split_once(" (").unwrap_or((value, ""));
    into.push(("Sampling Method", Value::Text(method.into())));
    let (parameters, seed) = rest.split_once(") REPEATABLE (").map_or((rest, None), |(all, seed)| (all, Some(seed)));
    let parameters = if seed.is_none() { parameters.strip_suffix(')').unwrap_or(parameters) } else { parameters };
    into.push(("Sampling Parameters", list_value(parameters)));
    into.extend(seed.map(|seed| ("Repeatable Seed", Value::Text(seed.strip_suffix(')').unwrap_or(seed).into()))));
}
