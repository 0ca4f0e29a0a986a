"""Cursors: where a page ended, and of which query. Opaque to callers, and complete in themselves."""

from __future__ import annotations

import base64
import binascii
import hashlib

import attrs
import orjson
from attrs import frozen

from threadstore.codec import to_json
from threadstore.errors import InvalidRequest
from threadstore.ids import ThreadId, is_thread_id
from threadstore.params import ListThreadsParams, SearchThreadsParams


@frozen
class Place:
    """Where a thread stands in the order of a query (LIST-2)."""

    value: int
    thread_id: ThreadId


def encode(query: ListThreadsParams | SearchThreadsParams, place: Place) -> str:
    """Return the cursor of a page that ended at a place."""
    text = orjson.dumps([place.value, place.thread_id, _seal(query, place)])
    return base64.urlsafe_b64encode(text).decode()


def decode(query: ListThreadsParams | SearchThreadsParams) -> Place | None:
    """Return the place that a query starts after; raise `InvalidRequest` for a cursor that is not of this query."""
    if query.cursor is None:
        return None
    try:
        value, thread_id, _ = orjson.loads(base64.b64decode(query.cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise _refused() from None
    if type(value) is not int or not is_thread_id(thread_id):
        raise _refused()
    place = Place(value, thread_id)
    if encode(query, place) != query.cursor:
        raise _refused()
    return place


def _seal(query: ListThreadsParams | SearchThreadsParams, place: Place) -> str:
    """Return what shows that a place belongs to a query, and that neither was touched."""
    same = to_json(attrs.evolve(query, page_size=1, cursor=None))
    sealed = [type(query).__name__, same, place.value, place.thread_id]
    text = orjson.dumps(sealed, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=9).hexdigest()


def _refused() -> InvalidRequest:
    return InvalidRequest(
        "cursor is not one that this store gave for this query; ask for the first page without a cursor", "cursor"
    )
