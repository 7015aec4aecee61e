//! Markers of what is outside a plan's nodes, and of what happened to a page.

use fxprof_processed_profile::{
    CategoryHandle, MarkerFieldFlags, MarkerFieldFormat, MarkerTiming, Profile, StaticSchemaMarker,
    StaticSchemaMarkerField, StringHandle, ThreadHandle, Timestamp,
};

use super::super::Mark;
use super::Writer;

/// Adds a marker for each.
pub(super) fn add(writer: &mut Writer<'_>, thread: ThreadHandle, marks: &[Mark]) {
    for mark in marks {
        let category = writer.category(mark.class);
        let profile = &mut writer.profile;
        let name = profile.intern_string(&mark.name);
        let detail = profile.intern_string(&mark.detail);
        let (start, end) = mark.span;
        let (start, end) = (Timestamp::from_nanos_since_reference(start), Timestamp::from_nanos_since_reference(end));
        let timing = if start == end { MarkerTiming::Instant(start) } else { MarkerTiming::Interval(start, end) };
        profile.add_marker(thread, timing, Outside { name, detail, category });
    }
}

/// What is beside the samples.
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
