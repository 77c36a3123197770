//! The service's user at the database: it can run the whole product and cannot rewrite the audit
//! log, whoever holds its password. Users and rights are made as the operations page says.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder};
use satchel::platform::crypto;
use serde_json::{Value, json};

use super::deletion::{busy, let_the_grace_pass, let_the_jobs_run, rows_of};
use super::{boss, is_signed_in};
use crate::harness::{DEFAULT_PASSWORD, Database, Page, TestApp};
use crate::platform::support::{Fleet, until};

/// A server with an anonymous user at `localhost` believes `%` alone to be somebody else.
const HOSTS: [&str; 3] = ["%", "localhost", "127.0.0.1"];
/// What the migrating user is given.
const OWNER: &str = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, \
                     CREATE VIEW, SHOW VIEW, TRIGGER";

/// A user of one database.
struct DbUser {
    name: String,
    password: String,
    url: String,
}

impl DbUser {
    /// Somebody without any right.
    async fn create(database: &Database, kind: &str) -> Self {
        let name = format!("{kind}{}", &database.name()[10..]);
        let password = crypto::encode(&crypto::random::<12>());
        for host in HOSTS {
            let sql = format!("CREATE USER '{name}'@'{host}' IDENTIFIED BY '{password}'");
            database.exec(&sql, ()).await;
        }
        let (scheme, after) = database.url().split_once("//").unwrap();
        let place = after.rsplit_once('@').unwrap().1;
        let url = format!("{scheme}//{name}:{password}@{place}");
        Self {
            name,
            password,
            url,
        }
    }

    /// Gives rights over the schema to the one of the three that the server takes us for.
    async fn may(&self, database: &Database, rights: &str, more: &str) {
        let mut conn = Conn::new(self.opts(None)).await.unwrap();
        let account: Option<String> = conn.query_first("SELECT CURRENT_USER()").await.unwrap();
        conn.disconnect().await.unwrap();
        let account = account.unwrap().replace('@', "`@`");
        let sql = format!(
            "GRANT {rights} ON {}.* TO `{account}` {more}",
            database.name()
        );
        database.exec(&sql, ()).await;
    }

    fn opts(&self, schema: Option<&str>) -> OptsBuilder {
        let opts = Opts::from_url(&self.url).unwrap();
        let opts = OptsBuilder::from_opts(opts).prefer_socket(false);
        opts.db_name(schema)
    }

    async fn connect(&self, database: &Database) -> Conn {
        Conn::new(self.opts(Some(database.name()))).await.unwrap()
    }

    async fn drop_it(&self, database: &Database) {
        for host in HOSTS {
            let sql = format!("DROP USER '{}'@'{host}'", self.name);
            database.exec(&sql, ()).await;
        }
    }
}

/// The two users of a database that is there already, and the program with both.
async fn two_users(database: &Database, more: &str) -> (DbUser, DbUser, Fleet) {
    let owner = DbUser::create(database, "o").await;
    owner.may(database, OWNER, more).await;
    let service = DbUser::create(database, "s").await;
    let fleet = Fleet::new(&service.url, None).with("SATCHEL_DB_MIGRATE_URL", &owner.url);
    (owner, service, fleet)
}

/// Every way to change what stands in the log or in the journal.
const FORBIDDEN: [&str; 9] = [
    "UPDATE audit_events SET detail = 'x'",
    "UPDATE audit_events SET detail = 'x' WHERE 1 = 0",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE 1 = 0",
    "REPLACE INTO audit_events (id, at, action) SELECT id, at, 'x' FROM audit_events",
    "INSERT INTO audit_events (id, at, action) SELECT id, at, action FROM (SELECT * FROM audit_events) e \
     ON DUPLICATE KEY UPDATE detail = 'x'",
    "TRUNCATE TABLE audit_events",
    "DROP TABLE audit_events",
    "DELETE FROM schema_steps",
];

async fn cannot_rewrite(database: &Database, service: &DbUser) {
    let mut conn = service.connect(database).await;
    for sql in FORBIDDEN {
        match conn.query_drop(sql).await {
            Err(Error::Server(err)) => assert_eq!(err.code, 1142, "{sql}: {err}"),
            outcome => panic!("{sql}: {outcome:?}"),
        }
    }
    let seen: Option<i64> = conn
        .query_first("SELECT COUNT(*) FROM audit_events")
        .await
        .unwrap();
    assert!(
        seen.unwrap() > 0,
        "it reads, and there is something to read"
    );
    conn.disconnect().await.unwrap();
}

/// Somebody who signs up, writes and manages the own account.
async fn a_life(app: &TestApp) {
    let body =
        json!({ "username": "eve", "email": "eve@example.org", "password": DEFAULT_PASSWORD });
    app.anon()
        .post("auth/register")
        .json(body)
        .await
        .expect_status(201);
    let code = app.code_for("eve@example.org").await;
    let proof = json!({ "email": "eve@example.org", "code": code });
    app.anon()
        .post("auth/verify-email")
        .json(proof)
        .await
        .no_content();
    let eve = app.anon().sign_in("eve", DEFAULT_PASSWORD).await;
    let made = eve.write("Kept", "a word").await;
    eve.delete(&format!("notes/{}", made.id)).await.no_content();
    let restored = eve.post(&format!("notes/{}/restore", made.id)).await;
    restored.expect_status(200);
    let found: Page = eve.get("notes?q=word").await.ok();
    assert_eq!(found.titles(), ["Kept"]);
    let body =
        json!({ "current_password": DEFAULT_PASSWORD, "new_password": "tulip-9-gravel-lamp" });
    eve.post("me/password").json(body).await.no_content();
    let refresh = json!({ "refresh_token": eve.refresh });
    let again = eve.post("auth/refresh?transport=body").json(refresh);
    again.await.expect_status(200);
    eve.post("auth/logout-all").await.no_content();
}

/// Somebody with a row in every table, in the hands of an admin, then gone.
async fn an_end(app: &TestApp) {
    let boss = boss(app, "root").await;
    let (ann, _) = busy(app, "ann").await;
    let path = format!("admin/users/{}", ann.id);
    boss.post(&format!("{path}/reset-2fa")).await.no_content();
    for body in [json!({ "role": "admin" }), json!({ "role": "user" })] {
        boss.patch(&path).json(body).await.expect_status(200);
    }
    let made = json!({ "username": "carl", "email": "carl@example.org" });
    let made: Value = boss.post("admin/users").json(made).await.created();
    let carl = format!("admin/users/{}", made["id"].as_str().unwrap());
    let sessions = format!("{carl}/sessions");
    boss.delete(&sessions).await.no_content();
    boss.delete(&carl).await.no_content();
    for path in [
        "admin/stats",
        "admin/instances",
        "admin/jobs",
        "/api/users",
        &sessions,
    ] {
        boss.get(path).await.expect_status(200);
    }
    let log: Value = boss.get("admin/audit").await.ok();
    assert!(log["items"].as_array().unwrap().len() > 10);
    let body = json!({ "password": DEFAULT_PASSWORD });
    ann.delete("me").json(body).await.no_content();
    let_the_grace_pass(app).await;
    let_the_jobs_run(app).await;
    let left = rows_of(app, &ann.id).await;
    assert!(left.values().all(|count| *count == 0), "{left:?}");
    assert!(is_signed_in(&boss).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_user_runs_the_whole_product_and_cannot_rewrite_the_log() {
    let root = TestApp::start().await;
    let database = root.database();
    let (owner, service, fleet) = two_users(database, "WITH GRANT OPTION").await;
    fleet.run_well(&["migrate"]);
    let app = root.sibling(&[("SATCHEL_DB_URL", &service.url)]);

    a_life(&app).await;
    an_end(&app).await;

    // The real program: it starts, and each of its periodic jobs comes to its end.
    let instance = fleet.serve().await;
    assert_eq!(instance.health(200).await, "ok");
    until("all periodic jobs have run", async || {
        let sql = "SELECT COUNT(*), COALESCE(SUM(run_at > UTC_TIMESTAMP(6)), 0) FROM jobs \
                   WHERE dedupe_key IS NOT NULL AND last_error = ''";
        let rows: Vec<(i64, i64)> = database.rows(sql, ()).await;
        (rows[0].0 >= 7 && rows[0].0 == rows[0].1).then_some(())
    })
    .await;
    let listed = "SELECT COUNT(*) FROM instances WHERE report LIKE '{%'";
    assert_eq!(database.count(listed).await, 1);
    let failed = "SELECT COUNT(*) FROM jobs WHERE last_error <> ''";
    assert_eq!(database.count(failed).await, 0);
    cannot_rewrite(database, &service).await;
    for user in [owner, service] {
        user.drop_it(database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_over_the_whole_schema_from_an_older_set_up_are_taken_back() {
    let app = TestApp::start().await;
    let database = app.database();
    let _ = app.user("ann").await;
    let (owner, service, fleet) = two_users(database, "WITH GRANT OPTION").await;
    service
        .may(database, "SELECT, INSERT, UPDATE, DELETE", "")
        .await;
    let plan = fleet.run_well(&["migrate", "--grants"]);
    assert!(plan.contains("REVOKE DELETE ON "), "{plan}");
    let mut conn = service.connect(database).await;
    let sql = "UPDATE audit_events SET detail = 'it was so before'";
    conn.query_drop(sql).await.unwrap();
    conn.disconnect().await.unwrap();
    for _ in 0..2 {
        fleet.run_well(&["migrate"]);
        cannot_rewrite(database, &service).await;
    }
    let plan = fleet.run_well(&["migrate", "--grants"]);
    assert!(!plan.contains("REVOKE"), "{plan}");
    assert!(!plan.contains(&service.password) && !plan.contains(&owner.password));
    for user in [owner, service] {
        user.drop_it(database).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrating_user_that_may_not_grant_says_what_is_to_be_done() {
    let app = TestApp::start().await;
    let database = app.database();
    let _ = app.user("ann").await;
    let (owner, service, fleet) = two_users(database, "").await;
    let output = fleet.run(&["migrate"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("cannot use api_keys, "),
        "{said}"
    );
    service
        .may(database, "SELECT, INSERT, UPDATE, DELETE", "")
        .await;
    let output = fleet.run(&["migrate"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("audit_events can be changed"),
        "{said}"
    );
    // An administrator does what the program cannot.
    let plan = fleet.run_well(&["migrate", "--grants"]);
    for statement in plan.lines() {
        database.exec(statement.trim_end_matches(';'), ()).await;
    }
    let output = fleet.run(&["migrate"]);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    cannot_rewrite(database, &service).await;
    for user in [owner, service] {
        user.drop_it(database).await;
    }
}
