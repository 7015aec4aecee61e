//! Ctrl-C and SIGTERM: the first stops what runs in order, the second at once.

use std::io;

use tokio::sync::watch;

use crate::status::Status;

/// Whether somebody wants it to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<Option<Status>>);

impl Stop {
    /// From here on signals do not end the process, until the second one comes.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut signals = Signals::listen()?;
        let (tell, told) = watch::channel(None);
        tokio::spawn(async move {
            // Where nobody listens any more there is nothing to stop.
            let _ = tell.send(Some(signals.next().await));
            std::process::exit(signals.next().await.code().into());
        });
        Ok(Self(told))
    }

    /// Where a key asks and no signal: what asks, and what is asked.
    pub(crate) fn by_hand() -> (impl Fn() + use<>, Self) {
        let (tell, told) = watch::channel(None);
        let ask = move || {
            // Where nobody listens any more there is nothing to stop.
            let _ = tell.send(Some(Status::Interrupted));
        };
        (ask, Self(told))
    }

    /// Waits until somebody wants it to stop.
    pub(crate) async fn wait(mut self) {
        let asked = self.0.wait_for(Option::is_some).await.is_ok();
        // The listener never ends before it has told.
        if !asked {
            std::future::pending::<()>().await;
        }
    }

    /// What the exit code is, if somebody wanted it to stop.
    pub(crate) fn status(&self) -> Option<Status> {
        *self.0.borrow()
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Status {
        tokio::select! {
            _ = self.interrupt.recv() => Status::Interrupted,
            _ = self.terminate.recv() => Status::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Status {
        // Where Ctrl-C cannot be listened to it ends the process by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Status::Interrupted
    }
}
