//! What a page's server knows its user by: headers and cookies, read from files and shown to nobody else.

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use url::Url;

use crate::postgres::Secret;

/// A header that goes along with each request to the page's own host, and to no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: Secret,
}

/// A cookie.
#[derive(Debug, Clone, PartialEq)]
pub struct Cookie {
    name: String,
    value: Secret,
    domain: String,
    path: String,
    is_secure: bool,
    is_http_only: bool,
    /// Whether only the domain itself gets it, not those below.
    is_host_only: bool,
    /// `Strict`, `Lax` or `None`.
    same_site: Option<&'static str>,
    /// In seconds since 1970; none for one that ends with the browser.
    expires: Option<f64>,
}

/// A file of headers or cookies that cannot be read. It never shows what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretsError {
    /// A line is no header.
    #[error("line {0} is no header")]
    Header(usize),
    /// A line is no cookie.
    #[error("line {0} is no cookie")]
    Line(usize),
    /// It is JSON, but no list of cookies.
    #[error("the JSON is no list of cookies (line {line}, column {column})")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}

impl SecretsError {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Header(_) => "write a header on each line, as Name: value",
            Self::Line(_) | Self::Json { .. } => {
                "export the cookies from a browser, as JSON or as cookies.txt in Netscape's format"
            }
        }
    }
}

impl Header {
    /// Reads `Name: value` on each line; empty lines, and those that begin with `#`, are passed over.
    pub fn read(text: &str) -> Result<Vec<Self>, SecretsError> {
        let lines = text.lines().map(str::trim).zip(1..);
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        lines.map(|(line, number)| Self::of(line).ok_or(SecretsError::Header(number))).collect()
    }

    fn of(line: &str) -> Option<Self> {
        let (name, value) = line.split_once(':')?;
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let is_header = !name.is_empty() && name.chars().all(is_token) && !value.chars().any(char::is_control);
        is_header.then(|| Self { name: name.to_owned(), value: Secret::new(value.trim()) })
    }
}

/// A cookie as browsers, their extensions and test drivers write it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    name: String,
    value: String,
    domain: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    secure: bool,
    #[serde(default)]
    http_only: bool,
    #[serde(default)]
    host_only: bool,
    #[serde(default)]
    same_site: Option<String>,
    #[serde(default, alias = "expires")]
    expiration_date: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Export {
    List(Vec<Exported>),
    Within { cookies: Vec<Exported> },
}

impl Cookie {
    /// Reads the JSON that browsers and test drivers export, or `cookies.txt`.
    pub fn read(text: &str) -> Result<Vec<Self>, SecretsError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with(['[', '{']) { from_json(text) } else { from_lines(text) }
    }

    /// For `Storage.setCookies`.
    pub(super) fn params(&self) -> Value {
        let host = self.domain.trim_start_matches('.');
        let mut params = json!({ "name": self.name, "value": self.value.expose(), "path": self.path,
                                 "secure": self.is_secure, "httpOnly": self.is_http_only });
        if self.is_host_only {
            let scheme = if self.is_secure { "https" } else { "http" };
            params["url"] = format!("{scheme}://{host}{}", self.path).into();
        } else {
            params["domain"] = self.domain.clone().into();
        }
        if let Some(same_site) = self.same_site {
            params["sameSite"] = same_site.into();
        }
        if let Some(expires) = self.expires {
            params["expires"] = expires.into();
        }
        params
    }
}

fn from_json(text: &str) -> Result<Vec<Cookie>, SecretsError> {
    // Its own words could quote a value.
    let no_list = |error: serde_json::Error| SecretsError::Json { line: error.line(), column: error.column() };
    let cookies = match serde_json::from_str(text).map_err(no_list)? {
        Export::List(cookies) | Export::Within { cookies } => cookies,
    };
    Ok(cookies.into_iter().map(Cookie::from).collect())
}

impl From<Exported> for Cookie {
    fn from(it: Exported) -> Self {
        let same_site = match it.same_site.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("strict") => Some("Strict"),
            Some("lax") => Some("Lax"),
            Some("none" | "no_restriction") => Some("None"),
            _ => None,
        };
        Self {
            name: it.name,
            value: Secret::new(it.value),
            // An address, such as an IP address, has no domains below.
            is_host_only: it.host_only || !it.domain.starts_with('.'),
            domain: it.domain,
            path: it.path.unwrap_or_else(|| "/".to_owned()),
            is_secure: it.secure,
            is_http_only: it.http_only,
            same_site,
            expires: it.expiration_date.filter(|&expires| expires > 0.0),
        }
    }
}

/// `cookies.txt`: fields between tabs; some comments are cookies.
fn from_lines(text: &str) -> Result<Vec<Cookie>, SecretsError> {
    let lines = text.lines().map(|line| line.trim_end_matches('\r')).zip(1..);
    let is_cookie = |line: &str| !line.trim().is_empty() && (!line.starts_with('#') || line.starts_with(HTTP_ONLY));
    let lines = lines.filter(|(line, _)| is_cookie(line));
    lines.map(|(line, number)| from_line(line).ok_or(SecretsError::Line(number))).collect()
}

const HTTP_ONLY: &str = "#HttpOnly_";

fn from_line(line: &str) -> Option<Cookie> {
    let (line, is_http_only) = line.strip_prefix(HTTP_ONLY).map_or((line, false), |line| (line, true));
    let fields: Vec<&str> = line.split('\t').collect();
    let &[domain, below, path, secure, expires, name, value] = fields.as_slice() else { return None };
    Some(Cookie {
        name: name.to_owned(),
        value: Secret::new(value),
        domain: domain.to_owned(),
        path: path.to_owned(),
        is_secure: secure.eq_ignore_ascii_case("true"),
        is_http_only,
        is_host_only: !below.eq_ignore_ascii_case("true"),
        same_site: None,
        expires: Some(expires.parse::<f64>().ok()?).filter(|&expires| expires > 0.0),
    })
}

/// Headers with the host that gets them.
#[derive(Debug, Clone)]
pub(super) struct OwnHeaders {
    host: String,
    /// Whether they must not go over an open line.
    is_secure: bool,
    headers: Vec<Header>,
}

impl OwnHeaders {
    /// For the host of this address; none where it has no host, or there are no headers.
    pub(super) fn of(url: &str, headers: &[Header]) -> Option<Self> {
        let url = Url::parse(url).ok().filter(|_| !headers.is_empty())?;
        let host = url.host_str()?.to_owned();
        Some(Self { host, is_secure: url.scheme() == "https", headers: headers.to_vec() })
    }

    /// What Chromium stops for us, not more than it has to.
    pub(super) fn patterns(&self) -> Value {
        json!([{ "urlPattern": format!("*://{}/*", self.host) }, { "urlPattern": format!("*://{}:*/*", self.host) }])
    }

    /// The headers of `Fetch.requestPaused`'s request with these in their place, if it goes to their host.
    pub(super) fn with(&self, request: &Value) -> Option<Value> {
        let url = Url::parse(request["url"].as_str()?).ok()?;
        let is_own = url.host_str() == Some(&*self.host) && (url.scheme() == "https" || !self.is_secure);
        let replaced = |name: &str| self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        let sent = request["headers"].as_object().into_iter().flatten().filter(|(name, _)| !replaced(name));
        let sent = sent.map(|(name, value)| json!({ "name": name, "value": value }));
        let own = self.headers.iter();
        let own = own.map(|header| json!({ "name": header.name, "value": header.value.expose() }));
        is_own.then(|| sent.chain(own).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_never_shown() {
        let headers = Header::read("# mine\n\nAuthorization: Bearer a:b\r\nX-Empty:\n").unwrap();
        let shown: Vec<_> = headers.iter().map(|header| (&*header.name, header.value.expose())).collect();
        assert_eq!(shown, [("Authorization", "Bearer a:b"), ("X-Empty", "")]);
        assert!(!format!("{headers:?}").contains("Bearer"));
        assert_eq!(Header::read("A: b\nsecret words"), Err(SecretsError::Header(2)));
        assert_eq!(Header::read("Two words: b"), Err(SecretsError::Header(1)));
    }

    #[test]
    fn cookies_are_read_from_what_extensions_and_test_drivers_write() {
        let extension = r#"[{"domain": ".a.example", "expirationDate": 1900000000.5, "hostOnly": false, "httpOnly": true,
            "name": "n", "path": "/p", "sameSite": "no_restriction", "secure": true, "session": false, "value": "v"}]"#;
        let expected = json!({ "name": "n", "value": "v", "path": "/p", "secure": true, "httpOnly": true,
                               "domain": ".a.example", "sameSite": "None", "expires": 1_900_000_000.5 });
        assert_eq!(Cookie::read(extension).unwrap()[0].params(), expected);
        let driver = r#"{"cookies": [{"name": "n", "value": "v", "domain": "127.0.0.1", "path": "/", "expires": -1,
            "httpOnly": false, "secure": false, "sameSite": "Lax"}], "origins": []}"#;
        let expected = json!({ "name": "n", "value": "v", "path": "/", "secure": false, "httpOnly": false,
                               "url": "http://127.0.0.1/", "sameSite": "Lax" });
        assert_eq!(Cookie::read(driver).unwrap()[0].params(), expected);
    }

    #[test]
    fn cookies_are_read_from_lines() {
        let text = "# Netscape HTTP Cookie File\n\n.a.example\tTRUE\t/\tTRUE\t1900000000\tn\tv\n\
                    #HttpOnly_b.example\tFALSE\t/p\tFALSE\t0\tm\t\n";
        let cookies: Vec<Value> = Cookie::read(text).unwrap().iter().map(Cookie::params).collect();
        let first = json!({ "name": "n", "value": "v", "path": "/", "secure": true, "httpOnly": false,
                            "domain": ".a.example", "expires": 1_900_000_000.0 });
        let second = json!({ "name": "m", "value": "", "path": "/p", "secure": false, "httpOnly": true,
                             "url": "http://b.example/p" });
        assert_eq!(cookies, [first, second]);
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        assert_eq!(Cookie::read("a secret"), Err(SecretsError::Line(1)));
        let error = Cookie::read(r#"[{"name": "n", "value": 12345, "domain": "a"}]"#).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("12345"), "{error}");
        assert!(matches!(Cookie::read("[{"), Err(SecretsError::Json { line: 1, .. })));
    }

    #[test]
    fn headers_go_to_their_own_host_alone_and_not_over_an_open_line() {
        let headers = Header::read("Authorization: secret").unwrap();
        let own = OwnHeaders::of("https://a.example:444/x", &headers).unwrap();
        let with = |url: &str| own.with(&json!({ "url": url, "headers": { "Accept": "*/*", "authorization": "b" } }));
        let expected = json!([{ "name": "Accept", "value": "*/*" }, { "name": "Authorization", "value": "secret" }]);
        assert_eq!(with("https://a.example/y"), Some(expected));
        assert_eq!(
            [with("http://a.example/"), with("https://b.a.example/"), with("https://a.example.org/")],
            [None, None, None]
        );
        assert!(OwnHeaders::of("file:///x", &headers).is_none());
    }
}
