"""Directed checks of resume_thread: LIFE-4, LIFE-4b and LIFE-5."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from threadstore import RolloutItem, ThreadId, ThreadPersistenceMetadata
from threadstore_conformance.lab import BUSY, INVALID, MISSING, Lab, clause, user_message

from .comparing import TIMES, Look, changed_look, look
from .listing import ORDERS, listable
from .refusing import assert_names
from .verbs import archive, delete, discard, flush, in_turn, nowhere, persist, resume, resumption, written

#: What a caller may know of a thread that is not so.
_STALE: dict[str, dict[str, Any]] = {
    "no history": {"history": ()},
    "another history": {"history": (user_message("never said"),)},
    "another session_meta": {"history": (RolloutItem("session_meta", {"id": "x", "originator": "another"}),)},
    "other metadata": {
        "metadata": ThreadPersistenceMetadata(cwd="/elsewhere", model_provider="provider-z", memory_mode="disabled")
    },
}


@clause("LIFE-4")
def test_resume_opens_a_writer(lab: Lab) -> None:
    """Ensure a closed thread takes appends again, behind what it had, however often it is resumed."""
    thread = lab.create()
    lab.append(thread, user_message("0"))
    for number in range(1, 4):
        lab.close(thread)
        resume(lab, thread)
        lab.append(thread, user_message(str(number)))
    assert written(lab, thread) == [user_message(str(number)) for number in range(4)]


@clause("LIFE-4")
def test_resume_of_an_unknown_thread_is_missing(lab: Lab) -> None:
    """Ensure it is refused, with history supplied as well, and makes no thread."""
    lab.create()
    deleted = lab.create()
    delete(lab, deleted)
    for thread, given in product((lab.new_id(), deleted), ({}, *_STALE.values())):
        lab.refused(resumption(thread, **given), MISSING)
    for thread in (lab.new_id(), deleted):
        lab.refused(resumption(thread, history=(user_message("kept by nobody"),)), MISSING)
        lab.create(thread)
        assert written(lab, thread) == [], "a refused resume left its history behind"


@clause("LIFE-4")
def test_resume_of_a_live_thread_is_busy(lab: Lab) -> None:
    """Ensure a second writer is refused with the id in the text, and the first goes on."""
    thread = lab.create()
    for _ in range(2):
        error = lab.refused(resumption(thread), BUSY)
        assert thread in str(error), f"the error must name {thread}, it says {str(error)!r}"
    lab.append(thread, user_message("first writer"))
    lab.close(thread)
    resume(lab, thread)
    lab.refused(resumption(thread), BUSY)


@clause("LIFE-4")
def test_resume_of_an_archived_thread_must_be_asked_for(lab: Lab) -> None:
    """Ensure it is InvalidRequest without include_archived, and leaves no writer behind."""
    thread = lab.create()
    lab.close(thread)
    archive(lab, thread)
    lab.refused(resumption(thread, include_archived=False), INVALID)
    resume(lab, thread)


@clause("LIFE-4")
def test_a_resumed_archived_thread_stays_archived(lab: Lab) -> None:
    """Ensure appends to it go to the archived thread."""
    thread = lab.create()
    lab.append(thread, user_message("before"))
    lab.close(thread)
    archive(lab, thread)
    archived_at = lab.read(thread).archived_at
    resume(lab, thread)
    lab.append(thread, user_message("after"))
    assert written(lab, thread) == [user_message("before"), user_message("after")]
    lab.close(thread)
    actual = lab.read(thread).archived_at
    assert archived_at is not None
    assert archived_at == actual, f"a resume moved archived_at from {archived_at} to {actual}"


@clause("LIFE-4")
def test_what_the_caller_supplies_changes_nothing(lab: Lab) -> None:
    """Ensure supplied history and metadata never reach what is stored, nor change what is appended next."""
    for what, given in _STALE.items():
        thread = lab.create()
        lab.append(thread, user_message("said"))
        lab.close(thread)
        before = look(lab, thread)
        resume(lab, thread, **given)
        _assert_unchanged(lab, before, f"a resume with {what}", but=TIMES)
        lab.append(thread, user_message("and more"))
        flush(lab, thread)
        assert [*before[1], user_message("and more")] == list(lab.history(thread)), f"{what} reached the history"
        lab.close(thread)
        for field in ("cwd", "model_provider", "memory_mode", "originator"):
            expected, actual = getattr(before[0], field), getattr(lab.read(thread), field)
            assert expected == actual, f"a resume with {what} changed {field} from {expected!r} to {actual!r}"


@clause("LIFE-4")
def test_a_path_of_another_thread_is_refused(lab: Lab) -> None:
    """Ensure a rollout_path is looked at where there are paths, and only there."""
    thread, other = lab.create(), lab.create()
    lab.close(thread)
    if not lab.capabilities.paths:
        resume(lab, thread, rollout_path="/nowhere/rollout.jsonl")
        return
    for path in (str(lab.read(other).rollout_path), "/nowhere/rollout.jsonl", "", "../rollout.jsonl"):
        error = lab.refused(resumption(thread, rollout_path=path), INVALID)
        assert_names(error, "rollout_path")
    resume(lab, thread, rollout_path=lab.read(thread).rollout_path)


@clause("LIFE-4")
def test_a_failed_resume_leaves_no_writer(lab: Lab) -> None:
    """Ensure a thread is not busy because a resume of it was refused."""
    unknown = lab.new_id()
    lab.refused(resumption(unknown), MISSING)
    lab.store.create_thread(lab.creation(unknown))
    thread = lab.create()
    lab.close(thread)
    if lab.capabilities.requires_cwd:
        lab.refused(resumption(thread, metadata=nowhere()), INVALID)
    if lab.capabilities.paths:
        lab.refused(resumption(thread, rollout_path="/nowhere/rollout.jsonl"), INVALID)
    archive(lab, thread)
    lab.refused(resumption(thread, include_archived=False), INVALID)
    resume(lab, thread)


@clause("LIFE-4b")
def test_a_missing_cwd_is_refused_or_absent_as_declared(lab: Lab) -> None:
    """Ensure create without a cwd is refused by name where that is declared, and else makes a thread without one."""
    params = lab.creation(metadata=nowhere())
    if lab.capabilities.requires_cwd:
        error = lab.refused(params, INVALID)
        assert_names(error, "cwd")
        lab.store.create_thread(lab.creation(params.thread_id))
        return
    lab.store.create_thread(params)
    persist(lab, params.thread_id)
    actual = lab.read(params.thread_id).cwd
    assert actual is None, f"a thread without a cwd reads with the cwd {actual!r}"


@clause("LIFE-4b")
def test_a_resume_without_cwd_is_refused_or_accepted_as_declared(lab: Lab) -> None:
    """Ensure resume without a cwd is refused by name where that is declared, and else opens a writer."""
    thread = lab.create()
    lab.close(thread)
    if lab.capabilities.requires_cwd:
        error = lab.refused(resumption(thread, metadata=nowhere()), INVALID)
        assert_names(error, "cwd")
    else:
        resume(lab, thread, metadata=nowhere())
        lab.append(thread, user_message("the writer is open"))


@clause("LIFE-5")
def test_opening_a_thread_changes_nothing_of_it(lab: Lab) -> None:
    """Ensure a resume without an append leaves history and every field as they were, however it ends."""
    for what, thread, end in _opened_and_ended(lab):
        file = _aged_file(lab, thread)
        before, bytes_before = look(lab, thread), _state_of(file)
        lab.clock.advance(60_000)
        resume(lab, thread)
        _assert_unchanged(lab, before, f"a resume of {what}")
        end(thread)
        lab.clock.advance(60_000)
        _assert_unchanged(lab, before, f"a resume of {what}")
        assert bytes_before == _state_of(file), f"a resume of {what} rewrote or touched the rollout {file}"


@clause("LIFE-5")
def test_opening_a_thread_moves_it_in_no_listing(lab: Lab) -> None:
    """Ensure a thread that is resumed and closed stays where it was in every order."""
    threads = [listable(lab) for _ in range(3)]
    for thread in threads:
        lab.close(thread)
    before = [lab.listed(**order) for order in ORDERS]
    for thread in threads[:2]:
        lab.clock.advance(60_000)
        resume(lab, thread)
        lab.close(thread)
    for order, expected in zip(ORDERS, before, strict=True):
        actual = lab.listed(**order)
        assert expected == actual, f"a resume moved threads in the listing by {order}: {expected} became {actual}"


#: Nanoseconds since the Unix epoch, in the year 2020.
_LONG_AGO = 1_600_000_000 * 10**9


def _opened_and_ended(lab: Lab) -> Iterator[tuple[str, ThreadId, Callable[[ThreadId], object]]]:
    """Yield closed threads, each with a way to end a resume of it."""

    def flushed(thread: ThreadId) -> None:
        flush(lab, thread)

    def persisted(thread: ThreadId) -> None:
        persist(lab, thread)

    ends: dict[str, Callable[[ThreadId], object]] = {
        "shutdown": lab.close,
        "discard": lambda thread: discard(lab, thread),
        "flush": flushed,
        "persist": persisted,
        "flush, persist and shutdown": in_turn(flushed, persisted, lab.close),
    }
    for side, (end, ending) in product(("active", "archived"), ends.items()):
        thread = lab.create()
        lab.append(thread, user_message("said"))
        lab.patch(thread, name="named", updated_at=5_000, preview="said")
        lab.close(thread)
        if side == "archived":
            archive(lab, thread)
        yield f"an {side} thread, ended by {end},", thread, ending


def _assert_unchanged(lab: Lab, before: Look, what: str, *, but: tuple[str, ...] = ()) -> None:
    differences = changed_look(before, look(lab, before[0].thread_id), but=but)
    assert differences == {}, f"{what} changed {differences}"


def _aged_file(lab: Lab, thread: ThreadId) -> Path | None:
    """Return the thread's rollout, made old, where the store keeps one."""
    path = lab.read(thread).rollout_path if lab.capabilities.paths else None
    if path is None:
        return None
    # Writing twice within a tick of the file system's clock would show no difference.
    os.utime(lab.home / path, ns=(_LONG_AGO, _LONG_AGO))
    return lab.home / path


def _state_of(file: Path | None) -> tuple[int, bytes] | None:
    return (file.stat().st_mtime_ns, file.read_bytes()) if file else None
