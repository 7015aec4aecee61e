//! Sentences that more than one format says of a verdict, worded once. Not yet safe to show.

pub(crate) use perf_look_analyzers::gate::wording::{Step, details, place, plan, rule, state, steps, waived};
use perf_look_analyzers::gate::{Outcome, State, Verdict};

/// The verdict in one line that begins with what it comes to: `fail: 2 of 14 targets regressed`.
pub(crate) fn headline(verdict: &Verdict) -> String {
    let word = match verdict.state() {
        State::Regressed => "fail",
        State::Unmeasured | State::NotComparable => "not decided",
        State::New => "new",
        State::Passed => "pass",
    };
    format!("{word}: {}", verdict.headline())
}

/// The command that accepts what a target is now, as a shell takes it; none where there is nothing to accept. The reason
/// is for who runs it to say.
pub(crate) fn accept(outcome: &Outcome) -> Option<String> {
    match outcome.state {
        State::Regressed | State::New | State::NotComparable => {
            Some(format!("perf-look gate accept {} --reason 'WHY'", quoted(&outcome.target)))
        }
        State::Passed | State::Unmeasured => None,
    }
}

/// One word of a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_word_of_a_shell() {
        assert_eq!(quoted("shop/orders.sql"), "shop/orders.sql");
        assert_eq!(quoted("shop/orders.sql#lookup"), "'shop/orders.sql#lookup'");
        assert_eq!(quoted("a'$(rm -rf x)`"), r"'a'\''$(rm -rf x)`'");
    }
}
