//! What a change was made on, as a folder: one that is named, or the files of a commit, which go when we do.
//!
//! Files of a commit are written through an index of our own, so that git's index, its worktrees and its branches stay as
//! they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow, ensure};
use tempfile::TempDir;

use crate::failure::Failure;

/// The folder of the commit's files, in ours.
const TREE: &str = "tree";

/// A checkout of the base.
#[derive(Debug)]
pub(super) enum Checkout {
    /// A folder of the user's.
    Named(PathBuf),
    /// The files of a commit, in a folder that is removed on drop.
    Commit {
        /// All that was written for it.
        temporary: TempDir,
        /// Where in its tree the configuration's folder is.
        below: PathBuf,
    },
}

impl Checkout {
    /// The folder of that name, or else the commit in which the history of `name` and ours part.
    ///
    /// # Errors
    ///
    /// There is neither, or git cannot write the files.
    pub(super) fn of(name: &str, root: &Path) -> Result<Self, Failure> {
        let folder = Path::new(name);
        if folder.is_dir() {
            return Ok(Self::Named(folder.to_owned()));
        }
        let help = "--base names a folder or a revision of git; in CI a shallow clone lacks the commit that both have in \
                    common: fetch the whole history";
        files_of_commit(name, root).map_err(|error| Failure::usage(error).help(help))
    }

    /// Where the files are, as deep in it as `root` is in its repository.
    pub(super) fn folder(&self) -> PathBuf {
        match self {
            Self::Named(folder) => folder.clone(),
            Self::Commit { temporary, below } => temporary.path().join(TREE).join(below),
        }
    }
}

fn files_of_commit(name: &str, root: &Path) -> anyhow::Result<Checkout> {
    let git = Git { root };
    let revision = format!("{name}^{{commit}}");
    let commit = git.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &revision], &[]);
    let commit = commit.map_err(|_| anyhow!("there is no folder and no revision {name}"))?;
    let common = git.line(&["merge-base", "HEAD", &commit], &[]);
    let common = common.with_context(|| format!("HEAD and {name} have no commit in common"))?;
    let below = git.line(&["rev-parse", "--show-prefix"], &[])?;
    let top = git.line(&["rev-parse", "--show-toplevel"], &[])?;
    let temporary = tempfile::Builder::new().prefix("perf-look-base-").tempdir().context("could not make a folder")?;
    let index = temporary.path().join("index");
    let index = [("GIT_INDEX_FILE", index.as_path())];
    let tree = temporary.path().join(TREE);
    // A path that ends with a separator is a folder to git.
    let prefix = format!("--prefix={}/", tree.display());
    let from_top = Git { root: Path::new(&top) };
    from_top.line(&["read-tree", &common], &index)?;
    from_top.line(&["checkout-index", "--all", "--force", &prefix], &index)?;
    Ok(Checkout::Commit { temporary, below: below.into() })
}

struct Git<'a> {
    root: &'a Path,
}

impl Git<'_> {
    /// What git prints, without the end of the line.
    fn line(&self, arguments: &[&str], environment: &[(&str, &Path)]) -> anyhow::Result<String> {
        let root = if self.root.as_os_str().is_empty() { Path::new(".") } else { self.root };
        let mut command = Command::new("git");
        command.arg("-C").arg(root).args(arguments).envs(environment.iter().copied());
        let output = command.output().context("could not run git")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git {}: {}", arguments[0], said.trim());
        let printed = String::from_utf8(output.stdout).context("git printed no text")?;
        Ok(printed.trim_end_matches(['\n', '\r']).to_owned())
    }
}
