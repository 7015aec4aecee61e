//! The processor's time that a backend has used, where its server runs on this machine.
//!
//! `/proc` says it to the nanosecond, and of a process that sleeps it is exact. A process number alone proves nothing: a
//! server elsewhere, or in a container, has numbers of its own. So the process must also have begun when the server says
//! that the session began.

use std::fs;
use std::time::Duration;

use super::connect::Session;

/// Reads how long a backend has been on a processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuClock {
    pid: i32,
}

/// How far the two beginnings may lie apart in seconds: the kernel's is to a hundredth, that of the boot to a second.
const SAME_BEGINNING: f64 = 1.5;

/// Ticks a second in `/proc`, which Linux keeps at 100 for programs, whatever its own clock does.
const TICKS: f64 = 100.0;

/// How long a backend may take to fall asleep after its answer; on a busy machine others run first.
const UNTIL_ASLEEP: u32 = 200;
const PAUSE: Duration = Duration::from_micros(100);

impl Session {
    /// A clock of this session's backend; none where it does not run on this machine, or not on Linux.
    pub async fn cpu_clock(&self) -> Option<CpuClock> {
        let sql = "select pid, extract(epoch from backend_start)::double precision from pg_catalog.pg_stat_activity \
                   where pid = pg_catalog.pg_backend_pid()";
        let rows = self.client.query_typed(sql, &[]).await.ok()?;
        let row = rows.first()?;
        let (pid, began): (i32, f64) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
        let clock = CpuClock { pid };
        let seen = Stat::of(pid)?.started + boot_time()?;
        clock.now()?;
        ((seen - began).abs() < SAME_BEGINNING).then_some(clock)
    }
}

impl CpuClock {
    /// Time on a processor since the backend began; none where it is gone. Exact once it sleeps.
    pub fn now(&self) -> Option<Duration> {
        // sum_exec_runtime in nanoseconds, time in the queue, time slices.
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.pid)).ok()?;
        let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
        // A kernel without these statistics says 0 of everything.
        (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
    }

    /// The same once the backend has nothing more to do. What runs is counted at the kernel's own ticks, and a backend runs
    /// on for a moment after its answer has gone out.
    pub async fn at_rest(&self) -> Option<Duration> {
        for _ in 0..UNTIL_ASLEEP {
            if Stat::of(self.pid)?.sleeps {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.now()
    }
}

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, PartialEq)]
struct Stat {
    sleeps: bool,
    /// Seconds from the boot to its beginning.
    started: f64,
}

impl Stat {
    fn of(pid: i32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn read(text: &str) -> Option<Self> {
        // The name in parentheses may hold anything.
        let mut fields = text.rsplit_once(") ")?.1.split(' ');
        let sleeps = fields.next()? == "S";
        // The state is field 3, the beginning field 22.
        let started: f64 = fields.nth(18)?.parse().ok()?;
        Some(Self { sleeps, started: started / TICKS })
    }
}

/// When the machine was booted, in seconds since 1970.
fn boot_time() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_hides_nothing() {
        let text = "7 (postgres: a) R 9 ) S 1 7 7 0 -1 4194560 1 0 0 0 5 3 0 0 20 0 1 0 12345 1 1 1";
        assert_eq!(Stat::read(text), Some(Stat { sleeps: true, started: 123.45 }));
        assert_eq!(Stat::read("7 (x) S 1"), None);
    }
}
