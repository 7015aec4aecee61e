//! What goes wrong around the gate, and the exit code that says so.

use std::io;

use super::{Edit, Project, Said};

type Happen = fn(&Project) -> io::Result<Said>;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy)]
pub struct Mishap {
    /// What it is.
    pub name: &'static str,
    /// The exit code that is right.
    pub code: i32,
    happen: Happen,
}

impl Mishap {
    /// Lets it happen to a copy of an accepted project.
    ///
    /// # Errors
    ///
    /// The project cannot be changed, or the program not be started.
    pub fn happen(&self, accepted: &Project) -> io::Result<Said> {
        (self.happen)(&accepted.copy()?)
    }
}

/// All of them.
pub fn mishaps() -> Vec<Mishap> {
    let all: [(&str, i32, Happen); 12] = [
        ("a baseline is deleted", 4, |project| {
            std::fs::remove_file(project.folder.join(LOOKUP))?;
            project.gate()
        }),
        ("all baselines are deleted", 4, |project| {
            std::fs::remove_dir_all(project.folder.join(".perf-look/baseline"))?;
            project.gate()
        }),
        ("a baseline is cut off", 2, |project| {
            project.write(LOOKUP, "{\"schema\": \"perf-look.base")?;
            project.gate()
        }),
        ("the server is not there", 3, |project| {
            project.edit(configured("url = \"postgresql:///shop?host=/nowhere\"\n"))?;
            project.gate()
        }),
        ("the setup fails", 3, |project| {
            project.edit(Edit { file: "db/seed.sql", from: "", to: "select 1 / 0;\n" })?;
            project.gate()
        }),
        ("a statement fails", 3, |project| {
            project.edit(Edit {
                file: "queries/shop.sql",
                from: "select distinct kind",
                to: "select distinct kindd",
            })?;
            project.gate()
        }),
        ("a statement takes too long", 3, |project| {
            let slow = Edit { file: "queries/shop.sql", from: "select distinct kind", to: "select pg_sleep(5), kind" };
            project.edit(slow)?;
            project.edit(Edit { file: "perf-look.toml", from: "", to: "\n[db]\ntimeout = \"1s\"\n" })?;
            project.gate()
        }),
        ("a waiver has expired", 1, |project| {
            project.edit(DROPPED)?;
            project.write(".perf-look/waivers.toml", &waiver("shop/queries/*#lookup@one"))?;
            project.run(&["gate", "**lookup*", "--today", "2027-01-02", "--report", "json"], &[])
        }),
        ("the same waiver a day earlier", 0, |project| {
            project.edit(DROPPED)?;
            project.write(".perf-look/waivers.toml", &waiver("shop/queries/*#lookup@one"))?;
            project.run(&["gate", "**lookup*", "--today", "2027-01-01", "--report", "json"], &[])
        }),
        ("a waiver for everything", 2, |project| {
            project.write(".perf-look/waivers.toml", &waiver("**"))?;
            project.run(&["gate", "--today", "2026-12-01", "--report", "json"], &[])
        }),
        ("accept where CI is set", 2, |project| {
            project.run(&["gate", "accept", "--all", "--reason", "it is right so"], &[("CI", "true")])
        }),
        ("a key that there is not", 2, |project| {
            project.edit(Edit { file: "perf-look.toml", from: "sql = [", to: "statements = [" })?;
            project.gate()
        }),
    ];
    all.into_iter().map(|(name, code, happen)| Mishap { name, code, happen }).collect()
}

const LOOKUP: &str = ".perf-look/baseline/db/shop/queries/shop.sql#lookup@one.json";

const DROPPED: Edit = Edit { file: "db/indexes.sql", from: "", to: "drop index orders_customer;\n" };

/// Another server instead of the throw-away one.
pub(super) const fn configured(to: &'static str) -> Edit {
    Edit { file: "perf-look.toml", from: "setup = [\"db/schema.sql\", \"db/seed.sql\", \"db/indexes.sql\"]\n", to }
}

fn waiver(target: &str) -> String {
    format!(
        "[[waiver]]\nid = \"known\"\nrule = \"D4\"\ntarget = \"{target}\"\nceiling = 1000000\n\
         reason = \"the index comes back next week\"\nowner = \"ann\"\nexpires = 2027-01-01\n"
    )
}
