"""The name index: the last entry wins, a blank one is no name, and what is no entry stays where it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from local.homes import NOW, ONE, TWO, create, listed, meta, opened, patch, read, write, write_names
from threadstore import DeleteThreadParams, Internal, ListThreadsParams
from threadstore_backends.local.names import NameIndex


def entries(path: Path) -> list[tuple[str, str]]:
    return [(entry["id"], entry["thread_name"]) for entry in map(orjson.loads, path.read_bytes().splitlines())]


def test_the_last_entry_by_place_wins(tmp_path: Path) -> None:
    """Ensure a name is what the last entry says, whatever the times say, and a blank one is no name."""
    path = write_names(tmp_path, (ONE, "first"), (TWO, "other"), (ONE, "second"))
    names = NameIndex(path)
    assert (names.get(ONE), names.get(TWO)) == ("second", "other")
    write_names(tmp_path, (ONE, " \t"))
    assert (names.get(ONE), names.last(ONE)) == (None, " \t")


def test_reads_what_others_append_and_replace(tmp_path: Path) -> None:
    """Ensure a change of the file by another program is seen, its removal too."""
    path = write_names(tmp_path, (ONE, "first"))
    names = NameIndex(path)
    assert names.get(ONE) == "first"
    path.unlink()
    assert names.get(ONE) is None
    write_names(tmp_path, (ONE, "again"))
    assert names.get(ONE) == "again"


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not json",
        b"{}",
        b"[]",
        b"7",
        b'{"id":7,"thread_name":"x"}',
        b'{"id":"x","thread_name":7}',
        b"\xff",
    ],
)
def test_lines_that_are_no_entry_are_passed_over_and_kept(tmp_path: Path, bad: bytes) -> None:
    """Ensure a bad line hides no name, and survives the rewrite at a delete; carriage returns and a mark do no harm."""
    path = tmp_path / "session_index.jsonl"
    entry = f'{{"id":"{ONE}","thread_name":"mine","updated_at":"x"}}'.encode()
    other = entry.replace(ONE.encode(), TWO.encode())
    path.write_bytes(b"\xef\xbb\xbf" + bad + b"\r\n" + other + b"\r\n" + entry + b"\r\n")
    names = NameIndex(path)
    assert (names.get(ONE), names.get(TWO)) == ("mine", "mine")
    names.forget(ONE)
    assert (names.get(ONE), names.get(TWO)) == (None, "mine")
    assert bad in path.read_bytes()
    assert not list(tmp_path.glob("*.tmp"))


def test_an_entry_is_not_glued_to_a_torn_one(tmp_path: Path) -> None:
    """Ensure an entry after a torn line stands on a line of its own."""
    path = tmp_path / "session_index.jsonl"
    path.write_bytes(b'{"id":"torn')
    names = NameIndex(path)
    names.set(ONE, lambda: "mine", NOW)
    assert names.get(ONE) == "mine"
    assert path.read_bytes().splitlines()[0] == b'{"id":"torn'


def test_a_patch_of_the_name_is_appended_once(tmp_path: Path) -> None:
    """Ensure each change of a name is one entry, clearing is an empty one, and saying the same again is none."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    for name in ("first", "first", "second", None, None):
        patch(store, name=name)
    patch(store, title="derived", preview="p")
    assert entries(tmp_path / "session_index.jsonl") == [(ONE, "first"), (ONE, "second"), (ONE, "")]
    assert read(store).name is None
    store.close()


def test_two_handles_lose_no_name(tmp_path: Path) -> None:
    """Ensure names set by one handle survive the rewrite of another, both ways."""
    one, two = NameIndex(tmp_path / "session_index.jsonl"), NameIndex(tmp_path / "session_index.jsonl")
    one.set(ONE, lambda: "one", NOW)
    two.set(TWO, lambda: "two", NOW)
    one.forget(ONE)
    two.set(ONE, lambda: "anew", NOW)
    assert entries(tmp_path / "session_index.jsonl") == [(TWO, "two"), (ONE, "anew")]


def test_a_delete_leaves_no_name(tmp_path: Path) -> None:
    """Ensure a deleted thread's entries are gone and another's stay."""
    store = opened(tmp_path)
    for thread_id in (ONE, TWO):
        create(store, thread_id, "hello")
        patch(store, thread_id, name=f"name of {thread_id}")
    store.delete_thread(DeleteThreadParams(thread_id=ONE))
    assert entries(tmp_path / "session_index.jsonl") == [(TWO, f"name of {TWO}")]
    store.close()


@pytest.mark.parametrize("use_sqlite", [True, False])
def test_a_name_left_behind_is_not_the_next_threads(tmp_path: Path, use_sqlite: bool) -> None:
    """Ensure a thread created with an id that the index still names has no name, now and without the database."""
    write_names(tmp_path, (ONE, "of the one before"))
    store = opened(tmp_path, use_sqlite=use_sqlite)
    create(store, ONE, "hello")
    assert read(store).name is None
    store.close()
    store = opened(tmp_path, use_sqlite=False)
    assert read(store).name is None
    store.close()


def test_an_index_that_cannot_be_read_hides_no_thread(tmp_path: Path) -> None:
    """Ensure a name index that is no file is a problem, an error where it must be written, and hides nothing."""
    (tmp_path / "session_index.jsonl").mkdir()
    write(tmp_path, meta())
    store = opened(tmp_path)
    assert listed(store) == [ONE]
    assert [problem.file for problem in store.problems] == ["session_index.jsonl"]
    with pytest.raises(Internal, match=r"session_index\.jsonl"):
        patch(store, name="mine")
    store.close()


def test_a_name_that_another_program_gives_an_adopted_thread_is_its_name(tmp_path: Path) -> None:
    """Ensure a thread of this store shows the name that Codex gave it since, in reads, and after a re-open in lists."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    create(store, TWO, "hello")
    patch(store, ONE, name="ours", model="a model")
    write_names(tmp_path, (ONE, "theirs"), (TWO, "also theirs"))
    assert (read(store, ONE).name, read(store, TWO).name) == ("theirs", "also theirs")
    assert read(store, ONE).model == "a model"
    write_names(tmp_path, (ONE, " "))
    store.close()

    store = opened(tmp_path)
    shown = store.list_threads(ListThreadsParams(sort_direction="asc")).items
    assert [thread.name for thread in shown] == [None, "also theirs"]
    patch(store, ONE, name="ours again")
    assert read(store, ONE).name == "ours again"
    store.close()


def test_a_name_that_is_still_to_be_restated_is_newer_than_the_index(tmp_path: Path) -> None:
    """Ensure what a killed process had named in the database alone is not taken back by the older entry."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    patch(store, ONE, name="old")
    store.close()
    with closing(sqlite3.connect(tmp_path / "threadstore_1.sqlite")) as database, database:
        database.execute("UPDATE threads SET name = 'new', restate = 1")

    store = opened(tmp_path)
    assert read(store).name == "new"
    assert NameIndex(tmp_path / "session_index.jsonl").get(ONE) == "new"
    store.close()


def test_of_two_handles_that_name_a_thread_the_later_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ensure a handle that is late with its entry takes nobody's later name back."""
    one, two = opened(tmp_path), opened(tmp_path)
    create(one, ONE, "hello")
    late = NameIndex.set

    def overtaken(names: NameIndex, *given: Any) -> None:
        monkeypatch.setattr(NameIndex, "set", late)
        patch(two, ONE, name="B")
        assert read(two).name == "B"
        late(names, *given)

    monkeypatch.setattr(NameIndex, "set", overtaken)
    patch(one, ONE, name="A")
    assert [read(store).name for store in (one, two)] == ["B", "B"]
    assert NameIndex(tmp_path / "session_index.jsonl").get(ONE) == "B"
    one.close()
    two.close()
