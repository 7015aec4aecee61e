//! Places of a trace in scripts: to be looked up in source maps, which a trace knows nothing of.

use super::profile::Function;
use super::{LargeRecalc, Layouts, TimerSite, Trace};
use crate::web::place::{Original, Site};

impl Trace {
    /// Asks of every place in a script what it was before the build; of the same one as often as it is there.
    pub fn look_up(&mut self, mut original: impl FnMut(&Site) -> Option<Original>) {
        let mut of_site = |site: &mut Site| site.original = original(site);
        self.layouts.sites().for_each(&mut of_site);
        self.timers.iter_mut().filter_map(|TimerSite { site, .. }| site.as_mut()).for_each(&mut of_site);
        for function in self.functions() {
            function.original = function.site().and_then(|mut site| {
                of_site(&mut site);
                site.original
            });
        }
    }

    fn functions(&mut self) -> impl Iterator<Item = &mut Function> {
        let costs = self.long_tasks.iter_mut().flat_map(|task| &mut task.functions).map(|cost| &mut cost.function);
        let nodes = self.profile.iter_mut().flat_map(|profile| &mut profile.nodes).map(|node| &mut node.function);
        costs.chain(nodes)
    }
}

impl Layouts {
    fn sites(&mut self) -> impl Iterator<Item = &mut Site> {
        let large = self.large_recalcs.iter_mut().filter_map(|LargeRecalc { forced_by, .. }| forced_by.as_mut());
        let forced = self.forced.iter_mut();
        large.chain(forced.flat_map(|forced| std::iter::once(&mut forced.site).chain(&mut forced.stack)))
    }
}
