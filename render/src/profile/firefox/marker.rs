//! Markers of what is outside the plan's nodes: planning, compiling, each trigger, serialization, start and stop.

use fxprof_processed_profile::{
    CategoryHandle, MarkerFieldFlags, MarkerFieldFormat, MarkerTiming, Profile, StaticSchemaMarker,
    StaticSchemaMarkerField, StringHandle, ThreadHandle, Timestamp,
};
use perf_look_analyzers::safe;

use super::super::Graph;
use super::{Writer, nanoseconds};

/// Adds a marker for each frame that holds no node and has a width.
pub(super) fn add(writer: &mut Writer<'_>, thread: ThreadHandle, graph: &Graph) {
    for (id, frame) in graph.flame.frames().iter().enumerate() {
        let holds_nodes = graph.flame.children(id).any(|child| graph.flame.frames()[child].node.is_some());
        if frame.node.is_some() || frame.parent.is_none() || holds_nodes || frame.total <= 0.0 {
            continue;
        }
        let shared = graph.shared[id];
        let start = writer.axis.get(&shared).copied().unwrap_or(0);
        let (start, end) = (start, start.saturating_add(nanoseconds(frame.total)));
        let category = writer.category(frame.class);
        let profile = &mut writer.profile;
        let name = profile.intern_string(&writer.graphs.frames[shared].label);
        let detail = profile.intern_string(&safe::line(frame.detail.as_deref().unwrap_or_default()));
        let timing = MarkerTiming::Interval(
            Timestamp::from_nanos_since_reference(start),
            Timestamp::from_nanos_since_reference(end),
        );
        profile.add_marker(thread, timing, Outside { name, detail, category });
    }
}

/// Time outside the nodes.
struct Outside {
    name: StringHandle,
    /// `5 calls`; empty where there is nothing to say.
    detail: StringHandle,
    category: CategoryHandle,
}

impl StaticSchemaMarker for Outside {
    const UNIQUE_MARKER_TYPE_NAME: &'static str = "Outside";
    const CHART_LABEL: Option<&'static str> = Some("{marker.name}");
    const TABLE_LABEL: Option<&'static str> = Some("{marker.name} {marker.data.detail}");
    const FIELDS: &'static [StaticSchemaMarkerField] = &[StaticSchemaMarkerField {
        key: "detail",
        label: "Detail",
        format: MarkerFieldFormat::String,
        flags: MarkerFieldFlags::SEARCHABLE,
    }];

    fn name(&self, _: &mut Profile) -> StringHandle {
        self.name
    }

    fn category(&self, _: &mut Profile) -> CategoryHandle {
        self.category
    }

    fn string_field_value(&self, _: u32) -> StringHandle {
        self.detail
    }

    fn number_field_value(&self, _: u32) -> f64 {
        0.0
    }
}
