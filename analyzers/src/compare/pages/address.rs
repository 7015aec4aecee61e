//! Addresses by which a file is known in both captures.

use std::borrow::Cow;

use crate::digest::digest;
use crate::web::Page;
use crate::web::capture::PageCapture;
use crate::web::place::Site;

/// What stands for the address of the document itself, which is another one in each variant of a page.
const DOCUMENT: &str = "(document)";

/// Longer addresses hold what they lead to: `data:image/png;base64,…`.
const LONGEST: usize = 200;

/// How addresses of a capture are told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses<'a> {
    document: &'a str,
}

impl<'a> Addresses<'a> {
    pub(crate) fn of(page: &'a Page) -> Self {
        Self::of_capture(&page.capture)
    }

    fn of_capture(capture: &'a PageCapture) -> Self {
        Self { document: without_query(&capture.url) }
    }

    /// A file: without host and port, which change from run to run, and without what stands behind `?`.
    pub(crate) fn file(self, url: &str) -> Cow<'_, str> {
        if without_query(url) == self.document {
            DOCUMENT.into()
        } else {
            bounded(unbuilt(without_query(without_host(url))))
        }
    }

    /// What was asked for, with what stands behind `?`.
    pub(super) fn request(self, url: &str) -> Cow<'_, str> {
        if without_query(url) == self.document { DOCUMENT.into() } else { bounded(unbuilt(without_host(url))) }
    }

    /// The file and the function of a place.
    pub(super) fn place(self, site: &Site) -> String {
        let file = self.file(site.file());
        match site.function() {
            Some(function) => format!("{file} {function}"),
            None => file.into_owned(),
        }
    }
}

fn without_query(url: &str) -> &str {
    // What holds its contents has no query.
    if url.starts_with("data:") { url } else { url.split(['?', '#']).next().unwrap_or(url) }
}

/// `http://127.0.0.1:8080/js/app.js?v=1` is `/js/app.js?v=1`; other addresses stay as they are.
pub(super) fn without_host(url: &str) -> &str {
    if url.starts_with("blob:") {
        // The rest is drawn by lot.
        return "blob:";
    }
    let rest = ["http://", "https://", "file://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.map_or(url, |rest| rest.find('/').map_or("/", |path| &rest[path..]))
}

/// `/js/main.3f9a2c1b.js` is `/js/main.*.js`: what a build puts into names is another one in the next.
fn unbuilt(path: &str) -> Cow<'_, str> {
    let begin = path.split(['?', '#']).next().unwrap_or(path).rfind('/').map_or(0, |slash| slash + 1);
    let parts = path[begin..].split_inclusive(['.', '-', '?', '#', '&']);
    if path.starts_with("data:") || !parts.clone().skip(1).any(is_made_by_a_build) {
        return Cow::Borrowed(path);
    }
    let mut name = path[..begin].to_owned();
    for (place, part) in parts.enumerate() {
        if place > 0 && is_made_by_a_build(part) {
            name.push('*');
            name.push_str(&part[part.trim_end_matches(['.', '-', '?', '#', '&']).len()..]);
        } else {
            name.push_str(part);
        }
    }
    Cow::Owned(name)
}

/// Eight letters and more that are digits and `a` to `f`, or digits and letters of both cases.
fn is_made_by_a_build(part: &str) -> bool {
    const SHORTEST: usize = 8;
    let part = part.trim_end_matches(['.', '-', '?', '#', '&']);
    let has = |is: fn(char) -> bool| part.contains(is);
    let is_hexadecimal = part.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    let is_mixed = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase());
    part.len() >= SHORTEST && has(|c| c.is_ascii_digit()) && (is_hexadecimal || is_mixed)
}

fn bounded(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text;
    }
    let begin: String = text.chars().take(LONGEST / 4).collect();
    Cow::Owned(format!("{begin}… {}", digest([&*text])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_left_out() {
        let addresses = Addresses { document: "http://127.0.0.1:1/a/page.html" };
        assert_eq!(addresses.file("http://127.0.0.1:2/js/app.js?v=1"), "/js/app.js");
        assert_eq!(addresses.request("http://127.0.0.1:2/js/app.js?v=1"), "/js/app.js?v=1");
        assert_eq!(addresses.file("http://127.0.0.1:1/a/page.html?rows=3"), DOCUMENT);
        assert_eq!(addresses.file("src/app/bad.jsx"), "src/app/bad.jsx");
        assert_eq!(addresses.request("https://example.org"), "/");
        assert_eq!(addresses.request("blob:http://a/0-1-2"), "blob:");
    }

    #[test]
    fn what_a_build_puts_into_names_is_left_out() {
        let addresses = Addresses { document: "" };
        assert_eq!(addresses.file("http://a/js/main.3f9a2c1b.js"), "/js/main.*.js");
        assert_eq!(addresses.file("http://a/assets/index-BkJ3x9aQ.css?v=1"), "/assets/index-*.css");
        assert_eq!(addresses.request("http://a/main.js?3f9a2c1b0d"), "/main.js?*");
        assert_eq!(addresses.file("http://a/app/bad-reselect5.js"), "/app/bad-reselect5.js");
        assert_eq!(addresses.file("http://a/3f9a2c1b/deadbeef01"), "/3f9a2c1b/deadbeef01");
    }

    #[test]
    fn an_address_that_holds_what_it_leads_to_is_cut_and_stays_its_own() {
        let addresses = Addresses { document: "" };
        let [one, other] = ["a", "b"].map(|end| format!("data:image/png;base64,{}{end}", "A".repeat(400)));
        assert!(addresses.request(&one).len() < 100);
        assert_ne!(addresses.request(&one), addresses.request(&other));
    }
}
