"""Directed checks of what a read shows, and how a store refuses: READ-1, 2, 3 and 3c."""

from __future__ import annotations

from collections.abc import Iterator

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Conflict,
    DeleteThreadParams,
    ErrorKind,
    FlushThreadParams,
    InvalidRequest,
    Operation,
    PersistThreadParams,
    ReadThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    ThreadNotFound,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
    perform,
)
from threadstore_conformance.lab import INVALID, MISSING, Lab, clause, user_message

from .comparing import changed, changed_look, look
from .patches import patched_thread, places
from .telling import TELLING
from .verbs import archive, attempt, delete, flush, loading, read_whole, reading, resumption


@clause("READ-1")
def test_two_reads_are_equal(lab: Lab) -> None:
    """Ensure nothing changes between reads: no time is that of the reading, nothing comes and goes."""
    for held in ("nothing", "everything"):
        for place, thread in places(lab):
            if held == "everything":
                patched_thread(lab, thread)
            first = lab.read(thread)
            for _ in range(2):
                lab.clock.advance(60_000)
                lab.history(thread)
                lab.listed()
                differences = changed(first, lab.read(thread))
                assert differences == {}, f"two reads of a {place} thread differ in {differences}"


@clause("READ-1")
def test_include_history_changes_no_other_field(lab: Lab) -> None:
    """Ensure a read with history is a read without it, and history beside."""
    for place, thread in places(lab):
        patched_thread(lab, thread)
        without, whole = lab.read(thread), read_whole(lab, thread)
        assert without.history is None, "a read without include_history has a history"
        assert whole.history is not None, "a read with include_history has no history"
        differences = changed(without, whole, but=("history",))
        assert differences == {}, f"include_history changed {differences} ({place} thread)"


@clause("READ-1")
def test_include_history_changes_no_field_of_a_long_thread(lab: Lab) -> None:
    """Ensure it changes no field where there is much history, in whatever place the thread is."""
    thread = lab.create()
    patched_thread(lab, thread)
    lab.append(thread, *TELLING, *(user_message(str(number)) for number in range(100)))
    flush(lab, thread)
    for place in ("live", "closed", "archived"):
        if place == "closed":
            lab.close(thread)
        if place == "archived":
            archive(lab, thread)
        differences = changed(lab.read(thread), read_whole(lab, thread), but=("history",))
        assert differences == {}, f"include_history changed {differences} ({place} thread)"


@clause("READ-2")
def test_an_unknown_thread_is_missing(lab: Lab) -> None:
    """Ensure read and load of an id never created, or deleted, are refused, with and without include_archived."""
    lab.create()
    deleted = lab.create()
    delete(lab, deleted)
    for thread in (lab.new_id(), deleted):
        for operation in _reads(thread):
            lab.refused(operation, MISSING)


@clause("READ-2")
def test_an_archived_thread_must_be_asked_for(lab: Lab) -> None:
    """Ensure read and load without include_archived are InvalidRequest that names the thread, live or not."""
    for live in (True, False):
        thread = lab.create()
        lab.append(thread, user_message("said"))
        if not live:
            lab.close(thread)
        archive(lab, thread)
        for operation in _reads(thread):
            if getattr(operation, "include_archived", False):
                perform(lab.store, operation)
                continue
            error = lab.refused(operation, INVALID)
            assert thread in str(error), f"the error must name {thread}, it says {str(error)!r} (live={live})"


@clause("READ-2")
def test_the_flag_changes_nothing_for_active_threads(lab: Lab) -> None:
    """Ensure an active thread reads and loads alike with and without include_archived."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    for live in (True, False):
        if not live:
            lab.close(thread)
        with_flag, without = (lab.store.read_thread(reading(thread, include_archived=flag)) for flag in (True, False))
        differences = changed(without, with_flag)
        assert differences == {}, f"include_archived changed {differences} of an active thread (live={live})"
        loaded = [list(lab.store.load_history(loading(thread, include_archived=flag)).items) for flag in (True, False)]
        assert loaded[0] == loaded[1], f"include_archived changed the history of an active thread (live={live})"


@clause("READ-3")
def test_a_refusal_carries_its_data(lab: Lab) -> None:
    """Ensure ThreadNotFound has the id, Unsupported its operation, and a text the thread that it is about."""
    for thread, operation in _refusals(lab):
        error = attempt(lab, operation)
        what = f"{type(operation).__name__}: {error!r}"
        if isinstance(error, ThreadNotFound):
            assert thread == error.thread_id, f"{what} must carry the id {thread}"
        elif isinstance(error, Conflict | InvalidRequest):
            assert thread in str(error), f"{what} must have the id {thread} in its text"
        else:
            # Whether it is refused is the clause's that the operation belongs to.
            assert error is None, f"{what} is no refusal for a thread that is missing, busy or archived"


@clause("READ-3")
def test_a_refused_operation_changes_nothing(lab: Lab) -> None:
    """Ensure no thread, listing or writer is other than it was after every refusal."""
    refusals = _refusals(lab)
    shown = [*lab.listed(), *lab.listed(archived=True)]
    threads = sorted({thread for thread, _ in refusals} & set(shown))
    before = [look(lab, thread) for thread in threads]
    for _, operation in refusals:
        if attempt(lab, operation) is None:
            before = [look(lab, thread) for thread in threads]
        for old, thread in zip(before, threads, strict=True):
            differences = changed_look(old, look(lab, thread))
            assert differences == {}, f"a refused {type(operation).__name__} changed {differences}"
    now = [*lab.listed(), *lab.listed(archived=True)]
    assert shown == now, f"refused operations changed the listings from {shown} to {now}"


@clause("READ-3c")
def test_missing_is_thread_not_found(lab: Lab) -> None:
    """Ensure every operation on an unknown thread answers ThreadNotFound with its id."""
    unknown = lab.new_id()
    for operation in (*_reads(unknown), *_needs_a_thread(unknown), *_needs_a_writer(unknown)):
        error = attempt(lab, operation)
        # Whether it is refused is the clause's that the operation belongs to.
        assert getattr(error, "thread_id", unknown) == unknown, f"the error must carry {unknown}, it is {error!r}"
        assert error is None or error.kind is ErrorKind.THREAD_NOT_FOUND, f"missing is ThreadNotFound, not {error!r}"


def _reads(thread: ThreadId) -> Iterator[Operation]:
    for flag in (False, True):
        yield loading(thread, include_archived=flag)
        for history in (False, True):
            yield ReadThreadParams(thread_id=thread, include_archived=flag, include_history=history)


def _needs_a_thread(thread: ThreadId) -> Iterator[Operation]:
    yield resumption(thread)
    for patch in (ThreadMetadataPatch(title="x"), ThreadMetadataPatch()):
        yield UpdateThreadMetadataParams(thread_id=thread, patch=patch)
    yield ArchiveThreadParams(thread_id=thread)
    yield UnarchiveThreadParams(thread_id=thread)
    yield DeleteThreadParams(thread_id=thread)


def _needs_a_writer(thread: ThreadId) -> Iterator[Operation]:
    yield AppendThreadItemsParams(thread_id=thread, items=[user_message("without a writer")])
    for params in (PersistThreadParams, FlushThreadParams, ShutdownThreadParams):
        yield params(thread_id=thread)


def _refusals(lab: Lab) -> list[tuple[ThreadId, Operation]]:
    """Make threads in every state, and return operations that are refused, each with the thread it is about."""
    live, closed, archived, unknown = lab.create(), lab.create(), lab.create(), lab.new_id()
    for thread in (live, closed, archived):
        lab.append(thread, user_message("said"))
        lab.patch(thread, preview="said", name="named", updated_at=5_000)
        flush(lab, thread)
    for thread in (closed, archived):
        lab.close(thread)
    archive(lab, archived)
    return [
        *((unknown, each) for each in (*_reads(unknown), *_needs_a_thread(unknown), *_needs_a_writer(unknown))),
        *((thread, each) for thread in (closed, archived) for each in _needs_a_writer(thread)),
        *((thread, lab.creation(thread, originator="x")) for thread in (live, closed, archived)),
        (live, resumption(live)),
        (live, AppendThreadItemsParams(thread_id=live, items=[RolloutItem("session_meta", {"id": live})])),
        (archived, resumption(archived, include_archived=False)),
        (archived, reading(archived, include_archived=False)),
        (archived, loading(archived, include_archived=False)),
        (archived, UpdateThreadMetadataParams(thread_id=archived, patch=ThreadMetadataPatch(title="x"))),
    ]
