"""What fits the API document and is refused all the same: an invented cursor or link, for both are signed, and an
idempotency key that was sent with another body.

Real cursors, which Schemathesis took from an answer, are left in. Loaded by scripts/check-api.sh.
"""

import itertools
import re

import schemathesis

# A tag of 16 bytes, an id of 16 bytes and the sort key, in base64url.
CURSOR = re.compile(r"^[A-Za-z0-9_-]{43,}$")
KEY = "Idempotency-Key"
numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path.endswith("/content") and "link" in (case.query or {}):
        # It says instead of a sign-in who may read: with one that is invented a missing sign-in is not what is refused.
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
