//! Does what a user would, with a real mouse and keyboard as far as the page can tell, so that the delay of each
//! interaction can be measured.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use super::error::{BrowserError, seconds};
use super::load::Patience;
use super::page::Page;
use super::recording::Recording;
use super::steps::{Action, Scroll, Step, Steps, Wait};

mod idle;

/// How steps follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// What comes after each step.
    pub settle: Settle,
    /// How long an element may take to appear, by the clock that the page has.
    pub patience: Duration,
    /// How long a step may take in all, by ours.
    pub deadline: Duration,
    /// For steps that go to another address.
    pub load: Patience,
}

/// What comes after a step.
#[derive(Debug, Clone, Copy)]
pub enum Settle {
    /// Two frames, and then this long.
    RealTime {
        /// How long.
        idle: Duration,
    },
    /// The page's clock goes on by this much.
    VirtualTime {
        /// By how much.
        budget: Duration,
    },
}

impl Pace {
    /// The usual limits with this after each step.
    pub fn of(settle: Settle) -> Self {
        let (patience, deadline) = (Duration::from_secs(5), Duration::from_secs(30));
        Self { settle, patience, deadline, load: Patience::default() }
    }
}

/// A step that could not be done. What came before it was, and what was measured by then holds.
#[derive(Debug, Error)]
#[error("{file}:{line}: {failure}{}", in_repeat(*repeat))]
pub struct StepError {
    /// The file of the steps.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// How many steps of this repeat had been done.
    pub done: usize,
    /// Which repeat, from 0.
    pub repeat: usize,
    /// Why.
    #[source]
    pub failure: StepFailure,
}

fn in_repeat(repeat: usize) -> String {
    if repeat == 0 { String::new() } else { format!(" (in repeat {})", repeat + 1) }
}

/// Why a step could not be done.
#[derive(Debug, Error)]
pub enum StepFailure {
    /// No such element came.
    #[error("nothing matches {selector}, after {} s", seconds(*after))]
    Missing {
        /// Of what.
        selector: String,
        /// How long was waited.
        after: Duration,
    },
    /// The element takes no room.
    #[error("{selector} cannot be seen")]
    Hidden {
        /// Which.
        selector: String,
    },
    /// The element lies below another.
    #[error("{selector} is covered by {by}")]
    Covered {
        /// Which.
        selector: String,
        /// By what.
        by: String,
    },
    /// It is no selector.
    #[error("{selector} is no selector: {why}")]
    Unreadable {
        /// What.
        selector: String,
        /// Chromium's word for it.
        why: String,
    },
    /// The list has no such option.
    #[error("{selector} has no option {option:?}")]
    Optionless {
        /// Which list.
        selector: String,
        /// Which option.
        option: String,
    },
    /// Requests did not end.
    #[error("the network was not idle within {} s", seconds(*after))]
    Busy {
        /// How long was waited.
        after: Duration,
    },
    /// The page or the browser failed.
    #[error("{0}")]
    Browser(#[from] BrowserError),
}

impl StepError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        let help = match &self.failure {
            StepFailure::Missing { .. } => "look at the page for what it is called, or wait for it in a step before",
            StepFailure::Hidden { .. } => "name what can be seen of it, or open it in a step before",
            StepFailure::Covered { .. } => "close what covers it in a step before",
            StepFailure::Unreadable { .. } => "write a selector of CSS; >>> leads into shadow trees and frames",
            StepFailure::Optionless { .. } => "name the value of an option, or its text",
            StepFailure::Busy { .. } => "wait for an element instead",
            StepFailure::Browser(error) => return error.help(),
        };
        Some(help.to_owned())
    }
}

/// What the page says of an element.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Found {
    Ready { x: f64, y: f64 },
    Missing,
    Hidden,
    Covered { by: String },
    Unreadable { why: String },
    Optionless,
}

const ELEMENTS: &str = include_str!("acting/elements.js");

/// How often is looked whether an element is there.
const LOOK: Duration = Duration::from_millis(50);

impl Page {
    /// Does these steps, one after the other, as the repeat of this number, from 0.
    pub async fn act(&self, steps: &Steps, pace: Pace, repeat: usize) -> Result<(), StepError> {
        if steps.steps.iter().any(|step| step.action == Action::Wait(Wait::Idle)) {
            self.hear_requests().await.map_err(|failure| failed(steps, 0, (repeat, failure.into())))?;
        }
        for (done, step) in steps.steps.iter().enumerate() {
            let acted = self.act_in_time(step, pace).await;
            acted.map_err(|failure| failed(steps, done, (repeat, failure)))?;
        }
        Ok(())
    }

    async fn act_in_time(&self, step: &Step, pace: Pace) -> Result<(), StepFailure> {
        let acted = async {
            self.act_once(&step.action, pace).await?;
            Ok(self.settle(pace).await?)
        };
        match tokio::time::timeout(pace.deadline, acted).await {
            Ok(acted) => acted,
            Err(_) => Err(self.stuck(pace.deadline).await.into()),
        }
    }

    async fn stuck(&self, after: Duration) -> BrowserError {
        let what = "the step".to_owned();
        let responds = self.responds().await;
        let late = BrowserError::Deadline { what: what.clone(), after };
        self.give_up(if responds { late } else { BrowserError::Hang { what, after, at: None } })
    }

    async fn act_once(&self, action: &Action, pace: Pace) -> Result<(), StepFailure> {
        match action {
            Action::Click(selector) => self.point(selector, Mouse::Click, pace).await,
            Action::Hover(selector) => self.point(selector, Mouse::Move, pace).await,
            Action::Type { selector, text } => {
                self.point(selector, Mouse::Click, pace).await?;
                Ok(self.write(text).await?)
            }
            Action::Select { selector, option } => {
                let choose = format!("it => choose(it, {})", json!(option));
                self.find(selector, &choose, pace).await.map(drop).map_err(|failure| named(failure, option))
            }
            Action::Press(key) => Ok(self.key(key).await?),
            Action::Wait(wait) => self.wait(wait, pace).await,
            Action::Scroll(scroll) => self.scroll(scroll, pace).await,
            Action::Navigate(url) => Ok(self.follow(url, pace).await?),
            Action::Evaluate(script) => Ok(self.evaluate_by_clock(script, pace).await?),
        }
    }

    async fn point(&self, selector: &str, mouse: Mouse, pace: Pace) -> Result<(), StepFailure> {
        let (x, y) = self.find(selector, "place", pace).await?;
        match mouse {
            Mouse::Click => self.click(x, y).await?,
            Mouse::Move => self.move_mouse(x, y).await?,
        }
        Ok(())
    }

    /// Waits for an element, and does this with it.
    async fn find(&self, selector: &str, act: &str, pace: Pace) -> Result<(f64, f64), StepFailure> {
        let path: Vec<&str> = selector.split(">>>").map(str::trim).collect();
        let script = format!("(() => {{ {ELEMENTS} return asked({})({act}) }})()", json!(path));
        let mut waited = Duration::ZERO;
        loop {
            let failure = match self.ask(&script).await? {
                Found::Ready { x, y } => return Ok((x, y)),
                Found::Missing => StepFailure::Missing { selector: selector.to_owned(), after: pace.patience },
                Found::Hidden => StepFailure::Hidden { selector: selector.to_owned() },
                Found::Covered { by } => StepFailure::Covered { selector: selector.to_owned(), by },
                Found::Optionless => StepFailure::Optionless { selector: selector.to_owned(), option: String::new() },
                Found::Unreadable { why } => {
                    return Err(StepFailure::Unreadable { selector: selector.to_owned(), why });
                }
            };
            if waited >= pace.patience {
                return Err(failure);
            }
            self.pass(LOOK, pace).await?;
            waited += LOOK;
        }
    }

    /// What the page says of an element. Where it is just going to another document, there is none.
    async fn ask(&self, script: &str) -> Result<Found, BrowserError> {
        let incomplete = |_| BrowserError::Incomplete { method: "Runtime.evaluate", field: "state" };
        match self.evaluate_apart(script).await {
            Ok(found) => serde_json::from_value(found).map_err(incomplete),
            Err(BrowserError::Refused { .. }) => Ok(Found::Missing),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, text: &str) -> Result<(), BrowserError> {
        for character in text.chars() {
            let key = match character {
                '\n' => "Enter".to_owned(),
                '\t' => "Tab".to_owned(),
                other => other.to_string(),
            };
            match self.key(&key).await {
                // No key of a keyboard: as an input method would.
                Err(BrowserError::Key(_)) => drop(self.call("Input.insertText", json!({ "text": key })).await?),
                pressed => pressed?,
            }
        }
        Ok(())
    }

    async fn wait(&self, wait: &Wait, pace: Pace) -> Result<(), StepFailure> {
        match wait {
            Wait::For(selector) => self.find(selector, SEEN, pace).await.map(drop),
            Wait::Time(time) => Ok(self.pass(*time, pace).await?),
            Wait::Idle => self.wait_until_idle(pace).await,
        }
    }

    async fn scroll(&self, scroll: &Scroll, pace: Pace) -> Result<(), StepFailure> {
        // What it promises waits for a frame, and that for the clock.
        let to = |y: &str| format!("void scrollTo({{ top: {y}, behavior: 'instant' }})");
        match scroll {
            Scroll::To(selector) => return self.find(selector, "reach", pace).await.map(drop),
            Scroll::Top => drop(self.evaluate_apart(&to("0")).await?),
            Scroll::Bottom => drop(self.evaluate_apart(&to("document.documentElement.scrollHeight")).await?),
            Scroll::By(pixels) => match pace.settle {
                Settle::RealTime { .. } => self.turn_wheel(*pixels).await?,
                // A wheel turns by frames of the screen, which a clock of the page's own does not make.
                Settle::VirtualTime { .. } => drop(self.evaluate_apart(&format!("void scrollBy(0, {pixels})")).await?),
            },
        }
        Ok(())
    }

    async fn turn_wheel(&self, pixels: f64) -> Result<(), BrowserError> {
        let middle = self.evaluate_apart("[innerWidth / 2, innerHeight / 2]").await?;
        let params = json!({ "type": "mouseWheel", "x": middle[0], "y": middle[1], "deltaX": 0, "deltaY": pixels });
        self.call("Input.dispatchMouseEvent", params).await?;
        Ok(())
    }

    async fn follow(&self, url: &str, pace: Pace) -> Result<(), BrowserError> {
        let base = self.evaluate_apart("document.baseURI").await?;
        let whole = url::Url::parse(base.as_str().unwrap_or_default()).and_then(|base| base.join(url));
        let whole = whole.map_or_else(|_| url.to_owned(), String::from);
        match pace.settle {
            Settle::RealTime { .. } => self.load(&whole, pace.load).await?,
            Settle::VirtualTime { budget } => self.load_by_clock(&whole, budget, pace.load).await?,
        };
        Ok(())
    }

    /// Runs a script in the page, whose clock may have to go on for what it promises.
    async fn evaluate_by_clock(&self, script: &str, pace: Pace) -> Result<(), BrowserError> {
        let value = self.evaluate(script);
        tokio::pin!(value);
        loop {
            tokio::select! {
                biased;
                value = &mut value => return value.map(drop),
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Settle::VirtualTime { .. } = pace.settle {
                self.pass(LOOK, pace).await?;
            }
        }
    }

    /// Lets time pass, by the clock that the page has.
    pub(super) async fn pass(&self, time: Duration, pace: Pace) -> Result<(), BrowserError> {
        match pace.settle {
            Settle::RealTime { .. } => tokio::time::sleep(time).await,
            Settle::VirtualTime { .. } => self.advance(time, pace.deadline).await?,
        }
        Ok(())
    }

    /// Waits until what a step has begun is shown, and another document loaded if it leads there.
    async fn settle(&self, pace: Pace) -> Result<(), BrowserError> {
        let started = Instant::now();
        loop {
            match pace.settle {
                Settle::RealTime { idle } => self.settle_frames(idle, pace).await?,
                Settle::VirtualTime { budget } => self.advance(budget, pace.deadline).await?,
            }
            if !self.recording().is_leaving || started.elapsed() > pace.load.deadline {
                return Ok(());
            }
        }
    }

    async fn settle_frames(&self, idle: Duration, pace: Pace) -> Result<(), BrowserError> {
        self.for_a_while(pace, |recording| !recording.is_leaving && recording.is_stopped()).await?;
        let frames = "new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(shown)))";
        match self.evaluate_apart(frames).await {
            // Another document has come in between, or is on its way.
            Ok(_) | Err(BrowserError::Refused { .. }) => tokio::time::sleep(idle).await,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Waits until this is true of the page, or it has had its time: what does not load is measured as it is.
    async fn for_a_while(&self, pace: Pace, is_so: impl Fn(&Recording) -> bool) -> Result<(), BrowserError> {
        tokio::time::timeout(pace.load.after_paint, self.reach(is_so)).await.unwrap_or(Ok(()))
    }
}

/// An element that can be seen, wherever it is.
const SEEN: &str = "it => it && !it.getClientRects().length ? { state: 'hidden' } : \
                    it ? { state: 'ready', x: 0, y: 0 } : { state: 'missing' }";

/// What is done where an element is.
#[derive(Debug, Clone, Copy)]
enum Mouse {
    Click,
    Move,
}

fn failed(steps: &Steps, done: usize, (repeat, failure): (usize, StepFailure)) -> StepError {
    let line = steps.steps.get(done).map_or(1, |step| step.line);
    StepError { file: steps.file.clone(), line, done, repeat, failure }
}

fn named(failure: StepFailure, wanted: &str) -> StepFailure {
    match failure {
        StepFailure::Optionless { selector, .. } => StepFailure::Optionless { selector, option: wanted.to_owned() },
        failure => failure,
    }
}
