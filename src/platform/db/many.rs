//! Statements over many values at once: `IN (…)` in_clause of few lengths, rows that are written
//! together, and those that go with their account. Each length is a text of its own that every connection prepares, so there are few.

use mysql_async::Value;

use super::Db;
use super::error::DbError;
use super::query::Query;
use super::transaction::Tx;

/// Lengths of a list; a shorter one repeats its last value.
const LENGTHS: [usize; 4] = [1, 8, 64, 512];
/// Rows of one statement that writes.
const ROWS: usize = 64;

/// The place holders of an `IN (…)` list with their values, for each piece of some values.
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

/// A statement that writes rows.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    pub name: &'static str,
    /// What stands before the rows, up to `VALUES`.
    pub head: &'static str,
    /// One row: its place holders in brackets.
    pub row: &'static str,
    /// What stands behind the rows; may be empty.
    pub tail: &'static str,
}

impl Tx {
    /// Writes rows, many with one statement. Each has as many values as `rows` has place holders.
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

/// A table whose rows go with their account: the name of the statement, the table, rows at once.
pub type Owned = (&'static str, &'static str, u32);

impl Db {
    /// Removes some rows of an account that is being deleted from each of the tables; how many.
    pub async fn purge_owner(
        &self,
        owner: impl Into<Value>,
        tables: &[Owned],
    ) -> Result<u64, DbError> {
        let owner: Value = owner.into();
        let mut removed = 0;
        for (name, table, step) in tables {
            let sql = format!("DELETE FROM {table} WHERE owner_id = ? LIMIT {step}");
            let query = Query::assembled(name, sql);
            removed += self.exec(&query, vec![owner.clone()]).await?.affected;
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_few_lengths_and_lose_nothing() {
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
