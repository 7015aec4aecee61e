//! The Chromium of this machine: where it is, or what to do where there is none.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// No Chromium was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoBrowser {
    /// Nowhere that packages put it.
    #[error("no Chromium is installed here: looked for {looked}")]
    Nowhere {
        /// The names and places.
        looked: String,
    },
    /// Not where the user said.
    #[error("{} is no program that could be Chromium", program.display())]
    NotThere {
        /// What was said.
        program: PathBuf,
    },
}

impl NoBrowser {
    /// What to do next.
    pub fn help(&self) -> String {
        match self {
            Self::Nowhere { .. } => {
                "install it from the package chromium (apt, dnf, pacman, brew) or google-chrome-stable, or name the \
                 program with --browser or in PERF_LOOK_CHROME"
            }
            Self::NotThere { .. } => "name the program itself, such as /usr/bin/chromium, in PERF_LOOK_CHROME",
        }
        .to_owned()
    }
}

/// What packages call it, in the order of preference.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Where it may be though it is not in `PATH`.
const PLACES: &[&str] = &[
    "usr/bin/chromium",
    "usr/lib/chromium/chromium",
    "usr/lib64/chromium-browser/chromium-browser",
    "opt/google/chrome/chrome",
    "snap/bin/chromium",
    "Applications/Chromium.app/Contents/MacOS/Chromium",
    "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// What decides where is looked.
#[derive(Debug, Clone, Default)]
struct Look {
    /// Said by the user, in an option or in `PERF_LOOK_CHROME`.
    named: Option<PathBuf>,
    /// `PATH`.
    path: OsString,
    /// Where the file system starts; another folder in tests.
    root: PathBuf,
}

/// The program: the one that is named, else that of `PERF_LOOK_CHROME`, else one in `PATH` or in a usual place.
pub fn find(named: Option<&Path>) -> Result<PathBuf, NoBrowser> {
    let variable = || std::env::var_os("PERF_LOOK_CHROME").filter(|name| !name.is_empty()).map(PathBuf::from);
    let named = named.map(Path::to_owned).or_else(variable);
    find_by(&Look { named, path: std::env::var_os("PATH").unwrap_or_default(), root: PathBuf::from("/") })
}

fn find_by(look: &Look) -> Result<PathBuf, NoBrowser> {
    if let Some(program) = &look.named {
        let found = is_program(program).then(|| program.clone());
        return found.ok_or_else(|| NoBrowser::NotThere { program: program.clone() });
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&look.path).collect();
    let in_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let mut all = in_path.chain(PLACES.iter().map(|place| look.root.join(place)));
    all.find(|program| is_program(program)).ok_or_else(|| NoBrowser::Nowhere { looked: looked() })
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

fn looked() -> String {
    let places = PLACES.iter().map(|place| format!("/{place}"));
    let places: Vec<String> = std::iter::once(format!("{} in PATH", NAMES.join(", "))).chain(places).collect();
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn install(program: &Path) {
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(program, "").unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_program_in_path_comes_before_one_in_a_usual_place() {
        let root = tempfile::tempdir().unwrap();
        let (near, far) = (root.path().join("bin/google-chrome"), root.path().join("usr/lib/chromium/chromium"));
        install(&near);
        install(&far);
        let mut look = Look { path: root.path().join("bin").into(), root: root.path().to_owned(), named: None };
        assert_eq!(find_by(&look), Ok(near));
        look.path = OsString::new();
        assert_eq!(find_by(&look), Ok(far));
    }

    #[test]
    fn where_there_is_none_the_error_says_how_to_get_one() {
        let root = tempfile::tempdir().unwrap();
        let error = find_by(&Look { root: root.path().to_owned(), ..Look::default() }).unwrap_err();
        assert!(error.to_string().starts_with("no Chromium is installed here: looked for chromium, "), "{error}");
        assert!(error.help().contains("PERF_LOOK_CHROME"), "{}", error.help());
    }

    #[test]
    fn a_named_one_that_cannot_be_run_is_not_replaced_by_another() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("usr/bin/chromium"));
        let named = root.path().join("notes.txt");
        fs::write(&named, "").unwrap();
        let look = Look { named: Some(named.clone()), root: root.path().to_owned(), ..Look::default() };
        assert_eq!(find_by(&look), Err(NoBrowser::NotThere { program: named }));
    }
}
