//! The files of the gate: baselines that were accepted, and what was measured and waits for that.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::Baseline;
use perf_look_analyzers::gate::observation::Kind;

use crate::config::Config;
use crate::failure::Failure;
use crate::files::replace;

/// The ending of the files.
const ENDING: &str = "json";

/// Where everything is, from the folder of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    /// The folder of the configuration: paths of targets are from here.
    pub(crate) root: PathBuf,
    baseline: PathBuf,
    pending: PathBuf,
    /// The file of waivers.
    pub(crate) waivers: PathBuf,
}

impl Store {
    /// The store of the configuration that was found; without one there is nothing to check.
    pub(crate) fn of(config: &Config) -> Result<Self, Failure> {
        let Some(file) = config.file() else {
            let missing = anyhow!("there is no perf-look.toml, so nothing says what to check");
            return Err(Failure::usage(missing).help("perf-look init writes one, with comments"));
        };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = if folder.ends_with(".config") { folder.parent().unwrap_or(folder) } else { folder };
        Ok(Self::at(root.to_owned(), config))
    }

    /// The store of another folder with the same configuration.
    pub(crate) fn at(root: PathBuf, config: &Config) -> Self {
        let place = |key, built_in: &str| root.join(config.text(&["gate", key]).unwrap_or(built_in));
        Self {
            baseline: place("baseline", ".perf-look/baseline"),
            waivers: place("waivers", ".perf-look/waivers.toml"),
            pending: root.join(".perf-look/local/pending"),
            root,
        }
    }

    /// What was accepted of a target; none where nothing was.
    pub(crate) fn baseline(&self, kind: Kind, target: &str) -> Result<Option<Baseline>, Failure> {
        read(&path(&self.baseline, kind, target))
    }

    /// What was measured of a target the last time.
    pub(crate) fn pending(&self) -> Result<Vec<Baseline>, Failure> {
        all_below(&self.pending)
    }

    /// Every baseline.
    pub(crate) fn baselines(&self) -> Result<Vec<Baseline>, Failure> {
        all_below(&self.baseline)
    }

    /// Accepts.
    pub(crate) fn accept(&self, baseline: &Baseline) -> Result<(), Failure> {
        replace(&path(&self.baseline, baseline.kind, &baseline.target), &baseline.text())
    }

    /// Keeps what was measured until it is accepted or measured again. It is nobody else's: git does not see it.
    pub(crate) fn keep(&self, measured: &Baseline) -> Result<(), Failure> {
        let ignore = self.root.join(".perf-look/local/.gitignore");
        if !ignore.exists() {
            replace(&ignore, "*\n")?;
        }
        replace(&path(&self.pending, measured.kind, &measured.target), &measured.text())
    }

    /// The file of waivers; empty where there is none.
    pub(crate) fn waivers(&self) -> Result<String, Failure> {
        match fs::read_to_string(&self.waivers) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            text => Ok(text.with_context(|| format!("could not read {}", self.waivers.display()))?),
        }
    }

    /// Adds waivers behind those that there are.
    pub(crate) fn waive(&self, waiver: &str) -> Result<(), Failure> {
        let there = self.waivers()?;
        let gap = if there.is_empty() { "" } else { "\n" };
        replace(&self.waivers, &format!("{there}{gap}{waiver}"))
    }

    /// Forgets what was measured of a target, if anything was.
    pub(crate) fn forget(&self, kind: Kind, target: &str) -> Result<(), Failure> {
        remove(&path(&self.pending, kind, target))
    }

    /// Removes a baseline.
    pub(crate) fn remove(&self, baseline: &Baseline) -> Result<(), Failure> {
        remove(&path(&self.baseline, baseline.kind, &baseline.target))
    }
}

/// The file of a target below a folder.
fn path(folder: &Path, kind: Kind, target: &str) -> PathBuf {
    let half = match kind {
        Kind::Query => "db",
        Kind::Page => "web",
    };
    folder.join(half).join(format!("{}.{ENDING}", file_name(target)))
}

/// A target as a path below a folder: nothing in it leads out of there or is special to a file system.
fn file_name(target: &str) -> String {
    let part = |part: &str| {
        let safe = |c: char| if c.is_alphanumeric() || "._@#-+=".contains(c) { c } else { '_' };
        let name: String = part.chars().map(safe).collect();
        if name.chars().all(|c| c == '.') { "_".repeat(name.len().max(1)) } else { name }
    };
    target.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn read(path: &Path) -> Result<Option<Baseline>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.with_context(|| format!("could not read {}", path.display()))?,
    };
    let read = Baseline::read(&text).map(Some);
    read.with_context(|| path.display().to_string()).map_err(|error| {
        Failure::usage(error).help("restore it from version control, or remove it and accept the target again")
    })
}

fn all_below(folder: &Path) -> Result<Vec<Baseline>, Failure> {
    let mut files = Vec::new();
    collect(folder, &mut files).with_context(|| format!("could not read {}", folder.display()))?;
    files.sort();
    files.iter().filter_map(|file| read(file).transpose()).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed.with_context(|| format!("could not remove {}", path.display()))?),
    }
}

/// Where CI is set nothing of the repository is written.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_target_leads_out_of_the_folder() {
        assert_eq!(file_name("shop/orders.sql#lookup@small"), "shop/orders.sql#lookup@small");
        assert_eq!(file_name("shop/../../etc/passwd"), "shop/__/__/etc/passwd");
        assert_eq!(file_name("/a//b:c"), "_/a/_/b_c");
    }
}
