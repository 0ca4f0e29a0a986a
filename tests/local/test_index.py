"""Our index: the truth for patches, and no loss when it is lost, damaged, or behind the files (DUR-5)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from local.homes import (
    NOW,
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
    resume,
    rollout,
    texts,
    turn,
    write,
)
from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    DeleteThreadParams,
    GitInfo,
    GitInfoPatch,
    Internal,
    PersistThreadParams,
    RolloutItem,
    ThreadNotFound,
    TokenUsage,
)
from threadstore_backends.local import catalog
from threadstore_backends.local.names import NameIndex

DATABASE = "threadstore_1.sqlite"

FACTS: dict[str, Any] = {
    "session_id": THREE,
    "forked_from_id": TWO,
    "source": {"subagent": {"thread_spawn": {"parent_thread_id": THREE, "agent_nickname": "Ada", "agent_path": "/a"}}},
    "thread_source": "subagent",
    "originator": "codex_work_local",
    "base_instructions": {"text": "Be brief."},
    "dynamic_tools": [{"name": "tool", "schema": {"x": 1.5}}],
    "selected_capability_roots": ["/caps"],
    "multi_agent_version": "v2",
    "initial_window_id": "window",
}


def lose(home: Path) -> None:
    for path in home.glob(DATABASE + "*"):
        path.unlink()


def damage(home: Path, garbage: bytes) -> None:
    for path in home.glob(DATABASE + "-*"):
        path.unlink()
    (home / DATABASE).write_bytes(garbage)


def test_patches_outlive_the_store(tmp_path: Path) -> None:
    """Ensure every patched field reads the same after closing and opening."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    patched = patch(
        store, name="", preview="\0 ü 🧵", title="", model_provider="p", model="m", reasoning_effort="", created_at=0,
        updated_at=253402300799999, advance_recency_at=NOW + 1, source={"a": [1.5, 2**63, None, True]},
        thread_source="t", agent_nickname="n", agent_role="r", agent_path="/p", cwd="", cli_version="",
        approval_mode="a", permission_profile={"type": {"deep": [{}]}}, token_usage=TokenUsage(1, 2, 3, 4, 2**40),
        first_user_message="", git_info=GitInfoPatch(sha="", branch="b"), memory_mode="disabled",
    )  # fmt: skip
    store.close()
    store = opened(tmp_path)
    assert read(store) == patched
    store.close()


@pytest.mark.parametrize("garbage", [None, b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 8192])
def test_a_lost_or_damaged_index_is_rebuilt(tmp_path: Path, garbage: bytes | None) -> None:
    """Ensure history, create facts, side, name, memory mode and git are exact again, observed facts the fold."""
    store = opened(tmp_path)
    create(store, ONE, **FACTS)
    store.persist_thread(PersistThreadParams(thread_id=ONE))
    create(store, TWO, "hello")
    settings = {"model": "gpt-6", "effort": "low", "approval_policy": "never"}
    store.append_items(AppendThreadItemsParams(thread_id=TWO, items=[RolloutItem("turn_context", settings)]))
    patch(store, TWO, name="Mine", memory_mode="disabled", git_info=GitInfoPatch(branch="main"), preview="patched")
    store.archive_thread(ArchiveThreadParams(thread_id=TWO))
    created, histories = read(store), (history(store), history(store, TWO))
    store.close()
    if garbage is None:
        lose(tmp_path)
    else:
        damage(tmp_path, garbage)
    store = opened(tmp_path)
    assert read(store) == created
    assert (history(store), history(store, TWO)) == histories
    two = read(store, TWO)
    assert (two.name, two.memory_mode, two.git_info) == ("Mine", "disabled", GitInfo(branch="main"))
    assert (two.preview, two.model, two.reasoning_effort) == ("hello", "gpt-6", "low")
    assert (listed(store), listed(store, archived=True)) == ([ONE], [TWO])
    assert read(store, TWO) == two
    aside = tmp_path / f"{DATABASE}.damaged-1"
    assert (aside.read_bytes() if aside.exists() else None) == (garbage or None)
    assert [problem.file for problem in store.problems] == ([DATABASE] if garbage else [])
    store.close()


def test_rubbish_in_the_middle_is_found_at_opening(tmp_path: Path) -> None:
    """Ensure damage inside the index is found, and set aside under a new name each time."""
    store = opened(tmp_path)
    ids = [f"01a20211-0000-7000-8000-{number:012x}" for number in range(100)]
    for thread_id in ids:
        create(store, thread_id, "hello")
    store.close()
    for nth in (1, 2):
        data = bytearray((tmp_path / DATABASE).read_bytes())
        data[4096 * 3 : 4096 * 5] = b"\xff" * 8192
        (tmp_path / DATABASE).write_bytes(data)
        store = opened(tmp_path)
        assert listed(store, page_size=1000) == ids
        store.close()
        assert len(list(tmp_path.glob(f"{DATABASE}.damaged-*"))) == nth


def test_a_foreign_schema_is_set_aside(tmp_path: Path) -> None:
    """Ensure a database of another make under our name is kept aside and not written over."""
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("CREATE TABLE threads (something TEXT)")
    connection.commit()
    connection.close()
    write(tmp_path, meta())
    store = opened(tmp_path)
    assert listed(store) == [ONE]
    assert (tmp_path / f"{DATABASE}.damaged-1").exists()
    store.close()


def test_an_index_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """Ensure an index that a later version made is left as it is, and the error says so."""
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Internal, match="later version"):
        opened(tmp_path)


def test_an_append_changes_no_metadata_of_a_rebuilt_thread(tmp_path: Path) -> None:
    """Ensure a thread whose index was lost is adopted by its next append as it was read (APPEND-3)."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    store.close()
    lose(tmp_path)
    store = opened(tmp_path)
    before = read(store)
    resume(store)
    append(store, ONE, "more")
    store.append_items(AppendThreadItemsParams(thread_id=ONE, items=[RolloutItem("turn_context", {"model": "new"})]))
    assert read(store) == before
    store.close()
    store = opened(tmp_path)
    assert read(store) == before
    store.close()


def test_appends_change_no_metadata_whatever_the_files_times(tmp_path: Path) -> None:
    """Ensure the file's modification time is not updated_at while our index is there (APPEND-3)."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    before = read(store)
    os.utime(rollout(store), ns=(5, 5))
    append(store, ONE, "more")
    store.close()
    store = opened(tmp_path)
    assert read(store) == before
    assert before.preview == ""
    store.close()


def test_files_moved_by_others_are_followed(tmp_path: Path) -> None:
    """Ensure threads that Codex archives, deletes or restores while we are away are where their files are."""
    store = opened(tmp_path)
    for thread_id in (ONE, TWO):
        create(store, thread_id, "hello")
        patch(store, thread_id, name=f"name of {thread_id}", preview="patched")
    one, two = rollout(store, ONE), rollout(store, TWO)
    before = read(store, TWO)
    store.close()
    (tmp_path / "archived_sessions").mkdir()
    one.rename(tmp_path / "archived_sessions" / one.name)
    two.rename(tmp_path / two.name)
    store = opened(tmp_path)
    assert (listed(store), listed(store, archived=True)) == ([], [ONE])
    assert read(store, ONE).preview == "patched"
    with pytest.raises(ThreadNotFound):
        read(store, TWO)
    store.close()
    (tmp_path / two.name).rename(two)
    store = opened(tmp_path)
    assert read(store, TWO) == before
    store.close()


def test_a_row_whose_file_is_gone_is_no_ghost(tmp_path: Path) -> None:
    """Ensure a thread created with the id of one whose file vanished starts empty (PATCH-6)."""
    store = opened(tmp_path)
    create(store, ONE, "old")
    patch(store, name="Old", preview="old")
    path = rollout(store)
    store.close()
    path.unlink()
    store = opened(tmp_path)
    create(store, ONE, "new")
    assert (read(store).name, read(store).preview, texts(store)) == (None, "", ["new"])
    store.close()


def test_two_handles_see_each_others_threads(tmp_path: Path) -> None:
    """Ensure what one handle creates, patches, archives and deletes, another on the home sees at once."""
    one, two = opened(tmp_path), opened(tmp_path)
    create(one, ONE, "hello")
    assert listed(two) == [ONE]
    patched = patch(two, name="Theirs")
    assert read(one) == patched
    two.archive_thread(ArchiveThreadParams(thread_id=ONE))
    assert listed(one, archived=True) == [ONE]
    two.delete_thread(DeleteThreadParams(thread_id=ONE))
    with pytest.raises(ThreadNotFound):
        read(one)
    one.close()
    two.close()


def killed_at(home: Path, where: str, what: str) -> None:
    """Run a few operations in a child process that ends, as if killed, where it enters a function."""
    program = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
from local.homes import *
from threadstore import *
from threadstore_backends.local import codex_state, index, moves, names, recorder, rollout, writers
owner, _, name = {where!r}.rpartition(".")
def end(*args, **kwargs):
    os._exit(9)
store = opened(Path({str(home)!r}))
target = eval(owner)
{what.split("|")[0]}
setattr(target, name, end)
{what.split("|")[1]}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr


def test_killed_before_the_file_of_a_new_thread(tmp_path: Path) -> None:
    """Ensure a creation killed between its row and its file left nothing."""
    killed_at(tmp_path, "recorder.RolloutRecorder.append", "create(store)|append(store, ONE, 'hello')")
    store = opened(tmp_path)
    assert listed(store) == []
    create(store, ONE, "again")
    assert texts(store) == ["again"]
    store.close()


def test_killed_after_the_file_of_a_new_thread(tmp_path: Path) -> None:
    """Ensure a creation killed between its file and the showing of its row took effect, preview unobserved."""
    killed_at(tmp_path, "index.Index.set_flags", "create(store)|append(store, ONE, 'hello')")
    store = opened(tmp_path)
    assert (listed(store), texts(store), read(store).preview) == ([ONE], ["hello"], "")
    store.close()


@pytest.mark.parametrize(
    "where", ["names.NameIndex.set", "recorder.RolloutRecorder.append", "writers.facts.git_payload"]
)
def test_killed_before_a_patch_is_restated(tmp_path: Path, where: str) -> None:
    """Ensure a patch killed between the index and the files is whole after opening, in the files too (LOCAL-1)."""
    fields = "name='Mine', memory_mode='disabled', git_info=GitInfoPatch(sha='0'), preview='p'"
    killed_at(tmp_path, where, f"create(store, ONE, 'hello')|patch(store, {fields})")
    store = opened(tmp_path)
    patched = read(store)
    assert (patched.name, patched.memory_mode, patched.git_info) == ("Mine", "disabled", GitInfo(sha="0"))
    assert len(history(store)) == 2
    store.close()
    lose(tmp_path)
    store = opened(tmp_path)
    assert read(store) == evolve(patched, preview="hello", title="hello", first_user_message="hello")
    store.close()


def test_killed_between_the_move_and_the_row(tmp_path: Path) -> None:
    """Ensure an archiving killed after the rename took effect, with an archived_at that stays."""
    killed_at(
        tmp_path,
        "index.Index.place",
        "create(store, ONE, 'hello')|store.archive_thread(ArchiveThreadParams(thread_id=ONE))",
    )
    store = opened(tmp_path)
    archived = read(store)
    assert archived.archived_at is not None
    assert listed(store, archived=True) == [ONE]
    store.close()
    store = opened(tmp_path)
    assert read(store) == archived
    store.close()


def test_a_failed_delete_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a delete that failed half-way leaves a thread that can be deleted."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    patch(store, name="Mine")

    def full(self: Path, missing_ok: bool = False) -> None:
        raise OSError(5, "Input/output error", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", full)
        with pytest.raises(Internal, match="Input/output error"):
            store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert (read(store).name, texts(store)) == ("Mine", ["hello"])
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    with pytest.raises(ThreadNotFound):
        read(store)
    store.close()


def test_a_restatement_that_failed_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a patch whose file could not be written reports it, and the files say it after the next opening."""
    store = opened(tmp_path)
    create(store, ONE, "hello")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "session_index.jsonl")

    with monkeypatch.context() as patched:
        patched.setattr(NameIndex, "set", full)
        with pytest.raises(Internal, match="No space left"):
            patch(store, name="Mine")
    store.close()
    opened(tmp_path).close()
    store = opened(tmp_path, use_sqlite=False)
    assert read(store).name == "Mine"
    store.close()


def test_a_large_home_of_codex_is_indexed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure files that have not changed are not read again at the next opening."""
    for number in range(20):
        thread_id = f"01a20211-0000-7000-8000-{number:012x}"
        write(tmp_path, meta(thread_id), turn(), message("hello"), thread_id=thread_id)
    opened(tmp_path).close()
    reads: list[Path] = []
    monkeypatch.setattr(catalog, "read_bytes", lambda path: reads.append(path) or path.read_bytes())
    changed = write(tmp_path, meta(), message("new"))
    store = opened(tmp_path)
    assert reads == [changed]
    assert len(listed(store)) == 21
    store.close()


def test_a_restatement_that_cannot_be_made_hinders_nobody(tmp_path: Path) -> None:
    """Ensure a home opens though a thread's rollout, owed a restatement, cannot be written."""
    killed_at(tmp_path, "names.NameIndex.set", "create(store, ONE, 'hello')|patch(store, name='Mine')")
    (tmp_path / "session_index.jsonl").mkdir()
    store = opened(tmp_path)
    assert read(store).name == "Mine"
    assert [problem.file for problem in store.problems] == [
        "session_index.jsonl",
        str(rollout(store).relative_to(tmp_path)),
    ]
    store.close()
    (tmp_path / "session_index.jsonl").rmdir()
    opened(tmp_path).close()
    store = opened(tmp_path, use_sqlite=False)
    assert read(store).name == "Mine"
    store.close()


def test_a_file_moved_while_open_is_found(tmp_path: Path) -> None:
    """Ensure a thread that Codex archives or deletes while we have the home open is where its file is."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    patch(store, preview="patched")
    path = rollout(store)
    (tmp_path / "archived_sessions").mkdir()
    moved = path.rename(tmp_path / "archived_sessions" / path.name)
    assert (read(store).preview, rollout(store), texts(store)) == ("patched", moved, ["hello"])
    assert read(store).archived_at is not None
    moved.unlink()
    with pytest.raises(ThreadNotFound):
        read(store)
    assert listed(store, archived=True) == []
    store.close()
