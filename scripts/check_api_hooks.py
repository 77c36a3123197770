"""Removes values that match the OpenAPI spec and are refused anyway: invented cursors and links, because both are signed,
and idempotency keys that were used with another body.

Cursors that Schemathesis read from a response stay. Loaded by scripts/check-api.sh.
"""

import itertools
import re

import schemathesis

# A MAC of 16 bytes, an id of 16 bytes and the sort key, in base64url.
CURSOR = re.compile(r"^[A-Za-z0-9_-]{43,}$")
KEY = "Idempotency-Key"
numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path.endswith("/content") and "link" in (case.query or {}):
        # A link replaces the token: with an invented one the request is refused for the link, not for the missing token.
        del case.query["link"]
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    cursor = (case.query or {}).get("cursor")
    if cursor is not None and not (isinstance(cursor, str) and CURSOR.match(cursor)):
        del case.query["cursor"]
    if isinstance((case.headers or {}).get(KEY), str):
        case.headers[KEY] = f"{case.headers[KEY][:240]}{next(numbers)}"


@schemathesis.serializer("application/offset+octet-stream")
def bytes_of_an_upload(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
