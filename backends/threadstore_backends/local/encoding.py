"""Items and records as the lines of a rollout: ``{"timestamp","type","payload"}``, one a line."""

from __future__ import annotations

import marshal
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from threadstore.fields import check_fields
from threadstore.ids import ThreadId
from threadstore.items import RolloutItem
from threadstore.jsonvalue import JSON, MAX_DEPTH
from threadstore.params import AppendThreadItemsParams
from threadstore.policy import KEPT_EVENTS, KEPT_RESPONSE_ITEMS, Disposition, disposition

_STRICT = (
    orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


#: The version of marshal's format in which every value is written out, floats as their eight bytes.
_MARSHAL = 2

#: How a tuple of less than 2^24 elements begins in it.
_TUPLE = re.compile(rb"\(.{3}\x00", re.DOTALL)

#: The commonest items: kept by their two types alone.
_SURELY_KEPT = frozenset(
    [("event_msg", inner) for inner in KEPT_EVENTS] + [("response_item", inner) for inner in KEPT_RESPONSE_ITEMS]
)


def encode_line(kind: str, payload: Mapping[str, JSON], timestamp: int, **more: JSON) -> bytes:
    """Return one line of a rollout."""
    record = {"timestamp": rfc3339(timestamp), **more, "type": kind, "payload": payload}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def encode_batch(params: AppendThreadItemsParams, timestamp: int) -> tuple[bytes, bool]:
    """Return the lines of the items that the policy keeps, and whether one is the thread's own SessionMeta.

    Raises `InvalidRequest` that names the first item that cannot be stored.
    """
    stamp, items = rfc3339(timestamp), params.items
    if type(items) is not tuple:
        check_fields(params)
    lines, own_meta = [], False
    for item in items:
        if type(item) is not RolloutItem:
            check_fields(params)
        kind, payload = item.type, item.payload
        try:
            line = _encode(kind, payload, stamp)
        except (TypeError, ValueError, RecursionError):
            line = None
        if line is None:
            check_fields(params)
            line = _encode_checked(item, stamp)
        inner = payload.get("type")
        if type(inner) is str and (kind, inner) in _SURELY_KEPT:
            lines.append(line)
        elif disposition(kind, payload) is Disposition.KEEP:
            lines.append(line)
            own_meta = own_meta or is_own_meta(kind, payload, params.thread_id)
    return lines[0] if len(lines) == 1 else b"".join(lines), own_meta


def is_own_meta(kind: str, payload: Mapping[str, JSON], thread_id: ThreadId) -> bool:
    """Tell whether a record is a SessionMeta of this thread; those of others are ordinary items."""
    return kind == "session_meta" and payload.get("id") == thread_id


_last: tuple[int, str] = (-1, "")


def rfc3339(timestamp: int) -> str:
    """Return milliseconds as RFC 3339 text in UTC, as Codex writes it."""
    global _last
    last, text = _last
    if last != timestamp:
        moment = datetime.fromtimestamp(timestamp // 1000, UTC)
        text = f"{moment:%Y-%m-%dT%H:%M:%S}.{timestamp % 1000:03d}Z".rjust(24, "0")
        _last = (timestamp, text)
    return text


def milliseconds(text: Any) -> int | None:
    """Return RFC 3339 text, or the form in a rollout's name, as milliseconds; none when it is neither."""
    if not isinstance(text, str):
        return None
    if len(text) == 19 and text[13] == "-":
        text = f"{text[:10]}T{text[11:].replace('-', ':')}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((moment - _EPOCH).total_seconds() * 1000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _encode(kind: str, payload: JSON, stamp: str) -> bytes | None:
    """Return an item's line; none where only a walk of the payload can tell whether it is JSON.

    orjson judges integers, surrogates and keys, but writes UUIDs and enums as text, tuples as lists, and NaN and
    infinities as null. marshal refuses the first two, and writes the others so that they can be told.
    """
    if type(payload) is not dict or type(kind) is not str:
        return None
    line: bytes = orjson.dumps({"timestamp": stamp, "type": kind, "payload": payload}, option=_STRICT)
    if len(line) > 2 * MAX_DEPTH and line.count(b"{") + line.count(b"[") > MAX_DEPTH:
        return None
    shape = marshal.dumps(payload, _MARSHAL)
    if b"(" in shape and _TUPLE.search(shape):
        return None
    if b"null" in line and (b"\x7f" in shape or b"\xff" in shape):
        return None
    return line


def _encode_checked(item: RolloutItem, stamp: str) -> bytes:
    record = {"timestamp": stamp, "type": item.type, "payload": item.payload}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
