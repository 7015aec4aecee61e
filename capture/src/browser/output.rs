//! What a page looks like: to the eye, on paper, and to a screen reader.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::BrowserError;
use super::page::{Page, field};

/// A node of the accessibility tree, as a screen reader meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxNode {
    /// What it is: `button`, `heading`, `StaticText`.
    pub role: String,
    /// What it is called; empty where nothing names it.
    pub name: String,
    /// Whether screen readers pass it over.
    pub ignored: bool,
}

/// The answer of `Accessibility.getFullAXTree`, as far as it is read.
#[derive(Debug, Deserialize)]
struct Tree {
    nodes: Vec<TreeNode>,
}

#[derive(Debug, Deserialize)]
struct TreeNode {
    ignored: bool,
    role: Option<TreeValue>,
    name: Option<TreeValue>,
}

#[derive(Debug, Deserialize)]
struct TreeValue {
    #[serde(default)]
    value: Value,
}

impl Page {
    /// What is in the viewport, as PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>, BrowserError> {
        self.shoot(json!({ "format": "png" })).await
    }

    /// The whole page, as wide as the viewport and as long as it is, as PNG.
    pub async fn screenshot_of_all(&self) -> Result<Vec<u8>, BrowserError> {
        let metrics = self.call("Page.getLayoutMetrics", json!({})).await?;
        let size = &metrics["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        self.shoot(json!({ "format": "png", "clip": clip, "captureBeyondViewport": true })).await
    }

    async fn shoot(&self, params: Value) -> Result<Vec<u8>, BrowserError> {
        decode(self.call("Page.captureScreenshot", params).await?, "Page.captureScreenshot")
    }

    /// The page as it is printed, with its colours, as PDF.
    pub async fn pdf(&self) -> Result<Vec<u8>, BrowserError> {
        let params = json!({ "printBackground": true, "preferCSSPageSize": true });
        decode(self.call("Page.printToPDF", params).await?, "Page.printToPDF")
    }

    /// What a screen reader meets, in its order.
    pub async fn accessibility_tree(&self) -> Result<Vec<AxNode>, BrowserError> {
        const METHOD: &str = "Accessibility.getFullAXTree";
        let answer = self.call(METHOD, json!({})).await?;
        let incomplete = |_| BrowserError::Incomplete { method: METHOD, field: "nodes" };
        let tree: Tree = serde_json::from_value(answer).map_err(incomplete)?;
        let text =
            |value: Option<TreeValue>| value.and_then(|it| Some(it.value.as_str()?.to_owned())).unwrap_or_default();
        let node = |node: TreeNode| AxNode { role: text(node.role), name: text(node.name), ignored: node.ignored };
        Ok(tree.nodes.into_iter().map(node).collect())
    }
}

fn decode(answer: Value, method: &'static str) -> Result<Vec<u8>, BrowserError> {
    let data = field(answer, (method, "data"))?;
    BASE64_STANDARD.decode(data).map_err(|_| BrowserError::Incomplete { method, field: "data" })
}
