"""Laws of metadata sync, resuming and routing that need no model: what makes no difference makes none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, cycle, pairwise, permutations
from typing import Any

from threadstore import RolloutItem, ThreadId
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import (
    compacted,
    event,
    goal,
    rolled_back,
    session_meta,
    token_count,
    turn_complete,
    turn_context,
    turn_started,
    user_response,
)
from threadstore_conformance.session_lab import SessionLab

from .comparing import changed
from .conversations import assert_items, begun, own_meta, say
from .fold_oracle import said
from .sessions import assert_facts, elsewhere, needs, visible

_IMAGE = user_message(" ", images=["data:x"])

#: Histories that say much, each in few items, so that they can be divided in many ways.
_HISTORIES: tuple[tuple[RolloutItem, ...], ...] = (
    (user_message("first"), user_message("second"), goal("win"), user_message("third")),
    (goal("  win "), _IMAGE, user_message("## My request for Codex: do it"), goal("lose")),
    (
        turn_context(model="m-1", effort="low", permission_profile={"a": 1}), user_message(""), token_count(3),
        turn_context(model="m-2", approval_policy="never"), token_count(9, output=2),
    ),
    (_IMAGE, rolled_back(1), user_message("words"), event("token_count", rate_limits={}), user_message("more")),
    (
        turn_started("1"), user_response("first"), user_message("first"), turn_complete("1"),
        session_meta("0190aaaa-0000-7000-8000-000000000001", model_provider="z"),
    ),
    (agent_message("a"), event("error", message="dropped"), goal(" "), compacted("summary"), goal("late")),
)  # fmt: skip

#: What may happen between two appends.
_BETWEEN: dict[str, Callable[[SessionLab, ThreadId], object]] = {
    "nothing": lambda session_lab, thread: None,
    "a barrier": lambda session_lab, thread: session_lab.settle(thread),
    "a shutdown and a resume": lambda session_lab, thread: _reopened(session_lab, thread),
    "six seconds": lambda session_lab, thread: session_lab.clock.advance(6_000),
}


@clause("SYNC-1", "SYNC-1b")
def test_facts_are_the_fold_of_the_history_however_it_is_divided(session_lab: SessionLab) -> None:
    """Ensure histories in one append, two, three or singly, whatever happens between, say what they say as a whole."""
    needs(session_lab, "raw_items")
    pairs = cycle(permutations(_BETWEEN, 2))
    for history in _HISTORIES:
        expected = said(history)
        for batches in _divisions(history):
            sizes = [len(batch) for batch in batches]
            # Three appends are the many ways: each has two things between, and all pairs of these have their turn.
            for whats in [next(pairs)] if len(batches) == 3 else [(what,) for what in _BETWEEN]:
                thread = _in_batches(session_lab, batches, *(_BETWEEN[what] for what in whats))
                told = f"{history} in appends of {sizes}, with {' and then '.join(whats)} between"
                assert_facts(session_lab, thread, told, **expected)
        thread = visible(session_lab, *history)
        assert_facts(session_lab, thread, f"{history} in one append", **expected)


@clause("SYNC-1")
def test_one_append_or_many_leave_equal_threads(session_lab: SessionLab) -> None:
    """Ensure threads that were given the same items at once and singly differ in no field and no item."""
    needs(session_lab, "raw_items")
    items = [item for history in _HISTORIES for item in history]
    whole = visible(session_lab, *items)
    for what, between in _BETWEEN.items():
        if what == "six seconds":
            continue
        thread = _in_batches(session_lab, [(item,) for item in items], between)
        differences = _differences(session_lab, whole, thread)
        assert differences == {}, f"items at once, and singly with {what} between, differ in {differences}"
        assert_items(session_lab.items(whole), session_lab.items(thread), f"singly, with {what} between")


@clause("SYNC-1", "RESUME-2")
def test_a_restart_between_appends_changes_no_fact(session_lab: SessionLab) -> None:
    """Ensure one history appended in four batches says the same wherever the process ended and began again."""
    needs(session_lab, "raw_items")
    history = tuple(item for history in _HISTORIES[1:4] for item in history)
    batches = [history[start : start + 4] for start in range(0, len(history), 4)]
    for ended in range(len(batches)):
        thread = session_lab.start().thread_id
        for number, batch in enumerate(batches):
            session_lab.append(thread, *batch)
            if number == ended:
                session_lab.settle(thread)
                session_lab.restart()
                session_lab.resume(thread, metadata=elsewhere())
        session_lab.settle(thread)
        expected = {**said(history), "cwd": "/src/project", "model_provider": "provider-a", "memory_mode": "enabled"}
        assert_facts(session_lab, thread, f"restarted after batch {ended + 1} of {len(batches)}", **expected)


@clause("SYNC-1")
def test_threads_appended_to_in_turns_keep_apart(session_lab: SessionLab) -> None:
    """Ensure what two loaded threads say is the same as if each were alone, with their appends interleaved."""
    needs(session_lab, "raw_items")
    one, two = session_lab.start().thread_id, session_lab.start().thread_id
    first, second = _HISTORIES[1] + _HISTORIES[2], _HISTORIES[3] + _HISTORIES[0]
    for of_first, of_second in zip(first, second, strict=True):
        session_lab.append(one, of_first)
        session_lab.append(two, of_second)
    for thread, history in ((one, first), (two, second)):
        session_lab.settle(thread)
        assert_facts(session_lab, thread, "appended to in turns with another", **said(history))
        assert_items(history, session_lab.items(thread), "appended to in turns with another")


@clause("ROUTE-1", "SYNC-2")
def test_renaming_loaded_and_cold_comes_to_the_same(session_lab: SessionLab) -> None:
    """Ensure the same appends and renames leave equal threads, whether the thread was loaded or cold at each rename."""
    names = ("one", None, "two")
    threads = []
    for loaded_at in ((True, True, True), (False, False, False), (True, False, True), (False, True, False)):
        thread = begun(session_lab, agent_message("ready"))
        for name, is_loaded in zip(names, loaded_at, strict=True):
            say(session_lab, thread, user_message(f"before {name}"))
            if not is_loaded:
                session_lab.close(thread)
            session_lab.patch(thread, name=name, agent_role="worker")
            if not is_loaded:
                session_lab.resume(thread)
            shown = session_lab.resume(thread).name
            assert shown == name, (
                f"named {name!r} while {'loaded' if is_loaded else 'cold'}, the session shows {shown!r}"
            )
        threads.append(thread)
    for thread in threads[1:]:
        differences = _differences(session_lab, threads[0], thread)
        assert differences == {}, f"renamed while loaded and while cold, threads differ in {differences}"


@clause("RESUME-2", "ORIG-2b")
def test_a_resume_is_no_fork(session_lab: SessionLab) -> None:
    """Ensure a resume makes no thread: one id, one SessionMeta, one row, the originator read back; a fork makes one."""
    thread = visible(session_lab)
    made, meta = session_lab.resume(thread), session_lab.history(thread)[0]
    for _ in range(2):
        session_lab.restart(default_originator="another client")
        resumed = session_lab.resume(thread)
        assert (resumed.thread_id, resumed.session_id, resumed.forked_from_id) == (thread, thread, None)
        assert resumed.originator == made.originator, (
            f"made for {made.originator!r}, resumed for {resumed.originator!r}"
        )
        assert session_lab.listed() == [thread], f"a resume left {session_lab.listed()}"
        say(session_lab, thread, agent_message("more"))
        metas = [item for item in session_lab.history(thread) if item.type == "session_meta"]
        assert metas == [meta], f"a resumed thread holds the SessionMetas {metas}"
    fork = session_lab.fork(thread).thread_id
    assert sorted(session_lab.listed()) == sorted((thread, fork))
    assert own_meta(session_lab, fork).id == fork


@clause("RESUME-2", "SYNC-1")
def test_opening_often_is_opening_once(session_lab: SessionLab) -> None:
    """Ensure any number of sessions without an append leaves the next append the effect that it has without them."""
    plain, often = (begun(session_lab, user_message("first")) for _ in range(2))
    for _ in range(5):
        _reopened(session_lab, often, metadata=elsewhere())
    assert _differences(session_lab, plain, often) == {}, "opening a thread often changed it"
    for thread in (plain, often):
        say(session_lab, thread, user_message("second"))
    differences = _differences(session_lab, plain, often)
    assert differences == {}, f"a thread that was opened often differs in {differences}"
    assert_items(session_lab.items(plain), session_lab.items(often), "opened often")


#: What two threads that were made alike do not share: the store's own times are among it.
_NOT_SHARED = ("thread_id", "rollout_path", "created_at", "recency_at")


def _differences(session_lab: SessionLab, one: ThreadId, other: ThreadId) -> dict[str, tuple[Any, Any]]:
    times = () if session_lab.session.timed else ("updated_at",)
    return changed(session_lab.read(one), session_lab.read(other), but=(*_NOT_SHARED, *times))


def _divisions(items: Sequence[RolloutItem]) -> Iterator[list[Sequence[RolloutItem]]]:
    """Yield every way to divide items into two and three batches, in order, and the items singly."""
    places = range(1, len(items))
    for count in sorted({1, 2, len(places)}):
        for cuts in combinations(places, count):
            edges = (0, *cuts, len(items))
            yield [items[start:end] for start, end in pairwise(edges)]


def _in_batches(
    session_lab: SessionLab,
    batches: Sequence[Sequence[RolloutItem]],
    *between: Callable[[SessionLab, ThreadId], object],
) -> ThreadId:
    thread = session_lab.start().thread_id
    # No barrier after the first batch: what comes between, in turns, is all that does.
    session_lab.append(thread, *batches[0])
    for batch, act in zip(batches[1:], cycle(between), strict=False):
        act(session_lab, thread)
        session_lab.append(thread, *batch)
    session_lab.settle(thread)
    return thread


def _reopened(session_lab: SessionLab, thread: ThreadId, **given: Any) -> None:
    session_lab.close(thread)
    session_lab.resume(thread, **given)
