"""Our index: ``threadstore_1.sqlite``, the queryable metadata of a home and the truth for patches (LOCAL-5).

Without SQLite in the home the same table is kept in memory and follows the files (LOCAL-2).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from threadstore.errors import Internal
from threadstore.ids import ThreadId

from .rows import COLUMNS, Row, column_type, from_columns, to_columns

#: What this version writes into the database as ``user_version``.
VERSION = 1

#: How long an operation waits for another process that holds the database.
BUSY_SECONDS = 5.0

_SELECT = f"SELECT {', '.join(COLUMNS)} FROM threads"  # noqa: S608 - the columns are ours
_UPSERT = f"INSERT OR REPLACE INTO threads ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_FOLLOW = (
    f"INSERT INTO threads ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    f" ON CONFLICT (thread_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS)}"
    " WHERE NOT threads.adopted"
)
_INDEXES = (
    *(
        f"CREATE INDEX IF NOT EXISTS threads_by_{key} ON threads (archived, hidden, {key}, thread_id)"
        for key in ("created_at", "updated_at", "recency_at")
    ),
    "CREATE INDEX IF NOT EXISTS threads_by_parent ON threads (parent_thread_id, hidden)",
)


class Index:
    """The table of threads."""

    def __init__(self, database: Path | None) -> None:
        """Open the database at a path, or one in memory; raise `sqlite3.Error` when it is not a healthy one."""
        #: Whether the index outlives the process.
        self.lasting = database is not None
        self._database = database
        self._connection = sqlite3.connect(
            str(database or ":memory:"), isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
        )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def get(self, thread_id: ThreadId) -> Row | None:
        """Return a thread's row."""
        found = self.rows(f"{_SELECT} WHERE thread_id = ?", (thread_id,))
        return found[0] if found else None

    def put(self, row: Row) -> None:
        """Insert a row, or replace the one of the same thread."""
        self.execute(_UPSERT, to_columns(row))

    def follow(self, *rows: Row) -> None:
        """Insert rows that repeat what files say, or replace such rows; those that are adopted stay."""
        with self.transaction():
            self._connection.executemany(_FOLLOW, map(to_columns, rows))

    def place(self, thread_id: ThreadId, path: str, archived_at: int | None) -> None:
        """Say where an adopted thread's file is; the row is shown and adopted, and the rest of it stays."""
        self.execute(
            "UPDATE threads SET rollout_path = ?, archived_at = ?, archived = ?, hidden = 0, adopted = 1"
            " WHERE thread_id = ?",
            (path, archived_at, archived_at is not None, thread_id),
        )

    def rename(self, thread_id: ThreadId, before: str | None, name: str | None) -> None:
        """Take over the name that the files give a thread, unless it has another by now or one to be restated."""
        self.execute(
            "UPDATE threads SET name = ? WHERE thread_id = ? AND name IS ? AND NOT restate", (name, thread_id, before)
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let no other handle change anything between what is read and what is written here."""
        with self._errors_named(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield

    def set_flags(self, thread_id: ThreadId, **flags: bool) -> None:
        """Set some of ``adopted``, ``hidden`` and ``restate``."""
        named = ", ".join(f"{name} = ?" for name in flags)
        self.execute(f"UPDATE threads SET {named} WHERE thread_id = ?", (*flags.values(), thread_id))  # noqa: S608

    def remove(self, thread_id: ThreadId) -> None:
        """Remove a thread's row."""
        self.execute("DELETE FROM threads WHERE thread_id = ?", (thread_id,))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return the rows that a query over all columns finds."""
        with self._errors_named():
            return [from_columns(found) for found in self._connection.execute(sql, values)]

    def select(self, rest: str, values: Sequence[Any], before: str = "") -> list[Row]:
        """Return rows by what follows ``FROM threads``, and by a WITH clause before it."""
        return self.rows(f"{before} {_SELECT} {rest}", values)

    def execute(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return what it gives."""
        with self._errors_named():
            return self._connection.execute(sql, tuple(values)).fetchall()

    def close(self) -> None:
        """Close the database, its log folded in."""
        self._connection.close()

    def _prepare(self) -> None:
        execute = self._connection.execute
        if self.lasting:
            execute("PRAGMA journal_mode = WAL")
            execute("PRAGMA synchronous = NORMAL")
            (health,) = execute("PRAGMA quick_check(1)").fetchone()
            if health != "ok":
                raise sqlite3.DatabaseError(health)
        (version,) = execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise Internal(f"{self._database} was made by a later version of threadstore; use that version to open it")
        columns = ", ".join(f"{name} {column_type(name)}" for name in COLUMNS)
        execute(f"CREATE TABLE IF NOT EXISTS threads ({columns})")
        for statement in _INDEXES:
            execute(statement)
        execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise Internal(
                f"{self._database or 'the index in memory'}: {error}; close the store and open it again, which"
                " rebuilds a damaged index from the rollouts"
            ) from error


def read_rows(database: Path, query: str) -> list[Row]:
    """Return every row of a database that SQLite opens with this query; raise `sqlite3.Error` when it cannot."""
    connection = sqlite3.connect(f"file:{quote(str(database.absolute()))}?{query}", uri=True)
    try:
        return [from_columns(found) for found in connection.execute(_SELECT)]
    finally:
        connection.close()


def open_index(database: Path) -> tuple[Index, str | None]:
    """Open our database, and set a damaged one aside; return the index, and what was wrong."""
    if database.is_symlink():
        raise Internal(
            f"{database} is a link; the index is kept in the home itself, so replace it by a file or nothing"
        )
    try:
        return Index(database), None
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
            raise Internal(f"{database} cannot be opened ({error}); check who holds it and its permissions") from error
        aside = _set_aside(database)
        return Index(database), f"damaged ({error}); set aside as {aside.name} and rebuilt from the rollouts"


def _is_damage(error: sqlite3.OperationalError) -> bool:
    return any(word in str(error) for word in ("malformed", "no such column", "has no column"))


def _set_aside(database: Path) -> Path:
    number = 1
    while (aside := database.with_name(f"{database.name}.damaged-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = database.with_name(database.name + suffix)
        if part.exists():
            os.rename(part, aside.with_name(aside.name + suffix))
    return aside
