//! What the gate begins with: the files that `perf-look init` writes, and the schema of the configuration.

use insta::assert_snapshot;
use serde_json::Value;

use crate::sandbox::Sandbox;

/// A folder as somebody has it who begins.
fn shop() -> Sandbox {
    Sandbox::new()
        .file(".git/HEAD", "")
        .file("db/schema.sql", "create table orders (id int primary key);\n")
        .file("db/seed.sql", "insert into orders select generate_series(1, 1000);\n")
        .file("queries/orders.sql", "-- name: lookup\nselect * from orders where id = 7;\n")
        .file("node_modules/x/x.sql", "select 1;\n")
        .file("package.json", "{\"scripts\": {\"build\": \"vite build\", \"preview\": \"vite preview\"}}\n")
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    std::fs::read_to_string(sandbox.path().join(name)).unwrap()
}

fn schema(name: &str) -> jsonschema::Validator {
    let output = Sandbox::new().command(&["schema", name]).output().unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&output.stdout).unwrap()).unwrap()
}

fn as_json(toml: &str) -> Value {
    toml::from_str(toml).unwrap()
}

/// With the # taken away that stands right before a key or a table.
fn taken(toml: &str) -> String {
    toml.lines().map(|line| key(line).unwrap_or(line).to_owned() + "\n").collect()
}

fn key(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('#')?;
    rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[').then_some(rest)
}

#[test]
fn init_writes_what_the_gate_needs_and_says_the_next_step() {
    let sandbox = shop();
    assert_snapshot!(sandbox.run(&["init"]));
    assert_snapshot!(text(&sandbox, "perf-look.toml"));
    assert_eq!(text(&sandbox, ".gitignore"), ".perf-look/local/\n");
}

#[test]
fn init_changes_nothing_that_is_there() {
    let sandbox = shop().file("perf-look.toml", "# mine\n").file(".gitignore", "/target");
    let sandbox = sandbox.file(".github/workflows/perf-look.yml", "# mine\n");
    assert_snapshot!(sandbox.run(&["init"]));
    assert_eq!(text(&sandbox, "perf-look.toml"), "# mine\n");
    assert_eq!(text(&sandbox, ".github/workflows/perf-look.yml"), "# mine\n");
    assert_eq!(text(&sandbox, ".gitignore"), "/target\n.perf-look/local/\n");
    sandbox.run(&["init"]);
    assert_eq!(text(&sandbox, ".gitignore"), "/target\n.perf-look/local/\n");
}

#[test]
fn init_prints_the_configuration_and_writes_nothing() {
    let sandbox = shop();
    let printed = String::from_utf8(sandbox.command(&["init", "--print"]).output().unwrap().stdout).unwrap();
    assert!(!sandbox.path().join("perf-look.toml").exists());
    sandbox.run(&["init"]);
    assert_eq!(text(&sandbox, "perf-look.toml"), printed);
}

#[test]
fn workflows_stand_at_the_root_of_the_repository_and_go_to_the_folder() {
    let sandbox = Sandbox::new().file(".git/HEAD", "").file("shop/queries/a.sql", "select 1;\n");
    let mut command = sandbox.command(&["init"]);
    assert!(command.current_dir(sandbox.path().join("shop")).status().unwrap().success());
    assert!(text(&sandbox, ".github/workflows/perf-look.yml").contains("working-directory: shop\n"));
    assert!(text(&sandbox, ".gitlab/perf-look.yml").contains("- cd shop\n"));
    assert!(text(&sandbox, "shop/perf-look.toml").contains("#sql = [\"queries/*.sql\"]\n"));
}

#[test]
fn what_init_writes_is_taken_with_and_without_its_comments_and_shown() {
    let sandbox = shop();
    sandbox.run(&["init"]);
    let defaults = sandbox.run(&["config", "show"]);
    assert!(defaults.contains("setup = [\"db/schema.sql\", \"db/seed.sql\"] # perf-look.toml:"), "{defaults}");
    let all = taken(&text(&sandbox, "perf-look.toml"));
    let sandbox = sandbox.file("perf-look.toml", &all);
    let shown = sandbox.run(&["config", "show"]);
    assert!(shown.contains("[suite.pages.page.start]"), "{shown}");
    // The comments say what is built in.
    let values = |shown: &str| -> Vec<String> {
        let lines = shown.lines().take_while(|line| !line.starts_with("[suite"));
        lines
            .skip(3)
            .map(|line| line.split(" # ").next().unwrap_or(line).trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    };
    assert_eq!(values(&shown).join("\n"), values(&defaults).join("\n").trim_end_matches("--- exit code 0").trim_end());
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let schema = schema("config");
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop/perf-look.toml");
    schema.validate(&as_json(&std::fs::read_to_string(shop).unwrap())).unwrap();
    let sandbox = self::shop();
    sandbox.run(&["init"]);
    let written = text(&sandbox, "perf-look.toml");
    schema.validate(&as_json(&written)).unwrap();
    schema.validate(&as_json(&taken(&written))).unwrap();
    // All that there is, with its defaults.
    let shown = sandbox.command(&["config", "show", "--no-config"]).output().unwrap();
    schema.validate(&as_json(&String::from_utf8(shown.stdout).unwrap())).unwrap();
}

#[test]
fn the_schemas_take_what_the_gate_keeps() {
    let baselines = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/.perf-look/baseline");
    let files = files_below(&baselines);
    assert!(files.len() >= 5, "{files:?}");
    let schema = schema("baseline");
    for file in files {
        let mut baseline: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        schema.validate(&baseline).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        baseline["metrics"]["blocks"] = "many".into();
        assert!(!schema.is_valid(&baseline));
    }
    let documented = include_str!("../../../docs/ci.md").split_once("```toml\n[[waiver]]").unwrap().1;
    let example = format!("[[waiver]]{}", documented.split_once("```").unwrap().0);
    let waivers = self::schema("waivers");
    waivers.validate(&as_json(&example)).unwrap();
    assert!(!waivers.is_valid(&as_json(&example.replace("reason", "because"))));
}

/// The files below a folder.
fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn what_the_schema_refuses_the_program_refuses_too() {
    let schema = schema("config");
    for wrong in [
        "fail_no = \"warn\"\n",
        "fail_on = \"all\"\n",
        "[gate]\nbaselines = \"x\"\n",
        "[gate.server]\nsetup = \"schema.sql\"\n",
        "[gate.limits.D1]\nrelative = -1\n",
        "[db]\ntimeout = 30\n",
        "[severity]\nwarn_share = 20\n",
        "[suite.shop]\nsqls = [\"*.sql\"]\n",
        "[suite.shop]\nserve = \"\"\n",
        "[suite.shop.page.start]\nrepeat = 0\n",
        "[rules.\"db/no-such-rule\"]\nlevel = \"off\"\n",
    ] {
        assert!(!schema.is_valid(&as_json(wrong)), "the schema takes {wrong}");
        let transcript = Sandbox::new().file("perf-look.toml", wrong).run(&["config", "show"]);
        assert!(transcript.ends_with("--- exit code 2\n"), "the program takes {wrong}: {transcript}");
    }
}

#[test]
fn every_key_of_the_schema_says_what_it_is_for() {
    fn walk(schema: &Value, path: &str) {
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let is_key = inner.get("default").is_some();
            assert!(!is_key || !inner["description"].as_str().unwrap().is_empty(), "{path}");
            walk(inner, &path);
        }
    }
    let output = Sandbox::new().command(&["schema", "config"]).output().unwrap();
    walk(&serde_json::from_slice(&output.stdout).unwrap(), "");
}
