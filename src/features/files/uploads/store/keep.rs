//! Storing the bytes of an upload, under the token of the one request that may.

use mysql_async::{Value, params};

use super::{Token, Upload, UploadStore};
use crate::domain::id::{FileId, UserId};
use crate::platform::db::{Abort, DbError, Query, Tx};
use crate::platform::storage::{self, Step};
use crate::services::blobs::quota::{self, Use};

/// What became of bytes that were to be stored.
pub(in crate::features::files) enum Kept {
    Done,
    /// Another request writes now, or the upload is gone.
    Lost,
    NoRoom(Use),
}

/// How bytes are stored.
#[derive(Debug, Clone, Copy)]
pub(in crate::features::files) struct Terms {
    /// Seconds until the next bytes must have come.
    pub life_s: u64,
    /// The default quota, where room is taken as bytes come.
    pub reserve: Option<u64>,
}

impl UploadStore {
    /// Stores the next bytes and says how far the upload has come.
    pub(in crate::features::files) async fn keep(
        &self,
        (owner, upload): (UserId, &Upload),
        token: &Token,
        step: &Step<'_>,
        terms: Terms,
    ) -> Result<Kept, DbError> {
        let kept: Result<Kept, Abort<Kept>> = self
            .db
            .transaction("uploads.keep", |tx| async move {
                let bytes = if let Some(quota) = terms.reserve {
                    let bytes = step.to - step.from;
                    if let Err(at) = quota::reserve(&tx, owner, bytes, quota).await? {
                        return Ok(Kept::NoRoom(at));
                    }
                    bytes
                } else {
                    0
                };
                let moved = advance(&tx, (owner, upload.id), token, step, (bytes, terms.life_s));
                if !moved.await? {
                    return Err(Abort::Refused(Kept::Lost));
                }
                storage::write_chunk(&tx, owner, upload.blob, step.n, step.data).await?;
                Ok(Kept::Done)
            })
            .await;
        match kept {
            Ok(kept) | Err(Abort::Refused(kept)) => Ok(kept),
            Err(Abort::Failed(err)) => Err(err),
        }
    }

    /// Stores bytes that may yet turn out not to be wanted: the upload comes no further.
    pub(in crate::features::files) async fn keep_ahead(
        &self,
        (owner, upload): (UserId, &Upload),
        token: &Token,
        safe: u64,
        step: &Step<'_>,
    ) -> Result<Kept, DbError> {
        const STILL: Query = Query::new(
            "uploads.still_writes",
            "SELECT 1 FROM uploads \
             WHERE owner_id = ? AND id = ? AND writer = ? AND received = ? FOR UPDATE",
        );
        self.db
            .transaction("uploads.keep_ahead", |tx| async move {
                let values = (owner, upload.id, token.as_slice(), safe);
                if tx.first::<(u8,)>(&STILL, values).await?.is_none() {
                    return Ok(Kept::Lost);
                }
                storage::write_chunk(&tx, owner, upload.blob, step.n, step.data).await?;
                Ok(Kept::Done)
            })
            .await
    }

    /// The bytes that were stored ahead are wanted.
    pub(in crate::features::files) async fn accept(
        &self,
        (owner, upload): (UserId, &Upload),
        token: &Token,
        step: &Step<'_>,
        terms: Terms,
    ) -> Result<Kept, DbError> {
        self.db
            .transaction("uploads.accept", |tx| async move {
                let at = (owner, upload.id);
                Ok(
                    match advance(&tx, at, token, step, (0, terms.life_s)).await? {
                        true => Kept::Done,
                        false => Kept::Lost,
                    },
                )
            })
            .await
    }
}

/// Says how far the upload has come; whether the request may.
async fn advance(
    tx: &Tx,
    (owner, id): (UserId, FileId),
    token: &Token,
    step: &Step<'_>,
    (reserved, life_s): (u64, u64),
) -> Result<bool, DbError> {
    const ADVANCE: Query = Query::new(
        "uploads.advance",
        "UPDATE uploads SET received = :to, hash_state = :state, reserved = reserved + :reserved, \
           expires_at = UTC_TIMESTAMP(6) + INTERVAL :life SECOND \
         WHERE owner_id = :owner AND id = :id AND writer = :writer AND received = :from",
    );
    let values = params! {
        "to" => step.to,
        "state" => Value::Bytes(step.state.clone()),
        "reserved" => reserved,
        "life" => life_s,
        "owner" => owner,
        "id" => id,
        "writer" => Value::Bytes(token.to_vec()),
        "from" => step.from,
    };
    Ok(tx.exec(&ADVANCE, values).await?.affected == 1)
}
