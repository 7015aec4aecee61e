//! What keys do in a review: decide, take back, and at the end write what was decided.

use perf_look_analyzers::gate::{waivers, wording};
use tui_input::Input;

use super::moves;
use crate::action::{Action, Decide, Effect, Message, Step, Way};
use crate::matching;
use crate::model::Model;
use crate::review::{Choice, Question, Review, Reviewing, Stage, Target};
use crate::state::{Pane, Prompt, Purpose, State};
use crate::view;

/// What an action does in a review; none where it does the same everywhere.
pub(super) fn apply(state: &mut State, model: &Model, action: &Action) -> Option<Vec<Effect>> {
    let review = model.review()?;
    let is_covered = state.prompt.is_some() || state.help.is_some();
    match action {
        Action::Quit => return Some(leave(state)),
        Action::Write => return Some(write(state, review)),
        Action::Discard | Action::Settled => return Some(vec![Effect::Quit]),
        Action::Decide(decide) => begin(state, review, *decide),
        Action::Undo => undo(state, review),
        Action::Move(step) if !is_covered => self::step(state, model, *step),
        Action::Back if !is_covered && stage(state) != Stage::Deciding => set_stage(state, Stage::Deciding),
        Action::Back if !is_covered && state.pane == Pane::List && state.search.query.is_empty() => {
            state.message = Some(Message::Note("this is the top; q shows what will be written".to_owned()));
        }
        Action::Enter if !is_covered => state.pane = Pane::Detail,
        Action::Match(way) => next(state, *way),
        _ => return None,
    }
    Some(Vec::new())
}

fn stage(state: &State) -> Stage {
    state.review.as_ref().map_or(Stage::Deciding, |reviewing| reviewing.stage)
}

fn set_stage(state: &mut State, next: Stage) {
    if let Some(reviewing) = &mut state.review {
        reviewing.stage = next;
    }
}

/// Where nothing would be written nothing is asked.
fn leave(state: &mut State) -> Vec<Effect> {
    let had_help = state.help.take().is_some();
    match &mut state.review {
        // Whoever reads what the keys do has not answered.
        Some(Reviewing { stage: Stage::Leaving(_), .. }) if had_help => Vec::new(),
        Some(reviewing) if reviewing.stage == Stage::Deciding && reviewing.to_write().next().is_some() => {
            reviewing.stage = Stage::Leaving(0);
            Vec::new()
        }
        _ => vec![Effect::Quit],
    }
}

fn write(state: &State, review: &Review) -> Vec<Effect> {
    let Some(reviewing) = &state.review else { return Vec::new() };
    let named = |(place, choice): (usize, &Choice)| {
        let target = review.targets.get(place)?;
        Some((target.outcome.target.clone(), choice.clone()))
    };
    vec![Effect::Settle(reviewing.to_write().filter_map(named).collect())]
}

fn selected<'r>(state: &State, review: &'r Review) -> Option<&'r Target> {
    review.targets.get(state.review.as_ref()?.scroll.cursor)
}

fn begin(state: &mut State, review: &Review, decide: Decide) {
    let Some(target) = selected(state, review) else { return };
    let refused = match decide {
        Decide::Accept => target.unacceptable(),
        Decide::Waive => target.unwaivable(),
        Decide::Reject | Decide::Skip => None,
    };
    if let Some(why) = refused {
        state.message = Some(Message::Note(why.to_owned()));
        return;
    }
    match decide {
        Decide::Accept => ask(state, Question::Reason, ""),
        Decide::Waive => ask(state, Question::Why, ""),
        Decide::Reject => set(state, review, Choice::Reject),
        Decide::Skip => set(state, review, Choice::Skip),
    }
}

/// Of a name what stands at its end, so that what is said of it is not cut.
fn name(target: Option<&Target>) -> &str {
    target.map_or("", |target| target.outcome.target.rsplit('/').next().unwrap_or_default())
}

fn ask(state: &mut State, question: Question, text: &str) {
    state.prompt = Some(Prompt { purpose: Purpose::Decide(question), input: Input::new(text.to_owned()) });
}

/// Takes an answer, and asks on or decides; a wrong answer stays in its line, with what is wrong.
pub(super) fn answer(state: &mut State, model: &Model, question: Question, text: String) {
    let Some((review, reviewing)) = model.review().zip(state.review.as_mut()) else { return };
    if let Err(why) = check(review, question, &text) {
        ask(state, question, &text);
        state.message = Some(Message::Note(why));
        return;
    }
    if matches!(question, Question::Reason | Question::Why) {
        reviewing.answers.clear();
    }
    reviewing.answers.push(text);
    let answers = reviewing.answers.clone();
    match (question, answers.as_slice()) {
        (Question::Why, _) => ask(state, Question::Owner, ""),
        (Question::Owner, _) => ask(state, Question::Until, &review.until),
        (Question::Reason, [reason]) => set(state, review, Choice::Accept { reason: reason.clone() }),
        (Question::Until, [reason, owner, until]) => {
            let (reason, owner, expires) = (reason.clone(), owner.clone(), until.clone());
            set(state, review, Choice::Waive { reason, owner, expires });
        }
        _ => {}
    }
}

fn check(review: &Review, question: Question, text: &str) -> Result<(), String> {
    match question {
        Question::Reason if text.is_empty() => Err("a reason is needed, which the baseline keeps".to_owned()),
        Question::Owner if text.is_empty() => Err("somebody has to take it on".to_owned()),
        Question::Why => waivers::reason(text).map(drop).map_err(|problem| problem.to_string()),
        Question::Until => review.terms.expires(text).map(drop).map_err(|problem| problem.to_string()),
        Question::Reason | Question::Owner => Ok(()),
    }
}

/// Decides on the selected target and goes to the next one that is not decided.
fn set(state: &mut State, review: &Review, choice: Choice) {
    let name = name(selected(state, review));
    let Some(reviewing) = &mut state.review else { return };
    let place = reviewing.scroll.cursor;
    let Some(slot) = reviewing.choices.get_mut(place) else { return };
    let word = choice.word();
    let before = slot.replace(choice);
    reviewing.done.push((place, before));
    let next = reviewing.undecided_after(place);
    let words = match next {
        Some(_) => format!("{name}: {word}; u takes it back"),
        None => format!("{name}: {word}; all are decided, q shows what will be written"),
    };
    state.message = Some(Message::Note(words));
    if let Some(next) = next {
        go(state, next);
    }
}

fn undo(state: &mut State, review: &Review) {
    let Some(reviewing) = &mut state.review else { return };
    let Some((place, before)) = reviewing.done.pop() else {
        state.message = Some(Message::Note("nothing was decided yet".to_owned()));
        return;
    };
    let name = name(review.targets.get(place));
    let words = match &before {
        Some(choice) => format!("{name}: {} again", choice.word()),
        None => format!("{name}: not decided again"),
    };
    reviewing.choices[place] = before;
    go(state, place);
    state.message = Some(Message::Note(words));
}

fn go(state: &mut State, place: usize) {
    if let Some(reviewing) = &mut state.review
        && reviewing.scroll.cursor != place
    {
        reviewing.scroll.cursor = place;
        state.detail = 0;
        state.pane = Pane::List;
    }
}

fn step(state: &mut State, model: &Model, step: Step) {
    let areas = view::areas(state, model);
    let Some(reviewing) = &state.review else { return };
    if let Stage::Leaving(top) = reviewing.stage {
        let (length, height) = view::review::extent_of_summary(state, model, &areas);
        let top = moves::moved(top, step, height, length.saturating_sub(height) + 1);
        set_stage(state, Stage::Leaving(top));
    } else if state.pane == Pane::Detail {
        let (length, height) = view::review::extent_of_detail(state, model, &areas);
        state.detail = moves::moved(state.detail, step, height, length.saturating_sub(height) + 1);
    } else {
        let height = view::review::targets_shown(&areas);
        let cursor = moves::moved(reviewing.scroll.cursor, step, height, reviewing.choices.len());
        go(state, cursor);
    }
}

/// To the next match of the search, or else to the next target that is not decided.
fn next(state: &mut State, way: Way) {
    let Some(reviewing) = &state.review else { return };
    let here = reviewing.scroll.cursor;
    let places: Vec<usize> = if state.search.query.is_empty() {
        (0..reviewing.choices.len()).filter(|place| reviewing.choices[*place].is_none()).collect()
    } else {
        state.search.matches.clone()
    };
    let before = places.iter().rev().find(|place| **place < here).or(places.last());
    let after = places.iter().find(|place| **place > here).or(places.first());
    match if way == Way::Next { after } else { before } {
        Some(place) => go(state, *place),
        None if state.search.query.is_empty() => {
            state.message = Some(Message::Note("all are decided, q shows what will be written".to_owned()));
        }
        None => state.message = Some(Message::Note(format!("no target matches \"{}\"", state.search.query))),
    }
}

/// The targets that have all words: in their names, their verdicts and what is decided of them.
pub(super) fn matches(review: &Review, words: &[String]) -> Vec<usize> {
    let has = |target: &Target| {
        let outcome = &target.outcome;
        let decisions = outcome.decisions.iter().map(|decision| format!("{} {}", decision.id, decision.headline));
        let causes = outcome.causes.iter().map(|cause| cause.text.clone());
        let parts = [outcome.target.clone(), wording::state(outcome).to_owned()].into_iter();
        matching::text(&parts.chain(decisions).chain(causes).collect::<Vec<_>>().join(" "), words)
    };
    (0..review.targets.len()).filter(|place| has(&review.targets[*place])).collect()
}

/// Goes to the first match from here on.
pub(super) fn take_search(state: &mut State) {
    let here = state.review.as_ref().map_or(0, |reviewing| reviewing.scroll.cursor);
    let matches = &state.search.matches;
    match matches.iter().find(|place| **place >= here).or(matches.first()).copied() {
        Some(place) => go(state, place),
        None if state.search.query.is_empty() => {}
        None => state.message = Some(Message::Note(format!("no target matches \"{}\"", state.search.query))),
    }
}

/// Whatever was done, the selection is on the screen afterwards.
pub(super) fn settle(state: &mut State, model: &Model) {
    let areas = view::areas(state, model);
    let (length, _) = view::review::extent_of_detail(state, model, &areas);
    let (lines, height) = view::review::extent_of_summary(state, model, &areas);
    let shown = view::review::targets_shown(&areas);
    state.detail = state.detail.min(length.saturating_sub(1));
    let Some(Reviewing { scroll, stage, choices, .. }) = &mut state.review else { return };
    scroll.cursor = scroll.cursor.min(choices.len().saturating_sub(1));
    scroll.top = scroll.top_with_surroundings(shown, choices.len());
    if let Stage::Leaving(top) = stage {
        *top = (*top).min(lines.saturating_sub(height));
    }
}
