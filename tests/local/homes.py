"""Small Codex homes, built file by file in the shapes that real ones have."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson

from threadstore import (
    AppendThreadItemsParams,
    CreateThreadParams,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ManualClock,
    ReadThreadParams,
    ResumeThreadParams,
    RolloutItem,
    StoredThread,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    UpdateThreadMetadataParams,
)
from threadstore_backends.local import LocalThreadStore

ONE = "01a20211-95d2-7911-a101-0ac2552abbb1"
TWO = "01a20211-96ae-7b32-a431-767a09f5aa42"
THREE = "01a20211-9711-7c51-b65d-65e1f4ccca03"
WHEN = "2026-11-22T07-03-56"
NOW = 1_795_331_036_630
ENVIRONMENT = ThreadPersistenceMetadata(cwd="/home/dev/project", model_provider="mock")


def opened(home: Path, **options: Any) -> LocalThreadStore:
    """Open a store whose clock stands still."""
    return LocalThreadStore(home, clock=ManualClock(NOW), **options)


def create(store: LocalThreadStore, thread_id: str = ONE, *texts: str, **facts: Any) -> None:
    """Create a thread, and append these messages of its user."""
    facts = {"originator": "codex-tui", "metadata": ENVIRONMENT, **facts}
    store.create_thread(CreateThreadParams(thread_id=thread_id, **facts))
    if texts:
        append(store, thread_id, *texts)


def append(store: LocalThreadStore, thread_id: str, *texts: str) -> None:
    """Append messages of the user."""
    store.append_items(AppendThreadItemsParams(thread_id=thread_id, items=[said(text) for text in texts]))


def resume(store: LocalThreadStore, thread_id: str = ONE, **more: Any) -> None:
    """Resume a thread."""
    store.resume_thread(ResumeThreadParams(thread_id=thread_id, metadata=ENVIRONMENT, **more))


def patch(store: LocalThreadStore, thread_id: str = ONE, *, archived: bool = False, **fields: Any) -> StoredThread:
    """Patch a thread."""
    params = UpdateThreadMetadataParams(
        thread_id=thread_id, patch=ThreadMetadataPatch(**fields), include_archived=archived
    )
    return store.update_thread_metadata(params)


def read(store: LocalThreadStore, thread_id: str = ONE) -> StoredThread:
    """Read a thread of either side."""
    return store.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))


def history(store: LocalThreadStore, thread_id: str = ONE) -> list[RolloutItem]:
    """Load a thread's history, of either side."""
    params = LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)
    return list(store.load_history(params).items)


def texts(store: LocalThreadStore, thread_id: str = ONE) -> list[str]:
    """Return what the user said in a thread."""
    events = [item.payload for item in history(store, thread_id) if item.kind == ("event_msg", "user_message")]
    return [payload["message"] for payload in events]


def listed(store: LocalThreadStore, **query: Any) -> list[str]:
    """Return the ids of a listing's first page, oldest first."""
    page = store.list_threads(ListThreadsParams(sort_direction="asc", **query))
    return [thread.thread_id for thread in page.items]


def rollout(store: LocalThreadStore, thread_id: str = ONE) -> Path:
    """Return where a thread's rollout is."""
    return Path(read(store, thread_id).rollout_path or "")


def said(text: str) -> RolloutItem:
    """Return what the user said, as an item."""
    return RolloutItem("event_msg", {"type": "user_message", "message": text})


def line(kind: str, payload: Any, timestamp: str = "2026-11-22T07:03:56.667Z", **more: Any) -> bytes:
    """Return a line of a rollout, as Codex writes it."""
    return orjson.dumps({"timestamp": timestamp, **more, "type": kind, "payload": payload}) + b"\n"


def message(text: str) -> bytes:
    """Return the line of what a user said."""
    return line("event_msg", {"type": "user_message", "message": text, "images": [], "local_images": []})


def meta(thread_id: str = ONE, **more: Any) -> bytes:
    """Return the first line of a thread that Codex wrote."""
    payload = {
        "session_id": thread_id, "id": thread_id, "timestamp": "2026-11-22T07:03:56.630Z", "cwd": "/home/dev/project",
        "originator": "codex-tui", "cli_version": "0.163.0", "source": "vscode", "model_provider": "mock",
        "base_instructions": {"text": "You are Codex."}, "history_mode": "legacy",
    }  # fmt: skip
    return line("session_meta", {**payload, **more})


def turn(**more: Any) -> bytes:
    """Return the line of a turn's settings."""
    settings = {
        "cwd": "/home/dev/project", "approval_policy": "never", "model": "gpt-5.1-codex", "effort": "high",
        "permission_profile": {"type": "disabled"},
    }  # fmt: skip
    return line("turn_context", {**settings, **more})


def write(home: Path, *lines: bytes, thread_id: str = ONE, archived: bool = False, when: str = WHEN) -> Path:
    """Write a rollout where Codex would."""
    folder = home / "archived_sessions" if archived else home / "sessions" / when[:10].replace("-", "/")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rollout-{when}-{thread_id}.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def write_names(home: Path, *entries: tuple[str, str]) -> Path:
    """Append entries to the name index."""
    path = home / "session_index.jsonl"
    with path.open("ab") as file:
        for thread_id, name in entries:
            entry = {"id": thread_id, "thread_name": name, "updated_at": "2026-11-22T07:03:56.838724287Z"}
            file.write(orjson.dumps(entry) + b"\n")
    return path


#: The columns of Codex 0.136.0, and those that 0.144.4 and 0.163.0 added.
_COLUMNS_136 = """
    id TEXT PRIMARY KEY, rollout_path TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    source TEXT NOT NULL, model_provider TEXT NOT NULL, cwd TEXT NOT NULL, title TEXT NOT NULL,
    sandbox_policy TEXT NOT NULL, approval_mode TEXT NOT NULL, tokens_used INTEGER NOT NULL DEFAULT 0,
    has_user_event INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0, archived_at INTEGER,
    git_sha TEXT, git_branch TEXT, git_origin_url TEXT, cli_version TEXT NOT NULL DEFAULT '',
    first_user_message TEXT NOT NULL DEFAULT '', agent_nickname TEXT, agent_role TEXT,
    memory_mode TEXT NOT NULL DEFAULT 'enabled', model TEXT, reasoning_effort TEXT, agent_path TEXT,
    created_at_ms INTEGER, updated_at_ms INTEGER, thread_source TEXT, preview TEXT NOT NULL DEFAULT ''"""
_COLUMNS_144 = """, recency_at INTEGER NOT NULL DEFAULT 0, recency_at_ms INTEGER NOT NULL DEFAULT 0,
    history_mode TEXT NOT NULL DEFAULT 'legacy'"""
_COLUMNS_163 = ", name TEXT, is_pinned INTEGER NOT NULL DEFAULT 0, originator TEXT"
SCHEMAS = {
    "0.136.0": _COLUMNS_136,
    "0.144.4": _COLUMNS_136 + _COLUMNS_144,
    "0.163.0": _COLUMNS_136 + _COLUMNS_144 + _COLUMNS_163,
}


def write_state(home: Path, *rows: dict[str, Any], version: str = "0.163.0") -> Path:
    """Write Codex's database, with the columns that a version of Codex gives it."""
    path = home / "state_5.sqlite"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"CREATE TABLE threads ({SCHEMAS[version]})")
        connection.execute(
            "CREATE TABLE thread_spawn_edges (parent_thread_id TEXT NOT NULL,"
            " child_thread_id TEXT NOT NULL PRIMARY KEY, status TEXT NOT NULL)"
        )
        for row in rows:
            values = state_row(**row)
            named = ", ".join(values)
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO threads ({named}) VALUES ({marks})", tuple(values.values()))
    connection.close()
    return path


def state_row(thread_id: str = ONE, **more: Any) -> dict[str, Any]:
    """Return a row as Codex writes it for the thread that `write` writes."""
    path = f"/home/dev/.codex/sessions/{WHEN[:10].replace('-', '/')}/rollout-{WHEN}-{thread_id}.jsonl"
    return {
        "id": thread_id, "rollout_path": path, "created_at": 1795331036, "updated_at": 1795331037,
        "created_at_ms": 1795331036630, "updated_at_ms": 1795331037831, "source": "vscode", "model_provider": "mock",
        "cwd": "/home/dev/project", "title": "hello", "sandbox_policy": '{"type":"disabled"}',
        "approval_mode": "never", "tokens_used": 30, "cli_version": "0.163.0", "first_user_message": "hello",
        "preview": "hello", "model": "gpt-5.1-codex", **more,
    }  # fmt: skip


def state_of(home: Path, thread_id: str = ONE) -> dict[str, Any] | None:
    """Return a thread's row in Codex's database."""
    connection = sqlite3.connect(home / "state_5.sqlite")
    connection.row_factory = sqlite3.Row
    row = connection.execute("SELECT * FROM threads WHERE id = ?", (thread_id,)).fetchone()
    connection.close()
    return dict(row) if row else None


def snapshot(home: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a home, with its content and modification time."""
    return {
        str(path.relative_to(home)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }
