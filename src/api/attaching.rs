//! What attaching a file answers, whatever it is attached to.

use crate::api::error::ApiError;
use crate::api::reply::NoContent;
use crate::services::documents::Attaching;

/// 204, or why not.
pub fn answer(attaching: Attaching) -> Result<NoContent, ApiError> {
    match attaching {
        Attaching::Done => Ok(NoContent),
        Attaching::Missing => Err(ApiError::NotFound),
        Attaching::InTrash => Err(ApiError::Conflict(
            "file_in_trash",
            "A file in the trash cannot be attached; take it out first.",
        )),
        Attaching::Full => Err(ApiError::Conflict(
            "attachments_full",
            "At most 100 files can be attached.",
        )),
    }
}
