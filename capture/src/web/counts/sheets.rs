//! The style sheets that live in a page, with their text and what of it matched.

use std::collections::BTreeMap;

use perf_look_analyzers::web::capture::{SheetOrigin, StyleSheet};
use perf_look_analyzers::web::place::Position;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::browser::{BrowserError, Events, Page};
use crate::web::sources::map_text;

/// Listens for sheets, and notes which rules match.
#[derive(Debug)]
pub(in crate::web) struct Sheets {
    events: Events,
    to: Use,
}

/// Whether it is noted which rules match, which takes time from the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Use {
    Noted,
    Ignored,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Header {
    style_sheet_id: String,
    #[serde(rename = "sourceURL")]
    source_url: String,
    #[serde(rename = "sourceMapURL")]
    source_map_url: String,
    origin: String,
    frame_id: String,
    is_inline: bool,
    is_constructed: bool,
    start_line: f64,
    start_column: f64,
}

/// Parts of a text that matched, by sheet.
type Used = BTreeMap<String, Vec<(u32, u32)>>;

impl Sheets {
    /// Begins to listen; before the page is loaded.
    pub(in crate::web) async fn listen(page: &Page, to: Use) -> Result<Self, BrowserError> {
        let events = page.events(&["CSS.styleSheetAdded", "CSS.styleSheetRemoved"]).await?;
        page.call("DOM.enable", json!({})).await?;
        page.call("CSS.enable", json!({})).await?;
        if to == Use::Noted {
            page.call("CSS.startRuleUsageTracking", json!({})).await?;
        }
        Ok(Self { events, to })
    }

    /// The sheets that live now, in the order of their names; those with one text as one.
    pub(in crate::web) async fn take(mut self, page: &Page) -> Result<Vec<StyleSheet>, BrowserError> {
        let used = if self.to == Use::Noted { Some(used(page).await?) } else { None };
        let mut sheets = self.texts(page, used.as_ref()).await?;
        if self.to == Use::Noted && sheets.iter().any(|sheet| sheet.origin == SheetOrigin::Injected) {
            sheets = self.read_anew(page, sheets).await?;
        }
        count_adoptions(page, &mut sheets).await?;
        Ok(sheets)
    }

    async fn texts(&mut self, page: &Page, used: Option<&Used>) -> Result<Vec<StyleSheet>, BrowserError> {
        let urls = documents(page).await?;
        let mut sheets = Vec::new();
        for header in self.live()? {
            let params = json!({ "styleSheetId": header.style_sheet_id });
            let mut answer = match page.call("CSS.getStyleSheetText", params).await {
                // A sheet may go at any time.
                Err(BrowserError::Refused { .. }) => continue,
                answer => answer?,
            };
            let text = if let Value::String(text) = answer["text"].take() { text } else { String::new() };
            let map = match &*header.source_map_url {
                "" => None,
                said => map_text(page, (&header.source_url, said)).await,
            };
            sheets.push(StyleSheet { map, ..header.sheet(text, used, &urls) });
        }
        Ok(sheets)
    }

    /// The browser has the text of a script's sheet as that was first; what was inserted later it only has when it
    /// reads all anew, and then it has other names for them.
    async fn read_anew(&mut self, page: &Page, before: Vec<StyleSheet>) -> Result<Vec<StyleSheet>, BrowserError> {
        page.call("CSS.disable", json!({})).await?;
        self.events.ready()?;
        page.call("CSS.enable", json!({})).await?;
        let (mut before, mut sheets): (Vec<_>, Vec<_>) =
            before.into_iter().partition(|sheet| sheet.origin == SheetOrigin::Injected);
        let anew = self.texts(page, None).await?;
        for sheet in anew.into_iter().filter(|sheet| sheet.origin == SheetOrigin::Injected) {
            let same = before.iter().position(|other| (&other.url, &other.text) == (&sheet.url, &sheet.text));
            let used = same.and_then(|place| before.remove(place).used);
            sheets.push(StyleSheet { used, ..sheet });
        }
        Ok(sheets)
    }

    /// Headers of all that were added and not removed since, in the order in which they came.
    fn live(&mut self) -> Result<Vec<Header>, BrowserError> {
        let mut live: Vec<Header> = Vec::new();
        for event in self.events.ready()? {
            if event.method == "CSS.styleSheetRemoved" {
                live.retain(|header| event.params["styleSheetId"] != *header.style_sheet_id);
                continue;
            }
            let header: Header = serde_json::from_value(event.params["header"].clone()).unwrap_or_default();
            // One whose text was changed comes anew under its name.
            live.retain(|other| other.style_sheet_id != header.style_sheet_id);
            if header.origin == "regular" {
                live.push(header);
            }
        }
        Ok(live)
    }
}

impl Header {
    fn sheet(self, text: String, used: Option<&Used>, documents: &BTreeMap<String, String>) -> StyleSheet {
        let origin = self.origin(documents);
        let url =
            if self.source_url.is_empty() { documents.get(&self.frame_id).cloned() } else { Some(self.source_url) };
        let used = used.map(|used| used.get(&self.style_sheet_id).cloned().unwrap_or_default());
        let start = Position::from_zero(whole(self.start_line), whole(self.start_column));
        StyleSheet {
            id: self.style_sheet_id,
            url: url.unwrap_or_default(),
            origin,
            text,
            adopted_by: 1,
            used,
            start,
            map: None,
        }
    }

    fn origin(&self, documents: &BTreeMap<String, String>) -> SheetOrigin {
        let is_of_document = self.source_url.is_empty() || documents.values().any(|url| *url == self.source_url);
        match (self.is_constructed, self.is_inline, is_of_document) {
            (true, ..) => SheetOrigin::Constructed,
            (_, true, _) => SheetOrigin::Inline,
            (_, _, true) => SheetOrigin::Injected,
            _ => SheetOrigin::Linked,
        }
    }
}

/// A number of the protocol that is whole and small.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lines and columns; what is none is cut off"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

async fn used(page: &Page) -> Result<Used, BrowserError> {
    let answer = page.call("CSS.stopRuleUsageTracking", json!({})).await?;
    let mut used = Used::new();
    for rule in answer["ruleUsage"].as_array().into_iter().flatten() {
        let offset = |field: &str| rule[field].as_f64().map(whole);
        if let (Some(sheet), Some(start), Some(end)) =
            (rule["styleSheetId"].as_str(), offset("startOffset"), offset("endOffset"))
            && rule["used"] == true
        {
            used.entry(sheet.to_owned()).or_default().push((start, end));
        }
    }
    for ranges in used.values_mut() {
        ranges.sort_unstable();
        ranges.dedup();
    }
    Ok(used)
}

/// The addresses of the documents of a page, by frame.
async fn documents(page: &Page) -> Result<BTreeMap<String, String>, BrowserError> {
    let tree = page.call("Page.getFrameTree", json!({})).await?;
    let mut urls = BTreeMap::new();
    let mut left = vec![&tree["frameTree"]];
    while let Some(tree) = left.pop() {
        if let (Some(id), Some(url)) = (tree["frame"]["id"].as_str(), tree["frame"]["url"].as_str()) {
            urls.insert(id.to_owned(), url.to_owned());
        }
        left.extend(tree["childFrames"].as_array().into_iter().flatten());
    }
    Ok(urls)
}

/// Counts how many documents and shadow trees have a constructed sheet.
async fn count_adoptions(page: &Page, sheets: &mut [StyleSheet]) -> Result<(), BrowserError> {
    let mut constructed: Vec<&mut StyleSheet> =
        sheets.iter_mut().filter(|sheet| sheet.origin == SheetOrigin::Constructed).collect();
    if constructed.is_empty() {
        return Ok(());
    }
    let texts: Vec<&str> = constructed.iter().map(|sheet| &*sheet.text).collect();
    let counts = page.evaluate(&format!("globalThis.__perf_look?.adoptions({})", json!(texts))).await?;
    for (sheet, count) in constructed.iter_mut().zip(counts.as_array().into_iter().flatten()) {
        sheet.adopted_by = count.as_u64().unwrap_or(1).max(1);
    }
    Ok(())
}

/// One row for the sheets that have one text, with what matched in any of them.
pub(in crate::web) fn merge(mut sheets: Vec<StyleSheet>) -> Vec<StyleSheet> {
    let mut merged: Vec<StyleSheet> = Vec::new();
    let mut places: BTreeMap<(String, SheetOrigin, String), usize> = BTreeMap::new();
    // They come in any order: some are loaded at one time.
    sheets.sort_by(|a, b| (&a.url, a.start, a.origin, &a.text).cmp(&(&b.url, b.start, b.origin, &b.text)));
    for sheet in sheets {
        let key = (sheet.url.clone(), sheet.origin, sheet.text.clone());
        let id = format!("sheet {}", merged.len() + 1);
        if let Some(known) = places.get(&key).and_then(|place| merged.get_mut(*place)) {
            known.adopted_by += sheet.adopted_by;
            if let (Some(known), Some(used)) = (&mut known.used, sheet.used) {
                known.extend(used);
                known.sort_unstable();
                known.dedup();
            }
            continue;
        }
        places.insert(key, merged.len());
        // Chromium's own names have the number of a process in them.
        merged.push(StyleSheet { id, ..sheet });
    }
    merged
}
