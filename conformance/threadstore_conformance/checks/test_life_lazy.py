"""Directed checks of what a created thread shows before anything is kept of it: LIFE-3 and LIFE-3b."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    GitInfoPatch,
    RolloutItem,
    SearchThreadsParams,
    ThreadId,
    ThreadMetadataPatch,
    ThreadRelationFilter,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore_conformance.lab import BUSY, MISSING, ORIGINATOR, Lab, clause, user_message

from .verbs import archive, attempt, delete, discard, flush, in_turn, loading, persist, reading, resumption

#: What the persistence policy keeps nothing of.
_DROPPED = (
    RolloutItem("event_msg", {"type": "agent_message_delta", "delta": "x"}),
    RolloutItem("response_item", {"type": "ghost_snapshot"}),
    RolloutItem("kind_of_the_future", {"type": "user_message", "message": "x"}),
)


@clause("LIFE-3")
def test_a_hidden_thread_is_missing_to_its_readers(lab: Lab) -> None:
    """Ensure read, load, resume, archive, unarchive and an empty patch answer missing."""
    thread = lab.create(visible=False)
    for operation in (
        reading(thread),
        reading(thread, include_archived=False),
        loading(thread),
        resumption(thread),
        ArchiveThreadParams(thread_id=thread),
        UnarchiveThreadParams(thread_id=thread),
        UpdateThreadMetadataParams(thread_id=thread, patch=ThreadMetadataPatch()),
        UpdateThreadMetadataParams(thread_id=thread, patch=ThreadMetadataPatch(git_info=GitInfoPatch())),
    ):
        lab.refused(operation, MISSING)
    lab.refused(reading(thread), MISSING)


@clause("LIFE-3")
def test_a_hidden_thread_is_not_listed(lab: Lab) -> None:
    """Ensure no listing, search or relation shows it."""
    parent = lab.create()
    thread = lab.create(visible=False, parent_thread_id=parent)
    for archived in (False, True):
        assert thread not in lab.listed(archived=archived), f"a hidden thread is listed (archived={archived})"
    if lab.capabilities.relations:
        relation = ThreadRelationFilter(kind="descendants_of", thread_id=parent)
        assert lab.listed(relation_filter=relation) == [], "a hidden thread is listed as a child"
    if lab.capabilities.search:
        lab.append(thread, *_DROPPED)
        found = lab.pages(SearchThreadsParams(search_term="x"))
        assert [thread] not in found, "a hidden thread is found"


@clause("LIFE-3")
def test_the_id_of_a_hidden_thread_is_busy(lab: Lab) -> None:
    """Ensure it cannot be created a second time."""
    thread = lab.create(visible=False)
    lab.refused(lab.creation(thread), BUSY)
    flush(lab, thread)
    lab.refused(lab.creation(thread), BUSY)


@clause("LIFE-3")
def test_flush_and_dropped_items_show_nothing(lab: Lab) -> None:
    """Ensure neither a flush, nor an append of which nothing is kept, makes a thread visible."""
    thread = lab.create(visible=False)
    flush(lab, thread)
    lab.refused(reading(thread), MISSING)
    lab.append(thread)
    lab.refused(reading(thread), MISSING)
    for item in _DROPPED:
        lab.append(thread, item)
        lab.refused(reading(thread), MISSING)
    lab.append(thread, *_DROPPED)
    flush(lab, thread)
    lab.refused(reading(thread), MISSING)


@clause("LIFE-3")
def test_what_there_is_to_keep_shows_a_thread(lab: Lab) -> None:
    """Ensure the first kept item, the first persist and the first non-empty patch each make it visible, and listed."""
    for what, show in _shows(lab).items():
        thread = lab.create(visible=False)
        show(thread)
        assert thread == lab.read(thread).thread_id, f"{what} must show a thread"
        if not lab.capabilities.hides_unpreviewed:
            assert thread in lab.listed(), f"after {what} a thread reads, and is not listed"


@clause("LIFE-3")
def test_a_thread_that_is_shown_stays_shown(lab: Lab) -> None:
    """Ensure a thread outlives its writer, whatever made it visible and however the writer was closed."""
    closes: dict[str, Callable[[ThreadId], object]] = {"shutdown": lab.close, "discard": lambda t: discard(lab, t)}
    for (what, show), (closing, close) in product(_shows(lab).items(), closes.items()):
        thread = lab.create(visible=False)
        show(thread)
        close(thread)
        error = attempt(lab, reading(thread))
        assert error is None, f"{what} showed a thread, and {closing} hid it again: {error}"


def _shows(lab: Lab) -> dict[str, Callable[[ThreadId], object]]:
    """Return every way to make a hidden thread visible."""
    return {
        "a kept item": lambda thread: lab.append(thread, user_message("kept")),
        "a kept item among dropped ones": lambda thread: lab.append(thread, *_DROPPED, user_message("kept")),
        "persist": lambda thread: persist(lab, thread),
        "a patch": lambda thread: lab.patch(thread, title="titled"),
        "a patch that clears what is absent": lambda thread: lab.patch(thread, name=None),
        "a patch of git alone": lambda thread: lab.patch(thread, git_info=GitInfoPatch(sha=None)),
    }


@clause("LIFE-3")
def test_closed_while_hidden_leaves_no_trace(lab: Lab) -> None:
    """Ensure shutdown, discard and delete of a hidden thread free its id, and nothing of it comes back."""

    def append_dropped(thread: ThreadId) -> None:
        lab.append(thread, *_DROPPED)

    closes: dict[str, Callable[[ThreadId], object]] = {
        "shutdown": lab.close,
        "discard": lambda thread: discard(lab, thread),
        "delete": lambda thread: lab.refused(DeleteThreadParams(thread_id=thread), MISSING),
        "a flush, then shutdown": in_turn(lambda thread: flush(lab, thread), lab.close),
        "dropped items, then shutdown": in_turn(append_dropped, lab.close),
        "dropped items, then discard": in_turn(append_dropped, lambda thread: discard(lab, thread)),
    }
    for what, close in closes.items():
        thread = lab.create(visible=False, originator="first", thread_source="first")
        close(thread)
        lab.refused(reading(thread), MISSING)
        lab.refused(resumption(thread), MISSING)
        lab.create(thread)
        actual = lab.read(thread)
        assert (actual.originator, actual.thread_source) == (ORIGINATOR, None), (
            f"after {what} of a hidden thread, one created with its id shows {actual.originator!r},"
            f" {actual.thread_source!r} of the former"
        )


@clause("LIFE-3")
def test_delete_closes_a_hidden_threads_writer(lab: Lab) -> None:
    """Ensure delete answers missing, and the writer is gone all the same."""
    thread = lab.create(visible=False)
    lab.refused(DeleteThreadParams(thread_id=thread), MISSING)
    lab.store.create_thread(lab.creation(thread))


@clause("LIFE-3b")
def test_an_eager_thread_can_be_read_at_once(lab: Lab) -> None:
    """Ensure create alone makes a thread readable, with its session_meta as its whole history."""
    thread = lab.create()
    assert thread == lab.read(thread).thread_id
    types = [item.type for item in lab.history(thread)]
    assert types == ["session_meta"], f"a new thread's history is its session_meta alone, not {types}"


@clause("LIFE-3b")
def test_an_eager_thread_is_listed_at_once(lab: Lab) -> None:
    """Ensure create alone puts a thread in the listing."""
    thread = lab.create()
    if lab.capabilities.hides_unpreviewed:
        lab.patch(thread, preview="seen")
    assert [thread] == lab.listed()


@clause("LIFE-3b")
def test_an_eager_thread_can_be_patched_and_archived_at_once(lab: Lab) -> None:
    """Ensure patches, the empty one too, and archive work on a thread that was only created."""
    thread = lab.create()
    assert thread == lab.patch(thread).thread_id
    assert thread == lab.patch(thread, title="titled").thread_id
    archive(lab, thread)
    assert lab.read(thread).archived_at is not None


@clause("LIFE-3b")
def test_an_eager_thread_outlives_its_writer(lab: Lab) -> None:
    """Ensure a thread with nothing appended stays after shutdown and after discard, and delete finds it."""
    for what, close in (("shutdown", lab.close), ("discard", lambda thread: discard(lab, thread))):
        thread = lab.create()
        close(thread)
        types = [item.type for item in lab.history(thread)]
        assert types == ["session_meta"], f"after {what} an empty thread's history is {types}"
        delete(lab, thread)
