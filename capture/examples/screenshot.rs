//! Takes a picture of a page: `cargo run -p perf-look-capture --example screenshot -- FILE.html OUT.png [WIDTHxHEIGHT]`.
//! `--dark` asks for dark colours; without a size the picture is 1,280 wide and as long as the page.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use perf_look_capture::browser::{Browser, BrowserError, LaunchOptions, Media, Page, Scheme, file_url};

const USAGE: &str = "screenshot [--dark] URL|FILE OUT.png [WIDTHxHEIGHT]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_dark = arguments.iter().any(|argument| argument == "--dark");
    arguments.retain(|argument| argument != "--dark");
    let (page, out, size) = match &arguments[..] {
        [page, out] => (page, out, None),
        [page, out, size] => (page, out, Some(read_size(size)?)),
        _ => return Err(USAGE.into()),
    };
    let scheme = if is_dark { Scheme::Dark } else { Scheme::Light };
    let browser = Browser::launch(&LaunchOptions::default()).await.map_err(with_help)?;
    let png = shoot(&browser, &address(page)?, size, scheme).await.map_err(with_help)?;
    browser.close().await?;
    Ok(std::fs::write(out, png)?)
}

async fn shoot(
    browser: &Browser,
    url: &str,
    size: Option<(u32, u32)>,
    scheme: Scheme,
) -> Result<Vec<u8>, BrowserError> {
    let page: Page = browser.new_page().await?;
    let (width, height) = size.unwrap_or((1_280, 800));
    page.set_viewport(width, height).await?;
    page.emulate_media(Media { scheme, ..Media::default() }).await?;
    page.goto(url, Duration::from_secs(30)).await?;
    if size.is_some() { page.screenshot().await } else { page.screenshot_of_all().await }
}

fn read_size(text: &str) -> Result<(u32, u32), Box<dyn Error>> {
    let (width, height) = text.split_once('x').ok_or(USAGE)?;
    Ok((width.parse()?, height.parse()?))
}

fn address(page: &str) -> Result<String, Box<dyn Error>> {
    let is_address = page.contains("://") || page.starts_with("data:");
    Ok(if is_address { page.to_owned() } else { file_url(Path::new(page))? })
}

fn with_help(error: BrowserError) -> Box<dyn Error> {
    match error.help() {
        Some(help) => format!("{error}; {help}").into(),
        None => error.into(),
    }
}
