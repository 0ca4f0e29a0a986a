"""Directed checks of what a fork is told to be: its metadata, and what it inherits (FORK-1d, FORK-1e)."""

from __future__ import annotations

from typing import Any

from threadstore import RolloutItem, ThreadId, ThreadPersistenceMetadata
from threadstore.jsonvalue import JSON, same_json
from threadstore.thread import HistoryMode
from threadstore_conformance.lab import clause, user_message
from threadstore_conformance.session_items import event, goal, session_meta, token_count, turn_context
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun, own_meta, turn
from .sessions import needs, needs_mode
from .unusual import GOOD_ID

_OTHER_ID = "0190aaaa-0000-7000-8000-000000000002"
_ELSEWHERE = ThreadPersistenceMetadata(cwd="/src/fork", model_provider="provider-b", memory_mode="disabled")


@clause("FORK-1d")
def test_a_fork_s_metadata_follows_from_the_copied_items(session_lab: SessionLab) -> None:
    """Ensure preview, title, first message, model and usage are those that the copied prefix tells."""
    lab = session_lab
    source = begun(
        lab,
        turn_context(model="model-a", effort="low", approval_policy="never"), *turn("t1", " one ", token_count(7)),
        turn_context(model="model-b", effort="high"), *turn("t2", "two", token_count(21)),
    )  # fmt: skip
    for cut, model, effort, tokens in (({}, "model-b", "high", 21), ({"nth": 1}, "model-b", "high", 7)):
        how = {"cut": "before_user_message", **cut} if cut else {}
        fork = lab.read(lab.fork(source, **how).thread_id)
        first = fork.preview, fork.title, fork.first_user_message
        assert first == ("one",) * 3, (
            f"preview, title and first message are told by the first message, they are {first}"
        )
        usage = fork.token_usage.total_tokens if fork.token_usage else None
        actual = fork.model, fork.reasoning_effort, fork.approval_mode, usage
        assert (model, effort, "never", tokens) == actual, f"of a fork ({cut}) the items tell otherwise than {actual}"
    fork = lab.read(lab.fork(source, cut="before_user_message").thread_id)
    told = fork.preview, fork.title, fork.first_user_message, fork.model, fork.token_usage
    assert told == ("", None, None, "model-a", None), f"before the first message nothing else is told, not {told}"


@clause("FORK-1d")
def test_a_goal_that_was_copied_is_the_preview(session_lab: SessionLab) -> None:
    """Ensure the first of goal and message in the copied items is the preview, as in any append."""
    lab = session_lab
    source = begun(lab, goal("win"), event("user_message", message="", images=["x"]), user_message("said"))
    fork = lab.read(lab.fork(source).thread_id)
    actual = fork.preview, fork.first_user_message, fork.title
    assert actual == ("win", "[Image]", "said"), f"preview, first message and title are {actual}"


@clause("FORK-1d")
def test_patches_of_the_source_do_not_count(session_lab: SessionLab) -> None:
    """Ensure a fork shows nothing that its source was patched to, and takes no older facts for it either."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"), turn_context(model="model-a"))
    lab.patch(
        source, title="titled", preview="previewed", first_user_message="patched", model="model-z", cwd="/patched",
        memory_mode="disabled", model_provider="provider-z", agent_role="patched", reasoning_effort="high",
    )  # fmt: skip
    fork = lab.read(lab.fork(source).thread_id)
    actual = {name: getattr(fork, name) for name in _UNPATCHED}
    assert actual == _UNPATCHED, f"a patch of the source shows in the fork, or hides what the items tell: {actual}"


@clause("FORK-1d")
def test_where_a_fork_works_is_the_caller_s(session_lab: SessionLab) -> None:
    """Ensure directory, provider and memory mode are the caller's, not those of copied records."""
    lab = session_lab
    copied = session_meta(GOOD_ID, cwd="/copied", model_provider="provider-c", memory_mode="disabled")
    context = turn_context(cwd="/context", model="model-a")
    source = begun(lab, copied, context, user_message("said"), metadata=_ELSEWHERE)
    for given in (
        ThreadPersistenceMetadata(cwd="/src/here", model_provider="provider-a", memory_mode="enabled"),
        ThreadPersistenceMetadata(cwd="/src/there", model_provider="provider-d", memory_mode="disabled"),
    ):
        fork = lab.fork(source, metadata=given)
        expected = (given.cwd, given.model_provider, given.memory_mode)
        for where, shown in (
            ("session", fork), ("SessionMeta", own_meta(lab, fork.thread_id)), ("read", lab.read(fork.thread_id)),
        ):  # fmt: skip
            actual = (shown.cwd, shown.model_provider, shown.memory_mode)
            assert expected == actual, f"the caller says {expected}, the fork's {where} {actual}"


@clause("FORK-1d")
def test_a_fork_is_created_when_it_is_forked(session_lab: SessionLab) -> None:
    """Ensure created_at of a fork lies between those of threads made before and after it."""
    lab = session_lab
    source = begun(lab, user_message("said"))
    lab.clock.advance(86_400_000)
    made = [begun(lab, user_message("said")), lab.fork(source).thread_id, begun(lab, user_message("said"))]
    times = [lab.read(thread).created_at for thread in made]
    assert times == sorted(times), f"a fork is made between two threads, they were created at {times}"


@clause("FORK-1d")
def test_the_name_of_a_fork(session_lab: SessionLab) -> None:
    """Ensure a fork has no name, or its source's at that moment where that is declared, loaded and cold."""
    lab = session_lab
    source = begun(lab, *turn("t1", "one"))
    for name in (None, "first name", "second name", None):
        lab.patch(source, name=name)
        expected = name if lab.session.fork_copies_name else None
        for state in ("loaded", "cold"):
            fork = lab.fork(source)
            shown = fork.name, lab.read(fork.thread_id).name
            assert shown == (expected, expected), f"a fork of a {state} thread named {name!r} is named {shown}"
            lab.patch(fork.thread_id, name="the fork's own")
            assert lab.read(source).name == name, "naming a fork named its source"
            if state == "loaded":
                lab.close(source)
        lab.resume(source)


#: A row of FORK-1e: what the copied items are, and what a fork inherits of them.
_Row = tuple[tuple[RolloutItem, ...], dict[str, Any]]

_ONE, _TWO = {"text": "one"}, {"text": "two"}


@clause("FORK-1e")
def test_a_fork_inherits_from_its_source_s_session_meta(session_lab: SessionLab) -> None:
    """Ensure instructions, tools, roots and version of a thread are its forks', in every generation."""
    lab = session_lab
    facts = {
        "base_instructions": {"text": "be brief"}, "dynamic_tools": ({"name": "tool"}, {"name": "tool-2"}),
        "selected_capability_roots": ("/roots/a", {"path": "/other"}), "multi_agent_version": "v2",
    }  # fmt: skip
    source = begun(lab, user_message("said"), **facts)
    for what in ("loaded", "cold"):
        fork = lab.fork(source).thread_id
        _assert_inherits(lab, fork, facts, f"a fork of a {what} source")
        _assert_inherits(lab, lab.fork(fork).thread_id, facts, "a fork of a fork")
        cut = lab.fork(source, cut="before_user_message").thread_id
        _assert_inherits(lab, cut, facts, "a fork before the first message")
        if what == "loaded":
            lab.close(source)


@clause("FORK-1e")
def test_what_the_caller_gives_is_not_inherited(session_lab: SessionLab) -> None:
    """Ensure each fact that the caller gives is the fork's, and an empty list or null leaves it to the source."""
    lab = session_lab
    facts: dict[str, Any] = {
        "base_instructions": _ONE, "dynamic_tools": ({"name": "tool"},), "selected_capability_roots": ("/roots/a",),
        "multi_agent_version": "v1",
    }  # fmt: skip
    given: dict[str, Any] = {
        "base_instructions": _TWO, "dynamic_tools": ({"name": "mine"},), "selected_capability_roots": ("/mine",),
        "multi_agent_version": "v9",
    }  # fmt: skip
    empty = {**dict.fromkeys(facts), "dynamic_tools": (), "selected_capability_roots": ()}
    source = begun(lab, user_message("said"), **facts)
    _assert_inherits(lab, lab.fork(source, **empty).thread_id, facts, "a fork that was given nothing")
    for name, value in given.items():
        fork = lab.fork(source, **{name: value}).thread_id
        _assert_inherits(lab, fork, {**facts, name: value}, f"a fork that was given {name}")


@clause("FORK-1e")
def test_which_session_meta_a_fork_inherits_from(session_lab: SessionLab) -> None:
    """Ensure instructions and tools are the first given, roots the first record's, the version the last given."""
    one, two = {"name": "one"}, {"name": "two"}
    _assert_rows(
        session_lab,
        ((_meta(base_instructions=_ONE), _meta(base_instructions=_TWO)), {"base_instructions": _ONE}),
        ((_meta(base_instructions=None), _meta(base_instructions=_TWO)), {"base_instructions": _TWO}),
        ((_meta(dynamic_tools=[one]), _meta(dynamic_tools=[two])), {"dynamic_tools": (one,)}),
        ((_meta(dynamic_tools=[]), _meta(dynamic_tools=[two])), {"dynamic_tools": (two,)}),
        ((_meta(selected_capability_roots=["/one"]), _meta(selected_capability_roots=["/two"])), {}),
        ((_meta(multi_agent_version="v1"), _meta(multi_agent_version="v2")), {"multi_agent_version": "v2"}),
        ((_meta(multi_agent_version="v1"), _meta(multi_agent_version=None)), {"multi_agent_version": "v1"}),
    )


@clause("FORK-1e")
def test_an_empty_text_in_a_session_meta_says_nothing(session_lab: SessionLab) -> None:
    """Ensure empty instructions and an empty version leave it to the other records, as null and absence do."""
    _assert_rows(
        session_lab,
        ((_meta(base_instructions=""), _meta(base_instructions=_TWO)), {"base_instructions": _TWO}),
        ((_meta(multi_agent_version="v1"), _meta(multi_agent_version="")), {"multi_agent_version": "v1"}),
    )


@clause("FORK-1e")
def test_a_version_of_turn_contexts_comes_second(session_lab: SessionLab) -> None:
    """Ensure the last turn context with a text for it gives the version, where no SessionMeta has one."""
    v1, v2 = turn_context(multi_agent_version="v1"), turn_context(multi_agent_version="v2")
    odd = RolloutItem("turn_context", {"multi_agent_version": 3})
    _assert_rows(
        session_lab,
        ((v1, v2), {"multi_agent_version": "v2"}),
        ((v2, v1, turn_context(model="m")), {"multi_agent_version": "v1"}),
        ((v1, odd), {"multi_agent_version": "v1"}),
        ((_meta(multi_agent_version="v0"), v1, v2), {"multi_agent_version": "v0"}),
        ((turn_context(model="m"),), {}),
    )


@clause("FORK-1e")
def test_a_fork_inherits_from_what_it_copied_alone(session_lab: SessionLab) -> None:
    """Ensure records after the cut hand nothing on."""
    lab = session_lab
    later = _meta(base_instructions=_TWO, dynamic_tools=[{"name": "two"}], multi_agent_version="v2")
    source = begun(lab, turn_context(multi_agent_version="v1"), user_message("said"), later)
    fork = lab.fork(source, cut="before_user_message").thread_id
    _assert_inherits(lab, fork, {"multi_agent_version": "v1"}, "a fork that was cut before another record")


@clause("FORK-1e")
def test_the_mode_of_a_later_record_is_not_a_fork_s(session_lab: SessionLab) -> None:
    """Ensure a fork of a legacy thread that holds another thread's record is legacy."""
    source = begun(session_lab, user_message("said"), session_meta(GOOD_ID, history_mode="paginated"))
    mode = session_lab.fork(source).history_mode
    assert mode == "legacy", f"the first record's mode counts, and is legacy; the fork is {mode}"


@clause("FORK-1e")
def test_a_fork_of_a_legacy_thread_is_legacy(session_lab: SessionLab) -> None:
    """Ensure the mode is the source's, unless the caller gives another."""
    _assert_modes(session_lab, "legacy", "paginated")


@clause("FORK-1e")
def test_a_fork_of_a_paginated_thread_is_paginated(session_lab: SessionLab) -> None:
    """Ensure the mode is the source's, unless the caller gives another."""
    _assert_modes(session_lab, "paginated", "legacy")


def _assert_modes(lab: SessionLab, mode: HistoryMode, other: HistoryMode) -> None:
    needs(lab, "paginated")
    needs_mode(lab, mode)
    source = begun(lab, user_message("said"), history_mode=mode)
    for given, expected in ((None, mode), (other, other)):
        fork = lab.fork(source, history_mode=given)
        shown = fork.history_mode, own_meta(lab, fork.thread_id).history_mode
        assert shown == (expected, expected), f"of a {mode} thread a fork asked to be {given} is {shown}"


#: What a fork with the lab's metadata shows of a source that was patched.
_UNPATCHED = {
    "title": "one", "preview": "one", "first_user_message": "one", "model": "model-a", "cwd": "/src/project",
    "memory_mode": "enabled", "model_provider": "provider-a", "agent_role": None, "reasoning_effort": None,
}  # fmt: skip


def _meta(**members: JSON) -> RolloutItem:
    return session_meta(_OTHER_ID, **members)


def _assert_rows(lab: SessionLab, *rows: _Row) -> None:
    """Assert what forks inherit of these items, which follow on a SessionMeta that says nothing."""
    for items, expected in rows:
        source = begun(lab, *items, user_message("said"))
        _assert_inherits(lab, lab.fork(source).thread_id, expected, f"of {[item.payload for item in items]} a fork")


def _assert_inherits(lab: SessionLab, fork: ThreadId, expected: dict[str, Any], what: str) -> None:
    """Assert that session and SessionMeta have these facts, and no other that can be inherited."""
    nothing = {
        "base_instructions": None, "dynamic_tools": (), "selected_capability_roots": (), "multi_agent_version": None,
    }  # fmt: skip
    for where, shown in (("session", lab.resume(fork)), ("SessionMeta", own_meta(lab, fork))):
        for name, value in {**nothing, **expected}.items():
            actual = getattr(shown, name)
            same = same_json(_as_json(value), _as_json(actual))
            assert same, f"{what} has the {name} {value!r}, its {where} says {actual!r}"


def _as_json(value: Any) -> JSON:
    return list(value) if isinstance(value, tuple) else value
