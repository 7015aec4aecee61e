//! What is not counted, which is said.

use crate::browser::{BrowserError, Context, ContextKind, Page};

/// How many addresses are named.
const NAMED: usize = 3;

/// Frames and workers that the counts and the selectors' costs are without: those of other processes and threads.
pub(super) async fn note(page: &Page) -> Result<Option<String>, BrowserError> {
    let contexts = page.contexts().await?;
    let unseen: Vec<&Context> = contexts.iter().filter(|context| context.session != page.session()).collect();
    Ok(text(&unseen))
}

fn text(unseen: &[&Context]) -> Option<String> {
    let frames = unseen.iter().filter(|context| context.kind == ContextKind::Frame).count();
    let parts =
        [(frames, "frame of another site", "frames of other sites"), (unseen.len() - frames, "worker", "workers")];
    let said = parts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    });
    let said = said.collect::<Vec<_>>().join(" and ");
    let urls: Vec<&str> = unseen.iter().map(|context| &*context.url).take(NAMED).collect();
    let more = if unseen.len() > NAMED { ", …" } else { "" };
    (!unseen.is_empty())
        .then(|| format!("counts and selector-stats: not measured in {said}: {}{more}", urls.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_counted_is_said_by_kind_and_address() {
        let context = |kind, url: &str| Context { session: String::new(), id: 1, kind, url: url.to_owned() };
        let frame = context(ContextKind::Frame, "http://other/");
        let worker = context(ContextKind::Worker, "http://a/worker.js");
        let one = "counts and selector-stats: not measured in 1 frame of another site and 1 worker: http://other/, http://a/worker.js";
        assert_eq!(text(&[&frame, &worker]).as_deref(), Some(one));
        let many = "counts and selector-stats: not measured in 4 workers: \
                    http://a/worker.js, http://a/worker.js, http://a/worker.js, …";
        assert_eq!(text(&[&worker; 4]).as_deref(), Some(many));
        assert_eq!(text(&[]), None);
    }
}
