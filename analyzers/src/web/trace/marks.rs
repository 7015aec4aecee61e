//! When a page showed something, when it was loaded, and how much it moved.

use serde::{Deserialize, Serialize};

use super::event::{Event, InData, Nothing, Number};
use super::page::Page;

/// Moments of a load, in microseconds since the navigation. What did not happen, or was not recorded, is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// The first byte of the document (TTFB).
    pub first_byte_us: Option<u64>,
    /// The first text or image (FCP).
    pub first_contentful_paint_us: Option<u64>,
    /// The largest text or image (LCP).
    pub largest_contentful_paint: Option<LargestPaint>,
    /// DOMContentLoaded.
    pub dom_content_loaded_us: Option<u64>,
    /// The load event.
    pub load_us: Option<u64>,
    /// The worst window of layout shifts (CLS).
    pub layout_shift: Option<f64>,
}

/// The largest text or image that the page showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargestPaint {
    /// Since the navigation.
    pub at_us: u64,
    /// `text`, `image`, `video`.
    pub kind: String,
    /// The element, as `IMG id='hero'`; none in older browsers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// In square pixels.
    pub size: u64,
}

/// What of it was read.
#[derive(Debug, Default)]
pub(super) struct Collected {
    paints: Vec<(u64, String)>,
    largest: Vec<(u64, LargestData)>,
    content: Vec<(u64, String)>,
    loads: Vec<(u64, String)>,
    responses: Vec<(u64, ResponseData)>,
    shifts: Vec<(u64, f64)>,
    /// Whether shifts are recorded.
    recorded: Recorded,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Recorded {
    #[default]
    No,
    Yes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LargestData {
    navigation_id: String,
    candidate_index: u64,
    node_name: Option<String>,
    size: Number,
    r#type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PaintData {
    navigation_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MarkData {
    frame: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResponseData {
    request_id: String,
    timing: Option<ResponseTiming>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResponseTiming {
    /// In seconds, on the clock of the trace.
    request_time: Number,
    /// In milliseconds since that.
    receive_headers_start: Option<Number>,
    receive_headers_end: Option<Number>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShiftData {
    had_recent_input: bool,
    score: Number,
    weighted_score_delta: Option<Number>,
}

impl Collected {
    /// Says that the trace has the category of layout shifts, so that none is none.
    pub(super) fn has_shifts(&mut self) {
        self.recorded = Recorded::Yes;
    }

    pub(super) fn paint(&mut self, event: Event<'_, InData<PaintData>>) {
        let at_us = event.start_us();
        self.paints.push((at_us, event.args.data.unwrap_or_default().navigation_id));
    }

    pub(super) fn largest(&mut self, event: Event<'_, InData<LargestData>>) {
        let at_us = event.start_us();
        self.largest.push((at_us, event.args.data.unwrap_or_default()));
    }

    pub(super) fn dom_content(&mut self, event: Event<'_, InData<MarkData>>) {
        let at_us = event.start_us();
        self.content.push((at_us, event.args.data.unwrap_or_default().frame));
    }

    pub(super) fn load(&mut self, event: Event<'_, InData<MarkData>>) {
        let at_us = event.start_us();
        self.loads.push((at_us, event.args.data.unwrap_or_default().frame));
    }

    /// `loadEventEnd`, which is there where the category of `MarkLoad` is not.
    pub(super) fn load_end(&mut self, event: Event<'_, InData<Nothing>>) {
        let at_us = event.start_us();
        self.loads.push((at_us, event.args.frame.unwrap_or_default()));
    }

    pub(super) fn response(&mut self, event: Event<'_, InData<ResponseData>>) {
        let at_us = event.start_us();
        self.responses.push((at_us, event.args.data.unwrap_or_default()));
    }

    pub(super) fn shift(&mut self, event: Event<'_, InData<ShiftData>>) {
        let at_us = event.start_us();
        let data = event.args.data.unwrap_or_default();
        if !data.had_recent_input {
            self.shifts.push((at_us, data.weighted_score_delta.unwrap_or(data.score).value()));
        }
    }

    pub(super) fn finish(mut self, page: &Page) -> Marks {
        let layout_shift = self.layout_shift(page);
        let Some(navigation) = &page.navigation else {
            return Marks { layout_shift, ..Marks::default() };
        };
        let of_page = |marks: &[(u64, String)]| {
            let times = marks.iter().filter(|(at_us, frame)| page.shows(frame, *at_us));
            times.map(|(at_us, _)| page.since_us(*at_us)).min()
        };
        let painted = self.paints.iter().filter(|(_, id)| *id == navigation.id);
        let first_contentful_paint_us = painted.map(|(at_us, _)| page.since_us(*at_us)).min();
        Marks {
            first_byte_us: self.first_byte_us(page, &navigation.id),
            first_contentful_paint_us,
            dom_content_loaded_us: of_page(&self.content),
            load_us: of_page(&self.loads),
            layout_shift,
            largest_contentful_paint: self.largest_paint(page, &navigation.id),
        }
    }

    fn largest_paint(&mut self, page: &Page, navigation: &str) -> Option<LargestPaint> {
        let of_page =
            std::mem::take(&mut self.largest).into_iter().filter(|(_, data)| data.navigation_id == navigation);
        let (at_us, data) = of_page.max_by_key(|(at_us, data)| (data.candidate_index, *at_us))?;
        Some(LargestPaint {
            at_us: page.since_us(at_us),
            kind: data.r#type,
            node: data.node_name,
            size: data.size.whole(),
        })
    }

    /// The document's response has the number of its navigation.
    fn first_byte_us(&self, page: &Page, navigation: &str) -> Option<u64> {
        let of_page = self.responses.iter().filter(|(_, data)| data.request_id == navigation);
        let (at_us, data) = of_page.min_by_key(|(at_us, _)| *at_us)?;
        let measured = data.timing.as_ref().and_then(|timing| {
            let headers = timing.receive_headers_start.or(timing.receive_headers_end)?;
            (headers.value() >= 0.0).then(|| timing.request_time.seconds_as_us().saturating_add(headers.ms_as_us()))
        });
        Some(page.since_us(measured.unwrap_or(*at_us)))
    }

    /// Windows end after a second without a shift, and after five in any case.
    fn layout_shift(&mut self, page: &Page) -> Option<f64> {
        self.shifts.retain(|(at_us, _)| page.origin_us <= *at_us);
        self.shifts.sort_by_key(|(at_us, _)| *at_us);
        let (mut worst, mut sum, mut first, mut last) = (0.0_f64, 0.0, 0, 0);
        for (at_us, score) in &self.shifts {
            if at_us - last > 1_000_000 || at_us - first > 5_000_000 {
                (sum, first) = (0.0, *at_us);
            }
            sum += score;
            last = *at_us;
            worst = worst.max(sum);
        }
        (self.recorded == Recorded::Yes).then_some(worst)
    }
}
