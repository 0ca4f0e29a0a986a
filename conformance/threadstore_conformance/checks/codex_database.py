"""A `state_5.sqlite` as Codex itself makes it, and what stands in one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

from threadstore import ThreadId

NAME = "state_5.sqlite"

#: The tables of a database, each as its rows in order.
Content: TypeAlias = dict[str, list[dict[str, Any]]]


def make_database(home: Path, rows: list[dict[str, Any]]) -> None:
    """Make Codex's database in a home, with these rows of threads."""
    with closing(sqlite3.connect(home / NAME)) as database, database:
        database.executescript(_SCHEMA)
        for row in rows:
            names, places = ", ".join(row), ", ".join("?" for _ in row)
            database.execute(f"INSERT INTO threads ({names}) VALUES ({places})", tuple(row.values()))  # noqa: S608
        edges = [(rows[0]["id"], row["id"], "open") for row in rows[1:]]
        database.executemany("INSERT INTO thread_spawn_edges VALUES (?, ?, ?)", edges)


def row(home: Path, thread_id: ThreadId, rollout_path: Path | str, **columns: Any) -> dict[str, Any]:
    """Return a row as Codex fills it."""
    return {
        "id": thread_id,
        "rollout_path": str(rollout_path),
        "created_at": 1_782_293_400,
        "updated_at": 1_782_293_460,
        "source": "vscode",
        "model_provider": "openai",
        "cwd": "/home/someone/project",
        "title": "Fix the login test",
        "sandbox_policy": '{"type":"disabled"}',
        "approval_mode": "never",
        "tokens_used": 30,
        "cli_version": "0.144.4",
        "first_user_message": "Fix the login test",
        "model": "gpt-5.1-codex",
        "created_at_ms": 1_782_293_400_125,
        "updated_at_ms": 1_782_293_460_632,
        "preview": "Fix the login test",
        "recency_at": 1_782_293_455,
        "recency_at_ms": 1_782_293_455_571,
        **columns,
    }


def content(home: Path, *, name: str = NAME) -> Content:
    """Return every table of a database, the one that holds its schema first."""
    with closing(sqlite3.connect(f"file:{home / name}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        found: Content = {"pragmas": [dict(database.execute("PRAGMA user_version").fetchone())]}
        found["sqlite_schema"] = _rows(database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name")
        for table in [entry["name"] for entry in found["sqlite_schema"] if entry["type"] == "table"]:
            found[table] = _rows(database, f'SELECT * FROM "{table}" ORDER BY rowid')  # noqa: S608
        return found


def thread_row(home: Path, thread_id: ThreadId) -> dict[str, Any] | None:
    """Return a thread's row."""
    return next((found for found in content(home)["threads"] if found["id"] == thread_id), None)


def _rows(database: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    return [dict(found) for found in database.execute(sql)]


_SCHEMA = """
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES (1, 'threads', '2026-06-20 07:03:51', 1, x'627ffe00d1', 1120431);
INSERT INTO _sqlx_migrations VALUES (38, 'recency at', '2026-06-20 07:03:51', 1, x'5272010203', 808058);
CREATE TABLE threads (
    id TEXT PRIMARY KEY, rollout_path TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    source TEXT NOT NULL, model_provider TEXT NOT NULL, cwd TEXT NOT NULL, title TEXT NOT NULL,
    sandbox_policy TEXT NOT NULL, approval_mode TEXT NOT NULL, tokens_used INTEGER NOT NULL DEFAULT 0,
    has_user_event INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0, archived_at INTEGER,
    git_sha TEXT, git_branch TEXT, git_origin_url TEXT, cli_version TEXT NOT NULL DEFAULT '',
    first_user_message TEXT NOT NULL DEFAULT '', agent_nickname TEXT, agent_role TEXT,
    memory_mode TEXT NOT NULL DEFAULT 'enabled', model TEXT, reasoning_effort TEXT, agent_path TEXT,
    created_at_ms INTEGER, updated_at_ms INTEGER, thread_source TEXT, preview TEXT NOT NULL DEFAULT '',
    recency_at INTEGER NOT NULL DEFAULT 0, recency_at_ms INTEGER NOT NULL DEFAULT 0,
    history_mode TEXT NOT NULL DEFAULT 'legacy'
);
CREATE TABLE thread_dynamic_tools (
    thread_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    input_schema TEXT NOT NULL, defer_loading INTEGER NOT NULL DEFAULT 0, namespace TEXT,
    PRIMARY KEY(thread_id, position), FOREIGN KEY(thread_id) REFERENCES threads(id) ON DELETE CASCADE
);
CREATE TABLE backfill_state (
    id INTEGER PRIMARY KEY CHECK (id = 1), status TEXT NOT NULL, last_watermark TEXT, last_success_at INTEGER,
    updated_at INTEGER NOT NULL
);
INSERT INTO backfill_state VALUES (1, 'complete', NULL, 1782293400, 1782293400);
CREATE TABLE thread_spawn_edges (
    parent_thread_id TEXT NOT NULL, child_thread_id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL
);
CREATE INDEX idx_threads_updated_at_ms ON threads(updated_at_ms DESC, id DESC);
CREATE INDEX idx_threads_visible_recency_at_ms ON threads(archived, recency_at_ms DESC, id DESC) WHERE preview <> '';
CREATE TRIGGER threads_updated_at_ms_after_update AFTER UPDATE OF updated_at ON threads
WHEN NEW.updated_at != OLD.updated_at AND NEW.updated_at_ms IS OLD.updated_at_ms
BEGIN UPDATE threads SET updated_at_ms = NEW.updated_at * 1000 WHERE id = NEW.id; END;
CREATE TRIGGER threads_recency_at_after_insert AFTER INSERT ON threads WHEN NEW.recency_at_ms = 0
BEGIN
    UPDATE threads SET recency_at = NEW.updated_at,
        recency_at_ms = COALESCE(NEW.updated_at_ms, NEW.updated_at * 1000) WHERE id = NEW.id;
END;
"""
