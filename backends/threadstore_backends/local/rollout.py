"""Reading rollouts: lines into records, records into a history, and into the facts that metadata is made of.

Reading is lenient, because real files hold what many versions, crashes and editors left: a blank line is nothing, a
line that is not a record is counted and skipped, a kind that this version does not know is counted and left out.
"""

from __future__ import annotations

import codecs
import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from attrs import define, field, frozen

from threadstore.errors import Internal, InvalidRequest
from threadstore.ids import ThreadId
from threadstore.items import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore.policy import Disposition, disposition

from .encoding import is_own_meta
from .layout import COMPRESSED


@frozen
class Record:
    """One line of a rollout that could be read."""

    line: int
    type: str
    payload: dict[str, JSON]
    timestamp: Any = None
    ordinal: Any = None


@define
class Skipped:
    """What a rollout holds beside its history."""

    #: The numbers of the lines that are not records.
    damaged: list[int] = field(factory=list)
    #: The kinds that this version does not know, with their counts.
    unknown: Counter[str] = field(factory=Counter)


def read_bytes(path: Path) -> bytes:
    """Return a rollout's text, decompressed; of a torn compressed one the part that can be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Internal(f"{path} cannot be read ({error.strerror or error}); check the file") from error
    if path.name.endswith(COMPRESSED):
        data, _ = decompress(path, data)
    return data.removeprefix(codecs.BOM_UTF8)


def decompress(path: Path, data: bytes) -> tuple[bytes, bool]:
    """Return what can be decompressed of a rollout, and whether that is all of it.

    Raises `InvalidRequest` that names the extra when it is not installed.
    """
    try:
        import zstandard
    except ImportError as error:
        raise InvalidRequest(f"{path} is compressed; install threadstore[zstd] to read it") from error
    parts: list[bytes] = []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            parts.append(frame.decompress(data))
        except zstandard.ZstdError:
            return b"".join(parts), False
        if not frame.eof:
            return b"".join(parts), False
        data = frame.unused_data
    return b"".join(parts), True


def records(data: bytes, skipped: Skipped) -> Iterator[Record]:
    """Yield the records of a rollout in order; note the lines that are none."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line or line.isspace():
            continue
        try:
            value = orjson.loads(line)
            record = Record(number, value["type"], value["payload"], value.get("timestamp"), value.get("ordinal"))
        except (ValueError, TypeError, KeyError):
            skipped.damaged.append(number)
            continue
        if type(record.type) is str and type(record.payload) is dict:
            yield record
        else:
            skipped.damaged.append(number)


def first_meta(data: bytes, thread_id: ThreadId) -> dict[str, JSON] | None:
    """Return the payload of the first own SessionMeta in a rollout's text."""
    found = (r.payload for r in records(data, Skipped()) if is_own_meta(r.type, r.payload, thread_id))
    return next(found, None)


def history(data: bytes, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
    """Return the items of a rollout: every known kind, and of the thread's own SessionMetas the first.

    Collection of cycles is held off meanwhile: nothing here makes any, and looking for them costs more than reading.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _history(data, thread_id)
    finally:
        if collecting:
            gc.enable()


def _history(data: bytes, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
    items: list[RolloutItem] = []
    loads, new = orjson.loads, RolloutItem.__new__
    # The class is frozen: its own constructor takes longer than parsing the line.
    set_type, set_payload = RolloutItem.type.__set__, RolloutItem.payload.__set__  # type: ignore[attr-defined]
    known: set[tuple[str, Any]] = set()
    own_meta_seen = False
    for line in data.split(b"\n"):
        try:
            record = loads(line)
            kind, payload = record["type"], record["payload"]
            inner = payload.get("type")
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        if type(inner) is not str:
            inner = None
        if type(kind) is not str or (kind, inner) not in known:
            if type(kind) is not str or disposition(kind, payload) is Disposition.UNKNOWN:
                continue
            if not is_own_meta(kind, payload, thread_id):
                if kind != "session_meta":
                    known.add((kind, inner))
            elif own_meta_seen:
                continue
            else:
                own_meta_seen = True
        item = new(RolloutItem)
        set_type(item, kind)
        set_payload(item, payload)
        items.append(item)
    return tuple(items)
