//! What was asked for, option by option, and where each value is from: the first that speaks wins.

use std::collections::BTreeMap;

use super::conninfo::{ConninfoError, Request, Surroundings};
use super::{dsn, service};

/// Options that libpq knows, with the variable that sets each and whether we act on it.
const OPTIONS: &[(&str, Option<&str>)] = &[
    ("application_name", Some("PGAPPNAME")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("client_encoding", Some("PGCLIENTENCODING")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("dbname", Some("PGDATABASE")),
    ("fallback_application_name", None),
    ("gssdelegation", Some("PGGSSDELEGATION")),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("gsslib", Some("PGGSSLIB")),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("keepalives", None),
    ("keepalives_count", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("krbsrvname", Some("PGKRBSRVNAME")),
    ("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    ("options", Some("PGOPTIONS")),
    ("passfile", Some("PGPASSFILE")),
    ("password", Some("PGPASSWORD")),
    ("port", Some("PGPORT")),
    ("replication", None),
    ("require_auth", Some("PGREQUIREAUTH")),
    ("requirepeer", Some("PGREQUIREPEER")),
    ("service", Some("PGSERVICE")),
    ("servicefile", None),
    ("sslcert", Some("PGSSLCERT")),
    ("sslcertmode", Some("PGSSLCERTMODE")),
    ("sslcompression", Some("PGSSLCOMPRESSION")),
    ("sslcrl", Some("PGSSLCRL")),
    ("sslcrldir", Some("PGSSLCRLDIR")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslpassword", None),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslsni", Some("PGSSLSNI")),
    ("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    ("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("tcp_user_timeout", None),
    ("user", Some("PGUSER")),
];

/// The values that were found, each with where it came from; the first wins.
pub(super) struct Found(pub(super) BTreeMap<&'static str, (String, String)>);

impl Found {
    fn set(&mut self, name: &str, value: String, origin: &str) -> Result<(), ConninfoError> {
        let Some((name, _)) = OPTIONS.iter().find(|(known, _)| *known == name) else {
            let near = |known: &str| strsim::damerau_levenshtein(known, name);
            let nearest = OPTIONS.iter().map(|(known, _)| *known).min_by_key(|known| near(known));
            return Err(ConninfoError::UnknownOption {
                name: name.to_owned(),
                nearest: nearest.filter(|known| near(known) <= 3),
            });
        };
        self.0.entry(name).or_insert_with(|| (value, origin.to_owned()));
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn of(request: &Request, surroundings: &Surroundings) -> Result<Self, ConninfoError> {
        let mut found = Self(BTreeMap::new());
        let flags = [
            ("host", &request.host, "-h"),
            ("port", &request.port, "-p"),
            ("user", &request.user, "-U"),
            ("dbname", &request.dbname, "-d"),
        ];
        for (name, value, flag) in flags {
            if let Some(value) = value {
                found.set(name, value.clone(), flag)?;
            }
        }
        for (name, value) in request.dsn.as_deref().map(dsn::parse).transpose()?.unwrap_or_default() {
            found.set(&name, value, "connection string")?;
        }
        let env = |name: &str| surroundings.env.get(name).filter(|value| !value.is_empty());
        let named = found.get("service").map(str::to_owned).or_else(|| env("PGSERVICE").cloned());
        if let Some(name) = named {
            let (pairs, file) = service::look_up(&name, surroundings)?;
            for (key, value) in pairs {
                found.set(&key, value, &format!("service {name} of {}", file.display()))?;
            }
        }
        for (name, variable) in OPTIONS {
            if let Some((variable, value)) = variable.and_then(|variable| Some((variable, env(variable)?))) {
                found.set(name, value.clone(), variable)?;
            }
        }
        if let Some(url) = env("DATABASE_URL").filter(|_| found.get("host").is_none() && found.get("dbname").is_none())
        {
            for (name, value) in dsn::parse(url)? {
                found.set(&name, value, "DATABASE_URL")?;
            }
        }
        Ok(found)
    }
}
