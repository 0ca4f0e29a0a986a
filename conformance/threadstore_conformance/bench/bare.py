"""Bare work: the same lines and rows with no store around them, on the file system that the backend's home is on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import orjson

from threadstore import Backend, RolloutItem, StoredThread

from ..homes import fresh_home
from ..lab import METADATA, ORIGINATOR
from .content import thread_id

_STAMP = "2026-06-01T12:00:00.000Z"


def line(item: RolloutItem) -> bytes:
    """Return an item as a line of a rollout."""
    record = {"timestamp": _STAMP, "type": item.type, "payload": item.payload}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


class Files:
    """Files that lines are written to, one open at a time."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._opened = 0
        self._descriptor = -1

    def new(self) -> None:
        """Open another empty file, and close the one before."""
        self.close()
        self._opened += 1
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._descriptor = os.open(self._home / f"{self._opened}.jsonl", flags, 0o666)

    def write(self, batch: Iterable[RolloutItem]) -> None:
        """Write a batch of items in one call of the system."""
        os.write(self._descriptor, b"".join([line(item) for item in batch]))

    def close(self) -> None:
        """Close the open file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def new_files(backend: Backend) -> Iterator[Files]:
    """Make a folder of files where a backend's home would be."""
    with fresh_home(backend) as home, closing(Files(home)) as files:
        yield files


_COLUMNS = tuple(a.name for a in attrs.fields(StoredThread) if a.name != "history")
_INSERT = f"INSERT INTO threads VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM threads"  # noqa: S608 - the columns are StoredThread's
_PAGE = f"""{_SELECT} WHERE archived_at IS NULL AND (created_at, thread_id) < (?, ?)
    ORDER BY created_at DESC, thread_id DESC LIMIT ?"""


class Table:
    """A table of threads in a SQLite file, with the columns of StoredThread and an index by creation."""

    def __init__(self, home: Path) -> None:
        self._connection = sqlite3.connect(home / "bare.sqlite", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            f"CREATE TABLE threads ({', '.join(_COLUMNS)}, PRIMARY KEY (thread_id))",
            "CREATE INDEX by_creation ON threads (archived_at, created_at, thread_id)",
        ):
            self._connection.execute(statement)

    def insert(self, number: int) -> None:
        """Insert the row of the nth thread."""
        self._connection.execute(_INSERT, _row(number))

    def fill(self, count: int) -> None:
        """Insert so many rows at once."""
        self._connection.execute("BEGIN")
        self._connection.executemany(_INSERT, map(_row, range(1, count + 1)))
        self._connection.execute("COMMIT")

    def select(self, number: int) -> tuple[Any, ...]:
        """Return the row of the nth thread."""
        found: tuple[Any, ...] = self._connection.execute(
            f"{_SELECT} WHERE thread_id = ?", (thread_id(number),)
        ).fetchone()
        return found

    def update(self, number: int, changes: dict[str, Any]) -> None:
        """Set columns of the nth thread's row."""
        named = ", ".join(f"{name} = ?" for name in changes)
        statement = f"UPDATE threads SET {named} WHERE thread_id = ?"  # noqa: S608 - names of columns
        self._connection.execute(statement, (*changes.values(), thread_id(number)))

    def page(self, before: int, size: int) -> list[tuple[Any, ...]]:
        """Return a page of rows, newest first, of those before the nth thread."""
        place = (_CREATED + before, thread_id(before))
        return self._connection.execute(_PAGE, (*place, size)).fetchall()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


@contextmanager
def new_table(backend: Backend, count: int) -> Iterator[Table]:
    """Make a table of so many threads where a backend's home would be."""
    with fresh_home(backend) as home, closing(Table(home)) as table:
        table.fill(count)
        yield table


_CREATED = 1_780_000_000_000


def _row(number: int) -> tuple[Any, ...]:
    now = _CREATED + number
    thread = StoredThread(
        thread_id=thread_id(number),
        created_at=now,
        updated_at=now,
        recency_at=now,
        cwd=METADATA.cwd,
        model_provider=METADATA.model_provider,
        originator=ORIGINATOR,
    )
    return tuple(getattr(thread, name) for name in _COLUMNS)
