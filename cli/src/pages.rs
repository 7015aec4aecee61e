//! Texts about perf-look itself: rules, schemas, completions, the manual.

use std::fmt::Write as _;

use anyhow::anyhow;
use clap::CommandFactory as _;
use perf_look_analyzers::report::Level;
use perf_look_analyzers::rule::{Rule, rule};

use crate::args::Cli;
use crate::columns::columns;
use crate::config::{self, Config, level_name};
use crate::failure::Failure;

/// The list of the rules, those that are switched off marked.
pub(crate) fn rules(config: &Config, width: usize) -> String {
    let row = |rule: &Rule| {
        let off = if config.level(rule.id.0) == Some(Level::Off) { " (off)" } else { "" };
        [rule.id.0.to_owned(), format!("{}{off}", rule.summary)]
    };
    format!(
        "{}\nperf-look explain RULE prints a rule's page.\n",
        columns(perf_look_analyzers::rule::rules().map(row), "", width)
    )
}

/// A rule's page, with what it needs and its limits as they are configured.
pub(crate) fn explain(name: &str, config: &Config) -> Result<String, Failure> {
    let rule = find(name)?;
    let mut text = format!("{}\n", rule.docs.trim_end());
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n## What it needs\n");
    if rule.needs().is_empty() {
        text.push_str("Any plan.\n");
    }
    for need in rule.needs() {
        let _ = writeln!(text, "- It {need}.");
    }
    text.push_str(&limits(rule, config));
    Ok(text)
}

fn limits(rule: &Rule, config: &Config) -> String {
    let mut text = format!("\n## Limits\n\nIn perf-look.toml under `[rules.\"{}\"]`:\n\n", rule.id.0);
    for threshold in rule.thresholds {
        let Some((value, origin)) = config.threshold(rule.id.0, threshold.name) else { continue };
        let _ = writeln!(text, "- `{} = {value}` ({}, {origin}): {}", threshold.name, threshold.unit, threshold.reason);
    }
    let level = level_name(config.level(rule.id.0));
    let _ = writeln!(
        text,
        "- `level = \"{level}\"`: `auto` judges by what is at stake; `off`, `info`, `warn` and `error` fix it"
    );
    text
}

fn find(name: &str) -> Result<&'static Rule, Failure> {
    let full = if name.contains('/') { name.to_owned() } else { format!("db/{name}") };
    if let Some(rule) = rule(&full) {
        return Ok(rule);
    }
    // A part of the name is as good as a slip of the finger.
    let near = |id: &str| if id.contains(name) { 1.0 } else { strsim::normalized_damerau_levenshtein(&full, id) };
    let near = perf_look_analyzers::rule::rules().map(|rule| (near(rule.id.0), rule.id.0));
    let nearest = near.max_by(|left, right| left.0.total_cmp(&right.0));
    let failure = Failure::usage(anyhow!("no rule is named {name}"));
    Err(match nearest.filter(|(similarity, _)| *similarity >= NEAR) {
        Some((_, id)) => failure.help(format!("did you mean {id}? perf-look rules lists them all")),
        None => failure.help("perf-look rules lists them all"),
    })
}

/// Below this a name is not a slip of the finger but another name.
const NEAR: f64 = 0.6;

/// The JSON Schema of an output, or of the configuration.
pub(crate) fn schema(name: &str) -> Result<String, Failure> {
    match name {
        "report" => Ok(format!("{}\n", perf_look_render::schema().trim_end())),
        "comparison" => Ok(format!("{}\n", perf_look_render::comparison_schema().trim_end())),
        "gate" => Ok(format!("{}\n", perf_look_render::gate_schema().trim_end())),
        "baseline" => Ok(include_str!("gate/baseline.schema.json").to_owned()),
        "waivers" => Ok(include_str!("gate/waivers.schema.json").to_owned()),
        "config" => Ok(format!("{:#}\n", config::schema())),
        _ => {
            let help = "there are report, comparison, gate, baseline, waivers and config";
            Err(Failure::usage(anyhow!("no schema is named {name}")).help(help))
        }
    }
}

/// Completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "perf-look", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page of the program, or of a command.
pub(crate) fn man(command: Option<&str>) -> Result<String, Failure> {
    let mut program = Cli::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::usage(anyhow!("no command is named {name}")).help("perf-look --help lists them"))?,
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page).render(&mut roff).map_err(Failure::usage)?;
    Ok(String::from_utf8_lossy(&roff).into_owned())
}
