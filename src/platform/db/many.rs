//! Statements over many values: `IN (…)` clauses, multi-row inserts, and the deletion of an owner's
//! rows. Clauses have one of four lengths, because every connection prepares each statement text once.

use mysql_async::Value;

use super::Db;
use super::error::DbError;
use super::query::Query;
use super::transaction::Tx;

/// Lengths of an `IN` clause; the last value is repeated to fill one.
const LENGTHS: [usize; 4] = [1, 8, 64, 512];
/// Rows of one statement that writes.
const ROWS: usize = 64;

/// Splits values into chunks; for each the placeholders of an `IN (…)` clause and their values.
pub fn in_clause(values: impl IntoIterator<Item: Into<Value>>) -> Vec<(String, Vec<Value>)> {
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    let longest = LENGTHS[LENGTHS.len() - 1];
    let piece = |piece: &[Value]| {
        let length = LENGTHS.into_iter().find(|length| *length >= piece.len());
        let length = length.unwrap_or(longest);
        let mut padded = piece.to_vec();
        padded.resize(length, piece[piece.len() - 1].clone());
        (vec!["?"; length].join(", "), padded)
    };
    values.chunks(longest).map(piece).collect()
}

/// A multi-row `INSERT`.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    pub name: &'static str,
    /// The statement up to `VALUES`.
    pub head: &'static str,
    /// The placeholders of one row in parentheses.
    pub row: &'static str,
    /// The statement after the rows; may be empty.
    pub tail: &'static str,
}

impl Tx {
    /// Inserts rows, up to `ROWS` with one statement.
    pub async fn write_rows<R>(
        &self,
        rows: &Rows,
        values: impl IntoIterator<Item = R>,
    ) -> Result<(), DbError>
    where
        R: IntoIterator<Item = Value>,
    {
        let values: Vec<Vec<Value>> = values
            .into_iter()
            .map(|row| row.into_iter().collect())
            .collect();
        for piece in values.chunks(ROWS) {
            let marks = vec![rows.row; piece.len()].join(", ");
            let sql = format!("{} VALUES {marks} {}", rows.head, rows.tail);
            let query = Query::assembled(rows.name, sql);
            self.exec(&query, piece.concat()).await?;
        }
        Ok(())
    }
}

/// A table whose rows are deleted with their account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnedTable {
    pub name: &'static str,
    /// The column with the id of the account.
    owner_column: &'static str,
    /// Rows of one `DELETE`: fewer where rows are large.
    rows: u32,
}

impl OwnedTable {
    /// A table with the column `owner_id` and small rows.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            owner_column: "owner_id",
            rows: 5000,
        }
    }

    /// A table with the column `user_id` instead.
    pub const fn of_user(name: &'static str) -> Self {
        Self {
            owner_column: "user_id",
            ..Self::new(name)
        }
    }

    pub const fn rows_per_delete(self, rows: u32) -> Self {
        Self { rows, ..self }
    }
}

impl Db {
    /// Deletes some of an account's rows from each of the tables; how many. 0: none are left.
    pub async fn purge_owner(
        &self,
        owner: impl Into<Value>,
        tables: &[OwnedTable],
    ) -> Result<u64, DbError> {
        let owner: Value = owner.into();
        let mut removed = 0;
        for OwnedTable {
            name,
            owner_column,
            rows,
        } in tables
        {
            let sql = format!("DELETE FROM {name} WHERE {owner_column} = ? LIMIT {rows}");
            let query = Query::assembled("accounts.purge_rows", sql);
            removed += self.exec(&query, vec![owner.clone()]).await?.affected;
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_clauses_have_few_lengths_and_keep_every_value() {
        for count in [1_u64, 8, 9, 64, 65, 512, 513, 600] {
            let pieces = in_clause(0..count);
            let mut kept: Vec<Value> = Vec::new();
            for (marks, values) in pieces {
                assert!(LENGTHS.contains(&values.len()));
                assert_eq!(marks.matches('?').count(), values.len());
                kept.extend(values);
            }
            kept.dedup();
            assert_eq!(kept, (0..count).map(Value::from).collect::<Vec<_>>());
        }
        assert!(in_clause(0..0_u64).is_empty());
    }
}
