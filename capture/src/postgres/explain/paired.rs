//! Times of two statements, or of one on two servers, taken in turns so that both meet the same weather.

use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::{Asked, ExplainError, Options, Prepared, stoppable};
use crate::postgres::connect::Session;
use crate::postgres::cpu::CpuClock;
use crate::postgres::statement::Sql;

/// One side of a comparison. Its options say values, time-out, pin, warm-ups and whether volatile functions may be called;
/// it is run in a read-only transaction, whatever they say of writing.
#[derive(Debug, Clone, Copy)]
pub struct Arm<'a> {
    /// Where it runs. Each side wants a session of its own.
    pub session: &'a Session,
    /// What runs.
    pub sql: &'a Sql,
    /// How it runs.
    pub options: &'a Options,
}

/// What one run took: to read the statement, to plan and to execute it, but not to send its rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed {
    /// Milliseconds that its backend was on a processor, parallel workers not counted; none where the server is not on
    /// this machine.
    pub cpu_ms: Option<f64>,
    /// Milliseconds until its answer was here.
    pub wall_ms: f64,
}

/// A run of each side, one right after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The side that is compared with.
    pub base: Timed,
    /// The side that is judged.
    pub head: Timed,
}

/// Runs both sides so many times in turns: base, head, head, base, base, …. When `stop` resolves, both servers are made to
/// stop, what was begun is rolled back, and the error says so.
pub async fn timed_pairs(
    base: Arm<'_>,
    head: Arm<'_>,
    pairs: u32,
    stop: impl Future<Output = ()>,
) -> Result<Vec<Pair>, ExplainError> {
    let stopped = AtomicBool::new(false);
    let options = (executed(base.options), executed(head.options));
    let run = async {
        let base = Side::new(Arm { options: &options.0, ..base }, &stopped).await?;
        let head = Side::new(Arm { options: &options.1, ..head }, &stopped).await?;
        let timed = alternate(&base, &head, pairs).await?;
        base.asked.unlock().await?;
        head.asked.unlock().await?;
        Ok(timed)
    };
    let done = stoppable(Box::pin(run), stop, &stopped, &[base.session, head.session]).await;
    done.unwrap_or_else(|| Err(ExplainError::Cancelled { name: head.sql.name.clone() }))
}

async fn alternate(base: &Side<'_>, head: &Side<'_>, pairs: u32) -> Result<Vec<Pair>, ExplainError> {
    let mut timed = Vec::new();
    for place in 0..pairs {
        timed.push(if place % 2 == 0 {
            let base = base.time().await?;
            Pair { base, head: head.time().await? }
        } else {
            let head = head.time().await?;
            Pair { base: base.time().await?, head }
        });
    }
    Ok(timed)
}

fn executed(options: &Options) -> Options {
    Options { execute: true, allow_writes: false, ..options.clone() }
}

struct Side<'a> {
    asked: Asked<'a>,
    prepared: Prepared,
    clock: Option<CpuClock>,
}

impl<'a> Side<'a> {
    /// Plans the statement, refuses what must not be run, and runs its warm-ups.
    async fn new(arm: Arm<'a>, stopped: &'a AtomicBool) -> Result<Self, ExplainError> {
        let Arm { session, sql, options } = arm;
        let asked = Asked { session, sql, options, stopped };
        let (_, prepared) = asked.in_transaction(true, asked.plan()).await?;
        if prepared.is_generic {
            let why = "its parameters have no values, so it cannot be run".to_owned();
            return Err(ExplainError::Parameters { name: sql.name.clone(), why });
        }
        let side = Self { clock: session.cpu_clock().await, asked, prepared };
        for _ in 0..options.warm_ups {
            side.time().await?;
        }
        Ok(side)
    }

    async fn time(&self) -> Result<Timed, ExplainError> {
        // EXPLAIN takes the rows, so that no network and no driver has part in it, and reads no clock for each of them.
        let explain = format!("EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, COSTS OFF) {}", self.asked.sql.text);
        let timed = async {
            let before = self.on_cpu().await;
            let started = Instant::now();
            self.asked.ask(&explain, &self.prepared.parameters).await?;
            let wall_ms = ms(started.elapsed());
            let after = self.on_cpu().await;
            let cpu_ms = before.zip(after).map(|(before, after)| ms(after.saturating_sub(before)));
            Ok(Timed { cpu_ms, wall_ms })
        };
        self.asked.in_transaction(true, timed).await
    }

    async fn on_cpu(&self) -> Option<Duration> {
        self.clock.as_ref()?.at_rest().await
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
