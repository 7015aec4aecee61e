//! What a page is shown on: its size, colours, motion, and whether scripts run.

use serde_json::json;

use super::error::BrowserError;
use super::options::Viewport;
use super::page::Page;

/// What style sheets are told by `@media`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Media {
    /// Screen or paper.
    pub medium: Medium,
    /// `prefers-color-scheme`.
    pub scheme: Scheme,
    /// `prefers-reduced-motion`.
    pub motion: Motion,
}

/// Screen or paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Medium {
    /// A screen.
    #[default]
    Screen,
    /// Paper.
    Print,
}

/// `prefers-color-scheme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// `prefers-reduced-motion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Motion {
    /// As the page likes.
    #[default]
    Full,
    /// As little as possible.
    Reduced,
}

/// Whether a page's own scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// They do.
    Enabled,
    /// They do not.
    Disabled,
}

impl Page {
    /// Makes the page as large, in CSS pixels, each of them a pixel of the screen.
    pub async fn set_viewport(&self, width: u32, height: u32) -> Result<(), BrowserError> {
        self.set_size(Viewport { width, height, scale: 1.0 }).await
    }

    /// Whether the page's own scripts run, from the next page load on.
    pub async fn set_scripts(&self, scripts: Scripts) -> Result<(), BrowserError> {
        let params = json!({ "value": scripts == Scripts::Disabled });
        self.call("Emulation.setScriptExecutionDisabled", params).await?;
        Ok(())
    }

    /// What the page's style sheets are told.
    pub async fn emulate_media(&self, media: Media) -> Result<(), BrowserError> {
        let medium = match media.medium {
            Medium::Screen => "screen",
            Medium::Print => "print",
        };
        let scheme = match media.scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let motion = match media.motion {
            Motion::Full => "no-preference",
            Motion::Reduced => "reduce",
        };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features })).await?;
        Ok(())
    }
}
