"""Directed checks of what an append and an operation leave alone: APPEND-3 and APPEND-6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import AppendThreadItemsParams, GitInfoPatch, ListThreadsParams, RolloutItem, StoredThread, ThreadId
from threadstore_conformance.lab import Lab, clause, user_message

from .comparing import brief, changed, changed_look, look
from .listing import listable
from .telling import TELLING, patched
from .verbs import archive, attempt, delete, discard, flush, persist, put_aside, resume, unarchive, written


@clause("APPEND-3")
def test_an_append_changes_no_field_of_an_unpatched_thread(lab: Lab) -> None:
    """Ensure nothing is inferred from items, one by one and all together, nor any time moved."""
    for items in (*((item,) for item in TELLING), TELLING):
        thread = lab.create()
        _assert_history_only(lab, thread, items)


@clause("APPEND-3")
def test_an_append_changes_no_field_of_a_patched_thread(lab: Lab) -> None:
    """Ensure what was patched stays, though the items say otherwise, on either side."""
    for side in ("active", "archived"):
        thread = lab.create()
        lab.patch(thread, **patched())
        if side == "archived":
            put_aside(lab, thread)
        _assert_history_only(lab, thread, TELLING)
        _assert_history_only(lab, thread, TELLING[:1])


@clause("APPEND-3")
def test_an_append_changes_nothing_that_a_listing_shows(lab: Lab) -> None:
    """Ensure the row of a thread in a listing is the same before and after."""
    thread = listable(lab)
    before = _row(lab, thread)
    lab.clock.advance(60_000)
    lab.append(thread, *TELLING)
    differences = changed(before, _row(lab, thread))
    assert differences == {}, f"in a listing an append changed {differences}"


@clause("APPEND-6")
def test_an_operation_on_one_thread_leaves_the_others_alone(lab: Lab) -> None:
    """Ensure no operation changes another thread: history, fields, side, or whether it is live."""
    shared: dict[str, Any] = {"name": "same", "title": "same", "preview": "same", "updated_at": 5_000}
    live, closed, archived, subject = lab.create(), lab.create(), lab.create(), lab.create()
    for thread in (live, closed, archived, subject):
        lab.append(thread, user_message("same"))
        lab.patch(thread, **shared, git_info=GitInfoPatch(branch="same"))
        flush(lab, thread)
    for thread in (closed, archived):
        lab.close(thread)
    archive(lab, archived)
    others = (live, closed, archived)
    before = [look(lab, thread) for thread in others]
    for what, act in _acts(lab).items():
        lab.clock.advance(1_000)
        act(subject)
        for state, thread, old in zip(("live", "closed", "archived"), others, before, strict=True):
            differences = changed_look(old, look(lab, thread))
            assert differences == {}, f"{what} of {subject} changed the {state} thread {thread}: {differences}"
    lab.append(live, user_message("still live"))
    for thread in (closed, archived):
        resume(lab, thread)


@clause("APPEND-6")
def test_what_becomes_of_a_parent_leaves_its_children_alone(lab: Lab) -> None:
    """Ensure child, spawned sub-agent and fork of a thread stay as they are, and live, whatever is done to it."""
    for what, act in _acts(lab).items():
        if what in ("an unarchive", "a resume", "a create"):
            continue
        parent = lab.create()
        spawn = {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1}}}
        kin = {
            "child": lab.create(parent_thread_id=parent),
            "sub-agent": lab.create(source=spawn),
            "fork": lab.create(forked_from_id=parent),
        }
        before = {kind: look(lab, thread) for kind, thread in kin.items()}
        act(parent)
        for kind, thread in kin.items():
            differences = changed_look(before[kind], look(lab, thread))
            assert differences == {}, f"{what} of a thread changed its {kind}: {differences}"
            error = attempt(lab, AppendThreadItemsParams(thread_id=thread, items=[user_message("still live")]))
            assert error is None, f"{what} of a thread took the writer of its {kind}: {error}"


@clause("APPEND-6")
def test_many_writers_may_be_open(lab: Lab) -> None:
    """Ensure twenty threads are live together, when they were created and when they were resumed."""
    threads = [lab.create() for _ in range(20)]
    for opened in ("created", "resumed"):
        for thread in threads:
            error = attempt(lab, AppendThreadItemsParams(thread_id=thread, items=[user_message(opened)]))
            assert error is None, f"twenty threads were {opened}, and one of them has no writer: {error}"
        for thread in threads if opened == "created" else ():
            lab.close(thread)
        for thread in threads if opened == "created" else ():
            resume(lab, thread)


@clause("APPEND-6")
def test_threads_that_take_turns_keep_their_own_items(lab: Lab) -> None:
    """Ensure items and originators go to the thread that they were meant for, whatever the order of writing."""
    threads = [lab.create(originator=f"originator {number}") for number in range(3)]
    for turn in range(4):
        for number, thread in sorted(enumerate(threads), reverse=turn % 2 == 1):
            lab.append(thread, user_message(f"{number}.{turn}"))
    for number, thread in enumerate(threads):
        expected = [user_message(f"{number}.{turn}") for turn in range(4)]
        actual = written(lab, thread)
        assert expected == actual, f"appended {brief(expected)} to {thread}, it has {brief(actual)}"
        assert f"originator {number}" == lab.read(thread).originator


def _assert_history_only(lab: Lab, thread: ThreadId, items: tuple[RolloutItem, ...]) -> None:
    before = lab.read(thread)
    lab.clock.advance(60_000)
    lab.append(thread, *items)
    differences = changed(before, lab.read(thread))
    assert differences == {}, f"an append of {brief(items)} changed {differences}"
    flush(lab, thread)
    lab.close(thread)
    differences = changed(before, lab.read(thread))
    assert differences == {}, f"after an append of {brief(items)}, closing changed {differences}"
    resume(lab, thread)


def _row(lab: Lab, thread: ThreadId) -> StoredThread:
    rows = lab.store.list_threads(ListThreadsParams(page_size=50)).items
    assert [row.thread_id for row in rows] == [thread]
    return rows[0]


def _acts(lab: Lab) -> dict[str, Callable[[ThreadId], object]]:
    """Return every way to change a live thread, in an order in which each can be done."""
    return {
        "an append": lambda t: lab.append(t, *TELLING),
        "a patch of git": lambda t: lab.patch(t, git_info=GitInfoPatch(sha="abc", branch="main", origin_url="url")),
        "a patch": lambda t: lab.patch(t, **patched()),
        "a clear": lambda t: lab.patch(t, name=None, git_info=GitInfoPatch(branch=None)),
        "a flush": lambda t: flush(lab, t),
        "a persist": lambda t: persist(lab, t),
        "a shutdown": lab.close,
        "an archive": lambda t: archive(lab, t),
        "an unarchive": lambda t: unarchive(lab, t),
        "a resume": lambda t: resume(lab, t),
        "a discard": lambda t: discard(lab, t),
        "a delete": lambda t: delete(lab, t),
        "a create": lambda t: lab.create(t, originator="another"),
    }
