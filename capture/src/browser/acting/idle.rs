//! Waits for a network that is idle.

use std::time::Duration;

use serde_json::json;

use super::{Pace, Settle, StepFailure};
use crate::browser::error::BrowserError;
use crate::browser::page::Page;

/// How long there must be no request.
const IDLE: Duration = Duration::from_millis(500);

impl Page {
    /// Makes the page tell of its requests, without their contents.
    pub(super) async fn hear_requests(&self) -> Result<(), BrowserError> {
        self.call("Network.enable", json!({ "maxTotalBufferSize": 0, "maxResourceBufferSize": 0 })).await?;
        Ok(())
    }

    pub(super) async fn wait_until_idle(&self, pace: Pace) -> Result<(), StepFailure> {
        // The page's own clock stands still while something is requested.
        if let Settle::VirtualTime { .. } = pace.settle {
            return Ok(self.advance(IDLE, pace.deadline).await?);
        }
        let limit = pace.load.after_paint;
        tokio::time::timeout(limit, self.idle()).await.map_err(|_| StepFailure::Busy { after: limit })??;
        Ok(())
    }

    /// Waits until no request is open, and none begins for a while.
    async fn idle(&self) -> Result<(), BrowserError> {
        loop {
            self.reach(|recording| recording.open.is_empty()).await?;
            let begun = self.recording().begun;
            let next = self.reach(|recording| recording.begun != begun);
            match tokio::time::timeout(IDLE, next).await {
                Ok(next) => next?,
                Err(_) => return Ok(()),
            }
        }
    }
}
