//! A clock of the page's own, which stands still until it is told to go on: what happens then is the same each time.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::{BrowserError, Holdup};
use super::load::{Extent, Loaded, Patience};
use super::page::Page;

/// After as many tasks without a timer between them the clock goes on all the same, so that a page which only posts
/// messages to itself does not stop it for ever.
const TASKS: u32 = 100_000;

impl Page {
    /// Stops the page's clock. Timers and frames wait from then on, scripts see the same time.
    pub async fn stop_clock(&self) -> Result<(), BrowserError> {
        self.call("Emulation.setVirtualTimePolicy", json!({ "policy": "pause" })).await?;
        Ok(())
    }

    /// Lets the page's clock go on by this much, as fast as the page's work is done, then stops it again. It also
    /// stands while something is being fetched.
    ///
    /// Fails with [`BrowserError::Clock`] where it does not come as far before the deadline, which is in real time:
    /// such a page can only be measured by a real clock.
    pub async fn advance(&self, by: Duration, deadline: Duration) -> Result<(), BrowserError> {
        let params = json!({ "policy": "pauseIfNetworkFetchesPending", "budget": by.as_secs_f64() * 1e3,
                             "maxVirtualTimeTaskStarvationCount": TASKS });
        match tokio::time::timeout(deadline, self.spend(&params)).await {
            Ok(spent) => spent,
            Err(_) => Err(self.held_up(deadline).await),
        }
    }

    /// Waits until the clock has got on by what it was given. Another document begins anew with that.
    async fn spend(&self, given: &Value) -> Result<(), BrowserError> {
        let mut expired = self.events(&["Emulation.virtualTimeBudgetExpired"]).await?;
        loop {
            self.call("Emulation.setVirtualTimePolicy", given.clone()).await?;
            let loader = self.recording().loader().map(str::to_owned);
            tokio::select! {
                biased;
                expired = expired.next() => return expired?.map(drop).ok_or_else(|| self.why_over()),
                other = self.reach(|recording| recording.loader() != loader.as_deref()) => other?,
            }
        }
    }

    /// Loads a page by its own clock, which goes on by `budget` in all.
    pub async fn load_by_clock(&self, url: &str, budget: Duration, patience: Patience) -> Result<Loaded, BrowserError> {
        // Given before there is a page, the budget would be spent on the empty one.
        self.stop_clock().await?;
        let loader = self.depart(url, patience.deadline).await?;
        self.advance(budget, patience.deadline).await?;
        let extent = if self.recording().has_loaded(&loader) { Extent::Whole } else { Extent::Partly };
        Ok(Loaded { document: self.document().await?, extent })
    }

    /// What the clock waits for: a script that waits for it in turn, or a request.
    async fn held_up(&self, after: Duration) -> BrowserError {
        let by = if self.responds().await { Holdup::Request } else { Holdup::Script };
        self.give_up(BrowserError::Clock { by, after })
    }

    fn why_over(&self) -> BrowserError {
        self.recording().ended.map_or(BrowserError::Gone, BrowserError::from)
    }
}
