"""Directed checks of how appends and threads go together: APPEND-1, 1b and 4."""

from __future__ import annotations

from collections.abc import Callable

from threadstore import (
    AppendThreadItemsParams,
    ReadThreadByRolloutPathParams,
    RolloutItem,
    StoredThread,
    ThreadId,
)
from threadstore_conformance.lab import INVALID, MISSING, Lab, agent_message, clause, user_message

from .comparing import brief
from .verbs import archive, discard, flush, in_turn, persist, put_aside, read_whole, reading, resume, unarchive, written


@clause("APPEND-1")
def test_items_come_back_in_the_order_appended(lab: Lab) -> None:
    """Ensure every item of every batch comes back once, in order, for each of several threads."""
    sent = [user_message(f"message {number}") for number in range(7)]
    for _ in range(3):
        thread = lab.create()
        lab.append(thread, *sent[:3])
        lab.append(thread, sent[3])
        lab.append(thread, *sent[4:])
        actual = written(lab, thread)
        assert sent == actual, f"appended {brief(sent)}, got {brief(actual)}"


@clause("APPEND-1")
def test_equal_items_are_not_merged(lab: Lab) -> None:
    """Ensure what was said twice comes back twice, within a batch and in two."""
    thread = lab.create()
    twice = [user_message("again"), user_message("again")]
    lab.append(thread, *twice)
    lab.append(thread, twice[0])
    lab.append(thread, agent_message("between"))
    lab.append(thread, *twice)
    expected = [*twice, twice[0], agent_message("between"), *twice]
    actual = written(lab, thread)
    assert expected == actual, f"appended {brief(expected)}, got {brief(actual)}"


@clause("APPEND-1")
def test_an_equal_batch_is_no_retry(lab: Lab) -> None:
    """Ensure a batch that is appended again right after itself is there again, before and after a resume."""
    batch = [user_message("question"), agent_message("answer"), user_message("question")]
    for size in (1, 2, 3):
        thread = lab.create()
        for _ in range(3):
            lab.append(thread, *batch[:size])
        lab.close(thread)
        resume(lab, thread)
        lab.append(thread, *batch[:size])
        actual = written(lab, thread)
        assert batch[:size] * 4 == actual, f"four times {brief(batch[:size])} became {brief(actual)}"


@clause("APPEND-1")
def test_batches_may_be_split_anywhere(lab: Lab) -> None:
    """Ensure one batch, and the same items in two, give the same history."""
    sent = [user_message(str(number)) for number in range(5)]
    for cut in range(len(sent) + 1):
        thread = lab.create()
        lab.append(thread, *sent[:cut])
        lab.append(thread, *sent[cut:])
        actual = written(lab, thread)
        assert sent == actual, f"cut at {cut}: appended {brief(sent)}, got {brief(actual)}"


@clause("APPEND-1")
def test_a_long_history_comes_back_whole(lab: Lab) -> None:
    """Ensure a thousand items in one batch and two hundred in batches of one keep their order."""
    thread = lab.create()
    sent = [user_message(str(number)) for number in range(1200)]
    lab.append(thread, *sent[:1000])
    for item in sent[1000:]:
        lab.append(thread, item)
    actual = [item.payload.get("message") for item in written(lab, thread)]
    expected = [str(number) for number in range(1200)]
    assert expected == actual, f"of 1,200 items {len(actual)} came back, first and last {actual[:3]}, {actual[-3:]}"


@clause("APPEND-1")
def test_a_very_long_history_comes_back_whole(lab: Lab) -> None:
    """Ensure twenty thousand items of one batch, and what follows them, come back in order, also after a resume."""
    thread = lab.create()
    lab.append(thread, *(user_message(str(number)) for number in range(20_000)))
    lab.append(thread, user_message("20000"))
    lab.close(thread)
    resume(lab, thread)
    lab.append(thread, user_message("20001"))
    actual = [item.payload.get("message") for item in written(lab, thread)]
    # Not compared inside the assert: pytest would explain a difference of so many for minutes.
    whole = actual == [str(number) for number in range(20_002)]
    assert whole, f"of 20,002 items {len(actual):,} came back, first and last {actual[:3]}, {actual[-3:]}"


@clause("APPEND-1")
def test_history_outlives_closing_and_moving(lab: Lab) -> None:
    """Ensure close, resume, archive and unarchive leave every item, and later ones follow the earlier."""
    thread = lab.create()
    expected: list[RolloutItem] = []
    moves: dict[str, Callable[[ThreadId], object]] = {
        "shutdown and resume": in_turn(lab.close, lambda t: resume(lab, t)),
        "discard and resume": in_turn(lambda t: discard(lab, t), lambda t: resume(lab, t)),
        "archive": in_turn(lab.close, lambda t: archive(lab, t), lambda t: resume(lab, t)),
        "unarchive": in_turn(lab.close, lambda t: unarchive(lab, t), lambda t: resume(lab, t)),
    }
    for round_number in range(2):
        for what, move in moves.items():
            batch = [user_message(f"before {what} {round_number}"), agent_message("answer")]
            lab.append(thread, *batch)
            expected += batch
            move(thread)
            actual = written(lab, thread)
            assert expected == actual, f"after {what}: appended {brief(expected)}, got {brief(actual)}"


@clause("APPEND-1")
def test_a_read_with_history_has_the_same_items(lab: Lab) -> None:
    """Ensure load_history and a read with history return the same."""
    thread = lab.create()
    lab.append(thread, user_message("1"), agent_message("2"))
    flush(lab, thread)
    for _ in range(2):
        history = read_whole(lab, thread).history
        assert history is not None, "a read with include_history must have a history"
        assert thread == history.thread_id, f"the history of {thread} says that it is of {history.thread_id}"
        loaded = list(lab.history(thread))
        assert loaded == list(history.items), f"loaded {brief(loaded)}, read {brief(history.items)}"
        assert loaded[1:] == [user_message("1"), agent_message("2")]
        lab.close(thread)
        archive(lab, thread)
        unarchive(lab, thread)
        resume(lab, thread)


@clause("APPEND-1b")
def test_a_threads_own_session_meta_is_refused(lab: Lab) -> None:
    """Ensure a batch with one is InvalidRequest that names the thread, and nothing of it is kept."""
    thread = lab.create()
    lab.append(thread, user_message("before"))
    own = lab.history(thread)[0]
    for what, meta in (
        ("the first one again", own),
        ("one with another originator", RolloutItem("session_meta", {**own.payload, "originator": "another"})),
        ("the id alone", RolloutItem("session_meta", {"id": thread})),
    ):
        for batch in ([meta], [user_message("a"), meta], [meta, user_message("b")], [_other_meta(lab), meta]):
            error = lab.refused(AppendThreadItemsParams(thread_id=thread, items=batch), INVALID)
            assert thread in str(error), f"the error must name {thread}, it says {str(error)!r}"
            items = written(lab, thread)
            assert items == [user_message("before")], f"a refused batch ({what}) left {brief(items)}"
    lab.append(thread, user_message("after"))
    assert written(lab, thread) == [user_message("before"), user_message("after")]


@clause("APPEND-1b")
def test_a_threads_own_session_meta_is_refused_when_it_is_new_or_resumed(lab: Lab) -> None:
    """Ensure it is refused as the first append, and shows no hidden thread, and is refused after a resume."""
    thread = lab.create(visible=False)
    batch = AppendThreadItemsParams(thread_id=thread, items=[RolloutItem("session_meta", {"id": thread})])
    lab.refused(batch, INVALID)
    if lab.capabilities.lazy:
        lab.refused(reading(thread), MISSING)
    persist(lab, thread)
    assert lab.items(thread) == []
    lab.close(thread)
    resume(lab, thread)
    lab.refused(batch, INVALID)


@clause("APPEND-1b")
def test_the_session_meta_of_another_thread_is_an_item(lab: Lab) -> None:
    """Ensure it comes back where it was appended, as often as it was, and the thread's own stays first."""
    thread, meta = lab.create(), _other_meta(lab)
    sent = [meta, user_message("said"), meta, _other_meta(lab)]
    lab.append(thread, *sent[:2])
    lab.append(thread, *sent[2:])
    actual = written(lab, thread)
    assert sent == actual, f"appended {brief(sent)}, got {brief(actual)}"
    assert lab.history(thread)[0].payload.get("id") == thread


@clause("APPEND-4")
def test_what_was_appended_can_be_read_at_once(lab: Lab) -> None:
    """Ensure each append is seen without a flush, by every way to read a history, on either side."""
    for side in ("active", "archived"):
        thread = lab.create()
        if side == "archived":
            put_aside(lab, thread)
        expected: list[RolloutItem] = []
        for number in range(3):
            batch = [user_message(f"question {number}"), agent_message(f"answer {number}")]
            lab.append(thread, *batch)
            expected += batch
            for what, actual in _histories(lab, thread).items():
                assert expected == actual, f"directly after an append ({side}), {what} gives {brief(actual)}"


@clause("APPEND-4")
def test_what_a_new_writer_appends_can_be_read_at_once(lab: Lab) -> None:
    """Ensure the first append of a hidden thread, and the first after a resume, are seen without a flush."""
    thread = lab.create(visible=False)
    lab.append(thread, user_message("first"))
    for what, actual in _histories(lab, thread).items():
        assert actual == [user_message("first")], f"directly after the first append {what} gives {brief(actual)}"
    lab.close(thread)
    resume(lab, thread)
    lab.append(thread, user_message("second"))
    for what, actual in _histories(lab, thread).items():
        assert actual[1:] == [user_message("second")], f"directly after an append {what} gives {brief(actual)}"


def _other_meta(lab: Lab) -> RolloutItem:
    payload = {"id": lab.new_id(), "originator": "another", "cwd": "/elsewhere", "source": "exec", "cli_version": "1.0"}
    return RolloutItem("session_meta", payload)


def _histories(lab: Lab, thread: ThreadId) -> dict[str, list[RolloutItem]]:
    """Read a thread's items in every way that there is."""
    whole = read_whole(lab, thread)
    histories = {"load_history": lab.items(thread), "a read with history": _items_of(whole)}
    if lab.capabilities.paths:
        params = ReadThreadByRolloutPathParams(
            rollout_path=str(whole.rollout_path), include_archived=True, include_history=True
        )
        histories["a read by path"] = _items_of(lab.store.read_thread_by_rollout_path(params))
    return histories


def _items_of(thread: StoredThread) -> list[RolloutItem]:
    return list(thread.history.items[1:]) if thread.history else []
