//! What pg_dump writes, loaded into a scratch server: the rows are the same, and what cannot be read is said.

use std::process::Command;

use perf_look_capture::postgres::scratch::Scratch;
use perf_look_capture::postgres::setup::LoadError;
use perf_look_capture::postgres::{connect, servers};

use crate::scratch::start;

/// Rows that end a statement, a dump or a quote where they are not read as rows.
const SCENE: &str = "
    create role clerk;
    create table notes (id int primary key, note text, at timestamptz, parts text[]);
    insert into notes select n, case n % 7 when 0 then null when 1 then E'a;\\n\\\\.\\nb' when 2 then E'\\t\\\\N ''$$ \"'
        when 3 then '\\.' when 4 then E'\\\\connect x' when 5 then '' else 'ü → ' || n end,
        timestamptz '2026-01-01' + n * interval '1 hour', array['a;', null, '--'] from generate_series(1, 5000) n;
    create table empty (id int);
    create function twice(n int) returns int language sql as $$ select 2 * n; $$;
    create view recent as select * from notes where id > 10;
    create index on notes (at);
    alter table notes owner to clerk;
    grant select on notes to clerk;";

const ROWS: &str = "select count(*) || ' ' || md5(string_agg(n::text, '|' order by id)) from notes n";

async fn ask(server: &Scratch, sql: &str) -> String {
    connect(&server.target()).await.unwrap().client.query_one(sql, &[]).await.unwrap().get(0)
}

/// What pg_dump writes of a server with the scene; none, and that is said, where one of the programs is missing.
fn dumped(server: &Scratch, options: &[&str]) -> Option<String> {
    let program = servers::find().unwrap().bin.join("pg_dump");
    let mut dump = Command::new(&program);
    dump.args(options).args(["-U", "postgres", "-d", "postgres", "-h"]).arg(server.folder());
    let Ok(output) = dump.output() else {
        let said = format!("SKIPPED: no {}\n", program.display());
        std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

async fn filled() -> Option<Scratch> {
    let server = start().await?;
    connect(&server.target()).await.unwrap().client.batch_execute(SCENE).await.unwrap();
    Some(server)
}

#[tokio::test]
async fn a_dump_gives_the_same_rows_as_copy_and_as_insert() {
    let Some(server) = filled().await else { return };
    let rows = ask(&server, ROWS).await;
    for options in [&[][..], &["--inserts"], &["--clean", "--if-exists"]] {
        let Some(dump) = dumped(&server, options) else { return };
        let other = Scratch::start().await.unwrap();
        // Neither its role nor a setting of a newer version is here.
        let newer = format!("SET transaction_timeout_of_tomorrow = 0;\n{dump}");
        other.load(&[("dump.sql", &newer)]).await.unwrap_or_else(|error| panic!("{options:?}: {error}"));
        assert_eq!(ask(&other, ROWS).await, rows, "{options:?}");
        assert_eq!(ask(&other, "select twice(4) || ' ' || count(*) from recent").await, "8 4990");
    }
}

#[tokio::test]
async fn a_dump_of_all_databases_is_refused_with_what_to_do() {
    let Some(server) = filled().await else { return };
    let Some(dump) = dumped(&server, &["--create"]) else { return };
    let error = server.load(&[("dump.sql", &dump)]).await.unwrap_err();
    assert!(matches!(error, LoadError::Unsupported { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("\\connect is a command of psql") && said.contains("without --create"), "{said}");
}

#[tokio::test]
async fn a_row_that_is_refused_is_named_by_its_line() {
    let Some(server) = start().await else { return };
    let dump = "create table a (b int);\n\ncopy a (b) from stdin;\n1\n2\nx\n\\.\n";
    let error = server.load(&[("dump.sql", dump)]).await.unwrap_err();
    assert_eq!(error.to_string(), "dump.sql:6: invalid input syntax for type integer: \"x\" [22P02]");
}
