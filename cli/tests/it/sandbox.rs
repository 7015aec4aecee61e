//! Runs the real program in a folder of its own, with an environment of its own, and writes down what it said.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder to run in.
pub(crate) struct Sandbox {
    folder: TempDir,
    environment: Vec<(String, String)>,
    stdin: Vec<u8>,
}

impl Sandbox {
    /// An empty folder, and nothing in the environment but what a program needs.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let home = folder.path().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let environment = [("HOME", home.as_str()), ("PATH", &path), ("LANG", "C.UTF-8")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { folder, environment, stdin: Vec::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// With this file in the folder.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// With this variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this on standard input.
    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    /// What was typed, what came out on either stream, and the exit code. The folder's path is left out.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let typed: Vec<String> =
            args.iter().map(|arg| if arg.contains(' ') { format!("'{arg}'") } else { (*arg).to_owned() }).collect();
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that does not read its input closes it.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        let output = child.wait_with_output().unwrap();
        let mut text = format!("$ perf-look {}\n", typed.join(" "));
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !bytes.is_empty() {
                let shown =
                    String::from_utf8_lossy(bytes).replace(&self.folder.path().display().to_string(), "[FOLDER]");
                write!(text, "--- {name}\n{shown}").unwrap();
            }
        }
        let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
        writeln!(text, "--- exit code {code}").unwrap();
        text
    }

    /// What the program finds in its environment.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The program in this folder, to be run some other way.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_perf-look"));
        command.args(args).current_dir(self.folder.path()).env_clear().envs(self.environment.iter().cloned());
        command
    }
}
