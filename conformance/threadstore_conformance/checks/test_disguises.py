"""Directed checks of faults that hide: they show only after something else, or where nothing should happen at all."""

from __future__ import annotations

from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    Conflict,
    DeleteThreadParams,
    Internal,
    InvalidRequest,
    ResumeThreadParams,
    RolloutItem,
    SearchThreadsParams,
)
from threadstore_conformance.lab import METADATA, MISSING, Lab, agent_message, clause, user_message
from threadstore_conformance.session_items import compacted, rolled_back, turn_complete, turn_started
from threadstore_conformance.session_lab import SessionLab

from .codex_home import lines_of, rollout_of
from .comparing import brief
from .conversations import assert_items, begun, say, session_seen, turns_of
from .listing import found, listable
from .patches import PATCHES
from .sessions import assert_facts, assert_unchanged, needs, visible
from .unusual import TEXTS
from .verbs import attempt, delete, written

_USAGE = {"input_tokens": 1, "cached_input_tokens": 0, "output_tokens": 2, "total_tokens": 3}
_WINDOW = {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1_782_293_400}

#: What a token count tells, and may tell without the rest.
_COUNTED: tuple[dict[str, Any], ...] = (
    {"info": None},
    {"info": {"total_token_usage": _USAGE, "last_token_usage": _USAGE, "model_context_window": 272_000}},
    {"info": None, "rate_limits": {"primary": _WINDOW, "secondary": _WINDOW}},
    {"rate_limits": {"primary": None, "credits": {"has_credits": True, "unlimited": False, "balance": "17.5"}}},
    {"info": {"total_token_usage": _USAGE}, "rate_limits": {"plan_type": "pro", "credits": None}},
)


@clause("APPEND-2")
def test_token_counts_are_kept_whatever_they_tell(lab: Lab) -> None:
    """Ensure token counts with usage, rate limits, credits and none of them come back, among others and alone."""
    counts = [RolloutItem("event_msg", {"type": "token_count", **told}) for told in _COUNTED]
    sent = [user_message("count"), *counts, agent_message("counted")]
    thread = lab.create()
    lab.append(thread, *sent)
    for count in counts:
        lab.append(thread, count)
    expected, actual = [*sent, *counts], written(lab, thread)
    assert expected == actual, f"expected {brief(expected)}, got {brief(actual)}"


@clause("PATCH-5")
def test_a_patch_to_what_is_there_leaves_history_as_it_is(lab: Lab) -> None:
    """Ensure nothing is added to the history by a patch that sets or clears what is set or cleared already."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    for patch in PATCHES:
        lab.patch(thread, **patch)
        before = list(lab.history(thread))
        lab.patch(thread, **patch)
        after = list(lab.history(thread))
        assert before == after, f"the patch {patch}, applied again, made of {brief(before)} {brief(after)}"


@clause("LOCAL-3")
def test_a_home_that_was_opened_again_is_written_the_same(lab: Lab) -> None:
    """Ensure a rollout that another process began goes on as one line for each kept item, in order."""
    thread = lab.create()
    items = [user_message(str(number)) for number in range(6)]
    lab.append(thread, *items[:2])
    for start in (2, 4):
        lab.reopen()
        lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
        before = rollout_of(lab.home, thread).read_bytes()
        lab.append(thread, *items[start : start + 2])
        lab.close(thread)
        assert rollout_of(lab.home, thread).read_bytes().startswith(before), "what stood in the rollout changed"
    _, *lines = lines_of(rollout_of(lab.home, thread))
    assert [(item.type, item.payload) for item in items] == [(line["type"], line["payload"]) for line in lines]


@clause("PATCH-4")
def test_equal_times_are_kept_to_the_millisecond(lab: Lab) -> None:
    """Ensure times that equal each other, in one patch and in two threads, are kept as they were given."""
    one, other = lab.create(), lab.create()
    for at in (1_001, 5_999, 1_782_293_400_123):
        for thread in (one, other):
            lab.patch(thread, created_at=at, updated_at=at)
        for thread in (one, other):
            seen = lab.read(thread)
            assert (at, at) == (seen.created_at, seen.updated_at), f"created_at and updated_at, both patched to {at}"


@clause("DEL-1")
def test_a_refused_delete_closes_no_writer(lab: Lab) -> None:
    """Ensure other threads are as live after the deletion of what is not there as before it."""
    first, last, deleted = lab.create(), lab.create(), lab.create()
    delete(lab, deleted)
    for missing in (lab.new_id(), deleted):
        lab.refused(DeleteThreadParams(thread_id=missing), MISSING)
        for thread in (first, last):
            error = attempt(lab, AppendThreadItemsParams(thread_id=thread, items=[user_message("still live")]))
            assert error is None, f"the deletion of what is not there closed a writer: {error}"


@clause("SEARCH-1")
def test_a_term_is_found_as_it_was_said(lab: Lab) -> None:
    """Ensure a message is found by each unusual text in it, with that in the snippet, and by no text like it."""
    texts = {what: text for what, text in TEXTS.items() if text.strip() and what != "long"}
    threads = {what: listable(lab) for what in texts}
    for what, text in texts.items():
        lab.append(threads[what], user_message(f"said: {text}."))
    for what, text in texts.items():
        assert threads[what] in found(lab, text), f"{what}: {text!r} was said, and is not found"
        for row in lab.store.search_threads(SearchThreadsParams(search_term=text)).items:
            assert text.casefold() in row.snippet.casefold(), f"{what}: the snippet {row.snippet!r} has no {text!r}"
    assert threads["NFC"] not in found(lab, texts["NFD"]), "what was said composed is found decomposed"


@clause("TURN-1")
def test_a_turn_that_compacted_is_taken_back_whole(session_lab: SessionLab) -> None:
    """Ensure a turn in which the history was compacted counts no more once it was taken back, resumed or not."""
    first = (turn_started("1"), user_message("first"), agent_message("answer"), turn_complete("1"))
    second = (turn_started("2"), user_message("second"), compacted("so far"), agent_message("done"), turn_complete("2"))
    for taken_back, expected in ((1, 1), (2, 0)):
        thread = begun(session_lab, *first, *second, rolled_back(taken_back))
        for when in ("loaded", "resumed"):
            actual = turns_of(session_lab, thread)
            assert expected == actual, f"{taken_back} of 2 turns taken back, {when}: expected {expected}, got {actual}"
            session_lab.close(thread)


@clause("TURN-1")
def test_what_was_forked_is_taken_back_like_any(session_lab: SessionLab) -> None:
    """Ensure markers take turns back of a thread that was forked, and of its fork, each of its own alone."""
    source = begun(session_lab, user_message("1"), agent_message("answer"), user_message("2"), agent_message("answer"))
    fork = session_lab.fork(source).thread_id
    for thread in (source, fork):
        say(session_lab, thread, rolled_back(1))
        actual = turns_of(session_lab, thread)
        assert actual == 1, f"one of two turns was taken back of {thread}: it counts {actual}"
    say(session_lab, source, user_message("3"), user_message("4"))
    counts = [turns_of(session_lab, thread) for thread in (source, fork)]
    assert counts == [3, 1], f"the source has 3 turns and its fork 1, they count {counts}"


@clause("SYNC-2")
def test_a_cleared_name_is_taken_by_no_message(session_lab: SessionLab) -> None:
    """Ensure a thread whose name was cleared before anything was said has none after the first message gave a title."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.patch(thread, name="mine")
    session_lab.patch(thread, name=None)
    for text in ("first", "second"):
        say(session_lab, thread, user_message(text))
        assert_facts(session_lab, thread, f"after the {text} message", name=None, title="first")
    session_lab.close(thread)
    assert session_lab.resume(thread).name is None, "a session that resumed shows the name"


@clause("ROUTE-2")
def test_a_delete_that_fails_takes_nothing(session_lab: SessionLab) -> None:
    """Ensure a loaded thread of which the deletion failed has its name, its items and all else, and can be deleted."""
    needs(session_lab, "interposed")
    thread = visible(session_lab, user_message("said"))
    session_lab.patch(thread, name="mine", title="titled")
    before = session_seen(session_lab, thread)
    for error in (InvalidRequest("not now"), Conflict("busy"), Internal("disk")):
        session_lab.failing("delete_thread", error=error)
        session_lab.refused(DeleteThreadParams(thread_id=thread), ("refused", "failed"))
        assert_unchanged(session_lab, thread, before, f"a delete that failed with {error!r}")
        assert session_lab.resume(thread).name == "mine", f"a delete that failed with {error!r} took the session's name"
    assert_items([user_message("said")], session_lab.items(thread), "after failed deletes")
    session_lab.delete(thread)
    assert session_lab.loaded() == [], "the delete that did not fail"
