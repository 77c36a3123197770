//! Values of the API document that a derived schema cannot describe: patterns and lists that the
//! parsers of the domain own. Types without values: they only stand in schemas.
//! Refuses to check anything; the parsers do.

use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Object, ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{email, password, tag, time_zone, username};

pub struct MailAddress;
/// A user name that somebody chooses.
pub struct Username;
/// A password that somebody chooses.
pub struct NewPassword;
/// The name of a time zone.
pub struct TimeZone;
/// The name of a tag.
pub struct TagName;
/// What an account may do.
pub struct Role;
/// Whether an account may act.
pub struct AccountStatus;
/// Whether an account shall be allowed to act.
pub struct NewAccountStatus;

impl ToSchema for MailAddress {}
impl ToSchema for Username {}
impl ToSchema for NewPassword {}
impl ToSchema for TimeZone {}
impl ToSchema for TagName {}
impl ToSchema for Role {}
impl ToSchema for AccountStatus {}
impl ToSchema for NewAccountStatus {}

impl PartialSchema for MailAddress {
    fn schema() -> RefOr<Schema> {
        finished(
            text("A mail address in ASCII. Letters of other scripts are taken as well, as far as 254 bytes go; \
                  the pattern leaves them out because it cannot count bytes.")
                .min_length(Some(email::MIN_CHARS))
                .max_length(Some(email::MAX_BYTES))
                .pattern(Some(email::PATTERN)),
        )
    }
}

impl PartialSchema for Username {
    fn schema() -> RefOr<Schema> {
        finished(
            text("Letters, digits, `.`, `_` or `-`, beginning with a letter or digit.")
                .min_length(Some(username::MIN_CHARS))
                .max_length(Some(username::MAX_CHARS))
                .pattern(Some(username::pattern())),
        )
    }
}

impl PartialSchema for NewPassword {
    fn schema() -> RefOr<Schema> {
        finished(
            text("At least 10 characters, at most 256 bytes; no few signs over and over, none of the passwords \
                  that are tried first, not the user name, not the address (422 `weak_password`).")
                .min_length(Some(password::MIN_CHARS))
                .max_length(Some(password::MAX_BYTES))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
                .pattern(Some(password::PATTERN)),
        )
    }
}

impl PartialSchema for TagName {
    fn schema() -> RefOr<Schema> {
        finished(
            text("1 to 50 characters on one line, no blanks at the ends.")
                .min_length(Some(1))
                .max_length(Some(tag::MAX_CHARS))
                .pattern(Some(tag::PATTERN)),
        )
    }
}

impl PartialSchema for TimeZone {
    fn schema() -> RefOr<Schema> {
        words("A time zone by its IANA name.", time_zone::names())
    }
}

impl PartialSchema for Role {
    fn schema() -> RefOr<Schema> {
        words("What an account may do.", ["user", "admin"])
    }
}

impl PartialSchema for AccountStatus {
    fn schema() -> RefOr<Schema> {
        let all = ["pending", "active", "disabled"];
        words("Whether an account may act.", all)
    }
}

impl PartialSchema for NewAccountStatus {
    fn schema() -> RefOr<Schema> {
        words("Whether an account may act.", ["active", "disabled"])
    }
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some(description))
}

fn words<'a>(description: &str, all: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    finished(text(description).enum_values(Some(all)))
}

fn finished(builder: ObjectBuilder) -> RefOr<Schema> {
    RefOr::T(Schema::Object(Object::from(builder)))
}
