//! The programs of a local Postgres server: where they are, or which package has them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

/// A folder with `postgres` and `initdb` that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The folder.
    pub bin: PathBuf,
    /// What `postgres --version` says: `15.18`.
    pub version: String,
}

impl Programs {
    /// The server.
    pub fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    /// The program that makes a new data directory.
    pub fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }
}

/// No server programs were found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoServer {
    /// Nowhere that packages put them.
    #[error("no Postgres server is installed here: looked for postgres beside initdb in {looked}")]
    Nowhere {
        /// The places.
        looked: String,
    },
    /// Not where the user said.
    #[error("PERF_LOOK_PG_BIN is {folder}, where no postgres that runs stands beside initdb")]
    NotThere {
        /// What the variable says.
        folder: PathBuf,
    },
}

impl NoServer {
    /// What to do next.
    pub fn help(&self) -> String {
        match self {
            Self::Nowhere { .. } => format!(
                "install one with {}, name a folder of programs in PERF_LOOK_PG_BIN, or see recorded plans with \
                 perf-look demo --recorded",
                package(&os_release(), std::env::consts::OS)
            ),
            Self::NotThere { .. } => {
                "name the folder that holds both, such as /usr/lib/postgresql/17/bin, or unset it".to_owned()
            }
        }
    }
}

/// What decides where is looked.
#[derive(Debug, Clone, Default)]
struct Look {
    /// `PERF_LOOK_PG_BIN`.
    named: Option<PathBuf>,
    /// `PATH`.
    path: OsString,
    /// Where the file system starts; another folder in tests.
    root: PathBuf,
}

/// Folders that packages put versions in, newest first wins: a parent, and what follows the version.
const PACKAGED: &[(&str, &str, &str)] = &[
    ("usr/lib/postgresql", "", "bin"),                          // Debian, PGDG's apt
    ("usr", "pgsql-", "bin"),                                   // PGDG's yum
    ("usr/libexec", "postgresql", ""),                          // Alpine
    ("opt/homebrew/opt", "postgresql", "bin"),                  // Homebrew on Apple silicon
    ("usr/local/opt", "postgresql", "bin"),                     // Homebrew on Intel
    ("Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

/// The newest server programs of this machine, those that the user named or has in `PATH` before others.
pub fn find() -> Result<Programs, NoServer> {
    let named = std::env::var_os("PERF_LOOK_PG_BIN").filter(|name| !name.is_empty()).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_by(&Look { named, path, root: PathBuf::from("/") })
}

fn find_by(look: &Look) -> Result<Programs, NoServer> {
    if let Some(folder) = &look.named {
        return programs(folder).ok_or_else(|| NoServer::NotThere { folder: folder.clone() });
    }
    let found = in_path(look).into_iter().chain(packaged(look)).find_map(|folder| programs(&folder));
    found.or_else(|| programs(&bindir(look)?)).ok_or_else(|| NoServer::Nowhere { looked: looked() })
}

fn looked() -> String {
    let packaged = PACKAGED.iter().map(|(parent, prefix, rest)| {
        let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
        format!("/{parent}/{prefix}*{rest}")
    });
    let mut places = vec!["PATH".to_owned()];
    places.extend(packaged);
    places.push("pg_config --bindir".to_owned());
    places.join(", ")
}

/// The folder's programs, if both are there and the server runs.
pub fn programs(folder: &Path) -> Option<Programs> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let version = output(&folder.join("postgres"), "--version")?;
    // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    let version = version.split_whitespace().nth(2)?.to_owned();
    Some(Programs { bin: folder.to_owned(), version })
}

fn output(program: &Path, argument: &str) -> Option<String> {
    let out = Command::new(program).arg(argument).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Where the `postgres` programs of `PATH` really are: a link leads to its folder, a wrapper has no initdb beside it.
fn in_path(look: &Look) -> Vec<PathBuf> {
    let real = |folder: PathBuf| Some(fs::canonicalize(folder.join("postgres")).ok()?.parent()?.to_owned());
    std::env::split_paths(&look.path).filter_map(real).collect()
}

fn packaged(look: &Look) -> Vec<PathBuf> {
    PACKAGED.iter().flat_map(|(parent, prefix, rest)| versions(&look.root.join(parent), prefix, rest)).collect()
}

/// The folders below `parent` whose names start with `prefix`, newest version first.
fn versions(parent: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(Vec<u32>, OsString)> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| (numbers(&entry.file_name(), prefix), entry.file_name()))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, name)| parent.join(name).join(rest)).collect()
}

/// The version in a name: `9.6` is 9 and 6, `postgresql@17` is 17, which text would put before 9.
fn numbers(name: &OsStr, prefix: &str) -> Vec<u32> {
    let name = name.to_string_lossy();
    name[prefix.len()..].split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

fn bindir(look: &Look) -> Option<PathBuf> {
    let program = std::env::split_paths(&look.path).map(|folder| folder.join("pg_config")).find(|it| it.is_file())?;
    Some(PathBuf::from(output(&program, "--bindir")?))
}

fn os_release() -> String {
    fs::read_to_string("/etc/os-release").unwrap_or_default()
}

/// The command that installs a server on this system.
fn package(os_release: &str, os: &str) -> &'static str {
    let is = |names: &[&str]| {
        os_release
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
            .flat_map(|value| value.trim_matches('"').split_whitespace())
            .any(|id| names.contains(&id))
    };
    match os {
        "macos" => "brew install postgresql@17",
        "freebsd" => "pkg install postgresql17-server",
        _ if is(&["debian", "ubuntu"]) => "apt install postgresql",
        _ if is(&["fedora", "rhel", "centos"]) => "dnf install postgresql-server",
        _ if is(&["alpine"]) => "apk add postgresql",
        _ if is(&["arch"]) => "pacman -S postgresql",
        _ if is(&["suse", "opensuse"]) => "zypper install postgresql-server",
        _ => "your system's package manager (the package is postgresql or postgresql-server)",
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// A folder with programs that say they are this version.
    fn install(folder: &Path, names: &[&str], version: &str) {
        fs::create_dir_all(folder).unwrap();
        for name in names {
            let file = folder.join(name);
            fs::write(&file, format!("#!/bin/sh\necho '{name} (PostgreSQL) {version} (Debian)'\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn look(root: &Path, path: &[&str]) -> Look {
        let path = std::env::join_paths(path.iter().map(|folder| root.join(folder))).unwrap();
        Look { named: None, path, root: root.to_owned() }
    }

    const BOTH: &[&str] = &["postgres", "initdb"];

    #[test]
    fn the_newest_packaged_version_wins_by_number() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "17", "16"] {
            install(&root.path().join("usr/lib/postgresql").join(version).join("bin"), BOTH, version);
        }
        assert_eq!(find_by(&look(root.path(), &[])).unwrap().version, "17");
    }

    #[test]
    fn a_link_in_path_leads_to_the_programs_it_is_of() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().join("opt/pg/bin");
        install(&real, BOTH, "16.1");
        fs::create_dir(root.path().join("links")).unwrap();
        symlink(real.join("postgres"), root.path().join("links/postgres")).unwrap();
        let found = find_by(&look(root.path(), &["links"])).unwrap();
        assert_eq!(found, Programs { bin: fs::canonicalize(real).unwrap(), version: "16.1".to_owned() });
    }

    #[test]
    fn a_wrapper_without_initdb_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("wrappers"), &["postgres"], "99");
        install(&root.path().join("usr/pgsql-14/bin"), BOTH, "14.2");
        assert_eq!(find_by(&look(root.path(), &["wrappers"])).unwrap().version, "14.2");
    }

    #[test]
    fn a_server_that_does_not_run_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("usr/lib/postgresql/17/bin"), &["initdb"], "17");
        fs::write(root.path().join("usr/lib/postgresql/17/bin/postgres"), "not a program").unwrap();
        install(&root.path().join("usr/lib/postgresql/15/bin"), BOTH, "15");
        assert_eq!(find_by(&look(root.path(), &[])).unwrap().version, "15");
    }

    #[test]
    fn a_named_folder_that_has_none_is_an_error_even_if_others_do() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("usr/lib/postgresql/17/bin"), BOTH, "17");
        let named = Look { named: Some(PathBuf::from("/nowhere")), ..look(root.path(), &[]) };
        assert_eq!(find_by(&named), Err(NoServer::NotThere { folder: PathBuf::from("/nowhere") }));
    }

    #[test]
    fn without_any_the_error_names_the_package() {
        let root = tempfile::tempdir().unwrap();
        let error = find_by(&look(root.path(), &[])).unwrap_err();
        assert!(error.to_string().contains("/usr/lib/postgresql/*/bin"), "{error}");
        assert_eq!(package("NAME=\"x\"\nID=ubuntu\nID_LIKE=debian", "linux"), "apt install postgresql");
        assert_eq!(package("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "linux"), "dnf install postgresql-server");
        assert_eq!(package("", "macos"), "brew install postgresql@17");
    }
}
