"""Codex's own database: read, updated in place as Codex would, never made, never trusted blindly (LOCAL-5)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from local.homes import (
    ONE,
    SCHEMAS,
    TWO,
    append,
    create,
    listed,
    message,
    meta,
    opened,
    patch,
    read,
    resume,
    rollout,
    snapshot,
    state_of,
    turn,
    write,
    write_names,
    write_state,
)
from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    GitInfo,
    GitInfoPatch,
    TokenUsage,
    UnarchiveThreadParams,
)

versions = pytest.mark.parametrize("version", SCHEMAS)


def test_is_never_created(tmp_path: Path) -> None:
    """Ensure a home without Codex's database gets none, whatever is done in it."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    patch(store, name="mine", memory_mode="disabled", git_info=GitInfoPatch(sha="0"))
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    store.close()
    assert not list(tmp_path.glob("state*"))


@versions
def test_shows_what_only_the_row_knows(tmp_path: Path, version: str) -> None:
    """Ensure the row fills what the rollout does not tell, in every version's columns."""
    write(tmp_path, meta(), message("hello"))
    write_state(
        tmp_path,
        {"reasoning_effort": "low", "thread_source": "subagent", "agent_path": "/a", "git_sha": "0123abc"},
        version=version,
    )
    store = opened(tmp_path)
    thread = read(store)
    assert (thread.model, thread.reasoning_effort, thread.approval_mode) == ("gpt-5.1-codex", "low", "never")
    assert (thread.thread_source, thread.agent_path) == ("subagent", "/a")
    assert thread.git_info == GitInfo(sha="0123abc")
    assert thread.permission_profile == {"type": "disabled"}
    assert thread.token_usage == TokenUsage(total_tokens=30)
    assert (thread.created_at, thread.updated_at) == (1795331036630, 1795331037831)
    assert thread.recency_at == thread.created_at
    store.close()


def test_shows_the_rows_recency_and_archival(tmp_path: Path) -> None:
    """Ensure recency_at and archived_at, which no rollout tells, are the row's."""
    write(tmp_path, meta(), message("hello"), archived=True)
    write_state(tmp_path, {"recency_at_ms": 1795331036700, "archived": 1, "archived_at": 1795331040})
    store = opened(tmp_path)
    assert (read(store).recency_at, read(store).archived_at) == (1795331036700, 1795331040000)
    store.close()


def test_the_rollout_is_surer_than_the_row(tmp_path: Path) -> None:
    """Ensure what both tell is the rollout's, and the side is the file's."""
    write(tmp_path, meta(), turn(), message("hello"))
    write_state(tmp_path, {"preview": "stale", "cwd": "/stale", "model": "stale", "archived": 1, "archived_at": 7})
    store = opened(tmp_path)
    thread = read(store)
    assert (thread.preview, thread.cwd, thread.model) == ("hello", "/home/dev/project", "gpt-5.1-codex")
    assert thread.archived_at is None
    store.close()


@pytest.mark.parametrize(
    ("row", "entries", "name"),
    [
        ({"title": "hello"}, [], None),
        ({"title": "Mine"}, [], "Mine"),
        ({"title": "Mine"}, [(ONE, "Mine")], "Mine"),
        ({"title": "Mine"}, [(ONE, "Mine"), (ONE, "")], None),
        ({"title": "hello", "name": "Mine"}, [], "Mine"),
        ({"title": ""}, [], None),
    ],
)
def test_a_name_is_explicit(
    tmp_path: Path, row: dict[str, Any], entries: list[tuple[str, str]], name: str | None
) -> None:
    """Ensure a derived title is no name, a title of the user's own is one, and the name index goes first (PATCH-7)."""
    write(tmp_path, meta(), message("hello"))
    write_state(tmp_path, row)
    write_names(tmp_path, *entries)
    store = opened(tmp_path)
    assert (read(store).name, read(store).title) == (name, "hello")
    store.close()


@versions
def test_a_patch_is_seen_by_codex(tmp_path: Path, version: str) -> None:
    """Ensure a patch sets the columns that Codex keeps its fields in, and no others."""
    write(tmp_path, meta(), message("hello"))
    write_state(tmp_path, {}, {"thread_id": TWO}, version=version)
    before = state_of(tmp_path)
    store = opened(tmp_path)
    patch(
        store,
        name="Mine",
        git_info=GitInfoPatch(sha="0123abc", branch="main"),
        memory_mode="disabled",
        model="other",
        updated_at=1795331099123,
        token_usage=TokenUsage(total_tokens=99),
    )
    row = state_of(tmp_path)
    assert before is not None
    assert row is not None
    changed = {name: value for name, value in row.items() if before[name] != value}
    assert changed == {
        "title": "Mine", "git_sha": "0123abc", "git_branch": "main", "memory_mode": "disabled", "model": "other",
        "updated_at": 1795331099, "updated_at_ms": 1795331099123, "tokens_used": 99,
    }  # fmt: skip
    patch(store, name=None, git_info=GitInfoPatch(sha=None, branch=None), title="derived")
    row = state_of(tmp_path)
    assert row is not None
    assert (row["title"], row["git_sha"], row["git_branch"]) == ("derived", None, None)
    other = state_of(tmp_path, TWO)
    assert other is not None
    assert other["title"] == "hello"
    store.close()


@versions
def test_moves_and_deletes_are_seen_by_codex(tmp_path: Path, version: str) -> None:
    """Ensure archiving, unarchiving and deleting keep the row and its edges true."""
    write(tmp_path, meta(), message("hello"))
    state = write_state(tmp_path, {}, {"thread_id": TWO}, version=version)
    with sqlite3.connect(state) as connection:
        connection.execute("INSERT INTO thread_spawn_edges VALUES (?, ?, 'open')", (ONE, TWO))
    connection.close()
    store = opened(tmp_path)
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    row = state_of(tmp_path)
    assert row is not None
    assert (row["archived"], row["archived_at"], row["rollout_path"]) == (1, 1795331036, str(rollout(store)))
    store.unarchive_thread(UnarchiveThreadParams(thread_id=ONE))
    row = state_of(tmp_path)
    assert row is not None
    assert (row["archived"], row["archived_at"], row["rollout_path"]) == (0, None, str(rollout(store)))
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert state_of(tmp_path) is None
    assert state_of(tmp_path, TWO) is not None
    with sqlite3.connect(state) as connection:
        assert connection.execute("SELECT * FROM thread_spawn_edges").fetchall() == []
    connection.close()
    store.close()


def test_is_left_alone_by_what_it_does_not_know(tmp_path: Path) -> None:
    """Ensure threads without a row get none, and reads and appends change no byte of the database."""
    write(tmp_path, meta(), message("hello"))
    write_state(tmp_path, {})
    before = snapshot(tmp_path)["state_5.sqlite"]
    store = opened(tmp_path)
    create(store, TWO, "mine")
    patch(store, TWO, name="Mine")
    resume(store)
    append(store, ONE, "more")
    read(store)
    listed(store)
    assert snapshot(tmp_path)["state_5.sqlite"] == before
    assert state_of(tmp_path, TWO) is None
    store.close()


def test_a_thread_is_adopted_at_the_first_write(tmp_path: Path) -> None:
    """Ensure what was read before an append or a patch is what is read after, though the row changes later."""
    write(tmp_path, meta(), message("hello"))
    write(tmp_path, meta(TWO), message("hello"), thread_id=TWO)
    state = write_state(tmp_path, {}, {"thread_id": TWO})
    store = opened(tmp_path)
    before = read(store)
    resume(store)
    append(store, ONE, "another message")
    patch(store, TWO, preview="patched")
    store.close()
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE threads SET model = 'changed later'")
    connection.close()
    store = opened(tmp_path)
    assert read(store) == before
    assert (read(store, TWO).preview, read(store, TWO).model) == ("patched", "gpt-5.1-codex")
    store.close()


def test_a_thread_not_adopted_follows_codex(tmp_path: Path) -> None:
    """Ensure what Codex writes to a thread that we never wrote to is seen: rows at the next opening, files at once."""
    path = write(tmp_path, meta(), message("hello"))
    state = write_state(tmp_path, {})
    store = opened(tmp_path)
    assert read(store).reasoning_effort is None
    with path.open("ab") as file:
        file.write(turn())
    write_names(tmp_path, (ONE, "Named by Codex"))
    assert (read(store).reasoning_effort, read(store).name) == ("high", "Named by Codex")
    store.close()
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE threads SET git_sha = 'fff'")
    connection.close()
    store = opened(tmp_path)
    assert read(store).git_info == GitInfo(sha="fff")
    assert listed(store) == [ONE]
    store.close()


@pytest.mark.parametrize("garbage", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_garbage_counts_as_absent(tmp_path: Path, garbage: bytes) -> None:
    """Ensure a database that is none is said to be a problem, hinders nothing, and is not touched."""
    write(tmp_path, meta(), turn(), message("hello"))
    (tmp_path / "state_5.sqlite").write_bytes(garbage)
    before = snapshot(tmp_path)["state_5.sqlite"]
    store = opened(tmp_path)
    assert (read(store).preview, read(store).model) == ("hello", "gpt-5.1-codex")
    patch(store, name="Mine")
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert [problem.file for problem in store.problems] == ["state_5.sqlite"]
    assert snapshot(tmp_path)["state_5.sqlite"] == before
    store.close()


def test_a_locked_database_counts_as_absent(tmp_path: Path) -> None:
    """Ensure a database that somebody holds hinders neither reading nor patching, and is reported."""
    write(tmp_path, meta(), message("hello"))
    state = write_state(tmp_path, {"reasoning_effort": "low"})
    holder = sqlite3.connect(state, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store = opened(tmp_path)
    assert read(store).reasoning_effort is None
    assert "locked" in store.problems[0].what
    assert patch(store, name="Mine").name == "Mine"
    holder.execute("ROLLBACK")
    holder.close()
    store.close()
    assert (state_of(tmp_path) or {})["title"] == "hello"


def test_reading_makes_nothing_beside_the_database(tmp_path: Path) -> None:
    """Ensure a database in WAL mode that Codex has closed is read without a log, and one that it has open with it."""
    write(tmp_path, meta(), message("hello"))
    connection = sqlite3.connect(write_state(tmp_path, {"reasoning_effort": "low"}), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE threads SET git_sha = '0123abc'")
    store = opened(tmp_path)
    assert read(store).git_info == GitInfo(sha="0123abc")
    store.close()
    connection.close()
    (tmp_path / "threadstore_1.sqlite").unlink()
    store = opened(tmp_path)
    assert read(store).reasoning_effort == "low"
    assert {path.name for path in tmp_path.glob("state*")} == {"state_5.sqlite"}
    store.close()
