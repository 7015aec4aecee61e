//! Who to talk to, worked out as libpq does: flags, connection string, service, environment, defaults.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::options::Found;
use super::pgpass;
use super::secret::Secret;

/// What the user typed.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// A URI, `key=value` pairs, or the name of a database.
    pub dsn: Option<String>,
    /// `-h`: names, addresses or socket directories, separated by commas.
    pub host: Option<String>,
    /// `-p`: one port, or one a host.
    pub port: Option<String>,
    /// `-U`.
    pub user: Option<String>,
    /// `-d`, where it is no connection string.
    pub dbname: Option<String>,
    /// Where the password comes from.
    pub password: PasswordPrompt,
}

/// Where a password comes from.
#[derive(Debug, Clone, Default)]
pub enum PasswordPrompt {
    /// Connection string, environment or password file.
    #[default]
    Auto,
    /// `-w`: the same, and nobody is asked.
    Never,
    /// Asked for.
    Given(Secret),
}

/// Everything outside that can matter, handed in so that the rest depends on nothing else.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// The user's name in the operating system.
    pub os_user: Option<String>,
}

impl fmt::Debug for Surroundings {
    /// The environment can hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("home", &self.home).field("os_user", &self.os_user).finish_non_exhaustive()
    }
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let env: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = std::env::home_dir();
        let named = env.get("USER").or_else(|| env.get("LOGNAME")).or_else(|| env.get("USERNAME")).cloned();
        let os_user = user_of_process().or(named);
        Self { env, home, os_user }
    }
}

/// The name of the user that the process runs as, which `USER` may not be (sudo, containers).
#[cfg(unix)]
fn user_of_process() -> Option<String> {
    let uid = rustix::process::geteuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn user_of_process() -> Option<String> {
    None
}

/// What is wrong with the connection that was asked for. Never holds a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConninfoError {
    /// The connection string cannot be read.
    #[error("the connection string has {why}")]
    Malformed {
        /// What is wrong.
        why: String,
    },
    /// libpq has no such option.
    #[error("no connection option is named \"{name}\"")]
    UnknownOption {
        /// As it was typed.
        name: String,
        /// The nearest that there is.
        nearest: Option<&'static str>,
    },
    /// An option has a value that it cannot have.
    #[error("the connection option {name} cannot be \"{value}\": expected {expected}")]
    BadValue {
        /// The option.
        name: &'static str,
        /// As it was given.
        value: String,
        /// What it can be.
        expected: &'static str,
    },
    /// The service file has no such section.
    #[error("no service is named \"{name}\" in {looked}")]
    NoService {
        /// The service.
        name: String,
        /// The files that were looked at.
        looked: String,
    },
}

impl ConninfoError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownOption { nearest: Some(nearest), .. } => Some(format!("did you mean {nearest}?")),
            Self::NoService { .. } => Some("name the file in PGSERVICEFILE, or the server with -h and -d".to_owned()),
            Self::Malformed { .. } => {
                Some("expected postgres://user@host:port/database or host=… dbname=…, quoted for the shell".to_owned())
            }
            _ => None,
        }
    }
}

/// Options that would make the connection safer or refuse it, which we cannot keep: better to say so than to go on.
const NOT_KEPT: &[&str] = &["sslcrl", "sslcrldir", "requirepeer", "require_auth", "ssl_max_protocol_version"];

/// How the connection is encrypted; libpq's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = ConninfoError;

    fn from_str(text: &str) -> Result<Self, ConninfoError> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => {
                let expected = "disable, allow, prefer, require, verify-ca or verify-full";
                return Err(bad_value("sslmode", text, expected));
            }
        })
    }
}

/// What kind of server is wanted of several; libpq's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionAttrs {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl FromStr for SessionAttrs {
    type Err = ConninfoError;

    fn from_str(text: &str) -> Result<Self, ConninfoError> {
        Ok(match text {
            "any" => Self::Any,
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => {
                let expected = "any, read-write, read-only, primary, standby or prefer-standby";
                return Err(bad_value("target_session_attrs", text, expected));
            }
        })
    }
}

fn bad_value(name: &'static str, value: &str, expected: &'static str) -> ConninfoError {
    ConninfoError::BadValue { name, value: value.to_owned(), expected }
}

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// A name, an address, or a socket directory (starts with `/` or `@`).
    pub(super) host: String,
    /// Where to connect instead of looking the name up.
    pub(super) hostaddr: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) password: Option<Secret>,
}

impl Place {
    pub(super) fn is_socket(&self) -> bool {
        self.hostaddr.is_none() && is_socket(&self.host)
    }
}

fn is_socket(host: &str) -> bool {
    host.starts_with('/') || host.starts_with('@')
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_socket(), self.host.contains(':')) {
            (true, _) => write!(f, "{}/.s.PGSQL.{}", self.host, self.port),
            (false, true) => write!(f, "[{}]:{}", self.host, self.port),
            (false, false) => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Who to talk to. `Debug` and every message leave passwords out.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) places: Vec<Place>,
    pub(super) user: String,
    pub(super) dbname: String,
    pub(super) sslmode: SslMode,
    pub(super) sslrootcert: Option<String>,
    pub(super) sslcert: Option<PathBuf>,
    pub(super) sslkey: Option<PathBuf>,
    pub(super) direct_tls: bool,
    pub(super) channel_binding: Option<String>,
    pub(super) attrs: SessionAttrs,
    pub(super) application_name: String,
    pub(super) options: Option<String>,
    pub(super) connect_timeout: Duration,
    origins: Vec<(&'static str, String, String)>,
    warnings: Vec<String>,
}

/// libpq waits for ever; a tool that hangs without a word is worse than one that says so.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Target {
    /// Works out who to talk to, with libpq's precedence: flags, connection string, service, environment, `DATABASE_URL`
    /// (which is not libpq's), defaults.
    pub fn resolve(request: &Request, surroundings: &Surroundings) -> Result<Self, ConninfoError> {
        let found = Found::of(request, surroundings)?;
        let text = |name: &str| found.get(name).map(str::to_owned);
        let user = text("user").or_else(|| surroundings.os_user.clone()).unwrap_or_else(|| "postgres".to_owned());
        let dbname = text("dbname").unwrap_or_else(|| user.clone());
        let mut target = Self {
            places: places(&found)?,
            sslmode: found.get("sslmode").map_or(Ok(SslMode::Prefer), str::parse)?,
            sslrootcert: text("sslrootcert").or_else(|| in_home(surroundings, "root.crt")),
            sslcert: text("sslcert").or_else(|| in_home(surroundings, "postgresql.crt")).map(PathBuf::from),
            sslkey: text("sslkey").or_else(|| in_home(surroundings, "postgresql.key")).map(PathBuf::from),
            direct_tls: found.get("sslnegotiation") == Some("direct"),
            channel_binding: text("channel_binding"),
            attrs: found.get("target_session_attrs").map_or(Ok(SessionAttrs::Any), str::parse)?,
            application_name: text("application_name").unwrap_or_else(|| "perf-look".to_owned()),
            options: text("options"),
            connect_timeout: connect_timeout(&found)?,
            origins: Vec::new(),
            warnings: not_kept(&found),
            user,
            dbname,
        };
        // libpq's rule: the system's certificates prove a chain, so a name must be checked too.
        if target.sslrootcert.as_deref() == Some("system") && found.get("sslmode").is_none() {
            target.sslmode = SslMode::VerifyFull;
        }
        target.find_passwords(&found, request, surroundings);
        target.note_origins(&found);
        Ok(target)
    }

    /// `user@host:port/database`, without the password.
    pub fn describe(&self) -> String {
        let places: Vec<String> = self.places.iter().map(Place::to_string).collect();
        format!("{}@{}/{}", self.user, places.join(","), self.dbname)
    }

    /// Name, value and origin of each setting; passwords are masked.
    pub fn origins(&self) -> &[(&'static str, String, String)] {
        &self.origins
    }

    /// What was ignored, and why.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether any server would be given a password.
    pub fn has_password(&self) -> bool {
        self.places.iter().any(|place| place.password.is_some())
    }

    fn find_passwords(&mut self, found: &Found, request: &Request, surroundings: &Surroundings) {
        let given = match &request.password {
            PasswordPrompt::Given(secret) => Some(secret.clone()),
            _ => found.get("password").map(Secret::new),
        };
        let file = found.get("passfile").map(PathBuf::from);
        let file = file.or_else(|| Some(surroundings.home.as_ref()?.join(".pgpass")));
        for place in &mut self.places {
            place.password.clone_from(&given);
            let Some(file) = file.as_ref().filter(|_| given.is_none()) else { continue };
            let host = if is_default_socket(&place.host) { "localhost" } else { &place.host };
            let login = pgpass::Login { host, port: place.port, dbname: &self.dbname, user: &self.user };
            match pgpass::look_up(file, login) {
                Ok(secret) => place.password = secret,
                Err(warning) if self.warnings.contains(&warning) => {}
                Err(warning) => self.warnings.push(warning),
            }
        }
    }

    fn note_origins(&mut self, found: &Found) {
        for (name, (value, origin)) in &found.0 {
            let secret = matches!(*name, "password" | "sslpassword");
            let shown = if secret { "********".to_owned() } else { value.clone() };
            self.origins.push((name, shown, origin.clone()));
        }
        let places = self.places.iter().map(Place::to_string).collect::<Vec<_>>().join(",");
        for (name, value) in [("host", places), ("user", self.user.clone()), ("dbname", self.dbname.clone())] {
            if !found.0.contains_key(name) {
                self.origins.push((name, value, "default".to_owned()));
            }
        }
        if found.get("password").is_none() && self.has_password() {
            self.origins.push(("password", "********".to_owned(), "asked for, or the password file".to_owned()));
        }
    }
}

/// Where libpq's builds put their sockets.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

fn is_default_socket(host: &str) -> bool {
    SOCKET_FOLDERS.contains(&host)
}

fn places(found: &Found) -> Result<Vec<Place>, ConninfoError> {
    let list = |name: &str| found.get(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let addresses = list("hostaddr").unwrap_or_default();
    let hosts = list("host").unwrap_or_else(|| if addresses.is_empty() { vec![""] } else { addresses.clone() });
    let ports = list("port").unwrap_or_default();
    let mut places = Vec::new();
    for (index, host) in hosts.iter().enumerate() {
        // One port is for all hosts.
        let port = ports.get(index).or_else(|| ports.first().filter(|_| ports.len() == 1)).copied().unwrap_or("");
        let port = match port {
            "" => 5432,
            port => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| bad_value("port", port, "1 to 65535"))?,
        };
        let hostaddr = match addresses.get(index).copied().unwrap_or("") {
            "" => None,
            address => Some(address.parse().map_err(|_| bad_value("hostaddr", address, "an IP address"))?),
        };
        let host = if host.is_empty() { default_host(port) } else { (*host).to_owned() };
        places.push(Place { host, hostaddr, port, password: None });
    }
    Ok(places)
}

/// The folder in which a socket of that port waits, else the first that exists, else this machine by TCP.
fn default_host(port: u16) -> String {
    let folders = || SOCKET_FOLDERS.iter().filter(|_| cfg!(unix));
    let waits = |folder: &&&str| std::path::Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    let exists = |folder: &&&str| std::path::Path::new(folder).is_dir();
    folders()
        .find(waits)
        .or_else(|| folders().find(exists))
        .map_or("localhost".to_owned(), |folder| (*folder).to_owned())
}

fn connect_timeout(found: &Found) -> Result<Duration, ConninfoError> {
    let Some(text) = found.get("connect_timeout") else {
        return Ok(CONNECT_TIMEOUT);
    };
    let seconds: i64 = text.trim().parse().map_err(|_| bad_value("connect_timeout", text, "whole seconds"))?;
    Ok(match u64::try_from(seconds) {
        // As in libpq: zero and below wait for ever.
        Ok(0) | Err(_) => Duration::from_hours(24),
        Ok(seconds) => Duration::from_secs(seconds.max(2)),
    })
}

fn not_kept(found: &Found) -> Vec<String> {
    let given = NOT_KEPT.iter().filter(|name| found.get(name).is_some());
    given.map(|name| format!("the connection option {name} is not supported and has no effect")).collect()
}

/// libpq's default files, where they exist.
fn in_home(surroundings: &Surroundings, name: &str) -> Option<String> {
    let file = surroundings.home.as_ref()?.join(".postgresql").join(name);
    file.exists().then(|| file.display().to_string())
}
