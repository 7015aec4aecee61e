//! A file at a line, in the editor that the user chose.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use perf_look_tui::action::Message;

/// What `VISUAL` or `EDITOR` says, in words: split as a shell would, without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Editor(Vec<String>);

/// A file and what of it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    /// From 1.
    pub(crate) line: usize,
}

impl Editor {
    /// The first of the two that is set and not empty. Why there is none is said with what to do.
    pub(crate) fn chosen(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
        let Some(name) = ["VISUAL", "EDITOR"].iter().find(|name| set(name)) else {
            return Err("no editor is chosen: set VISUAL or EDITOR".to_owned());
        };
        let value = variable(name).unwrap_or_default();
        let words = shlex::split(&value).filter(|words| !words.is_empty());
        words.map(Self).ok_or_else(|| format!("{name} has a quote that does not end: {value}"))
    }

    fn program(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// What to run.
    fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(self.program());
        command.args(&self.0[1..]);
        let (file, line) = (place.file.as_os_str(), place.line);
        let mut with_line = file.to_owned();
        with_line.push(format!(":{line}"));
        match syntax(self.program()) {
            Syntax::Plus => command.arg(format!("+{line}")).arg(file),
            Syntax::Colon => command.arg(with_line),
            Syntax::Goto => command.arg("--goto").arg(with_line),
            Syntax::Line => command.args(["--line", &line.to_string()]).arg(file),
            Syntax::Unknown => command.arg(file),
        };
        command
    }

    /// Runs it until it ends; the terminal is its own meanwhile.
    pub(crate) fn run(&self, place: &Place) -> Message {
        let shown = format!("{}:{}", place.file.display(), place.line);
        let program = self.program();
        let run = |command: &mut Command| -> io::Result<_> { on_the_terminal(command)?.status() };
        match run(&mut self.command(place)) {
            Ok(status) if status.success() => Message::Note(format!("{program} was at {shown}")),
            Ok(status) => Message::Failure(format!("{program} failed ({status}); it is {shown}")),
            Err(error) => Message::Failure(format!("could not start {program}: {error}; VISUAL or EDITOR names it")),
        }
    }
}

/// Our own streams may be a plan and a report.
fn on_the_terminal(command: &mut Command) -> io::Result<&mut Command> {
    if !io::stdin().is_terminal() {
        command.stdin(Stdio::from(File::open("/dev/tty")?));
    }
    if !io::stdout().is_terminal() {
        command.stdout(Stdio::from(File::options().write(true).open("/dev/tty")?));
    }
    Ok(command)
}

/// How an editor is told a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    /// `+5 FILE`
    Plus,
    /// `FILE:5`
    Colon,
    /// `--goto FILE:5`
    Goto,
    /// `--line 5 FILE`
    Line,
    /// It opens the file.
    Unknown,
}

fn syntax(program: &str) -> Syntax {
    let name = Path::new(program).file_stem().map_or(String::new(), |stem| stem.to_string_lossy().to_lowercase());
    match name.as_str() {
        "vi" | "vim" | "nvim" | "gvim" | "mvim" | "view" | "elvis" | "nvi" | "vis" | "kak" | "emacs"
        | "emacsclient" | "nano" | "pico" | "micro" | "joe" | "jed" | "mg" | "ne" | "mcedit" | "gedit" => Syntax::Plus,
        "hx" | "helix" | "zed" | "zeditor" | "subl" | "sublime_text" => Syntax::Colon,
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" => Syntax::Goto,
        "idea" | "idea64" | "clion" | "datagrip" | "goland" | "phpstorm" | "pycharm" | "rider" | "rubymine"
        | "rustrover" | "webstorm" | "kate" => Syntax::Line,
        _ => Syntax::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command line for line 5 of a file, with this in `EDITOR`.
    #[track_caller]
    fn line(editor: &str) -> String {
        let editor = Editor::chosen(|name| (name == "EDITOR").then(|| editor.to_owned())).unwrap();
        let command = editor.command(&Place { file: "/q/slow.sql".into(), line: 5 });
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_own_way() {
        assert_eq!(line("vim"), "vim|+5|/q/slow.sql");
        assert_eq!(line("/usr/bin/nvim -R"), "/usr/bin/nvim|-R|+5|/q/slow.sql");
        assert_eq!(line("emacsclient -nw"), "emacsclient|-nw|+5|/q/slow.sql");
        assert_eq!(line("nano"), "nano|+5|/q/slow.sql");
        assert_eq!(line("micro"), "micro|+5|/q/slow.sql");
        assert_eq!(line("hx"), "hx|/q/slow.sql:5");
        assert_eq!(line("zed --wait"), "zed|--wait|/q/slow.sql:5");
        assert_eq!(line("subl -w"), "subl|-w|/q/slow.sql:5");
        assert_eq!(line("code --wait"), "code|--wait|--goto|/q/slow.sql:5");
        assert_eq!(line("pycharm.sh"), "pycharm.sh|--line|5|/q/slow.sql");
        assert_eq!(line("ed"), "ed|/q/slow.sql");
    }

    #[test]
    fn a_command_is_split_as_a_shell_would_and_nothing_in_it_is_run() {
        assert_eq!(line("'/my apps/vim' -c 'set nu'"), "/my apps/vim|-c|set nu|+5|/q/slow.sql");
        assert_eq!(line("ed $(touch x); `y`"), "ed|$(touch|x);|`y`|/q/slow.sql");
    }

    #[test]
    fn without_an_editor_it_is_said_what_to_set() {
        let none = Editor::chosen(|_| None);
        assert_eq!(none, Err("no editor is chosen: set VISUAL or EDITOR".to_owned()));
        let first = Editor::chosen(|name| Some(name.to_lowercase()));
        assert_eq!(first, Ok(Editor(vec!["visual".to_owned()])));
        assert!(Editor::chosen(|_| Some("vim 'x".to_owned())).is_err());
    }
}
