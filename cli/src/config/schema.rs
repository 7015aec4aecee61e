//! The JSON Schema of `perf-look.toml`, from the same tables that read it.

use serde_json::{Map, Value, json};

use super::keys::{self, Key, Kind, Setting};
use super::show;
use super::suites::{MOST, OF_PAGE, OF_SUITE, SuiteKey, SuiteKind};

/// A number with its unit, as the configuration takes times.
const DURATION: &str = "^\\s*[0-9]+\\s*(ms|s|m|min|h)\\s*$";

/// The JSON Schema of the configuration.
pub(crate) fn schema() -> Value {
    let mut schema = table();
    for key in keys::known() {
        put(&mut schema, &key.path, of_key(&key));
    }
    schema["properties"]["suite"] = suites();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "perf-look.toml".into();
    schema["description"] = "what perf-look goes by; every key has a default and may be left out".into();
    schema
}

fn table() -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": {} })
}

fn put(table_of_it: &mut Value, path: &[String], schema: Value) {
    match path {
        [] => {}
        [name] => table_of_it["properties"][name] = schema,
        [name, rest @ ..] => {
            let inner = &mut table_of_it["properties"][name];
            if inner.is_null() {
                *inner = table();
            }
            put(inner, rest, schema);
        }
    }
}

fn of_key(key: &Key) -> Value {
    let mut schema = match key.kind {
        Kind::Level => json!({ "enum": ["auto", "off", "info", "warn", "error"] }),
        Kind::FailOn => json!({ "enum": ["error", "warn", "never"] }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Amount(_) => json!({ "type": "number", "minimum": 0 }),
        Kind::Duration => json!({ "type": "string", "pattern": DURATION }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    let unit = match key.kind {
        Kind::Amount(unit) if !["parts", "units"].contains(&unit) => format!(" ({unit})"),
        _ => String::new(),
    };
    schema["description"] = format!("{}{unit}", key.about).into();
    schema["default"] = default(&key.default);
    schema
}

fn default(setting: &Setting) -> Value {
    match setting {
        Setting::Number(number) => (*number).into(),
        Setting::Text(text) => text.as_str().into(),
        Setting::Texts(texts) => texts.as_slice().into(),
        Setting::Level(level) => show::level_name(*level).into(),
        Setting::FailOn(fail_on) => fail_on.as_str().into(),
        Setting::Duration(duration) => crate::duration::show(*duration).into(),
    }
}

fn suites() -> Value {
    let page = of_suite(&OF_PAGE);
    let mut suite = of_suite(&OF_SUITE);
    suite["properties"]["page"] = json!({
        "type": "object",
        "description": "the pages of the suite, each by its name",
        "additionalProperties": page,
    });
    json!({
        "type": "object",
        "description": "what the gate checks: suites of statements, of saved plans, of pages, each by its name",
        "additionalProperties": suite,
    })
}

fn of_suite(keys: &[SuiteKey]) -> Value {
    let schema = |key: &SuiteKey| {
        let mut schema = match key.kind {
            SuiteKind::Text => json!({ "type": "string", "minLength": 1 }),
            SuiteKind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            SuiteKind::Duration => json!({ "type": "string", "pattern": DURATION }),
            SuiteKind::Count => json!({ "type": "integer", "minimum": 1, "maximum": MOST }),
        };
        schema["description"] = key.takes.into();
        (key.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = keys.iter().map(schema).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
