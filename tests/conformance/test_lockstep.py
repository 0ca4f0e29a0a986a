"""Lockstep itself: what it compares, what it spoils, and what it blames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

import threadstore as ts
from threadstore.outcomes import Err, Ok, Open, Rows
from threadstore_backends.memory import BACKEND, MemoryStore
from threadstore_conformance import Difference, Lockstep
from threadstore_conformance.compare import Raised, Returned, judge
from threadstore_conformance.compare_values import Leeway, Match, Mismatch
from threadstore_conformance.values import SPOILED, copied, spoil

ONE = "01900000-0000-7000-8000-000000000001"
TWO = "01900000-0000-7000-8000-000000000002"
THREE = "01900000-0000-7000-8000-000000000003"


def _lockstep(store: ts.ThreadStore | None = None) -> Lockstep:
    return Lockstep(store or MemoryStore(clock=ts.ManualClock(tick=1)), BACKEND.capabilities)


def _create(thread_id: str = ONE) -> ts.CreateThreadParams:
    return ts.CreateThreadParams(thread_id=thread_id, originator="x")


def _append(*texts: str) -> ts.AppendThreadItemsParams:
    items = [ts.RolloutItem("event_msg", {"type": "user_message", "message": text, "in": [{}]}) for text in texts]
    return ts.AppendThreadItemsParams(thread_id=ONE, items=items)


def _broken(method: str, change: Callable[[MemoryStore, Callable[..., Any], Any], Any]) -> MemoryStore:
    store = MemoryStore(clock=ts.ManualClock(tick=1))
    sound = getattr(store, method)
    setattr(store, method, lambda params: change(store, sound, params))
    return store


def _touching(store: MemoryStore, append: Callable[..., Any], params: Any) -> None:
    append(params)
    patch = ts.ThreadMetadataPatch(updated_at=5)
    store.update_thread_metadata(ts.UpdateThreadMetadataParams(thread_id=params.thread_id, patch=patch))


def _mutating(store: MemoryStore, append: Callable[..., Any], params: Any) -> None:
    append(params)
    params.items[0].payload["seen"] = True


def _everyone(store: MemoryStore, update: Callable[..., Any], params: Any) -> Any:
    result = update(params)
    other = TWO if params.thread_id == ONE else ONE
    update(attrs.evolve(params, thread_id=other))
    return result


@pytest.mark.parametrize(
    ("method", "change", "clause"),
    [
        ("append_items", lambda store, sound, params: None, "APPEND-1"),
        ("append_items", _touching, "APPEND-3"),
        ("append_items", _mutating, "APPEND-5d"),
        ("append_items", lambda store, sound, params: 1 / 0, "READ-3"),
        ("update_thread_metadata", _everyone, "APPEND-6"),
        ("archive_thread", lambda store, sound, params: None, "ARCH-1"),
        ("delete_thread", lambda store, sound, params: None, "DEL-1"),
        ("list_threads", lambda store, sound, params: ts.ThreadPage(sound(params).items[::-1]), "LIST-2"),
        ("list_threads", lambda store, sound, params: ts.ThreadPage(sound(params).items[1:]), "LIST-1"),
        ("flush_thread", lambda store, sound, params: 5, "LIFE-7"),
    ],
)
def test_a_difference_names_its_clause(method: str, change: Any, clause: str) -> None:
    """Ensure what is broken is called by its clause, not by where it showed."""
    lockstep = _lockstep(_broken(method, change))
    program: list[ts.Operation] = [
        _create(),
        _create(TWO),
        _append("a", "b"),
        ts.FlushThreadParams(thread_id=ONE),
        ts.UpdateThreadMetadataParams(thread_id=ONE, patch=ts.ThreadMetadataPatch(title="t")),
        ts.ListThreadsParams(),
        ts.ArchiveThreadParams(thread_id=ONE),
        ts.DeleteThreadParams(thread_id=ONE),
    ]
    with pytest.raises(Difference) as caught:
        _observed(lockstep, program)
    assert caught.value.clause == clause
    assert clause in str(caught.value)


def _observed(lockstep: Lockstep, program: list[ts.Operation]) -> None:
    for operation in program:
        lockstep.run(operation)
        lockstep.observe()


def test_an_open_value_is_bound_at_first_sight() -> None:
    """Ensure a creation time may be anything at first, and must stay what it was."""
    store = MemoryStore(clock=ts.ManualClock(tick=1))
    lockstep = _lockstep(store)
    lockstep.run(_create())
    lockstep.observe()
    sound = store.read_thread
    store.read_thread = lambda params: attrs.evolve(sound(params), created_at=1)  # type: ignore[method-assign]
    with pytest.raises(Difference) as caught:
        lockstep.look_at(ONE)
    assert caught.value.path == "created_at"


def test_one_open_value_shows_the_same_everywhere() -> None:
    """Ensure updated_at and created_at of a new thread are one instant."""
    created = Open(ONE, "created")
    thread = ts.StoredThread(thread_id=ONE, created_at=created, updated_at=created, recency_at=created)  # type: ignore[arg-type]
    assert isinstance(
        judge(Ok(thread), Returned(attrs.evolve(thread, created_at=1, updated_at=1, recency_at=1))), Match
    )
    apart = judge(Ok(thread), Returned(attrs.evolve(thread, created_at=1, updated_at=2, recency_at=1)))
    assert isinstance(apart, Mismatch)
    assert apart.path == "updated_at"


def test_an_error_must_carry_its_data() -> None:
    """Ensure an error of the right kind about the wrong thread does not pass."""
    missing = Err((ts.ErrorKind.THREAD_NOT_FOUND, ts.ErrorKind.INVALID_REQUEST), ONE, "READ-2")
    assert isinstance(judge(missing, Raised(ts.ThreadNotFound(ONE))), Match)
    assert isinstance(judge(missing, Raised(ts.InvalidRequest(f"no rollout found for thread id {ONE}"))), Match)
    assert isinstance(judge(missing, Raised(ts.ThreadNotFound(TWO))), Mismatch)
    assert isinstance(judge(missing, Raised(ts.InvalidRequest("no such thread"))), Mismatch)
    assert isinstance(judge(missing, Raised(ts.Internal(ONE))), Mismatch)
    assert isinstance(judge(missing, Returned(None)), Mismatch)


def test_true_is_not_one_in_a_field() -> None:
    """Ensure a field is compared by value and kind."""
    thread = ts.StoredThread(thread_id=ONE, created_at=1, updated_at=1, recency_at=1, token_usage=ts.TokenUsage(1))
    for change in ({"created_at": True}, {"token_usage": ts.TokenUsage(True)}, {"preview": None}):  # type: ignore[arg-type]
        assert isinstance(judge(Ok(thread), Returned(attrs.evolve(thread, **change))), Mismatch)


def test_a_walk_is_followed_through_changes() -> None:
    """Ensure pages are judged by what was not touched since the walk began."""
    lockstep = _lockstep()
    ids = [f"01900000-0000-7000-8000-00000000000{n}" for n in range(6)]
    for thread_id in ids:
        lockstep.run(_create(thread_id))
    lockstep.run(ts.ListThreadsParams(page_size=2, sort_direction="asc"))
    lockstep.run(ts.DeleteThreadParams(thread_id=ids[1]))
    lockstep.run(ts.ArchiveThreadParams(thread_id=ids[3]))
    lockstep.run(ts.ListThreadsParams(page_size=2, sort_direction="asc", cursor="@cursor:0"))
    lockstep.run(ts.ListThreadsParams(page_size=2, sort_direction="asc", cursor="@cursor:1"))
    assert lockstep.tally.outcomes["list_threads", "ok"] == 3


def test_spoiling_reaches_every_container_and_no_copy() -> None:
    """Ensure a copy shares nothing with what is spoiled."""
    operation = _append("a")
    mine = copied(operation)
    spoil(operation)
    assert operation.items[0].payload == {SPOILED: True}
    assert mine.items[0].payload == {"type": "user_message", "message": "a", "in": [{}]}


def test_an_argument_that_is_not_equal_to_itself_was_not_changed() -> None:
    """Ensure no store is blamed for a number that is none, wherever the caller put it."""
    nan = float("nan")
    lockstep = _lockstep()
    lockstep.run(_create())
    for usage in (ts.TokenUsage(total_tokens=nan), ts.TokenUsage(total_tokens=[{"deep": nan}])):  # type: ignore[arg-type]
        patch = ts.ThreadMetadataPatch(token_usage=usage)
        lockstep.run(ts.UpdateThreadMetadataParams(thread_id=ONE, patch=patch))
    lockstep.run(ts.ListThreadsParams(page_size=nan))  # type: ignore[arg-type]
    assert lockstep.refused == {1, 2, 3}


def test_an_argument_that_was_changed_is_seen_beside_one_that_is_not_equal_to_itself() -> None:
    """Ensure a store that writes into what it was given is still found."""

    def writing(store: MemoryStore, append: Callable[..., Any], params: Any) -> None:
        params.items[0].payload["seen"] = True
        append(params)

    lockstep = _lockstep(_broken("append_items", writing))
    lockstep.run(_create())
    payload = {"type": "user_message", "message": float("nan"), "inner": {}}
    with pytest.raises(Difference, match="APPEND-5d"):
        lockstep.run(ts.AppendThreadItemsParams(thread_id=ONE, items=[ts.RolloutItem("event_msg", payload)]))


def test_an_empty_payload_is_no_sign_of_spoiling() -> None:
    """Ensure a store that answers with an item too many, which is empty, is blamed for that."""

    def doubling(store: MemoryStore, load: Callable[..., Any], params: Any) -> Any:
        history = load(params)
        return attrs.evolve(history, items=(*history.items, ts.RolloutItem("turn_context", {})))

    lockstep = _lockstep(_broken("load_history", doubling))
    lockstep.run(_create())
    with pytest.raises(Difference) as found:
        lockstep.run(ts.LoadThreadHistoryParams(thread_id=ONE))
    assert found.value.clause == "LIFE-1"


def test_what_is_shown_nowhere_is_bound_where_it_is_told() -> None:
    """Ensure a time of which nothing is judged is known all the same, so that lists can be ordered by it."""
    updated = Open(ONE, "updated")
    thread = ts.StoredThread(thread_id=ONE, created_at=1, updated_at=updated, recency_at=1)  # type: ignore[arg-type]
    unseen = Leeway(unseen=frozenset({"StoredThread.updated_at"}))
    shown = judge(Ok(thread), Returned(attrs.evolve(thread, updated_at=7)), unseen)
    assert isinstance(shown, Match)
    assert shown.bindings == ((updated, 7),)
    assert judge(Ok(thread), Returned(attrs.evolve(thread, updated_at=None)), unseen) == Match()


def test_a_record_that_differs_is_told_by_its_members() -> None:
    """Ensure the message says which members differ, and says so of records of one kind alone."""
    said = ts.RolloutItem("event_msg", {"type": "user_message", "message": "one", "images": []})
    history = ts.StoredThreadHistory(ONE, (said,))
    other = ts.RolloutItem("event_msg", {"type": "user_message", "message": "two", "local_images": []})
    differs = judge(Ok(history), Returned(ts.StoredThreadHistory(ONE, (other,))))
    assert isinstance(differs, Mismatch)
    assert (differs.path, differs.how) == ("items[0]", "which differs in message, images, local_images")
    answer = ts.RolloutItem("event_msg", {"type": "agent_message", "message": "one"})
    moved = judge(Ok(history), Returned(ts.StoredThreadHistory(ONE, (answer,))))
    assert isinstance(moved, Mismatch)
    assert moved.how == ""


@pytest.mark.parametrize(
    ("shown", "more", "how"),
    [
        ((), True, "which lacks threads"),
        ((TWO, ONE), False, "in another order"),
        ((ONE, ONE), False, "which shows one twice"),
        ((ONE, THREE), False, "which shows others"),
        ((ONE,), False, "which ends too early"),
        ((ONE, TWO), True, "which has no end"),
    ],
)
def test_a_page_that_is_wrong_is_told_in_words(shown: tuple[str, ...], more: bool, how: str) -> None:
    """Ensure each way in which a page can be wrong has words of its own, which an expectation can name."""
    threads = {
        each: ts.StoredThread(thread_id=each, created_at=time, updated_at=time, recency_at=time)
        for time, each in enumerate((ONE, TWO, THREE), 1)
    }
    query = ts.ListThreadsParams(page_size=2, sort_key="created_at", sort_direction="asc")
    rows = Rows(due=(threads[ONE], threads[TWO]), touched=(), limit=2, query=query, since=0)
    page = ts.ThreadPage(tuple(threads[each] for each in shown), "more" if more else None)
    found = judge(Ok(rows), Returned(page))
    assert isinstance(found, Mismatch)
    assert found.how == how
