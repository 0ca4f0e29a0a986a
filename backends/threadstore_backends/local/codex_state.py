"""Codex's own database, ``state_5.sqlite``: read, and updated in place where Codex would, no more (LOCAL-5).

It is never created and never migrated, and its columns differ between versions of Codex, so only those that are there
count. A database that cannot be read is treated as absent, and said to be a problem.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import orjson

from threadstore.ids import ThreadId
from threadstore.thread import GitInfo, StoredThread, TokenUsage

from .readonly import connect, opened

CodexRow = Mapping[str, Any]


class CodexState:
    """The rows that Codex keeps of a home's threads."""

    def __init__(self, database: Path) -> None:
        self._database = database
        #: Why the database cannot be used; none while it can, or is not there.
        self.problem: str | None = None

    def rows(self) -> dict[ThreadId, CodexRow]:
        """Return every row by id."""
        return self._read("SELECT * FROM threads", ())

    def row(self, thread_id: ThreadId) -> CodexRow | None:
        """Return a thread's row."""
        return self._read("SELECT * FROM threads WHERE id = ?", (thread_id,)).get(thread_id)

    def update(self, thread_id: ThreadId, values: Mapping[str, Any]) -> None:
        """Set those of a thread's columns that this version of the database has."""
        self._write(thread_id, values)

    def delete(self, thread_id: ThreadId) -> None:
        """Remove a thread's row and its spawn edges."""
        self._write(thread_id, None)

    def _read(self, sql: str, values: tuple[Any, ...]) -> dict[ThreadId, CodexRow]:
        if not self._database.is_file():
            return {}
        try:
            with opened(self._database, timeout=0.5) as connection:
                connection.row_factory = sqlite3.Row
                rows: dict[ThreadId, CodexRow] = {row["id"]: dict(row) for row in connection.execute(sql, values)}
        except (sqlite3.Error, OSError, IndexError, ValueError) as error:
            self.problem = f"cannot be read ({error}), so it counts as absent"
            return {}
        self.problem = None
        return rows

    def _write(self, thread_id: ThreadId, values: Mapping[str, Any] | None) -> None:
        if self.row(thread_id) is None:
            return
        try:
            with closing(connect(self._database, "mode=rw", timeout=2)) as connection, connection:
                _change(connection, thread_id, values)
        except sqlite3.Error as error:
            self.problem = f"cannot be updated ({error}); Codex does not see the last change of thread {thread_id}"


def _change(connection: sqlite3.Connection, thread_id: ThreadId, values: Mapping[str, Any] | None) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    if values is None:
        if _columns(connection, "thread_spawn_edges"):
            connection.execute(
                "DELETE FROM thread_spawn_edges WHERE parent_thread_id = ? OR child_thread_id = ?",
                (thread_id, thread_id),
            )
        connection.execute("DELETE FROM threads WHERE id = ?", (thread_id,))
        return
    present = {name: value for name, value in values.items() if name in _columns(connection, "threads")}
    if present:
        named = ", ".join(f"{name} = ?" for name in present)
        connection.execute(f"UPDATE threads SET {named} WHERE id = ?", (*present.values(), thread_id))  # noqa: S608


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def fingerprint(row: CodexRow | None) -> str:
    """Return text that changes when a row does."""
    return "" if row is None else format(zlib.crc32(repr(row).encode()), "x")


#: Where Codex's row is surer than the rollout: what it writes to the row at once, or to the row alone.
_ROW_FIRST = ("git_info", "memory_mode", "recency_at", "archived_at")


def overlaid(thread: StoredThread, row: CodexRow) -> StoredThread:
    """Return a thread as its rollout tells it, with what only Codex's row knows."""
    known = _known(thread, row)
    changes = {
        name: value
        for name, value in known.items()
        if value is not None and (name in _ROW_FIRST or not getattr(thread, name))
    }
    changes["updated_at"] = max(thread.updated_at, known["updated_at"] or 0)
    if thread.archived_at is None:
        changes.pop("archived_at", None)
    return attrs.evolve(thread, **changes)


def explicit_name(thread: StoredThread, row: CodexRow) -> str | None:
    """Return the name in a row: its own column, else a title that is not derived from the conversation."""
    name = _text(row, "name")
    if name and name.strip():
        return name
    title = _text(row, "title")
    derived = (thread.title, thread.preview, thread.first_user_message, _text(row, "first_user_message"))
    return title if title and title.strip() and title not in derived else None


def archived_at(row: CodexRow | None) -> int | None:
    """Return when Codex archived a thread, in milliseconds; none when its row does not say."""
    return None if row is None else _instant(row, "archived_at")


def git(row: CodexRow) -> GitInfo | None:
    """Return the git in a row."""
    info = GitInfo(_text(row, "git_sha"), _text(row, "git_branch"), _text(row, "git_origin_url"))
    return None if info == GitInfo() else info


def _known(thread: StoredThread, row: CodexRow) -> dict[str, Any]:
    first = _text(row, "first_user_message") or None
    title = _text(row, "title")
    tokens = row.get("tokens_used")
    memory = row.get("memory_mode")
    return {
        "preview": _text(row, "preview") or first,
        "first_user_message": first,
        "title": title if title and title == first else None,
        "model_provider": _text(row, "model_provider"),
        "model": _text(row, "model"),
        "reasoning_effort": _text(row, "reasoning_effort"),
        "updated_at": _instant(row, "updated_at"),
        "recency_at": _instant(row, "recency_at"),
        "archived_at": _instant(row, "archived_at"),
        "cwd": _text(row, "cwd"),
        "cli_version": _text(row, "cli_version"),
        "thread_source": _text(row, "thread_source"),
        "agent_nickname": _text(row, "agent_nickname"),
        "agent_role": _text(row, "agent_role"),
        "agent_path": _text(row, "agent_path"),
        "git_info": git(row),
        "approval_mode": _text(row, "approval_mode"),
        "permission_profile": _object(row, "sandbox_policy"),
        "token_usage": TokenUsage(total_tokens=tokens) if isinstance(tokens, int) and tokens > 0 else None,
        "memory_mode": memory if memory in ("enabled", "disabled") else None,
    }


def columns(thread: StoredThread, fields: set[str]) -> dict[str, Any]:
    """Return the columns in which Codex keeps these fields of a thread."""
    values: dict[str, Any] = {}
    for name in fields:
        value = getattr(thread, name)
        if name in ("created_at", "updated_at", "recency_at"):
            values |= {name: value // 1000, f"{name}_ms": value}
        elif name == "git_info":
            info = value or GitInfo()
            values |= {"git_sha": info.sha, "git_branch": info.branch, "git_origin_url": info.origin_url}
        elif name in ("name", "title"):
            values["title"] = thread.name or thread.title or ""
        elif name == "token_usage":
            values["tokens_used"] = max(value.total_tokens, 0) if value else 0
        elif name == "permission_profile":
            values["sandbox_policy"] = orjson.dumps(value).decode()
        elif name == "source":
            values[name] = value if isinstance(value, str) else orjson.dumps(value).decode()
        elif name == "archived_at":
            values |= {"archived": value is not None, "archived_at": None if value is None else value // 1000}
        else:
            values[name] = value
    return values


def _text(row: CodexRow, name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) else None


def _instant(row: CodexRow, name: str) -> int | None:
    exact, seconds = row.get(f"{name}_ms"), row.get(name)
    if isinstance(exact, int) and exact > 0:
        return exact
    return seconds * 1000 if isinstance(seconds, int) and seconds > 0 else None


def _object(row: CodexRow, name: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(_text(row, name) or "null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
