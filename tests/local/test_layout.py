"""Where rollouts are, and that no path leads out of the home."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.homes import (
    ENVIRONMENT,
    NOW,
    ONE,
    TWO,
    append,
    create,
    listed,
    message,
    meta,
    opened,
    read,
    resume,
    rollout,
    snapshot,
    texts,
    write,
)
from threadstore import (
    ArchiveThreadParams,
    Internal,
    InvalidRequest,
    ManualClock,
    PersistThreadParams,
    ReadThreadByRolloutPathParams,
    ResumeThreadParams,
    StoredThread,
    ThreadNotFound,
    UnarchiveThreadParams,
)
from threadstore_backends.local import LocalThreadStore


def by_path(store: LocalThreadStore, path: object, **more: bool) -> StoredThread:
    return store.read_thread_by_rollout_path(ReadThreadByRolloutPathParams(rollout_path=str(path), **more))


@pytest.fixture
def new_york() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("new_york")
def test_names_a_rollout_by_local_time(tmp_path: Path) -> None:
    """Ensure folder and name have the local day and time of the creation, as Codex writes them."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    assert rollout(store) == tmp_path / f"sessions/2026/11/22/rollout-2026-11-22T02-03-56-{ONE}.jsonl"
    assert read(store).created_at == NOW
    store.close()


@pytest.mark.usefixtures("new_york")
def test_a_name_gives_the_time_where_the_record_does_not(tmp_path: Path) -> None:
    """Ensure a SessionMeta with an unreadable timestamp leaves the creation to the local time in the name."""
    write(tmp_path, meta(timestamp="yesterday"), when="2026-11-22T02-03-56")
    store = opened(tmp_path)
    assert read(store).created_at == NOW - 630
    store.close()


def test_archives_flat_and_restores_by_day(tmp_path: Path) -> None:
    """Ensure archiving moves the file flat, a live writer goes on in it, and unarchiving finds its day again."""
    store = opened(tmp_path)
    create(store, ONE, "before")
    active = rollout(store)
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    assert rollout(store) == tmp_path / "archived_sessions" / active.name
    append(store, ONE, "while archived")
    assert not active.exists()
    store.unarchive_thread(UnarchiveThreadParams(thread_id=ONE))
    append(store, ONE, "after")
    assert rollout(store) == active
    assert texts(store) == ["before", "while archived", "after"]
    assert [path.name for path in tmp_path.rglob("*.jsonl")] == [active.name]
    store.close()


def test_archiving_never_overwrites(tmp_path: Path) -> None:
    """Ensure an archived file of the same name is not replaced."""
    store = opened(tmp_path)
    create(store, ONE, "mine")
    other = tmp_path / "archived_sessions" / rollout(store).name
    other.parent.mkdir()
    other.write_bytes(b"somebody's\n")
    with pytest.raises(Exception, match=ONE):
        store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    assert other.read_bytes() == b"somebody's\n"
    assert texts(store) == ["mine"]
    store.close()


def test_reads_by_absolute_relative_and_roundabout_path(tmp_path: Path) -> None:
    """Ensure every path that ends at the rollout reads the thread, relative ones from the home (READ-4)."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    path = rollout(store)
    relative = path.relative_to(tmp_path)
    (tmp_path / "sessions/short").symlink_to(path)
    for way in (path, relative, f"{relative}.zst", f"sessions/../{relative}", tmp_path / "sessions/short"):
        assert by_path(store, way) == read(store)
    assert by_path(store, path, include_history=True).history is not None
    store.close()


@pytest.mark.parametrize(
    "path",
    ["", ".", "sessions", "sessions/2026", "sessions/nothing.jsonl", "../outside.jsonl", "sessions/../../outside.jsonl",
     "/etc/passwd", "notes.txt", "sessions/notes.txt", "sessions/out/outside.jsonl", "sessions/out.jsonl",
     "threadstore_1.sqlite", "a\0b", "sessions/" + "x" * 300, "sessions/fifo"],
)  # fmt: skip
def test_refuses_paths_that_are_no_rollout(tmp_path: Path, path: str) -> None:
    """Ensure folders, other files, missing ones, and whatever is outside the home are refused by name."""
    home = tmp_path / "home"
    name = f"rollout-2026-11-22T07-03-56-{TWO}.jsonl"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/outside.jsonl").write_bytes(meta(TWO))
    (tmp_path / "outside.jsonl").write_bytes(meta(TWO))
    (tmp_path / "elsewhere" / name).write_bytes(meta(TWO))
    store = opened(home)
    create(store, ONE, "hello")
    (home / "notes.txt").write_text("notes")
    (home / "sessions/notes.txt").write_text("notes")
    (home / "sessions/out").symlink_to(tmp_path / "elsewhere")
    (home / "sessions/out.jsonl").symlink_to(tmp_path / "elsewhere" / name)
    os.mkfifo(home / "sessions/fifo")
    with pytest.raises(InvalidRequest) as caught:
        by_path(store, path)
    assert caught.value.field == "rollout_path"
    store.close()


def test_refuses_a_rollout_of_another_home(tmp_path: Path) -> None:
    """Ensure a thread of one home is not read through another, nor resumed by a path that is not its own."""
    here, there = opened(tmp_path / "here"), opened(tmp_path / "there")
    create(there, ONE, "there")
    create(here, ONE, "here")
    create(here, TWO, "other")
    here.persist_thread(PersistThreadParams(thread_id=ONE))
    with pytest.raises(InvalidRequest, match="rollout_path"):
        by_path(here, rollout(there))
    here.close()
    here = opened(tmp_path / "here")
    for wrong in (rollout(there), rollout(here, TWO)):
        with pytest.raises(InvalidRequest, match="rollout_path"):
            resume(here, ONE, rollout_path=str(wrong))
    resume(here, ONE, rollout_path=str(rollout(here)))
    here.close()
    there.close()


def test_links_in_the_folders_are_no_threads(tmp_path: Path) -> None:
    """Ensure a scan follows no link, to a file or a folder, in or out of the home."""
    home = tmp_path / "home"
    elsewhere = write(tmp_path / "elsewhere", meta(TWO), thread_id=TWO)
    write(home, meta(ONE))
    (home / f"sessions/2026/11/22/{elsewhere.name}").symlink_to(elsewhere)
    (home / "sessions/2025").symlink_to(elsewhere.parents[2])
    store = opened(home)
    assert listed(store) == [ONE]
    with pytest.raises(ThreadNotFound):
        read(store, TWO)
    store.close()


def test_never_writes_through_a_link_out_of_the_home(tmp_path: Path) -> None:
    """Ensure a link in place of a day's folder is refused, and nothing is written where it leads."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home/sessions").mkdir(parents=True)
    (tmp_path / "home/sessions/2026").symlink_to(tmp_path / "elsewhere")
    store = opened(tmp_path / "home")
    create(store)
    with pytest.raises(Internal, match="leads out of the home"):
        append(store, ONE, "hello")
    assert not any((tmp_path / "elsewhere").iterdir())
    store.close()


@pytest.mark.parametrize("name", ["sessions", "archived_sessions", "session_index.jsonl", "threadstore_1.sqlite"])
def test_refuses_a_home_whose_parts_are_elsewhere(tmp_path: Path, name: str) -> None:
    """Ensure a link that leads out of the home in place of one of its parts is refused at opening."""
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises((InvalidRequest, Internal), match=name):
        opened(tmp_path / "home")
    assert not any((tmp_path / "elsewhere").iterdir())


def test_a_file_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    """Ensure a rollout that has become a link out of the home is neither read nor appended to."""
    home = tmp_path / "home"
    path = write(home, meta(), message("mine"))
    store = opened(home)
    outside = tmp_path / "outside.jsonl"
    path.rename(outside)
    path.symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(ThreadNotFound):
        texts(store)
    with pytest.raises(ThreadNotFound):
        resume(store)
    assert outside.read_bytes() == before
    store.close()


@pytest.mark.parametrize("use_sqlite", [True, False])
def test_of_two_files_the_active_one_counts(tmp_path: Path, use_sqlite: bool) -> None:
    """Ensure an id in two files is listed once, from the active side, and deleted from both."""
    from threadstore import DeleteThreadParams

    write(tmp_path, meta(), message("active"))
    write(tmp_path, meta(), message("archived"), archived=True)
    store = opened(tmp_path, use_sqlite=use_sqlite)
    assert (listed(store), listed(store, archived=True)) == ([ONE], [])
    assert texts(store) == ["active"]
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert (listed(store), listed(store, archived=True)) == ([], [])
    assert not list(tmp_path.rglob("*.jsonl"))
    store.close()


def test_a_home_may_be_relative_and_not_exist_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a home is made, and paths shown are absolute whatever way the home was named."""
    monkeypatch.chdir(tmp_path)
    store = LocalThreadStore(Path("new/home"), clock=ManualClock(NOW))
    create(store, ONE, "hello")
    assert rollout(store).is_relative_to(tmp_path / "new/home")
    store.close()


def test_opening_and_reading_changes_no_file_of_codex(tmp_path: Path) -> None:
    """Ensure a home that is only read keeps every byte and time of what was there."""
    write(tmp_path, meta(), message("hello"))
    before = snapshot(tmp_path)
    store = opened(tmp_path)
    assert texts(store) == ["hello"]
    assert listed(store) == [ONE]
    store.close()
    after = snapshot(tmp_path)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"threadstore_1.sqlite"}


def test_the_environment_of_a_resume_is_not_stored(tmp_path: Path) -> None:
    """Ensure cwd and provider given at a resume change nothing that is stored (LIFE-4)."""
    write(tmp_path, meta())
    store = opened(tmp_path)
    before = read(store)
    other = type(ENVIRONMENT)(cwd="/elsewhere", model_provider="other", memory_mode="disabled")
    store.resume_thread(ResumeThreadParams(thread_id=ONE, metadata=other))
    append(store, ONE, "hello")
    assert read(store) == before
    store.close()
