"""The rows of our index: a thread's metadata as columns, and back.

Every field of StoredThread but the history has a column of its own name, so that the database can be read with plain
SQL; the columns after those are the index's own.
"""

from __future__ import annotations

import json
from typing import Any

import attrs
import orjson
from attrs import frozen

from threadstore.jsonvalue import JSON
from threadstore.thread import GitInfo, StoredThread, TokenUsage


@frozen(kw_only=True)
class Row:
    """A thread in the index."""

    #: With ``rollout_path`` relative to the home.
    thread: StoredThread
    #: Whether the row is the truth; otherwise it repeats what the files say, and follows them.
    adopted: bool = False
    #: Whether there is a row and no file: reserved for a thread about to be written, or what a lost file left.
    hidden: bool = False
    #: Whether name, memory mode or git have still to be restated in the files.
    restate: bool = False
    #: What the row was read from, when it is not adopted: changes when the files do.
    seen: str = ""

    @property
    def path(self) -> str:
        """The rollout's plain path, relative to the home."""
        return self.thread.rollout_path or ""

    @property
    def archived(self) -> bool:
        """Whether the thread is on the archived side."""
        return self.thread.archived_at is not None


_JSON_TYPES: dict[str, Any] = {
    "source": None,
    "permission_profile": None,
    "git_info": GitInfo,
    "token_usage": TokenUsage,
}
_FIELDS = tuple(a.name for a in attrs.fields(StoredThread) if a.name != "history")
_TIMES = tuple(name for name in _FIELDS if name.endswith("_at"))
_OWN = ("adopted", "hidden", "restate", "seen", "archived", "source_key")

#: Every column, in the order in which `to_columns` gives and `from_columns` takes them.
COLUMNS = (*_FIELDS, *_OWN)

_INTEGERS = {*_TIMES, "adopted", "hidden", "restate", "archived"}


def column_type(name: str) -> str:
    """Return the SQL type of a column."""
    if name == "thread_id":
        return "TEXT PRIMARY KEY"
    return "INTEGER" if name in _INTEGERS else "TEXT"


def to_columns(row: Row) -> tuple[Any, ...]:
    """Return a row's values."""
    thread = row.thread
    values = [_encoded(name, getattr(thread, name)) for name in _FIELDS]
    return (*values, row.adopted, row.hidden, row.restate, row.seen, row.archived, source_key(thread.source))


def from_columns(values: tuple[Any, ...]) -> Row:
    """Return the row that has these values."""
    known = dict(zip(_FIELDS, values, strict=False))
    for name, cls in _JSON_TYPES.items():
        known[name] = _decoded(known[name], cls)
    adopted, hidden, restate, seen = values[len(_FIELDS) : len(_FIELDS) + 4]
    return Row(
        thread=StoredThread(**known),
        adopted=bool(adopted),
        hidden=bool(hidden),
        restate=bool(restate),
        seen=seen,
    )


def source_key(source: JSON) -> str:
    """Return text that is the same for the same JSON value, and for no other."""
    return json.dumps(_exact(source), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _exact(value: JSON) -> JSON:
    if type(value) is float and value.is_integer():
        return int(value)
    if isinstance(value, list | tuple):
        return [_exact(element) for element in value]
    if isinstance(value, dict):
        return {key: _exact(member) for key, member in value.items()}
    return value


def _encoded(name: str, value: Any) -> Any:
    if name not in _JSON_TYPES or value is None:
        return value
    if _JSON_TYPES[name]:
        value = attrs.asdict(value)
    return orjson.dumps(value).decode()


def _decoded(text: str | None, cls: Any) -> Any:
    if text is None:
        return None
    value = orjson.loads(text)
    return cls(**value) if cls else value
