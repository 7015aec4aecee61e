//! Source maps, where a page has them: from its server as the page itself would ask, out of the script, from the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use perf_look_analyzers::web::source_map::{MAX_BYTES, SourceMap};
use serde_json::json;
use url::Url;

use super::Script;
use crate::browser::{BrowserError, Page};

/// The maps that were looked for, by address, and what went wrong.
#[derive(Debug, Default)]
pub(super) struct Maps {
    found: BTreeMap<String, Option<Arc<SourceMap>>>,
    notes: BTreeSet<String>,
}

/// A server that has not sent a map by then will not be waited for: places are then those of the bundle.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a map may be.
enum Place {
    /// In the script itself: `data:`.
    Written(String),
    /// The script says so.
    Said(Url),
    /// Where builds put it that do not say so.
    Usual(Url),
}

impl Maps {
    /// The map of a script; none where there is none that can be used.
    pub(super) async fn of(&mut self, page: &Page, script: &Script) -> Option<Arc<SourceMap>> {
        let place = Place::of(script)?;
        let name = place.name();
        if !self.found.contains_key(&name) {
            let map = match place.read(page).await {
                Ok(map) => map.map(Arc::new),
                Err(why) => {
                    self.notes.insert(format!("places in {} are those of the build: {why}", script.url));
                    None
                }
            };
            self.found.insert(name.clone(), map);
        }
        self.found.get(&name)?.clone()
    }

    pub(super) fn notes(self) -> Vec<String> {
        self.notes.into_iter().collect()
    }
}

impl Place {
    fn of(script: &Script) -> Option<Self> {
        if script.map.starts_with("data:") {
            return Some(Self::Written(script.map.clone()));
        }
        let base = Url::parse(&script.base).ok()?;
        match &*script.map {
            "" => usual(base).map(Self::Usual),
            relative => base.join(relative).ok().map(Self::Said),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Written(text) => text.clone(),
            Self::Said(url) | Self::Usual(url) => url.to_string(),
        }
    }

    /// What is missing where nobody said that it were there is no mistake.
    async fn read(&self, page: &Page) -> Result<Option<SourceMap>, String> {
        let url = match self {
            Self::Written(text) => return SourceMap::from_data_url(text).map(Some).map_err(|why| why.to_string()),
            Self::Said(url) | Self::Usual(url) => url,
        };
        let map = match fetch(page, url).await {
            Ok(bytes) => SourceMap::parse(&bytes).map_err(|why| format!("{url}: {why}")),
            Err(why) => Err(format!("the source map {url} could not be loaded: {why}")),
        };
        match self {
            Self::Usual(_) => Ok(map.ok()),
            _ => map.map(Some),
        }
    }
}

/// The text of the map that a style sheet names; none where there is none that can be had.
pub(in crate::web) async fn map_text(page: &Page, (sheet, said): (&str, &str)) -> Option<String> {
    let bytes = match said.strip_prefix("data:") {
        Some(written) => BASE64_STANDARD.decode(written.split_once("base64,")?.1).ok()?,
        None => fetch(page, &Url::parse(sheet).ok()?.join(said).ok()?).await.ok()?,
    };
    String::from_utf8(bytes).ok().filter(|text| SourceMap::parse(text.as_bytes()).is_ok())
}

/// The address of a script with `.map` behind its path.
fn usual(mut url: Url) -> Option<Url> {
    let path = url.path().to_owned();
    let is_script = path.ends_with("js");
    is_script.then(|| {
        url.set_path(&format!("{path}.map"));
        url
    })
}

async fn fetch(page: &Page, url: &Url) -> Result<Vec<u8>, String> {
    match url.scheme() {
        "file" => read_beside(page, url).await,
        "http" | "https" => match tokio::time::timeout(PATIENCE, load(page, url)).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("it had not come after {} s", PATIENCE.as_secs())),
        },
        scheme => Err(format!("nothing can be loaded from {scheme}: addresses")),
    }
}

/// Through the browser, with the page's cookies.
async fn load(page: &Page, url: &Url) -> Result<Result<Vec<u8>, String>, BrowserError> {
    let tree = page.call("Page.getFrameTree", json!({})).await?;
    let options = json!({ "disableCache": true, "includeCredentials": true });
    let params = json!({ "frameId": tree["frameTree"]["frame"]["id"], "url": url.as_str(), "options": options });
    let answer = page.call("Network.loadNetworkResource", params).await?;
    let resource = &answer["resource"];
    let Some(stream) = resource["stream"].as_str() else {
        let status = resource["httpStatusCode"].as_u64().filter(|status| *status >= 400);
        let why = status.map(|status| format!("HTTP status {status}"));
        return Ok(Err(why.unwrap_or_else(|| resource["netErrorName"].as_str().unwrap_or("no answer").to_owned())));
    };
    let mut bytes = Vec::new();
    page.read_stream(stream, |piece| {
        // One byte more says that it is too large.
        let room = (MAX_BYTES + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
    })
    .await?;
    Ok(Ok(bytes))
}

/// From the disk, but only what lies where the page does: a page must not have us read any other file.
async fn read_beside(page: &Page, url: &Url) -> Result<Vec<u8>, String> {
    let tree = page.call("Page.getFrameTree", json!({})).await.map_err(|error| error.to_string())?;
    let document = Url::parse(tree["frameTree"]["frame"]["url"].as_str().unwrap_or_default()).ok();
    let path = |url: &Url| url.to_file_path().ok().and_then(|path| path.canonicalize().ok());
    let file = path(url).ok_or("there is no such file")?;
    let folder = document.as_ref().and_then(path).and_then(|page| page.parent().map(Path::to_owned));
    match folder {
        Some(folder) if file.starts_with(&folder) => read(file),
        _ => Err("it does not lie beside or below the page".to_owned()),
    }
}

fn read(file: PathBuf) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let opened = std::fs::File::open(file).map_err(|error| error.to_string())?;
    opened.take(most).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lie_behind_scripts_where_nothing_is_said() {
        let of = |url: &str| usual(Url::parse(url).unwrap()).map(String::from);
        assert_eq!(of("http://a/b/c.js?v=1").unwrap(), "http://a/b/c.js.map?v=1");
        assert_eq!(of("http://a/page.html"), None);
    }
}
