"""``threadstore inspect``: what a home holds, told truly, and nothing in it touched."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from local.homes import (
    NOW,
    ONE,
    THREE,
    TWO,
    append,
    create,
    line,
    message,
    meta,
    opened,
    patch,
    read,
    snapshot,
    turn,
    write,
    write_names,
    write_state,
)
from threadstore import ArchiveThreadParams, GitInfoPatch, StoredThread
from threadstore_backends.local.inspect import inspect_command


def run(*arguments: object, width: int = 160) -> Result:
    return CliRunner(env={"COLUMNS": str(width), "NO_COLOR": "1"}).invoke(inspect_command, [str(a) for a in arguments])


def lasting(home: Path) -> dict[str, object]:
    """Return what every file holds; of a log's index, which a writer in this process shares, only that it is there."""
    return {name: name.endswith("-shm") or held for name, held in snapshot(home).items()}


def inspected(home: Path) -> dict[str, Any]:
    before, done, after = lasting(home), run(home, "--json"), lasting(home)
    assert done.exit_code == 0, done.output
    assert after == before
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def problems(home: Path) -> list[tuple[str, int | None, str]]:
    return [(found["file"], found["line"], found["what"]) for found in inspected(home)["problems"]]


def threads(home: Path) -> dict[str, Any]:
    return {thread["thread_id"]: thread for thread in inspected(home)["threads"]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a named thread, a fork of it, its sub-agent, archived."""
    write(tmp_path, meta(), turn(), message("Fix the flaky login test"))
    write(tmp_path, meta(TWO, forked_from_id=ONE), meta(), message("Fix the flaky login test"), thread_id=TWO)
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": ONE, "depth": 1, "agent_nickname": "Ada"}}}
    write(tmp_path, meta(THREE, source=spawned, originator="codex_work_local"), thread_id=THREE, archived=True)
    write_names(tmp_path, (ONE, "Flaky login"))
    return tmp_path


def test_json_has_every_field(home: Path) -> None:
    """Ensure each thread has StoredThread's fields, and its side, items and size beside them."""
    found = inspected(home)
    assert list(found) == ["home", "threads", "problems"]
    assert found["home"] == str(home)
    fields = {attribute.name for attribute in attrs.fields(StoredThread)} - {"history"}
    for thread in found["threads"]:
        assert set(thread) == fields | {"archived", "items", "size_bytes"}
    one, two, three = (threads(home)[thread_id] for thread_id in (ONE, TWO, THREE))
    assert (one["name"], one["preview"], one["model"]) == ("Flaky login", "Fix the flaky login test", "gpt-5.1-codex")
    assert (one["items"], one["size_bytes"]) == (3, os.path.getsize(one["rollout_path"]))
    assert (one["created_at"], one["archived"], two["forked_from_id"], two["items"]) == (NOW, False, ONE, 3)
    assert (three["parent_thread_id"], three["archived"], three["agent_nickname"]) == (ONE, True, "Ada")
    assert found["problems"] == []


@pytest.mark.parametrize("use_sqlite", [True, False])
def test_shows_what_the_store_shows(home: Path, use_sqlite: bool) -> None:
    """Ensure patches, archivals and live writers of our own store are told as the store tells them."""
    store = opened(home, use_sqlite=use_sqlite)
    create(store, "01a20211-9711-7c51-b65d-65e1f4cccaff", "live")
    patch(store, ONE, name="Renamed", memory_mode="disabled", git_info=GitInfoPatch(branch="main"), preview="patched")
    store.archive_thread(ArchiveThreadParams(thread_id=TWO))
    for open_still in (True, False):
        for thread_id, found in threads(home).items():
            shown = attrs.asdict(read(store, thread_id))
            assert {name: found[name] for name in shown if name != "history"} == {
                name: value for name, value in shown.items() if name != "history"
            }
        if open_still:
            append(store, "01a20211-9711-7c51-b65d-65e1f4cccaff", "more")
    store.close()
    assert threads(home)["01a20211-9711-7c51-b65d-65e1f4cccaff"]["items"] == 3


def test_names_each_damaged_and_unknown_thing(home: Path) -> None:
    """Ensure every problem has its file, its line, and says what it is."""
    day = home / "sessions/2026/11/22"
    one = next(day.glob(f"*{ONE}*"))
    with one.open("ab") as file:
        file.write(line("token_usage_record", {}) + line("token_usage_record", {}) + b"not json\n" + b'{"torn')
    headless = write(home, message("lost"), thread_id="01a20211-0000-7000-8000-000000000001")
    empty = write(home, thread_id="01a20211-0000-7000-8000-000000000002")
    mode = write(home, meta("01a20211-0000-7000-8000-000000000003", history_mode="odd"),
                 thread_id="01a20211-0000-7000-8000-000000000003")  # fmt: skip
    twice = write(home, meta(TWO), thread_id=TWO, archived=True)
    (day / "notes.txt").write_text("notes")
    with write_names(home, ("01a20211-0000-7000-8000-00000000000f", "gone")).open("ab") as file:
        file.write(b'not json\n{"id":"../x","thread_name":"y"}\n')

    def name(path: Path) -> str:
        return str(path.relative_to(home))

    found = inspected(home)["problems"]
    assert {(p["file"], p["line"], p["what"], p["count"]) for p in found} == {
        (name(one), 6, "not a record {timestamp, type, payload}", 1),
        (name(one), 7, "not a record {timestamp, type, payload}", 1),
        (name(one), None, "records of the unknown kind token_usage_record", 2),
        (name(headless), None, "no session_meta record of thread 01a20211-0000-7000-8000-000000000001", 1),
        (name(empty), None, "empty", 1),
        (name(mode), None, "unknown history_mode 'odd'", 1),
        (name(twice), None, f"thread {TWO} has another file, which counts: {name(day / twice.name)}", 1),
        (name(day / "notes.txt"), None, "not named like a rollout", 1),
        ("session_index.jsonl", 2, "names thread 01a20211-0000-7000-8000-00000000000f, which has no rollout", 1),
        ("session_index.jsonl", 3, "not an entry {id, thread_name, updated_at}", 1),
        ("session_index.jsonl", 4, "'../x' is not a thread id", 1),
    }
    assert threads(home)[ONE]["items"] == 3


def test_many_damaged_lines_are_counted(tmp_path: Path) -> None:
    """Ensure a file of rubbish is described in a few problems, not thousands."""
    write(tmp_path, meta(), b"rubbish\n" * 5000)
    found = inspected(tmp_path)["problems"]
    assert len(found) == 21
    assert sum(problem["count"] for problem in found) == 5000


def test_tells_the_truth_where_the_database_says_otherwise(home: Path) -> None:
    """Ensure the rollout counts, and each difference is named."""
    write_state(
        home,
        {
            "preview": "stale",
            "cwd": "/stale",
            "archived": 1,
            "archived_at": 7,
            "tokens_used": 0,
            "title": "Flaky login",
        },
        {"thread_id": TWO, "rollout_path": f"/elsewhere/rollout-x-{TWO}.jsonl", "memory_mode": "disabled"},
        {"thread_id": "01a20211-0000-7000-8000-00000000000f"},
    )
    one = threads(home)[ONE]
    assert (one["preview"], one["cwd"], one["archived"]) == ("Fix the flaky login test", "/home/dev/project", False)
    assert {what for file, _, what in problems(home) if file == "state_5.sqlite"} == {
        "rows name rollouts under /home/dev/.codex, which is not this home: it was moved",
        "row of thread 01a20211-0000-7000-8000-00000000000f, which has no rollout",
        f"row of thread {ONE} says archived, but its rollout is on the active side",
        f"row of thread {ONE} says preview 'stale', its rollout 'Fix the flaky login test'",
        f"row of thread {ONE} says first user message 'hello', its rollout 'Fix the flaky login test'",
        f"row of thread {ONE} says cwd '/stale', its rollout '/home/dev/project'",
        (
            f"row of thread {TWO} names the rollout /elsewhere/rollout-x-{TWO}.jsonl,"
            f" which is at sessions/2026/11/22/rollout-2026-11-22T07-03-56-{TWO}.jsonl"
        ),
        f"row of thread {TWO} says preview 'hello', its rollout 'Fix the flaky login test'",
        f"row of thread {TWO} says first user message 'hello', its rollout 'Fix the flaky login test'",
        f"row of thread {TWO} says memory mode 'disabled', its rollout 'enabled'",
    }


@pytest.mark.parametrize("database", ["state_5.sqlite", "threadstore_1.sqlite"])
@pytest.mark.parametrize("garbage", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_database_that_is_garbage_is_a_problem(home: Path, database: str, garbage: bytes) -> None:
    """Ensure a garbage database is named, and the threads are told from the files."""
    (home / database).write_bytes(garbage)
    assert [file for file, _, _ in problems(home)] == [database]
    assert len(threads(home)) == 3


def test_reads_what_is_in_a_log_beside_the_database(home: Path) -> None:
    """Ensure changes that Codex has not folded in yet are told, and the log stays as it is."""
    state = write_state(home, {"title": "Flaky login"})
    connection = sqlite3.connect(state, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("UPDATE threads SET reasoning_effort = 'low', git_sha = '0123abc'")
    assert (home / "state_5.sqlite-wal").stat().st_size > 0
    assert threads(home)[ONE]["git_info"]["sha"] == "0123abc"
    connection.close()


def test_a_row_of_ours_without_a_rollout_is_a_problem(home: Path) -> None:
    """Ensure a thread whose file was taken away is named."""
    store = opened(home)
    patch(store, ONE, name="Mine")
    path = Path(read(store).rollout_path or "")
    store.close()
    path.unlink()
    assert ("threadstore_1.sqlite", None, f"row of thread {ONE}, whose rollout is gone") in problems(home)


def test_a_paginated_rollout_is_inspected_in_full(tmp_path: Path) -> None:
    """Ensure a thread whose history the store does not give is counted and described."""
    write(tmp_path, meta(history_mode="paginated"), turn(), message("hello"))
    thread = threads(tmp_path)[ONE]
    assert (thread["history_mode"], thread["items"], thread["model"]) == ("paginated", 3, "gpt-5.1-codex")


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
def test_the_table_fits_and_is_whole(home: Path, width: int) -> None:
    """Ensure every line of the table fits the terminal, with ids uncut and every fact shown."""
    store = opened(home)
    patch(store, TWO, name="A name that is very long indeed " * 5, preview="多言語のプレビュー" * 20)
    store.close()
    done = run(home, width=width)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines()[2:])) <= width
    for fact in (
        ONE, TWO, THREE, "Flaky login", "Fix the flaky login test", "codex_work_local", "mock", "2026-11-22 07:03",
        f"fork of {ONE}", f"parent {ONE}", "archived", "2 active and 1 archived threads, 7 items",
    ):  # fmt: skip
        assert fact in done.stdout


def test_the_table_lists_problems_with_their_files(home: Path) -> None:
    """Ensure a person sees what is wrong, alike things once, and where."""
    for path in (home / "sessions/2026/11/22").iterdir():
        with path.open("ab") as file:
            file.write(line("novelty", {}) * 2)
    lines = run(home, width=80).stdout.partition("Problems\n")[2].splitlines()
    assert lines[0] == "  4 × records of the unknown kind novelty"
    assert [text.strip() for text in lines[1:]] == [
        str(path.relative_to(home)) for path in sorted((home / "sessions/2026/11/22").iterdir())
    ]


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """Ensure a name or a file cannot move the cursor or clear the screen."""
    write(tmp_path, meta(), message("\x1b[2J\x07two\nlines"))
    (tmp_path / "sessions/\x1b[2J").write_text("x")
    assert "\x1b" not in run(tmp_path).stdout
    assert "two lines" in run(tmp_path).stdout


def test_an_empty_home(tmp_path: Path) -> None:
    """Ensure a folder without threads is said to hold none."""
    assert inspected(tmp_path) == {"home": str(tmp_path), "threads": [], "problems": []}
    assert "0 active and 0 archived threads" in run(tmp_path).stdout


@pytest.mark.parametrize("name", ["file", "missing", "file/below"])
def test_a_home_that_is_none(tmp_path: Path, name: str) -> None:
    """Ensure a HOME that is missing or a file ends with 3 and one sentence on standard error."""
    (tmp_path / "file").write_text("mine")
    done = run(tmp_path / name)
    assert (done.exit_code, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / name) in done.stderr


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Ensure nothing outside the home is told of as if it were in it."""
    outside = write(tmp_path / "outside", meta(TWO), thread_id=TWO)
    home = tmp_path / "home"
    path = write(home, meta())
    (path.parent / outside.name).symlink_to(outside)
    (home / "archived_sessions").symlink_to(outside.parent)
    assert list(threads(home)) == [ONE]
    assert [("link" in what) for _, _, what in problems(home)] == [True]
