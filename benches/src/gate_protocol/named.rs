//! A server that the configuration names: what is written to it after ANALYZE makes its statistics stale, since the gate
//! settles only servers of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::Project;
use super::cases::{Control, Edit, Fault};
use super::hygiene::configured;

/// What was written since the last ANALYZE.
const LIVE: &str = "db/live.sql";

const fn live(to: &'static str) -> Edit {
    Edit { file: LIVE, from: "", to }
}

/// What happens to such a server and changes no statement.
pub(super) const NAMED_CONTROLS: &[Control] = &[
    Control { name: "a named server: nothing", edits: &[], code: 0 },
    Control { name: "a named server: CHECKPOINT", edits: &[live("checkpoint;\n")], code: 0 },
    Control { name: "a named server: VACUUM and ANALYZE", edits: &[live("vacuum analyze;\n")], code: 0 },
    Control {
        name: "a named server: ten orders, no ANALYZE",
        edits: &[live(
            "insert into orders select n, 4000, 'paid', '2026-06-01' from generate_series(20001, 20010) n;\n",
        )],
        code: 0,
    },
];

/// Rows that its statistics do not know.
pub(super) const NAMED_FAULTS: &[Fault] = &[
    Fault {
        name: "15,000 orders of one customer, no ANALYZE",
        edits: &[live("insert into orders select n, 42, 'paid', '2026-06-01' from generate_series(20001, 35000) n;\n")],
        target: "lookup@one",
        decision: "D",
        place: "on orders",
        cause: "public.orders",
    },
    Fault {
        name: "a table doubles, no ANALYZE",
        edits: &[live(
            "insert into event select id + 100000, kind, ts, order_id, device, region, zone, payload from event;\n",
        )],
        target: "seq_count",
        decision: "D2",
        place: "Seq Scan on event",
        cause: "public.event",
    },
    Fault {
        name: "a kind becomes the most common one, no ANALYZE",
        edits: &[live("update event set kind = 3 where ts between '2026-01-10 00:00+00' and '2026-01-12 00:00+00';\n")],
        target: "range",
        decision: "D1",
        place: "on event",
        cause: "public.event",
    },
];

/// A server of our own on a socket in its folder, which goes with it.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it does not stop there is nobody to tell.
        let _ = self.ours("pg_ctl", &["stop", "-m", "immediate", "-D"]).arg(self.folder.join("data")).output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    fn start(folder: &Path) -> io::Result<Self> {
        let server = Self { folder: folder.to_owned() };
        std::fs::create_dir_all(folder)?;
        if is_root()? {
            done(Command::new("chown").arg("nobody").arg(folder))?;
        }
        let data = folder.join("data");
        done(server.ours("initdb", &["-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "-D"]).arg(&data))?;
        let options = format!("-c listen_addresses= -c autovacuum=off -c fsync=off -k {}", folder.display());
        let start = ["start", "-w", "-l", "/dev/null", "-o", &options, "-D"];
        done(server.ours("pg_ctl", &start).arg(&data))?;
        Ok(server)
    }

    /// A program of the newest installed server, as somebody who is not root.
    fn ours(&self, program: &str, arguments: &[&str]) -> Command {
        let script = "exec \"$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/$0\" \"$@\"";
        let mut command = if is_root().unwrap_or(false) {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", script, program]).args(arguments).current_dir(&self.folder);
        command
    }

    fn psql(&self, database: &str, arguments: &[&str]) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["-qX", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-h"])
            .arg(&self.folder)
            .args(arguments);
        psql
    }

    fn say(&self, sql: &str) -> io::Result<()> {
        done(&mut self.psql("postgres", &["-c", sql]))
    }

    /// The shop as it was accepted, to its statistics, and then what was written since.
    pub(super) fn reset(&self, folder: &Path) -> io::Result<()> {
        self.say("drop database if exists shop")?;
        self.say("create database shop template accepted")?;
        self.apply("shop", &folder.join(LIVE))
    }

    fn apply(&self, database: &str, file: &Path) -> io::Result<()> {
        done(self.psql(database, &["-f"]).arg(file))
    }
}

fn is_root() -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

fn done(command: &mut Command) -> io::Result<()> {
    // A server that was started keeps what it was given open: a pipe would never end.
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if output.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?} ended with {output}"))) }
}

/// The shop on a server that its configuration names.
///
/// # Errors
///
/// There is no server, or the gate does not accept what it measured.
pub(super) fn accepted(program: &Path) -> io::Result<Project> {
    let mut project = Project::new(program)?;
    let server = Server::start(&project.folder.with_extension("server"))?;
    let to = format!("url = \"postgresql:///shop?host={}&user=postgres\"\n", server.folder.display()).leak();
    project.edit(configured(to))?;
    project.write(LIVE, "")?;
    server.say("create database accepted")?;
    for file in ["db/schema.sql", "db/seed.sql", "db/indexes.sql"] {
        server.apply("accepted", &project.folder.join(file))?;
    }
    done(&mut server.psql("accepted", &["-c", "vacuum (analyze)"]))?;
    server.reset(&project.folder)?;
    project.server = Some(Arc::new(server));
    project.accept()
}
