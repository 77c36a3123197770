//! The rights of the service's own user, table by table: what only grows cannot be changed with
//! them. `satchel migrate` hands them out after each step forward, with the user that owns the
//! schema. Refuses to leave the service without a table, and rights over the whole schema.

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Error, Params};

use super::manager::base_opts;
use super::migrate::{self, JOURNAL, MigrateError};
use super::{BadConfig, Config};

/// Tables that only grow: nobody who took over an instance rewrites them.
const APPEND_ONLY: [&str; 1] = ["audit_events"];
/// Rights over the whole schema that would include those tables, and that the service never needs.
const TOO_WIDE: [&str; 10] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "ALTER",
    "DROP",
    "INDEX",
    "REFERENCES",
    "TRIGGER",
];

/// What became of the rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// One user for both: it owns the schema, nothing can be kept from it.
    OneUser,
    /// The service's user has what it needs and no more.
    Done,
    /// It can work, but may do more than it should; the reason in words.
    TooMuch(String),
    /// It cannot use these tables; the reason in words.
    TooLittle(Vec<String>, String),
}

/// The two users and what each of them sees.
struct Parties {
    owner: Conn,
    service: Conn,
    schema: String,
    /// The service's user as the server knows it: `name@host`.
    account: String,
}

/// The statements that give the service's user its rights; none when it is the owner.
pub async fn plan(owner: &Config, service: &Config) -> Result<Vec<String>, MigrateError> {
    let Some(mut parties) = Parties::meet(owner, service).await? else {
        return Ok(Vec::new());
    };
    let statements = parties.statements().await?;
    parties.part().await?;
    Ok(statements)
}

/// Gives the service's user its rights and looks at what it has then.
pub async fn apply(owner: &Config, service: &Config) -> Result<Granted, MigrateError> {
    let Some(mut parties) = Parties::meet(owner, service).await? else {
        return Ok(Granted::OneUser);
    };
    let mut refusal = None;
    for statement in parties.statements().await? {
        match parties.owner.query_drop(&statement).await {
            // Another runner revoked it first (1141, 1147).
            Err(Error::Server(err)) if matches!(err.code, 1141 | 1147) => {}
            Err(Error::Server(err)) => refusal = Some(err.to_string()),
            outcome => outcome?,
        }
    }
    let missing = parties.missing().await?;
    let may = parties.may_rewrite().await?;
    parties.part().await?;
    let why = refusal.unwrap_or_else(|| "it has wider rights from elsewhere".to_owned());
    Ok(match (missing, may) {
        (missing, _) if !missing.is_empty() => Granted::TooLittle(missing, why),
        (_, Some(table)) => Granted::TooMuch(format!("{table} can be changed: {why}")),
        _ => Granted::Done,
    })
}

impl Parties {
    async fn meet(owner: &Config, service: &Config) -> Result<Option<Self>, MigrateError> {
        let mut owner = migrate::connect(owner).await?;
        // Without a right to any table it may not even choose the schema.
        let opts = base_opts(service)?.db_name(None::<String>);
        let mut service = migrate::open(opts).await?;
        let (account, schema) = (current_user(&mut service).await?, database(&owner)?);
        if current_user(&mut owner).await? == account {
            return Ok(None);
        }
        Ok(Some(Self {
            owner,
            service,
            schema,
            account,
        }))
    }

    async fn part(self) -> Result<(), Error> {
        self.owner.disconnect().await?;
        self.service.disconnect().await
    }

    async fn tables(conn: &mut Conn, schema: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT table_name FROM information_schema.tables \
                   WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY table_name";
        rows(conn, sql, (schema,)).await
    }

    /// First what is given, then what is taken: running instances are never without.
    async fn statements(&mut self) -> Result<Vec<String>, Error> {
        let (name, host) = self
            .account
            .rsplit_once('@')
            .unwrap_or((&self.account, "%"));
        let account = format!("{}@{}", quoted(name), quoted(host));
        let schema = quoted(&self.schema);
        let mut statements = Vec::new();
        let mut excess = Vec::new();
        for table in Self::tables(&mut self.owner, &self.schema).await? {
            let place = format!("{schema}.{}", quoted(&table));
            let wanted = rights(&table);
            let list = wanted.join(", ");
            statements.push(format!("GRANT {list} ON {place} TO {account}"));
            let held = self.held_on(&table).await?;
            let more: Vec<_> = held
                .into_iter()
                .filter(|right| !wanted.contains(&right.as_str()))
                .collect();
            if !more.is_empty() {
                let list = more.join(", ");
                excess.push(format!("REVOKE {list} ON {place} FROM {account}"));
            }
        }
        for (pattern, right) in self.held_on_schema().await? {
            if unescaped(&pattern) == self.schema && TOO_WIDE.contains(&right.as_str()) {
                let place = quoted(&pattern);
                excess.push(format!("REVOKE {right} ON {place}.* FROM {account}"));
            }
        }
        statements.append(&mut excess);
        Ok(statements)
    }

    async fn held_on(&mut self, table: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT privilege_type FROM information_schema.table_privileges \
                   WHERE grantee = ? AND table_schema = ? AND table_name = ?";
        let grantee = self.grantee();
        rows(&mut self.service, sql, (grantee, &self.schema, table)).await
    }

    async fn held_on_schema(&mut self) -> Result<Vec<(String, String)>, Error> {
        let sql = "SELECT table_schema, privilege_type FROM information_schema.schema_privileges \
                   WHERE grantee = ?";
        let grantee = self.grantee();
        rows(&mut self.service, sql, (grantee,)).await
    }

    /// The service's user as the tables of rights write it.
    fn grantee(&self) -> String {
        let (name, host) = self
            .account
            .rsplit_once('@')
            .unwrap_or((&self.account, "%"));
        format!("'{name}'@'{host}'")
    }

    /// Tables that the service's user cannot use: those it has no right to it does not see.
    async fn missing(&mut self) -> Result<Vec<String>, Error> {
        let seen = Self::tables(&mut self.service, &self.schema).await?;
        let mut all = Self::tables(&mut self.owner, &self.schema).await?;
        all.retain(|table| !seen.contains(table));
        Ok(all)
    }

    /// A table that only grows and that the service's user may change all the same, wherever that
    /// right comes from. Asked by trying it on no row.
    async fn may_rewrite(&mut self) -> Result<Option<&'static str>, Error> {
        /// `ER_TABLEACCESS_DENIED_ERROR`
        const DENIED: u16 = 1142;
        for table in APPEND_ONLY {
            let place = format!("{}.{}", quoted(&self.schema), quoted(table));
            for sql in [
                format!("DELETE FROM {place} WHERE 1 = 0"),
                format!("UPDATE {place} SET id = id WHERE 1 = 0"),
            ] {
                match self.service.query_drop(sql).await {
                    Err(Error::Server(err)) if err.code == DENIED => {}
                    Err(err) => return Err(err),
                    Ok(()) => return Ok(Some(table)),
                }
            }
        }
        Ok(None)
    }
}

/// What the service does with a table.
fn rights(table: &str) -> &'static [&'static str] {
    match table {
        JOURNAL => &["SELECT"],
        table if APPEND_ONLY.contains(&table) => &["SELECT", "INSERT"],
        _ => &["SELECT", "INSERT", "UPDATE", "DELETE"],
    }
}

async fn rows<T: FromRow + Send + 'static>(
    conn: &mut Conn,
    sql: &str,
    params: impl Into<Params> + Send,
) -> Result<Vec<T>, Error> {
    conn.exec(sql, params.into()).await
}

async fn current_user(conn: &mut Conn) -> Result<String, Error> {
    let user: Option<String> = conn.query_first("SELECT CURRENT_USER()").await?;
    Ok(user.unwrap_or_default())
}

fn database(conn: &Conn) -> Result<String, BadConfig> {
    let name = conn.opts().db_name().map(str::to_owned);
    name.ok_or_else(|| BadConfig("the database URL names no schema".to_owned()))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// In rights over schemas `_` and `%` stand for others unless they are escaped.
fn unescaped(pattern: &str) -> String {
    pattern.replace("\\_", "_").replace("\\%", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_audit_log_and_the_journal_are_kept_from_being_changed() {
        assert_eq!(rights("audit_events"), ["SELECT", "INSERT"]);
        assert_eq!(rights("schema_steps"), ["SELECT"]);
        assert!(rights("notes").contains(&"DELETE"));
    }

    #[test]
    fn names_are_quoted_and_patterns_read() {
        assert_eq!(quoted("a`b"), "`a``b`");
        assert_eq!(unescaped("satchel\\_1"), "satchel_1");
    }
}
