//! The search index: a dictionary of words per owner, and which entity holds which word.
//! Written in the transaction of the text, so it cannot lag behind it or be lost.

use mysql_async::Value;

use crate::domain::id::UserId;
use crate::domain::text;
use crate::platform::db::{Db, DbError, OwnedTable, Query, Tx, in_clause};
use crate::services::entity_kind::EntityKind;

pub const OWNED: [OwnedTable; 2] = [OwnedTable::new("postings"), OwnedTable::new("terms")];

/// Brings the index from the words of one text to those of another; only the difference is
/// written. Both lists of texts are titles and bodies.
pub async fn replace(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    before: &[&str],
    after: &[&str],
) -> Result<(), DbError> {
    let (old, new) = (text::terms(before), text::terms(after));
    for (marks, terms) in in_clause(old.difference(&new).map(String::as_str)) {
        remove(tx, owner, kind, entity, (&marks, terms)).await?;
    }
    for (marks, terms) in in_clause(new.difference(&old).map(String::as_str)) {
        add(tx, owner, kind, entity, (&marks, terms)).await?;
    }
    Ok(())
}

/// Takes an entity out of the index.
pub async fn remove_all(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
) -> Result<(), DbError> {
    const REMOVE_ALL: Query = Query::new(
        "terms.remove_all",
        "DELETE FROM postings WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    tx.exec(&REMOVE_ALL, (owner, kind.number, entity.as_slice()))
        .await?;
    Ok(())
}

/// Most hits that are named one by one.
const FEW: usize = 512;

/// What a search finds, in whatever order and on whatever shelf. A server cannot know how many rows
/// hold a word, so it would walk through a hundred thousand of them for the three that do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// These: each is read by its key, and they are sorted by hand.
    Few(Vec<[u8; 16]>),
    /// More than are named one by one, or nobody looked, or a search of signs alone: the list is
    /// walked in its order, and each row is asked whether it is one of them.
    Many,
}

/// Looks up what a search finds; one question, and none where there is no word in it.
pub async fn find(
    db: &Db,
    owner: UserId,
    kind: EntityKind,
    search: Option<&str>,
) -> Result<Found, DbError> {
    let Some(search) = search.and_then(Search::parse) else {
        return Ok(Found::Many);
    };
    // The dictionary first: by the postings it would be all that the owner ever wrote.
    let (sql, mut values) = search.holders(owner, kind, "DISTINCT p.entity_id", "STRAIGHT_JOIN");
    let query = Query::assembled("terms.find", format!("{sql} LIMIT ?"));
    values.push((FEW + 1).into());
    let rows: Vec<(Vec<u8>,)> = db.list(&query, values).await?;
    if rows.len() > FEW {
        return Ok(Found::Many);
    }
    let ids = rows.into_iter().filter_map(|(id,)| id.try_into().ok());
    Ok(Found::Few(ids.collect()))
}

impl Found {
    /// Nothing at all.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Few(ids) if ids.is_empty())
    }

    /// What stands behind the name of the table: by which index a search of it reads, when it is
    /// not `usual`.
    pub fn read_by<'a>(&self, usual: &'a str) -> &'a str {
        match self {
            Self::Few(_) => " FORCE INDEX (PRIMARY)",
            Self::Many => usual,
        }
    }

    /// A condition on `n.id` that holds for entities with all words of the search, each found
    /// anywhere inside a word of theirs; with its values. `None`: the search holds no word.
    pub fn condition(
        &self,
        owner: UserId,
        kind: EntityKind,
        search: &str,
    ) -> Option<(String, Vec<Value>)> {
        let (within, values) = match self {
            // One piece, since they are few; none where nothing was found, and nobody asks then.
            Self::Few(ids) => in_clause(ids.iter().map(<[u8; 16]>::as_slice))
                .into_iter()
                .next()?,
            Self::Many => {
                let search = Search::parse(search)?;
                search.holders(owner, kind, "p.entity_id", "JOIN")
            }
        };
        Some((format!(" AND n.id IN ({within})"), values))
    }

    /// A condition on `n.id` that holds for documents that a search finds. Words are looked up in
    /// the index; a search of signs alone (`+*`) is taken literally.
    pub fn documents(&self, owner: UserId, kind: EntityKind, search: &str) -> (String, Vec<Value>) {
        self.condition(owner, kind, search).unwrap_or_else(|| {
            let sql = " AND EXISTS (SELECT 1 FROM revisions r WHERE r.owner_id = n.owner_id \
                 AND r.kind = ? AND r.entity_id = n.id AND r.version = n.text_version \
                 AND (LOCATE(?, r.title) > 0 OR LOCATE(?, r.body) > 0))";
            let values = vec![kind.number.into(), search.into(), search.into()];
            (sql.to_owned(), values)
        })
    }
}

/// The words of a search, as patterns.
struct Search {
    patterns: Vec<Value>,
}

impl Search {
    /// `None`: there is no word in it.
    fn parse(search: &str) -> Option<Self> {
        let wanted = text::query_terms(search);
        let last = wanted.last()?;
        // Few lengths, so that few texts are prepared.
        let count = wanted.len().next_power_of_two();
        let padded = wanted.iter().chain(std::iter::repeat(last)).take(count);
        let patterns = padded.map(|term| like_inside(term).into());
        Some(Self {
            patterns: patterns.collect(),
        })
    }

    /// The statement that names the entities with all of these words. One join however many words:
    /// a subquery a word would have the optimizer weigh the orders of all of them for longer than
    /// the search takes.
    fn holders(
        &self,
        owner: UserId,
        kind: EntityKind,
        entity: &str,
        join: &str,
    ) -> (String, Vec<Value>) {
        let count = self.patterns.len();
        let any = vec!["t.term LIKE ? ESCAPE '!'"; count].join(" OR ");
        let all = vec!["MAX(t.term LIKE ? ESCAPE '!') = 1"; count].join(" AND ");
        // One word needs no counting: whoever holds it is found. That saves a third of the time.
        let counted = if count > 1 {
            format!(" GROUP BY p.entity_id HAVING {all}")
        } else {
            String::new()
        };
        let sql = format!(
            "SELECT {entity} FROM terms t {join} postings p \
               ON p.owner_id = t.owner_id AND p.term_id = t.id AND p.kind = ? \
             WHERE t.owner_id = ? AND ({any}){counted}"
        );
        let mut values: Vec<Value> = vec![kind.number.into(), owner.into()];
        values.extend(self.patterns.iter().cloned());
        if count > 1 {
            values.extend(self.patterns.iter().cloned());
        }
        (sql, values)
    }
}

/// A `LIKE` pattern that finds the text literally, anywhere.
fn like_inside(term: &str) -> String {
    let mut pattern = String::with_capacity(term.len() + 2);
    pattern.push('%');
    for sign in term.chars() {
        if matches!(sign, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(sign);
    }
    pattern.push('%');
    pattern
}

async fn add(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    (marks, terms): (&str, Vec<Value>),
) -> Result<(), DbError> {
    let rows = vec!["(?, ?)"; terms.len()].join(", ");
    let sql = format!("INSERT IGNORE INTO terms (owner_id, term) VALUES {rows}");
    let pairs = terms.iter().flat_map(|term| [owner.into(), term.clone()]);
    let values: Vec<Value> = pairs.collect();
    tx.exec(&Query::assembled("terms.insert", sql), values)
        .await?;

    let sql = format!(
        "INSERT IGNORE INTO postings (owner_id, term_id, kind, entity_id) \
         SELECT owner_id, id, ?, ? FROM terms WHERE owner_id = ? AND term IN ({marks})"
    );
    let mut values: Vec<Value> = vec![kind.number.into(), entity.as_slice().into(), owner.into()];
    values.extend(terms);
    tx.exec(&Query::assembled("terms.post", sql), values)
        .await?;
    Ok(())
}

async fn remove(
    tx: &Tx,
    owner: UserId,
    kind: EntityKind,
    entity: &[u8; 16],
    (marks, terms): (&str, Vec<Value>),
) -> Result<(), DbError> {
    let sql = format!(
        "DELETE p FROM postings p JOIN terms t ON t.owner_id = p.owner_id AND t.id = p.term_id \
         WHERE t.owner_id = ? AND t.term IN ({marks}) AND p.kind = ? AND p.entity_id = ?"
    );
    let mut values: Vec<Value> = vec![owner.into()];
    values.extend(terms);
    values.push(kind.number.into());
    values.push(entity.as_slice().into());
    tx.exec(&Query::assembled("terms.remove", sql), values)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_literal() {
        assert_eq!(like_inside("a_b"), "%a!_b%");
    }
}
