//! The search index: a dictionary of words per owner, and which entity holds which word.
//! Written in the transaction of the text, so it cannot lag behind it or be lost.

use mysql_async::Value;

use crate::domain::id::UserId;
use crate::domain::text;
use crate::platform::db::{DbError, Owned, Query, Tx, lists};
use crate::records::kind::Kind;

/// What goes with the account.
pub const OWNED: [Owned; 2] = [
    ("terms.purge_postings", "postings", 5000),
    ("terms.purge_terms", "terms", 5000),
];

/// Brings the index from the words of one text to those of another; only the difference is
/// written. Both lists of texts are titles and bodies.
pub async fn replace(
    tx: &Tx,
    owner: UserId,
    kind: Kind,
    entity: &[u8; 16],
    before: &[&str],
    after: &[&str],
) -> Result<(), DbError> {
    let (old, new) = (text::terms(before), text::terms(after));
    for (marks, terms) in lists(old.difference(&new).map(String::as_str)) {
        remove(tx, owner, kind, entity, (&marks, terms)).await?;
    }
    for (marks, terms) in lists(new.difference(&old).map(String::as_str)) {
        add(tx, owner, kind, entity, (&marks, terms)).await?;
    }
    Ok(())
}

/// Takes an entity out of the index.
pub async fn remove_all(
    tx: &Tx,
    owner: UserId,
    kind: Kind,
    entity: &[u8; 16],
) -> Result<(), DbError> {
    const REMOVE_ALL: Query = Query::new(
        "terms.remove_all",
        "DELETE FROM postings WHERE owner_id = ? AND kind = ? AND entity_id = ?",
    );
    tx.exec(&REMOVE_ALL, (owner, kind.number(), entity.as_slice()))
        .await?;
    Ok(())
}

/// A condition on `{column}` that holds for entities with all words of a search, each found
/// anywhere inside a word of theirs; with its values. `None`: the search holds no word.
pub fn condition(
    owner: UserId,
    kind: Kind,
    column: &str,
    query: &str,
) -> Option<(String, Vec<Value>)> {
    let wanted = text::query_terms(query);
    if wanted.is_empty() {
        return None;
    }
    // One join however many words: a subquery a word would have the optimizer weigh the orders of
    // all of them for longer than the search takes. Few lengths, so that few texts are prepared.
    let count = wanted.len().next_power_of_two();
    let patterns: Vec<String> = wanted.iter().map(|term| like_inside(term)).collect();
    let padded = patterns
        .iter()
        .chain(std::iter::repeat(&patterns[patterns.len() - 1]));
    let padded: Vec<Value> = padded
        .take(count)
        .map(|pattern| pattern.as_str().into())
        .collect();
    let any = vec!["t.term LIKE ? ESCAPE '!'"; count].join(" OR ");
    let all = vec!["MAX(t.term LIKE ? ESCAPE '!') = 1"; count].join(" AND ");
    // One word needs no counting: whoever holds it is found. That saves a third of the time.
    let counted = if count > 1 {
        format!(" GROUP BY p.entity_id HAVING {all}")
    } else {
        String::new()
    };
    let sql = format!(
        " AND {column} IN (SELECT p.entity_id FROM terms t JOIN postings p \
         ON p.owner_id = t.owner_id AND p.term_id = t.id AND p.kind = ? \
         WHERE t.owner_id = ? AND ({any}){counted})"
    );
    let mut values: Vec<Value> = vec![kind.number().into(), owner.into()];
    values.extend(padded.iter().cloned());
    if count > 1 {
        values.extend(padded);
    }
    Some((sql, values))
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
    kind: Kind,
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
    let mut values: Vec<Value> = vec![kind.number().into(), entity.as_slice().into(), owner.into()];
    values.extend(terms);
    tx.exec(&Query::assembled("terms.post", sql), values)
        .await?;
    Ok(())
}

async fn remove(
    tx: &Tx,
    owner: UserId,
    kind: Kind,
    entity: &[u8; 16],
    (marks, terms): (&str, Vec<Value>),
) -> Result<(), DbError> {
    let sql = format!(
        "DELETE p FROM postings p JOIN terms t ON t.owner_id = p.owner_id AND t.id = p.term_id \
         WHERE t.owner_id = ? AND t.term IN ({marks}) AND p.kind = ? AND p.entity_id = ?"
    );
    let mut values: Vec<Value> = vec![owner.into()];
    values.extend(terms);
    values.push(kind.number().into());
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
