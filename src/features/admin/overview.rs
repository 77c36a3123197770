//! The service as a whole: its numbers, its live instances, its jobs.

use axum::extract::State;
use axum::response::Response;

use super::overview_model::{FleetSums, InstancePage, InstanceView, JobPage, JobView, Stats};
use super::store;
use crate::api::caller::AdminUser;
use crate::api::error::ApiError;
use crate::api::extract::ApiQuery;
use crate::api::page::{Here, Position};
use crate::api::paging::{PageQuery, Paging};
use crate::api::reply::{self, Answer};
use crate::api::state::AppState;
use crate::domain::id::JobId;
use crate::services::{jobs::instances as fleet, jobs::queue};

/// The service in numbers.
#[utoipa::path(
    get, path = "/admin/stats", operation_id = "admin.stats", tag = "admin",
    responses((status = 200, body = Stats))
)]
pub(super) async fn stats(
    _admin: AdminUser,
    State(app): State<AppState>,
) -> Result<Answer<Stats>, ApiError> {
    let numbers = store::numbers(&app.db).await?;
    Ok(Answer(numbers.into()))
}

/// The instances that gave a sign of life within fifteen seconds, with their pools and the sums.
#[utoipa::path(
    get, path = "/admin/instances", operation_id = "admin.instances", tag = "admin",
    params(PageQuery), responses((status = 200, body = InstancePage))
)]
pub(super) async fn instances(
    admin: AdminUser,
    here: Here,
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, admin.id, "instances", page)?;
    let after = paging.after_id();
    // The sums are those of the whole fleet, so all of it is read; the query bounds it.
    let live = fleet::live(&app.db).await?;
    let mut items: Vec<InstanceView> = live.into_iter().map(InstanceView::from).collect();
    let sums = FleetSums::of(&items);
    items.retain(|view| Some(*view.id.as_bytes()) > after);
    let next_cursor = paging.cut(&mut items, |view| Position::of_id(*view.id.as_bytes()));
    let next = next_cursor.clone();
    let page = InstancePage {
        items,
        next_cursor,
        sums,
    };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}

/// Queued and periodic work.
#[utoipa::path(
    get, path = "/admin/jobs", operation_id = "admin.jobs", tag = "admin",
    params(PageQuery), responses((status = 200, body = JobPage))
)]
pub(super) async fn jobs(
    admin: AdminUser,
    here: Here,
    State(app): State<AppState>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Response, ApiError> {
    let page = (query.cursor.as_deref(), query.limit);
    let paging = Paging::open(&app, admin.id, "jobs", page)?;
    let after = paging.after_id();
    let mut found = queue::page(&app.db, after.map(JobId::from_bytes), paging.rows()).await?;
    let next_cursor = paging.cut(&mut found, |job| Position::of_id(*job.id.as_bytes()));
    let items = found.into_iter().map(JobView::from).collect();
    let next = next_cursor.clone();
    let page = JobPage { items, next_cursor };
    Ok(reply::fresh_page(&here, page, next.as_deref()))
}
