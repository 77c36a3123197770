//! Lists of tasks: how a request is filtered, sorted and paged. The statement that answers it stands
//! in `statement`.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::days::Day;
use super::model::{Status, TaskSummary};
use super::places::list_bytes;
use super::requests::check_priority;
use crate::api::extract::{Validate, ValidationErrors};
use crate::api::page::{self, LIMIT_DEFAULT, Position};
use crate::domain::id::{NoteId, TaskId, TaskListId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::tag::TagName;
use crate::domain::time::Timestamp;
use crate::platform::crypto::{self, Keys};

pub(super) use super::statement::list_query;

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TaskSort)]
pub(super) enum Sort {
    /// As its owner dragged them, list by list.
    #[default]
    Position,
    /// The soonest first, what is not due last.
    Due,
    /// The highest first.
    Priority,
    /// The latest edit first.
    Updated,
    /// The newest first.
    Created,
    /// What was done last first; only what is done.
    Completed,
}

/// How far the tasks of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Progress {
    /// Nobody began.
    Todo,
    /// Somebody is at it.
    Doing,
    Done,
    /// Todo or doing.
    Open,
}

/// Lists that make themselves, by the clock of their owner's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Smart {
    /// Due today and not done.
    Today,
    /// Due later than today and not done.
    Upcoming,
    /// Due before, and not done.
    Overdue,
    /// Done, the latest first.
    Done,
}

/// How a list is filtered, sorted and paged.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct TaskQuery {
    /// Words that must all stand in title or description, each anywhere inside a word.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only tasks of this list; `none`: of the inbox.
    #[param(pattern = "^(?:none|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    pub list: Option<String>,
    /// Only tasks that are so far.
    #[param(inline)]
    pub status: Option<Progress>,
    /// Only tasks of this priority.
    #[param(minimum = 0, maximum = 4)]
    pub priority: Option<u8>,
    /// Only tasks with this tag, without regard to case.
    #[param(
        min_length = 1,
        max_length = 50,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f])?$"
    )]
    pub tag: Option<String>,
    /// Only the parts of this task; `none`: only what is no part.
    #[param(pattern = "^(?:none|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    pub parent: Option<String>,
    /// Only tasks that belong to this note.
    #[param(value_type = Option<Uuid>)]
    pub note: Option<NoteId>,
    /// Only tasks due before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    pub due_before: Option<Timestamp>,
    /// Only tasks due at this moment or later.
    #[param(value_type = Option<String>, format = DateTime)]
    pub due_after: Option<Timestamp>,
    /// `true`: only what should be done by now and is not.
    pub overdue: Option<bool>,
    /// A list that makes itself.
    #[param(inline)]
    pub smart: Option<Smart>,
    /// `true`: the trash instead.
    pub trashed: Option<bool>,
    /// The order; when absent `position`, for `smart` lists `due`, for what is done `completed`.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Items of a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl Validate for TaskQuery {
    fn validate(&self, errors: &mut ValidationErrors) {
        errors.check(page::check_limit(self.limit));
        if let Some(tag) = &self.tag {
            errors.check(TagName::parse("tag", tag).map(drop));
        }
        if let Some(list) = &self.list {
            errors.check(id_or_none::<TaskListId>("list", list).map(drop));
        }
        if let Some(parent) = &self.parent {
            errors.check(id_or_none::<TaskId>("parent", parent).map(drop));
        }
        if let Some(priority) = self.priority {
            errors.check(check_priority(priority));
        }
        errors.check(page::check_search(self.q.as_deref()));
    }
}

fn id_or_none<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>, Invalid> {
    if text == "none" {
        return Ok(None);
    }
    let id = text.parse().map_err(|_| {
        let detail = "A UUID, or `none`.";
        Invalid::new(field, "invalid_uuid", detail)
    })?;
    Ok(Some(id))
}

/// A checked list request.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) trashed: bool,
    pub(super) search: Option<String>,
    pub(super) list: Option<Option<TaskListId>>,
    pub(super) progress: Option<Progress>,
    pub(super) priority: Option<u8>,
    pub(super) tag: Option<TagName>,
    pub(super) parent: Option<Option<TaskId>>,
    pub(super) note: Option<NoteId>,
    pub(super) due: [Option<Timestamp>; 2],
    pub(super) smart: Option<Smart>,
    /// The owner's day, when the list goes by it.
    pub(super) day: Option<Day>,
    pub(super) sort: Sort,
    pub(super) after: Option<Position>,
    pub(super) limit: u32,
    cursor: String,
}

impl Listing {
    /// Everything that is not in the trash.
    pub(super) fn all() -> Self {
        Self {
            trashed: false,
            search: None,
            list: None,
            progress: None,
            priority: None,
            tag: None,
            parent: None,
            note: None,
            due: [None, None],
            smart: None,
            day: None,
            sort: Sort::Position,
            after: None,
            limit: LIMIT_DEFAULT,
            cursor: String::new(),
        }
    }

    /// Opens the cursor and settles the defaults.
    pub(super) fn new(keys: &Keys, owner: UserId, query: TaskQuery) -> Result<Self, Invalid> {
        let overdue = (query.overdue == Some(true)).then_some(Smart::Overdue);
        let sort = match query.smart {
            None => Sort::Position,
            Some(Smart::Done) => Sort::Completed,
            Some(_) => Sort::Due,
        };
        let list = query.list.map(|text| id_or_none("list", &text));
        let parent = query.parent.map(|text| id_or_none("parent", &text));
        let tag = query.tag.map(|tag| TagName::parse("tag", &tag));
        let search = query.q.map(|q| q.trim().to_owned());
        let mut listing = Self {
            trashed: query.trashed == Some(true),
            search: search.filter(|q| !q.is_empty()),
            list: list.transpose()?,
            progress: query.status,
            priority: query.priority,
            tag: tag.transpose()?,
            parent: parent.transpose()?,
            note: query.note,
            due: [query.due_after, query.due_before],
            smart: query.smart.or(overdue),
            sort: query.sort.unwrap_or(sort),
            limit: query.limit.unwrap_or(LIMIT_DEFAULT),
            cursor: query.cursor.unwrap_or_default(),
            ..Self::all()
        };
        if !listing.cursor.is_empty() {
            let binding = listing.binding();
            listing.after = Some(page::open_cursor(keys, owner, &binding, &listing.cursor)?);
        }
        Ok(listing)
    }

    /// Sort and filters as one text: what a cursor is bound to.
    pub(super) fn binding(&self) -> String {
        let search = self.search.as_deref().unwrap_or_default();
        let tag = self.tag.as_ref().map(TagName::norm);
        let (list, parent, note) = (self.list, self.parent, self.note);
        let (trashed, progress, smart) = (self.trashed, self.progress, self.smart);
        let (priority, due, sort) = (self.priority, self.due, self.sort);
        format!(
            "tasks|{trashed}|{list:?}|{progress:?}|{priority:?}|{parent:?}|{note:?}|{due:?}|\
             {smart:?}|{sort:?}|{tag:?}|{search}"
        )
    }

    /// Everything the page depends on.
    pub(super) fn cache_text(&self) -> String {
        format!("{}|{}|{}", self.binding(), self.limit, self.cursor)
    }

    /// Searches change with every key press, and lists by the clock with the clock.
    pub(super) fn is_cacheable(&self) -> bool {
        self.search.is_none() && !self.needs_day()
    }

    /// Whether the list goes by its owner's day.
    pub(super) fn needs_day(&self) -> bool {
        self.smart.is_some_and(|smart| smart != Smart::Done)
    }

    /// How far the tasks are: `Err` for all that is open.
    pub(super) fn wanted(&self) -> Option<Result<Status, ()>> {
        let by_smart = self.smart.map(|smart| match smart {
            Smart::Done => Progress::Done,
            _ => Progress::Open,
        });
        let by_sort = (self.sort == Sort::Completed).then_some(Progress::Done);
        Some(match self.progress.or(by_smart).or(by_sort)? {
            Progress::Todo => Ok(Status::Todo),
            Progress::Doing => Ok(Status::Doing),
            Progress::Done => Ok(Status::Done),
            Progress::Open => Err(()),
        })
    }

    /// The place of a task in this order.
    pub(super) fn position(&self, task: &TaskSummary) -> Position {
        let micros = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.micros().to_string());
        let key = match self.sort {
            Sort::Position => {
                let list = crypto::encode(&list_bytes(task.list_id));
                format!("{list}|{}", task.position)
            }
            Sort::Due => micros(task.due_at),
            Sort::Priority => task.priority.to_string(),
            Sort::Updated => micros(Some(task.updated_at)),
            Sort::Created => micros(Some(task.created_at)),
            Sort::Completed => micros(task.completed_at),
        };
        Position {
            key,
            id: *task.id.as_bytes(),
        }
    }
}
