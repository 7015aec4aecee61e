//! What a screen says, as lines of text: for who cannot see the screen, and for scripts.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::NodeId;

use crate::model::Model;
use crate::state::Shown;
use crate::theme::Glyphs;
use crate::view::node;
use crate::view::prose::Prose;

/// All about a node, a fact a line: times, rows, blocks, conditions, and the findings there with their evidence.
pub fn node_lines(model: &Model, subject: Of, id: NodeId, glyphs: Glyphs) -> Vec<String> {
    /// Lines are as long as what they say: whoever reads them breaks them.
    const UNBROKEN: usize = usize::MAX / 2;
    let Some((subject_of, found)) = model.subject(subject).zip(model.node(subject, id)) else { return Vec::new() };
    let mut prose = Prose::default();
    node::facts(&mut prose, subject_of, found, glyphs);
    for finding in model.findings_of(subject, id).iter().filter_map(|place| model.finding(*place)) {
        for (_, line) in finding.lines() {
            prose.text(crate::theme::Role::Text, &line);
        }
    }
    let lines = prose.lines(UNBROKEN, Shown::Yes, glyphs);
    lines.iter().map(|line| line.iter().map(|piece| piece.text.as_str()).collect()).collect()
}
