"""A home without SQLite works from its files (LOCAL-1, LOCAL-2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.homes import (
    ONE,
    THREE,
    TWO,
    append,
    create,
    history,
    listed,
    message,
    meta,
    opened,
    patch,
    read,
    rollout,
    texts,
    write,
    write_state,
)
from threadstore import (
    ArchiveThreadParams,
    Conflict,
    DeleteThreadParams,
    GitInfo,
    GitInfoPatch,
    ListThreadsParams,
    PersistThreadParams,
    ShutdownThreadParams,
    ThreadNotFound,
    ThreadRelationFilter,
    UnarchiveThreadParams,
)
from threadstore_backends.local import LocalThreadStore


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = opened(tmp_path, use_sqlite=False)
    yield store
    store.close()


def test_makes_no_database(tmp_path: Path, store: LocalThreadStore) -> None:
    """Ensure a store without SQLite leaves only rollouts and the name index, whatever is done."""
    create(store, ONE, "hello")
    patch(store, name="Mine", preview="p", memory_mode="disabled")
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"sessions", "archived_sessions", "session_index.jsonl"}


def test_leaves_codex_database_alone(tmp_path: Path) -> None:
    """Ensure Codex's database is neither read nor written without SQLite."""
    write(tmp_path, meta(), message("hello"))
    state = write_state(tmp_path, {"reasoning_effort": "low"})
    before = state.read_bytes()
    store = opened(tmp_path, use_sqlite=False)
    assert read(store).reasoning_effort is None
    patch(store, name="Mine")
    assert state.read_bytes() == before
    store.close()


def test_name_memory_mode_and_git_are_exact(tmp_path: Path, store: LocalThreadStore) -> None:
    """Ensure these three are set, shown and cleared by files alone, in this store and the next."""
    create(store, ONE, "hello")
    git = GitInfoPatch(sha="0123abc", branch="main")
    shown = patch(store, name="Mine", memory_mode="disabled", git_info=git)
    assert (shown.name, shown.memory_mode, shown.git_info) == ("Mine", "disabled", GitInfo("0123abc", "main"))
    assert shown == read(store)
    other = opened(tmp_path, use_sqlite=False)
    assert read(other) == shown
    other.close()
    shown = patch(store, name=None, memory_mode="enabled", git_info=GitInfoPatch(sha=None, branch=None))
    assert (shown.name, shown.memory_mode, shown.git_info) == (None, "enabled", None)


def test_a_patch_of_them_moves_no_time(store: LocalThreadStore) -> None:
    """Ensure restating a SessionMeta moves neither updated_at nor recency_at (PATCH-4)."""
    create(store, ONE, "hello")
    before = read(store)
    after = patch(store, memory_mode="disabled")
    assert (after.updated_at, after.recency_at) == (before.updated_at, before.recency_at)
    assert len(history(store)) == 2


def test_a_hidden_thread_appears_by_a_patch(store: LocalThreadStore) -> None:
    """Ensure a patch makes a lazy thread visible, with what the files can say of it."""
    create(store)
    assert listed(store) == []
    assert patch(store, name="Mine").name == "Mine"
    assert listed(store) == [ONE]
    assert [item.type for item in history(store)] == ["session_meta"]


def test_lists_by_files_and_their_relations(store: LocalThreadStore) -> None:
    """Ensure order, filters, pages and relations work without a database."""
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": ONE, "depth": 1}}}
    create(store, ONE, "parent")
    create(store, TWO, "child", source=spawned)
    create(store, THREE, "grandchild", parent_thread_id=TWO)
    family = ThreadRelationFilter(kind="descendants_of", thread_id=ONE)
    assert listed(store, relation_filter=family) == [TWO, THREE]
    assert listed(store, allowed_sources=[spawned]) == [TWO]
    assert listed(store, search_term="grand") == [THREE]
    first = store.list_threads(ListThreadsParams(page_size=2))
    rest = store.list_threads(ListThreadsParams(page_size=2, cursor=first.next_cursor))
    assert [thread.thread_id for thread in first.items + rest.items] == [THREE, TWO, ONE]
    assert rest.next_cursor is None


def test_sees_what_another_handle_does(tmp_path: Path, store: LocalThreadStore) -> None:
    """Ensure threads that come, move and go by another handle are followed."""
    other = opened(tmp_path, use_sqlite=False)
    create(other, ONE, "theirs")
    assert (listed(store), texts(store)) == ([ONE], ["theirs"])
    with pytest.raises(Conflict, match=ONE):
        create(store, ONE)
    other.archive_thread(ArchiveThreadParams(thread_id=ONE))
    assert (listed(store), listed(store, archived=True)) == ([], [ONE])
    assert rollout(store).parent == tmp_path / "archived_sessions"
    other.delete_thread(DeleteThreadParams(thread_id=ONE))
    with pytest.raises(ThreadNotFound):
        read(store)
    assert listed(store, archived=True) == []
    other.close()


def test_moves_and_deletes(tmp_path: Path, store: LocalThreadStore) -> None:
    """Ensure a thread goes to the archive, comes back, and is deleted without a trace."""
    create(store, ONE, "hello")
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    archived = read(store)
    assert archived.archived_at is not None
    assert read(store) == archived
    append(store, ONE, "more")
    assert store.unarchive_thread(UnarchiveThreadParams(thread_id=ONE)).archived_at is None
    assert texts(store) == ["hello", "more"]
    patch(store, name="Mine")
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    create(store, ONE, "anew")
    assert (read(store).name, texts(store)) == (None, ["anew"])
    store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
    assert (tmp_path / "session_index.jsonl").read_bytes() == b""


@pytest.mark.parametrize("use_sqlite", [True, False])
def test_a_home_may_change_between_with_and_without(tmp_path: Path, use_sqlite: bool) -> None:
    """Ensure the three read the same after the database has come or gone (LOCAL-1)."""
    store = opened(tmp_path, use_sqlite=use_sqlite)
    create(store, ONE, "hello")
    create(store, TWO)
    store.persist_thread(PersistThreadParams(thread_id=TWO))
    patch(store, ONE, name="Mine", memory_mode="disabled", git_info=GitInfoPatch(branch="main"))
    patch(store, TWO, name="Mine", memory_mode="disabled", git_info=GitInfoPatch(branch="main"))
    patch(store, TWO, name=None, memory_mode="enabled", git_info=GitInfoPatch(branch=None))
    store.close()
    store = opened(tmp_path, use_sqlite=not use_sqlite)
    one, two = read(store, ONE), read(store, TWO)
    assert (one.name, one.memory_mode, one.git_info) == ("Mine", "disabled", GitInfo(branch="main"))
    assert (two.name, two.memory_mode, two.git_info) == (None, "enabled", None)
    store.close()
