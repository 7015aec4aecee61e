//! A connection: the hosts in their order, with TLS or without, and errors that say what to do.

use std::error::Error as _;
use std::fmt;

use thiserror::Error;
use tokio_postgres::config::{ChannelBinding, Config, SslMode as WireSslMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conninfo::{Place, SessionAttrs, SslMode, Target};
use super::tls::{self, TlsError};

/// A connection to one server. Closed when it is dropped; a statement that runs is cancelled with [`Session::cancel`].
pub struct Session {
    /// To send statements with.
    pub client: Client,
    /// To stop them with.
    pub cancel: Cancel,
    /// `SHOW server_version`, its first word: `15.18`.
    pub server_version: String,
    /// `SHOW server_version_num`: 150018.
    pub server_version_num: u32,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("server_version", &self.server_version).finish_non_exhaustive()
    }
}

/// Stops what a session runs, by a connection of its own.
#[derive(Clone)]
pub struct Cancel {
    token: CancelToken,
    tls: Option<MakeRustlsConnect>,
}

impl Cancel {
    /// Asks the server to stop the running statement. The statement then ends with an error of its own.
    pub async fn cancel(&self) -> Result<(), tokio_postgres::Error> {
        match &self.tls {
            Some(tls) => self.token.cancel_query(tls.clone()).await,
            None => self.token.cancel_query(NoTls).await,
        }
    }
}

/// No server could be reached: why, for each that was tried.
#[derive(Debug, Error)]
pub struct ConnectError {
    attempts: Vec<(String, Cause)>,
    login: String,
}

/// Why one server could not be used.
#[derive(Debug)]
enum Cause {
    Tls(TlsError),
    Driver(tokio_postgres::Error),
    /// `connect_timeout`, in seconds.
    Slow(u64),
    /// Not the kind of server that `target_session_attrs` asks for.
    OtherKind(&'static str),
    NoPassword,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not connect as {}", self.login)?;
        for (place, cause) in &self.attempts {
            write!(f, "; {place}: {}", cause.text())?;
        }
        Ok(())
    }
}

impl Cause {
    fn text(&self) -> String {
        match self {
            Self::Tls(error) => error.to_string(),
            Self::Driver(error) => describe(error),
            Self::Slow(seconds) => format!("no answer within {seconds} s"),
            Self::OtherKind(wanted) => format!("the server is not {wanted}, as target_session_attrs asks"),
            Self::NoPassword => "the server asks for a password, and there is none".to_owned(),
        }
    }

    fn help(&self) -> Option<String> {
        let text = self.text();
        let has = |part: &str| text.contains(part);
        let help = match self {
            Self::NoPassword => "give it in ~/.pgpass or PGPASSWORD, or let -W ask for it",
            Self::Slow(_) => "check host and port (-h, -p), or allow more with PGCONNECT_TIMEOUT",
            Self::Tls(TlsError::NoRoots { .. }) => "name them with PGSSLROOTCERT=FILE, or PGSSLROOTCERT=system",
            Self::Driver(error) if error.code() == Some(&SqlState::INVALID_PASSWORD) => {
                "the password is wrong, or the user (-U) is: check ~/.pgpass, PGPASSWORD, or let -W ask for it"
            }
            Self::Driver(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {
                "name a database that exists with -d; psql -l lists them"
            }
            Self::Driver(error) if error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                "pg_hba.conf does not let this user in from here, or the user (-U) does not exist"
            }
            _ if has("UnsupportedCertVersion") => {
                "the server's certificate is of X.509 version 1, which is not accepted: make it again with \
                 openssl x509 -req … -extfile <(echo subjectAltName=DNS:HOST)"
            }
            _ if has("CaUsedAsEndEntity") => {
                "the server shows a CA's certificate as its own: put that very file into PGSSLROOTCERT, or make it \
                 with openssl req -x509 … -addext basicConstraints=CA:FALSE"
            }
            _ if has("UnknownIssuer") => "the certificate is not signed by those of PGSSLROOTCERT",
            _ if has("not valid for name") => {
                "the certificate is for another name: use that one with -h, or PGSSLMODE=verify-ca"
            }
            _ if has("does not support TLS") => "use PGSSLMODE=prefer, or switch ssl on in the server",
            Self::Driver(error) if error.code().is_none() => {
                "is a server running there? name it with -h and -p, or try perf-look demo, which starts one of its own"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

impl ConnectError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        self.attempts.iter().rev().find_map(|(_, cause)| cause.help())
    }

    /// Whether a password was asked for that nobody gave, or a wrong one was given.
    pub fn needs_password(&self) -> bool {
        self.attempts.iter().any(|(_, cause)| match cause {
            Cause::NoPassword => true,
            Cause::Driver(error) => error.code() == Some(&SqlState::INVALID_PASSWORD),
            _ => false,
        })
    }
}

/// An error of the driver with its causes; its own text is only "db error".
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(server) = error.as_db_error() {
        let hint = server.hint().map_or(String::new(), |hint| format!(" (hint: {hint})"));
        return format!("{} [{}]{hint}", server.message(), server.code().code());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text
}

/// Connects to the first server of the target that answers and is of the kind that is wanted.
pub async fn connect(target: &Target) -> Result<Session, ConnectError> {
    let mut attempts = Vec::new();
    // "prefer-standby" takes any server when no standby answers.
    let rounds: &[SessionAttrs] = match target.attrs {
        SessionAttrs::PreferStandby => &[SessionAttrs::Standby, SessionAttrs::Any],
        _ => std::slice::from_ref(&target.attrs),
    };
    for attrs in rounds {
        for place in &target.places {
            match try_place(target, place, *attrs).await {
                Ok(session) => return Ok(session),
                Err(cause) => attempts.push((place.to_string(), cause)),
            }
        }
    }
    Err(ConnectError { attempts, login: format!("user {}, database {}", target.user, target.dbname) })
}

/// What is tried of encryption, in order.
fn tries(target: &Target, place: &Place) -> &'static [WireSslMode] {
    use WireSslMode::{Disable, Prefer, Require};
    if place.is_socket() {
        return &[Disable];
    }
    match target.sslmode {
        SslMode::Disable => &[Disable],
        SslMode::Allow => &[Disable, Require],
        // The driver falls back where the server has no TLS, but not where pg_hba.conf refuses it.
        SslMode::Prefer => &[Prefer, Disable],
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Require],
    }
}

async fn try_place(target: &Target, place: &Place, attrs: SessionAttrs) -> Result<Session, Cause> {
    let mut refused = None;
    for mode in tries(target, place) {
        match open(target, place, *mode).await {
            Ok(session) => return check_kind(session, attrs).await,
            Err(Cause::Driver(error)) if is_about_encryption(&error) && refused.is_none() => {
                refused = Some(Cause::Driver(error));
            }
            // The first refusal says what the user asked for; the fall-back's would be about what he did not.
            Err(cause) => return Err(refused.unwrap_or(cause)),
        }
    }
    Err(refused.unwrap_or(Cause::OtherKind("reachable")))
}

/// pg_hba.conf has no entry for this kind of connection, or TLS failed: another kind may do.
fn is_about_encryption(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => code == &SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => describe(error).contains("TLS handshake"),
    }
}

async fn open(target: &Target, place: &Place, mode: WireSslMode) -> Result<Session, Cause> {
    let config = config(target, place, mode);
    let timeout = target.connect_timeout;
    let opened = async {
        if mode == WireSslMode::Disable {
            let (client, connection) = config.connect(NoTls).await.map_err(Cause::of)?;
            tokio::spawn(connection);
            return Ok((client, None));
        }
        let tls = tls::connector(target).map_err(Cause::Tls)?;
        let (client, connection) = config.connect(tls.clone()).await.map_err(Cause::of)?;
        tokio::spawn(connection);
        Ok((client, Some(tls)))
    };
    let (client, tls) = tokio::time::timeout(timeout, opened).await.map_err(|_| Cause::Slow(timeout.as_secs()))??;
    let (server_version, server_version_num) = version(&client).await.map_err(Cause::Driver)?;
    let cancel = Cancel { token: client.cancel_token(), tls };
    Ok(Session { client, cancel, server_version, server_version_num })
}

impl Cause {
    fn of(error: tokio_postgres::Error) -> Self {
        // The driver has no code of its own for it.
        if error.code().is_none() && describe(&error).contains("password missing") {
            Self::NoPassword
        } else {
            Self::Driver(error)
        }
    }
}

fn config(target: &Target, place: &Place, mode: WireSslMode) -> Config {
    let mut config = Config::new();
    config.user(&target.user).dbname(&target.dbname).application_name(&target.application_name);
    config.port(place.port).ssl_mode(mode).connect_timeout(target.connect_timeout);
    if place.is_socket() {
        config.host_path(&place.host);
    } else {
        config.host(&place.host);
    }
    if let Some(address) = place.hostaddr {
        config.hostaddr(address);
    }
    if let Some(password) = &place.password {
        config.password(password.expose());
    }
    // Poolers refuse start-up options, so none are sent that nobody asked for.
    if let Some(options) = &target.options {
        config.options(options);
    }
    if target.direct_tls && mode == WireSslMode::Require {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    config.channel_binding(match target.channel_binding.as_deref() {
        Some("require") => ChannelBinding::Require,
        Some("disable") => ChannelBinding::Disable,
        _ => ChannelBinding::Prefer,
    });
    config
}

async fn version(client: &Client) -> Result<(String, u32), tokio_postgres::Error> {
    // Unnamed statements, since a pooler may hand the next one to another server.
    let sql = "select /* perf-look */ current_setting('server_version'), current_setting('server_version_num')";
    let rows = client.query_typed(sql, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok((String::new(), 0));
    };
    let (text, number): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let word = text.split_whitespace().next().unwrap_or_default().to_owned();
    Ok((word, number.parse().unwrap_or(0)))
}

async fn check_kind(session: Session, attrs: SessionAttrs) -> Result<Session, Cause> {
    if matches!(attrs, SessionAttrs::Any | SessionAttrs::PreferStandby) {
        return Ok(session);
    }
    let sql = "select /* perf-look */ pg_catalog.pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
    let rows = session.client.query_typed(sql, &[]).await.map_err(Cause::Driver)?;
    let flag = |column: usize| rows.first().and_then(|row| row.try_get::<_, bool>(column).ok()).unwrap_or(false);
    let (standby, read_only) = (flag(0), flag(1));
    let (fits, wanted) = match attrs {
        SessionAttrs::ReadWrite => (!read_only, "read-write"),
        SessionAttrs::ReadOnly => (read_only, "read-only"),
        SessionAttrs::Primary => (!standby, "a primary"),
        SessionAttrs::Standby => (standby, "a standby"),
        SessionAttrs::Any | SessionAttrs::PreferStandby => (true, "any"),
    };
    if fits { Ok(session) } else { Err(Cause::OtherKind(wanted)) }
}
