"""Directed checks of LOCAL-4: homes that Codex wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from threadstore import (
    GitInfo,
    LoadThreadHistoryParams,
    ReadThreadByRolloutPathParams,
    ReadThreadParams,
    ResumeThreadParams,
    RolloutItem,
    ThreadId,
)
from threadstore_conformance.checks.codex_database import make_database, row
from threadstore_conformance.checks.codex_home import (
    BEGAN_MS,
    line,
    meta,
    rollout_of,
    rollouts,
    write_name,
    write_rollout,
)
from threadstore_conformance.checks.listing import query, shown
from threadstore_conformance.lab import METADATA, UNSUPPORTED, Lab, agent_message, clause, user_message


@frozen
class _Written:
    """A thread of the written home, and what a store must tell of it."""

    id: ThreadId
    items: Sequence[RolloutItem]
    #: The lines of its rollout; the items, unless given.
    lines: Sequence[bytes] = field()
    archived: bool = False
    tells: Mapping[str, object] = field(factory=dict)

    @lines.default
    def _(self) -> Sequence[bytes]:
        return [line(item) for item in self.items]


@clause("LOCAL-4")
def test_every_written_thread_is_read_and_loaded(lab: Lab) -> None:
    """Ensure threads of every shape open, tell what they hold, and load the items that stand in their files."""
    for with_database in (False, True):
        threads = _write_home(lab, with_database=with_database)
        for kind, thread in threads.items():
            told = f"the {kind} thread, {'with' if with_database else 'without'} a database"
            seen = lab.read(thread.id)
            assert thread.id == seen.thread_id, told
            assert thread.archived == (seen.archived_at is not None), f"{told}: archived_at is {seen.archived_at}"
            for name, value in thread.tells.items():
                assert value == getattr(seen, name), f"{told}: {name}"
            assert list(thread.items) == list(lab.history(thread.id)), f"{told}: its history"


@clause("LOCAL-4")
def test_every_written_thread_is_listed_once(lab: Lab) -> None:
    """Ensure each thread is on its side once, beside empty files, foreign files and damaged rollouts."""
    for with_database in (False, True):
        threads = _write_home(lab, with_database=with_database, strays=True)
        for archived in (False, True):
            listed = shown(lab, archived=archived)
            expected = {thread.id for thread in threads.values() if thread.archived == archived}
            known = [thread for thread in listed if thread not in _STRAYS]
            assert sorted(expected) == sorted(known), f"archived={archived}, database={with_database}"


@clause("LOCAL-4")
def test_a_listing_shows_what_a_read_shows(lab: Lab) -> None:
    """Ensure the entries of a written home equal the reads of its threads."""
    _write_home(lab)
    for archived in (False, True):
        for entry in lab.store.list_threads(query(lab, archived=archived)).items:
            assert lab.read(entry.thread_id) == entry


@clause("LOCAL-4", "READ-4")
def test_a_written_thread_is_read_by_its_path(lab: Lab) -> None:
    """Ensure the path of a written rollout, absolute or from the home, leads to its thread."""
    threads = _write_home(lab)
    for kind, thread in threads.items():
        path = rollout_of(lab.home, thread.id)
        for given in (path, path.relative_to(lab.home)):
            by_path = ReadThreadByRolloutPathParams(rollout_path=str(given), include_archived=True)
            assert lab.read(thread.id) == lab.store.read_thread_by_rollout_path(by_path), f"the {kind} thread, {given}"


@clause("LOCAL-4")
def test_opening_and_reading_changes_no_rollout(lab: Lab) -> None:
    """Ensure open, list, read, load and close leave every rollout's bytes and modification time as they were."""
    threads = _write_home(lab, strays=True)
    for path in rollouts(lab.home):
        os.utime(path, ns=(1_782_293_500_000_000_000, 1_782_293_500_123_000_000))
    before = _bytes_and_times(lab.home)
    for _ in range(2):
        lab.reopen()
        for archived in (False, True):
            shown(lab, archived=archived)
        for thread in threads.values():
            lab.history(thread.id)
            lab.store.read_thread(ReadThreadParams(thread_id=thread.id, include_archived=True, include_history=True))
    lab.reopen()
    assert before == _bytes_and_times(lab.home)


@clause("LOCAL-4")
def test_unknown_and_damaged_lines_stay_in_the_file(lab: Lab) -> None:
    """Ensure an append to a damaged thread leaves what stood there, glues to no torn line, and loads."""
    damaged = _write_home(lab)["damaged"]
    before = rollout_of(lab.home, damaged.id).read_bytes()
    lab.store.resume_thread(ResumeThreadParams(thread_id=damaged.id, metadata=METADATA))
    lab.append(damaged.id, user_message("appended"))
    lab.close(damaged.id)
    assert rollout_of(lab.home, damaged.id).read_bytes().startswith(before), "what stood in the rollout changed"
    assert [*damaged.items, user_message("appended")] == list(lab.history(damaged.id))


@clause("LOCAL-4")
def test_a_paginated_thread_reads_and_does_not_load(lab: Lab) -> None:
    """Ensure the metadata of a paginated thread reads and lists, and its history loads or is Unsupported."""
    thread = lab.new_id()
    items = [meta(thread, history_mode="paginated"), user_message("Fix the login test")]
    lines = [line(item, ordinal=number) for number, item in enumerate(items)]

    def write(home: Path) -> None:
        write_rollout(home, thread, lines)

    lab.reopen(between=write)
    seen = lab.read(thread)
    assert (seen.history_mode, seen.preview) == ("paginated", "Fix the login test")
    assert [thread] == shown(lab)
    load = LoadThreadHistoryParams(thread_id=thread)
    if lab.capabilities.paginated:
        assert items == list(lab.store.load_history(load).items)
    else:
        error = lab.refused(load, UNSUPPORTED)
        assert getattr(error, "operation", None) == "paginated_threads", f"what the error names: {error!r}"


@clause("LOCAL-4")
def test_rows_with_paths_of_another_place_hide_nothing(lab: Lab) -> None:
    """Ensure threads are found in a home that was moved, whatever paths its database has."""
    thread, archived = lab.new_id(), lab.new_id()
    items = {each: [meta(each), user_message("Fix the login test")] for each in (thread, archived)}

    def write(home: Path) -> None:
        for each in (thread, archived):
            write_rollout(home, each, map(line, items[each]), archived=each == archived)
        gone = Path("/home/someone-else/.codex/sessions/2026/06/24")
        rows = [row(home, each, gone / f"rollout-2026-06-24T05-30-00-{each}.jsonl") for each in items]
        make_database(home, rows)

    lab.reopen(between=write)
    assert [[thread], [archived]] == [shown(lab, archived=side) for side in (False, True)], "the two sides"
    for each, expected in items.items():
        assert expected == list(lab.history(each))


_SOURCE = "01900000-0000-7000-8000-00000000f00d"
_STRAYS = tuple(f"01900000-0000-7000-8000-00000000dea{digit}" for digit in "012")
_TURN = RolloutItem("turn_context", {"turn_id": "t", "cwd": "/home/someone/project", "model": "gpt-5.1-codex"})
_CALL = RolloutItem("response_item", {"type": "function_call", "name": "shell", "arguments": "{}", "call_id": "c"})
_SAID = RolloutItem(
    "response_item", {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix"}]}
)
_TALK = (_TURN, _SAID, user_message("Fix the login test", images=[]), _CALL, agent_message("Done."))


def _write_home(lab: Lab, *, with_database: bool = False, strays: bool = False) -> dict[str, _Written]:
    threads = {kind: make(lab.new_id()) for kind, make in _KINDS.items()}

    def write(home: Path) -> None:
        for path in [*rollouts(home), *home.glob("*.sqlite*"), *home.glob("session_index.jsonl")]:
            path.unlink()
        for thread in threads.values():
            write_rollout(home, thread.id, thread.lines, archived=thread.archived)
        twin = rollout_of(home, threads["twin"].id)
        twin.with_name(f"{twin.name}.zst").write_bytes(b"no compressed data at all")
        for kind, name in _NAMES:
            write_name(home, threads[kind].id, name)
        if strays:
            _write_strays(home)
        if with_database:
            make_database(home, [_row(home, thread) for thread in threads.values() if "git_info" not in thread.tells])

    lab.reopen(between=write)
    return threads


def _row(home: Path, thread: _Written) -> dict[str, object]:
    path = next(path for path in rollouts(home) if thread.id in path.name)
    archived = {"archived": 1, "archived_at": 1_782_293_470} if thread.archived else {}
    title = {"title": thread.tells["name"]} if thread.tells.get("name") else {}
    return row(home, thread.id, path, **archived, **title)


def _write_strays(home: Path) -> None:
    write_rollout(home, _STRAYS[0], [])
    write_rollout(home, _STRAYS[1], [b"\xef\xbb\xbf\xff\xfe no rollout at all"])
    write_rollout(home, _STRAYS[2], [b"\n\n", b"[]\n", b'{"type": 7}\n', b"null\n"])
    day = home / "sessions/2026/06/24"
    (day / "notes.txt").write_text("not a rollout")
    (day / "rollout-of-something-else.jsonl").write_bytes(line(meta(_SOURCE)))
    (home / "sessions/2026/not-a-month").mkdir(exist_ok=True)
    index = home / "session_index.jsonl"
    index.write_bytes(b'{"id": 7}\nnot json\n\n' + index.read_bytes())


def _modern(thread: ThreadId) -> _Written:
    first = meta(thread, context_window={"window_id": "w"}, history_mode="legacy", unknown_member={"kept": [1, None]})
    tells = {"originator": "codex-tui", "cwd": "/home/someone/project", "preview": "Fix the login test"}
    return _Written(thread, [first, *_TALK], tells={**tells, "name": "second name", "created_at": BEGAN_MS})


def _legacy(thread: ThreadId) -> _Written:
    first = meta(thread, session_id=None, base_instructions=None, cli_version="0.98.0", source="cli")
    return _Written(thread, [first, *_TALK], tells={"source": "cli", "cli_version": "0.98.0", "name": None})


def _sub_agent(thread: ThreadId) -> _Written:
    source = {"subagent": {"thread_spawn": {"parent_thread_id": _SOURCE, "depth": 1}}}
    first = meta(thread, session_id=None, source=source, forked_from_id=_SOURCE, agent_type="explorer")
    tells = {"parent_thread_id": _SOURCE, "forked_from_id": _SOURCE, "source": source, "agent_role": "explorer"}
    return _Written(thread, [first, *_TALK], tells=tells)


def _fork(thread: ThreadId) -> _Written:
    copied = meta(_SOURCE, memory_mode="disabled", originator="another", git={"branch": "theirs"})
    items = [meta(thread, forked_from_id=_SOURCE), copied, *_TALK]
    return _Written(thread, items, tells={"originator": "codex-tui", "memory_mode": "enabled"})


def _archived(thread: ThreadId) -> _Written:
    return _Written(thread, [meta(thread), *_TALK], archived=True, tells={"name": "archived name"})


def _restated(thread: ThreadId) -> _Written:
    items = [meta(thread), *_TALK]
    git = {"commit_hash": "abc", "branch": "main", "repository_url": "https://example.com/r.git"}
    again = [
        meta(thread, memory_mode="disabled"),
        meta(thread, git=git, memory_mode="disabled"),
        meta(thread, originator="no longer", source="exec"),
    ]
    tells = {"memory_mode": "disabled", "git_info": GitInfo("abc", "main", "https://example.com/r.git")}
    lines = [line(item) for item in (*items[:3], *again[:1], *items[3:], *again[1:])]
    return _Written(thread, items, lines, tells={**tells, "originator": "codex-tui", "source": "vscode"})


def _cleared(thread: ThreadId) -> _Written:
    items = [meta(thread, git={"branch": "main"}), *_TALK]
    lines = [line(item) for item in (*items, meta(thread, git={}))]
    return _Written(thread, items, lines, tells={"git_info": None, "name": None})


def _damaged(thread: ThreadId) -> _Written:
    items = [meta(thread), *_TALK]
    known = [line(item) for item in items]
    unknown = RolloutItem("token_usage_record", {"input_tokens": 1})
    event = RolloutItem("event_msg", {"type": "of_a_later_version"})
    between = [line(unknown), b"\n", b'{"timestamp":"2026-06-24T09:30:00.125Z","ty\n', line(event), b"  \r\n", b"{}\n"]
    return _Written(thread, items, [*known[:3], *between, *known[3:], b'{"timestamp":"2026-06-24T0'])


def _kept_by_an_older_writer(thread: ThreadId) -> _Written:
    old = RolloutItem("event_msg", {"type": "thread_name_updated", "thread_id": thread, "thread_name": "old"})
    return _Written(thread, [meta(thread), *_TALK, old, RolloutItem("event_msg", {"type": "error", "message": "e"})])


_KINDS: dict[str, Callable[[ThreadId], _Written]] = {
    "modern": _modern,
    "legacy": _legacy,
    "sub-agent": _sub_agent,
    "fork": _fork,
    "archived": _archived,
    "restated": _restated,
    "cleared": _cleared,
    "damaged": _damaged,
    "older": _kept_by_an_older_writer,
    "twin": lambda thread: _Written(thread, [meta(thread), *_TALK]),
}
_NAMES = (
    ("modern", "first name"),
    ("cleared", "a name"),
    ("archived", "archived name"),
    ("modern", "second name"),
    ("cleared", ""),
)


def _bytes_and_times(home: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path.relative_to(home)): (path.read_bytes(), path.stat().st_mtime_ns) for path in rollouts(home)}
