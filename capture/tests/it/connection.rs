//! Connections to real servers: as libpq makes them, and with errors that say what to do.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use perf_look_capture::postgres::scratch::{Scratch, ScratchError};
use perf_look_capture::postgres::{
    ConnectError, ExplainError, Options, PasswordPrompt, Request, Secret, Sql, Surroundings, Target, connect, explain,
};

/// Never to be seen in anything that is printed.
const PASSWORD: &str = "geheim-7";

/// A server on loopback that asks for passwords, and its certificates.
struct Server {
    scratch: Scratch,
    port: u16,
}

impl Server {
    async fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let scratch = match Scratch::start_with(port, &["listen_addresses=127.0.0.1"]).await {
            Ok(scratch) => scratch,
            Err(ScratchError::NoServer(error)) => {
                // The one place where a test talks: a skip must not pass for a success.
                std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {error}\n").as_bytes()).unwrap();
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let server = Self { scratch, port };
        server.run(&format!("create role me login password '{PASSWORD}'; create database shop owner me")).await;
        server.allow("host all all all scram-sha-256").await;
        Some(server)
    }

    /// Runs something as the server's owner.
    async fn run(&self, sql: &str) {
        let session = connect(&self.scratch.target()).await.unwrap();
        for statement in sql.split(';') {
            session.client.batch_execute(statement).await.unwrap();
        }
    }

    /// Sets who may connect how, beside the owner on the socket.
    async fn allow(&self, lines: &str) {
        let file = self.scratch.folder().join("data/pg_hba.conf");
        std::fs::write(&file, format!("local all postgres trust\n{lines}\n")).unwrap();
        self.run("select pg_reload_conf()").await;
        // The postmaster reads it when it gets round to it.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }

    fn request(&self) -> Request {
        Request {
            host: Some("127.0.0.1".to_owned()),
            port: Some(self.port.to_string()),
            user: Some("me".to_owned()),
            dbname: Some("shop".to_owned()),
            password: PasswordPrompt::Given(Secret::new(PASSWORD)),
            ..Request::default()
        }
    }

    /// An error's words without what differs from run to run.
    fn shown(&self, error: &ConnectError) -> String {
        let text = format!("{error}\nhelp: {}", error.help().unwrap_or_default());
        assert!(!text.contains(PASSWORD), "{text}");
        let folder = self.scratch.folder().display().to_string();
        text.replace(&self.port.to_string(), "PORT").replace(&folder, "FOLDER")
    }
}

fn surroundings(env: &[(&str, &str)]) -> Surroundings {
    let env: BTreeMap<String, String> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Surroundings { env, home: None, os_user: Some("somebody".to_owned()) }
}

async fn user_of(target: &Target) -> Result<String, ConnectError> {
    let session = connect(target).await?;
    Ok(session.client.query_one("select current_user || '@' || current_database()", &[]).await.unwrap().get(0))
}

#[tokio::test]
async fn flags_strings_services_and_the_environment_all_lead_there() {
    let Some(server) = Server::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let port = server.port.to_string();
    let service = folder.path().join("services");
    std::fs::write(
        &service,
        format!("[other]\nhost=nowhere.invalid\n[shop]\nhost=127.0.0.1\nport={port}\nuser=me\ndbname=shop\npassword={PASSWORD}\n"),
    )
    .unwrap();
    let pgpass = folder.path().join("pgpass");
    std::fs::write(&pgpass, format!("# mine\n127.0.0.1:{port}:*:me:{PASSWORD}\n")).unwrap();
    std::fs::set_permissions(&pgpass, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (service, pgpass) = (service.display().to_string(), pgpass.display().to_string());
    let dsn = |dsn: String| Request { dsn: Some(dsn), ..Request::default() };
    let cases: Vec<(&str, Request, Surroundings)> = vec![
        ("flags", server.request(), surroundings(&[("PGUSER", "wrong"), ("PGHOST", "nowhere.invalid")])),
        ("a URI", dsn(format!("postgres://me:{PASSWORD}@127.0.0.1:{port}/shop")), surroundings(&[("PGDATABASE", "x")])),
        (
            "pairs",
            dsn(format!("host=127.0.0.1 port={port} user=me dbname=shop password='{PASSWORD}'")),
            surroundings(&[]),
        ),
        (
            "a service",
            dsn("service=shop".to_owned()),
            surroundings(&[("PGSERVICEFILE", &service), ("PGUSER", "wrong")]),
        ),
        (
            "the environment",
            Request::default(),
            surroundings(&[
                ("PGHOST", "127.0.0.1"),
                ("PGPORT", &port),
                ("PGUSER", "me"),
                ("PGDATABASE", "shop"),
                ("PGPASSWORD", PASSWORD),
            ]),
        ),
        (
            "a password file",
            Request { password: PasswordPrompt::Never, ..server.request() },
            surroundings(&[("PGPASSFILE", &pgpass)]),
        ),
        (
            "the last resort",
            Request::default(),
            surroundings(&[("DATABASE_URL", &format!("postgres://me:{PASSWORD}@127.0.0.1:{port}/shop"))]),
        ),
        (
            "several hosts, the first of them dead",
            dsn(format!("postgres://me:{PASSWORD}@127.0.0.1:1,127.0.0.1:{port}/shop?target_session_attrs=read-write")),
            surroundings(&[]),
        ),
    ];
    for (name, request, surroundings) in cases {
        let target = Target::resolve(&request, &surroundings).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(user_of(&target).await.unwrap_or_else(|error| panic!("{name}: {error}")), "me@shop", "{name}");
        let printed =
            format!("{target:?} {} {:?} {:?} {request:?}", target.describe(), target.origins(), target.warnings());
        let own = request.dsn.as_deref().unwrap_or_default();
        assert!(!printed.replace(own, "").contains(PASSWORD), "{name}: {printed}");
    }
}

#[tokio::test]
async fn a_password_file_that_others_can_read_is_ignored_and_that_is_said() {
    let Some(server) = Server::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let pgpass = folder.path().join("pgpass");
    std::fs::write(&pgpass, format!("*:*:*:*:{PASSWORD}\n")).unwrap();
    std::fs::set_permissions(&pgpass, std::fs::Permissions::from_mode(0o644)).unwrap();
    let request = Request { password: PasswordPrompt::Never, ..server.request() };
    let target = Target::resolve(&request, &surroundings(&[("PGPASSFILE", &pgpass.display().to_string())])).unwrap();
    assert!(
        target.warnings()[0].ends_with("is ignored, since others can read it: chmod 600 it"),
        "{:?}",
        target.warnings()
    );
    let error = connect(&target).await.unwrap_err();
    assert!(error.needs_password());
    insta::assert_snapshot!(server.shown(&error), @r"
    could not connect as user me, database shop; 127.0.0.1:PORT: the server asks for a password, and there is none
    help: give it in ~/.pgpass or PGPASSWORD, or let -W ask for it
    ");
}

#[tokio::test]
async fn what_goes_wrong_is_said_with_what_to_do() {
    let Some(server) = Server::start().await else { return };
    let wrong = |change: fn(&mut Request)| {
        let mut request = server.request();
        change(&mut request);
        Target::resolve(&request, &surroundings(&[])).unwrap()
    };
    let error = connect(&wrong(|request| request.password = PasswordPrompt::Given(Secret::new("falsch")))).await;
    insta::assert_snapshot!(server.shown(&error.unwrap_err()), @r#"
    could not connect as user me, database shop; 127.0.0.1:PORT: password authentication failed for user "me" [28P01]
    help: the password is wrong, or the user (-U) is: check ~/.pgpass, PGPASSWORD, or let -W ask for it
    "#);
    let error = connect(&wrong(|request| request.dbname = Some("nothing".to_owned()))).await;
    insta::assert_snapshot!(server.shown(&error.unwrap_err()), @r#"
    could not connect as user me, database nothing; 127.0.0.1:PORT: database "nothing" does not exist [3D000]
    help: name a database that exists with -d; psql -l lists them
    "#);
    let error = connect(&wrong(|request| request.port = Some("1".to_owned()))).await;
    insta::assert_snapshot!(server.shown(&error.unwrap_err()), @r"
    could not connect as user me, database shop; 127.0.0.1:1: error connecting to server: Connection refused (os error 111)
    help: is a server running there? name it with -h and -p, or try perf-look demo, which starts one of its own
    ");
    let standby = Request { dsn: Some("target_session_attrs=standby".to_owned()), ..server.request() };
    let error = connect(&Target::resolve(&standby, &surroundings(&[])).unwrap()).await.unwrap_err();
    insta::assert_snapshot!(server.shown(&error), @r"
    could not connect as user me, database shop; 127.0.0.1:PORT: the server is not a standby, as target_session_attrs asks
    help: 
    ");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let dsn = format!("host=127.0.0.1 port={port} user=me connect_timeout=2 sslmode=disable");
    let target = Target::resolve(&Request { dsn: Some(dsn), ..Request::default() }, &surroundings(&[])).unwrap();
    let began = Instant::now();
    let error = connect(&target).await.unwrap_err();
    assert!(error.to_string().contains("no answer within 2 s"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

/// Certificates made by openssl: a CA and what it signed.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// None where there is no openssl, which is said.
    fn make() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED: there is no openssl\n").unwrap();
            return None;
        }
        let made = Self { folder: tempfile::tempdir().unwrap() };
        made.authority("ca");
        made.authority("other-ca");
        made.signed("localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1");
        made.signed("elsewhere", "subjectAltName=DNS:elsewhere.example");
        made.openssl(
            &["req", "-x509", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
            "self",
            "self",
        );
        Some(made)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn authority(&self, name: &str) {
        self.openssl(&["req", "-x509", "-subj", &format!("/CN={name}"), "-addext", "keyUsage=keyCertSign"], name, name);
    }

    fn openssl(&self, arguments: &[&str], key: &str, certificate: &str) {
        let (key, certificate) = (self.path(&format!("{key}.key")), self.path(&format!("{certificate}.crt")));
        let fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        let mut command = Command::new("openssl");
        command.args(arguments).args(fresh).args(["-keyout", &key, "-out", &certificate]);
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn signed(&self, name: &str, extension: &str) {
        let arguments = [
            "req",
            "-x509",
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            extension,
            "-addext",
            "basicConstraints=CA:FALSE",
            "-CA",
            &self.path("ca.crt"),
            "-CAkey",
            &self.path("ca.key"),
        ];
        self.openssl(&arguments.map(str::to_owned).each_ref().map(String::as_str), name, name);
    }

    /// Lets the server show one of them.
    async fn install(&self, server: &Server, name: &str) {
        let data = server.scratch.folder().join("data");
        let owner = std::fs::metadata(&data).unwrap();
        for (from, to) in [(format!("{name}.crt"), "server.crt"), (format!("{name}.key"), "server.key")] {
            let to = data.join(to);
            std::fs::copy(self.path(&from), &to).unwrap();
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
            std::os::unix::fs::chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        server.run("alter system set ssl = on; select pg_reload_conf()").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn over(server: &Server, mode: &str, root: Option<&Path>) -> Target {
    let root = root.map_or(String::new(), |root| format!(" sslrootcert='{}'", root.display()));
    let request = Request { dsn: Some(format!("sslmode={mode}{root}")), ..server.request() };
    Target::resolve(&request, &surroundings(&[])).unwrap()
}

async fn is_encrypted(target: &Target) -> Result<bool, ConnectError> {
    let session = connect(target).await?;
    Ok(session.client.query_one("select ssl from pg_stat_ssl where pid = pg_backend_pid()", &[]).await.unwrap().get(0))
}

#[tokio::test]
async fn sslmode_means_what_it_means_to_libpq() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = Server::start().await else { return };
    let root = |name: &str| Some(PathBuf::from(certificates.path(name)));
    assert!(!is_encrypted(&over(&server, "prefer", None)).await.unwrap(), "a server without TLS");
    assert!(connect(&over(&server, "require", None)).await.is_err(), "a server without TLS");
    // What the server shows, the mode, the roots, and whether it is encrypted; none: refused.
    let cases = [
        ("localhost", "disable", None, Some(false)),
        ("localhost", "allow", None, Some(false)),
        ("localhost", "prefer", None, Some(true)),
        ("localhost", "require", None, Some(true)),
        ("localhost", "require", root("other-ca.crt"), None),
        ("localhost", "verify-ca", None, None),
        ("localhost", "verify-ca", root("ca.crt"), Some(true)),
        ("localhost", "verify-full", root("ca.crt"), Some(true)),
        ("localhost", "verify-full", root("other-ca.crt"), None),
        ("elsewhere", "verify-ca", root("ca.crt"), Some(true)),
        ("elsewhere", "verify-full", root("ca.crt"), None),
        ("self", "require", None, Some(true)),
        ("self", "verify-ca", root("self.crt"), Some(true)),
        ("self", "verify-full", root("self.crt"), Some(true)),
        ("self", "verify-ca", root("ca.crt"), None),
    ];
    let mut shown = "";
    for (certificate, mode, root, encrypted) in cases {
        if shown != certificate {
            certificates.install(&server, certificate).await;
            shown = certificate;
        }
        let got = is_encrypted(&over(&server, mode, root.as_deref())).await;
        match (encrypted, &got) {
            (Some(expected), Ok(got)) if expected == *got => {}
            (None, Err(error)) => assert!(error.help().is_some(), "{certificate} {mode}: {error}"),
            _ => panic!("{certificate} {mode} {root:?}: {got:?}"),
        }
    }
}

#[tokio::test]
async fn what_pg_hba_refuses_is_tried_the_other_way_and_cancelling_is_encrypted_too() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = Server::start().await else { return };
    certificates.install(&server, "localhost").await;
    server.allow("hostnossl all all all scram-sha-256").await;
    assert!(!is_encrypted(&over(&server, "prefer", None)).await.unwrap());
    let error = connect(&over(&server, "require", None)).await.unwrap_err();
    assert!(error.to_string().contains("pg_hba.conf"), "{error}");
    server.allow("hostssl all all all scram-sha-256").await;
    assert!(is_encrypted(&over(&server, "allow", None)).await.unwrap());
    let session = connect(&over(&server, "verify-full", Some(Path::new(&certificates.path("ca.crt"))))).await.unwrap();
    let statement = Sql { name: "q".to_owned(), line: 1, text: "select pg_sleep(60)".to_owned() };
    let stop = tokio::time::sleep(Duration::from_millis(300));
    let began = Instant::now();
    let error = explain(&session, &statement, &Options::default(), stop, |_| {}).await.unwrap_err();
    assert!(matches!(error, ExplainError::Cancelled { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
