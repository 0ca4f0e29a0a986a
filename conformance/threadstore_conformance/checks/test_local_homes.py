"""Directed checks of LOCAL-4: homes that Codex wrote."""

from __future__ import annotations

import os
from pathlib import Path

from threadstore import (
    LoadThreadHistoryParams,
    ReadThreadByRolloutPathParams,
    ReadThreadParams,
    ResumeThreadParams,
)
from threadstore_conformance.checks.codex_database import make_database, row
from threadstore_conformance.checks.codex_home import (
    line,
    meta,
    rollout_of,
    rollouts,
    write_rollout,
)
from threadstore_conformance.checks.listing import query, shown
from threadstore_conformance.checks.verbs import archive, unarchive
from threadstore_conformance.checks.written_home import STRAYS, write_home
from threadstore_conformance.lab import METADATA, UNSUPPORTED, Lab, clause, user_message


@clause("LOCAL-4")
def test_every_written_thread_is_read_and_loaded(lab: Lab) -> None:
    """Ensure threads of every shape open, tell what they hold, and load the items that stand in their files."""
    for with_database in (False, True):
        threads = write_home(lab, with_database=with_database)
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
        threads = write_home(lab, with_database=with_database, strays=True)
        for archived in (False, True):
            listed = shown(lab, archived=archived)
            expected = {thread.id for thread in threads.values() if thread.archived == archived}
            known = [thread for thread in listed if thread not in STRAYS]
            assert sorted(expected) == sorted(known), f"archived={archived}, database={with_database}"


@clause("LOCAL-4")
def test_an_entry_of_a_written_home_shows_what_a_read_shows(lab: Lab) -> None:
    """Ensure the entries of a written home equal the reads of its threads."""
    write_home(lab)
    for archived in (False, True):
        for entry in lab.store.list_threads(query(lab, archived=archived)).items:
            assert lab.read(entry.thread_id) == entry


@clause("LOCAL-4", "READ-4")
def test_a_written_thread_is_read_by_its_path(lab: Lab) -> None:
    """Ensure the path of a written rollout, absolute or from the home, leads to its thread."""
    threads = write_home(lab)
    for kind, thread in threads.items():
        path = rollout_of(lab.home, thread.id)
        for given in (path, path.relative_to(lab.home)):
            by_path = ReadThreadByRolloutPathParams(rollout_path=str(given), include_archived=True)
            assert lab.read(thread.id) == lab.store.read_thread_by_rollout_path(by_path), f"the {kind} thread, {given}"


@clause("LOCAL-4")
def test_opening_and_reading_changes_no_rollout(lab: Lab) -> None:
    """Ensure open, list, read, load and close leave every rollout's bytes and modification time as they were."""
    threads = write_home(lab, strays=True)
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
    """Ensure an append to a thread with odd lines leaves what stood there, glues to no torn line, and loads."""
    threads = write_home(lab)
    for kind in ("damaged", "numbered"):
        thread = threads[kind]
        before = rollout_of(lab.home, thread.id).read_bytes()
        lab.store.resume_thread(ResumeThreadParams(thread_id=thread.id, metadata=METADATA))
        lab.append(thread.id, user_message("appended"))
        lab.close(thread.id)
        after = rollout_of(lab.home, thread.id).read_bytes()
        assert after.startswith(before), f"the {kind} thread: what stood in the rollout changed"
        assert [*thread.items, user_message("appended")] == list(lab.history(thread.id)), f"the {kind} thread"


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


@clause("ARCH-1", "LOCAL-4")
def test_a_path_in_other_words_keeps_no_thread_from_the_archive(lab: Lab) -> None:
    """Ensure threads move to the archive and back whose rows have their paths, written in another way."""
    ways = ("{}/sessions/../{}", "{}/.//{}", "\\\\?\\{}/{}")
    threads = {lab.new_id(): way for way in ways}

    def write(home: Path) -> None:
        rows = []
        for thread, way in threads.items():
            path = write_rollout(home, thread, map(line, [meta(thread), user_message("Fix the login test")]))
            rows.append(row(home, thread, way.format(home, path.relative_to(home))))
        make_database(home, rows)

    lab.reopen(between=write)
    for thread, way in threads.items():
        for move, archived in ((archive, True), (unarchive, False)):
            move(lab, thread)
            actual = lab.read(thread).archived_at is not None
            assert archived == actual, f"{move.__name__} did not move a thread that has the path {way}"
            assert thread in shown(lab, archived=archived), f"{move.__name__} of a thread that has the path {way}"


def _bytes_and_times(home: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path.relative_to(home)): (path.read_bytes(), path.stat().st_mtime_ns) for path in rollouts(home)}
