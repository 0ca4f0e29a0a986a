"""Cursors: base64 text that says where a page ended, and of which query."""

from __future__ import annotations

import zlib
from base64 import b64decode, urlsafe_b64encode
from operator import attrgetter
from typing import TypeAlias

import attrs
import orjson

from threadstore.errors import InvalidRequest
from threadstore.ids import ThreadId, is_thread_id
from threadstore.jsonvalue import JSON, same_json
from threadstore.params import ListThreadsParams, SearchThreadsParams

#: A page of either kind.
Query: TypeAlias = ListThreadsParams | SearchThreadsParams

#: A sort value and an id: where a thread stands in a listing.
Place: TypeAlias = tuple[int, ThreadId]

_CHECKSUM_BYTES = 4


def encode(query: Query, place: Place) -> str:
    """Return the cursor of the page of ``query`` that ended at ``place``."""
    body = b"[%b,%b]" % (_stated(query), orjson.dumps(place))
    return _text(_checksum(body) + body)


def decode(query: Query) -> Place | None:
    """Return where the page before ended; raise `InvalidRequest` for a cursor of nothing or of another query."""
    if query.cursor is None:
        return None
    stated, place = _opened(query.cursor)
    if not same_json(stated, orjson.loads(_stated(query))):
        raise InvalidRequest(
            "cursor belongs to another query; keep filters and order while paging, or start without a cursor",
            "cursor",
        )
    return place


def _opened(cursor: str) -> tuple[JSON, Place]:
    try:
        decoded = b64decode(cursor, altchars=b"-_", validate=True)
        checksum, body = decoded[:_CHECKSUM_BYTES], decoded[_CHECKSUM_BYTES:]
        # Base64 reads some texts alike; only the one that was given counts.
        if checksum == _checksum(body) and cursor == _text(decoded):
            stated, (value, thread_id) = orjson.loads(body)
            if type(value) is int and is_thread_id(thread_id):
                return stated, (value, thread_id)
    except (ValueError, TypeError):
        pass  # whatever else it is, it is none of ours
    raise InvalidRequest("cursor must be a next_cursor of this store; start without one", "cursor")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def _checksum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES)


def _stated(query: Query) -> bytes:
    values = _PARTS[type(query)](query)
    return orjson.dumps([type(query).__name__, *values], default=attrs.astuple)


def _parts(cls: type[Query]) -> attrgetter[tuple[object, ...]]:
    return attrgetter(*(a.name for a in attrs.fields(cls) if a.name not in ("page_size", "cursor")))


#: Reads off what makes a query that query: everything but its page size and cursor.
_PARTS = {cls: _parts(cls) for cls in (ListThreadsParams, SearchThreadsParams)}
