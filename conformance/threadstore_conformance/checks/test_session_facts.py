"""Directed checks of what items and creation say of a thread's metadata: SYNC-1, and the create facts of SYNC-3."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from threadstore import GitInfo, RolloutItem, TokenUsage
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
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
    world_state,
)
from threadstore_conformance.session_lab import SessionLab

from .conversations import say
from .sessions import AGES_MS, UNSAID, assert_facts, cold, needs, visible
from .unusual import GOOD_ID

_MARK = "## My request for Codex:"


def _shown(text: str) -> dict[str, Any]:
    return {"preview": text, "first_user_message": text, "title": text}


def _usage(**counts: Any) -> RolloutItem:
    return event("token_count", info={"total_token_usage": counts, "last_token_usage": {"input_tokens": 99}})


_NO_COUNT = RolloutItem("event_msg", {"type": "token_count", "info": None, "rate_limits": None})

#: What items say of a thread, by what is to be seen in it; what is not named is not said.
_TABLE: tuple[tuple[str, tuple[RolloutItem, ...], dict[str, Any]], ...] = (
    (
        "a turn_context",
        (turn_context(model="m-1", effort="high", approval_policy="never", permission_profile={"type": "disabled"}),),
        {
            "model": "m-1", "reasoning_effort": "high", "approval_mode": "never",
            "permission_profile": {"type": "disabled"},
        },
    ),
    ("a turn_context without effort", (turn_context(model="m-1"),), {"model": "m-1"}),
    (
        "the last turn_context, and of one before it what it leaves out",
        (
            turn_context(model="m-1", effort="high", approval_policy="never", permission_profile={"a": 1, "b": 2}),
            turn_context(model="m-2", permission_profile={"a": 3}),
        ),
        {"model": "m-2", "reasoning_effort": "high", "approval_mode": "never", "permission_profile": {"a": 3}},
    ),
    ("a message", (user_message("fix the tests"),), _shown("fix the tests")),
    ("white space around", (user_message(" \n fix it\t"),), _shown("fix it")),
    ("what follows the marker", (user_message(f"open files: a.py\n{_MARK}\n fix it \n"),), _shown("fix it")),
    ("what follows the first of two markers", (user_message(f"{_MARK} a {_MARK} b"),), _shown(f"a {_MARK} b")),
    ("a marker in another case", (user_message(f"a {_MARK.lower()} b"),), _shown(f"a {_MARK.lower()} b")),
    ("a long text, whole", (user_message("word " * 2_000 + "end"),), _shown("word " * 2_000 + "end")),
    ("a text of several lines", (user_message("one\r\n\ntwo"),), _shown("one\r\n\ntwo")),
    ("nothing after the marker", (user_message(f"context {_MARK} \n"),), {}),
    ("no text", (user_message(""), user_message(" \n")), {}),
    (
        "images alone",
        (user_message(" ", images=["data:x"]),),
        {"preview": "[Image]", "first_user_message": "[Image]"},
    ),
    (
        "local images alone",
        (user_message("", images=[], local_images=["/a.png"]),),
        {"preview": "[Image]", "first_user_message": "[Image]"},
    ),
    ("text and images", (user_message("see", images=["data:x"]),), _shown("see")),
    ("lists of images with nothing in them", (user_message("", images=[], local_images=[]),), {}),
    ("a goal", (goal("  win  "),), {"preview": "win"}),
    ("a blank goal", (goal(" \n"),), {}),
    (
        "the five numbers of a token count",
        (_usage(input_tokens=1, cached_input_tokens=2, output_tokens=3, reasoning_output_tokens=4, total_tokens=10),),
        {"token_usage": TokenUsage(1, 2, 3, 4, 10)},
    ),
    ("the last token count", (token_count(7), token_count(11, output=3)), {"token_usage": TokenUsage(8, 0, 3, 0, 11)}),
    (
        "a token count without info after one with it",
        (token_count(7), event("token_count", rate_limits={}), _NO_COUNT),
        {"token_usage": TokenUsage(7, 0, 0, 0, 7)},
    ),
    (
        "what says nothing of it",
        (
            agent_message("a"), user_response("said to the model"), compacted("summary", [user_response("kept")]),
            world_state(model="m-1"), turn_started("1"), turn_complete("1"), rolled_back(1), agent_message("b"),
        ),
        {},
    ),
    ("a first message taken back", (user_message("first"), rolled_back(1), user_message("second")), _shown("first")),
    (
        "an event that the policy drops",
        (agent_message("a"), event("thread_name_updated", thread_name="named by an event")),
        {},
    ),
)  # fmt: skip


@clause("SYNC-1")
def test_items_say_what_the_table_says(session_lab: SessionLab) -> None:
    """Ensure each kind of item gives its facts, and no others, after a barrier."""
    needs(session_lab, "raw_items")
    for what, items, expected in _TABLE:
        thread = visible(session_lab, *items)
        assert_facts(session_lab, thread, what, **{**UNSAID, **expected})


@clause("SYNC-1")
def test_a_message_names_its_thread(session_lab: SessionLab) -> None:
    """Ensure what a user said is preview, first message and title, and no name."""
    thread = visible(session_lab, user_message("fix the tests"))
    assert_facts(session_lab, thread, "a message", **_shown("fix the tests"), name=None)


@clause("SYNC-1")
def test_every_barrier_and_every_close_leaves_the_facts_stored(session_lab: SessionLab) -> None:
    """Ensure what items said is there after a flush, a persist, a patch, a shutdown and an archive."""
    barriers: dict[str, Any] = {
        "flush": session_lab.flush,
        "persist": session_lab.persist,
        "patch": lambda thread: session_lab.patch(thread, memory_mode="disabled"),
        "shutdown": session_lab.close,
        "archive": session_lab.archive,
    }
    if not session_lab.session.writers:
        del barriers["flush"], barriers["persist"]
    for what, barrier in barriers.items():
        thread = session_lab.start().thread_id
        session_lab.append(thread, user_message("fix the tests"))
        barrier(thread)
        assert_facts(session_lab, thread, f"after {what}", **_shown("fix the tests"))


@clause("SYNC-1")
def test_session_metas_of_other_threads_say_nothing(session_lab: SessionLab) -> None:
    """Ensure a SessionMeta that was appended gives the thread no provider, source, agent, directory, mode or git."""
    needs(session_lab, "raw_items")
    thread = visible(session_lab)
    before = session_lab.read(thread)
    meta = session_meta(
        GOOD_ID, cwd="/elsewhere", originator="another", cli_version="9.9.9", source="exec",
        model_provider="provider-z", thread_source="automation", agent_nickname="Zoe", agent_role="worker",
        agent_path="/zoe", memory_mode="disabled", history_mode="paginated", timestamp="2001-01-01T00:00:00.000Z",
        git={"commit_hash": "abc", "branch": "main", "repository_url": "https://example.org/r.git"},
    )  # fmt: skip
    say(session_lab, thread, meta)
    session_lab.close(thread)
    expected = attrs.asdict(before, recurse=False, filter=lambda a, _: a.name not in ("updated_at", "history"))
    assert_facts(session_lab, thread, "after a SessionMeta of another thread", **expected)


@clause("SYNC-1")
def test_a_turn_gives_a_directory_to_a_thread_without_one(session_lab: SessionLab) -> None:
    """Ensure a thread's directory is the creator's, else that of its first turn, and no later one's."""
    needs(session_lab, "raw_items")
    thread = visible(session_lab, turn_context(cwd="/src/turn"), turn_context(cwd="/src/later"))
    assert_facts(session_lab, thread, "made with a directory", cwd="/src/project")
    if session_lab.capabilities.requires_cwd:
        return
    nowhere = attrs.evolve(METADATA, cwd=None)
    thread = visible(session_lab, turn_context(model="m"), turn_context(cwd="/src/turn"), metadata=nowhere)
    say(session_lab, thread, turn_context(cwd="/src/later"))
    assert_facts(session_lab, thread, "made without a directory", cwd="/src/turn")
    session_lab.close(thread)
    session_lab.resume(thread, metadata=nowhere)
    say(session_lab, thread, turn_context(cwd="/src/last"))
    assert_facts(session_lab, thread, "made without a directory, and resumed", cwd="/src/turn")


@clause("SYNC-1")
def test_an_append_moves_updated_at_and_never_created_at(session_lab: SessionLab) -> None:
    """Ensure every kept item makes its append the last update, and the creation stays when it was."""
    thread = visible(session_lab)
    created = session_lab.read(thread).created_at
    for item in (agent_message("a"), user_message("b")):
        session_lab.clock.advance(AGES_MS)
        before = session_lab.read(thread).updated_at
        say(session_lab, thread, item)
        after = session_lab.read(thread)
        assert after.created_at == created, f"an append moved created_at from {created} to {after.created_at}"
        if session_lab.session.timed:
            assert after.updated_at == session_lab.clock.now, (
                f"appended at {session_lab.clock.now}, reads {after.updated_at}"
            )
        assert after.updated_at >= before, f"an append moved updated_at back from {before} to {after.updated_at}"


@clause("SYNC-3")
def test_creation_says_what_the_caller_gave(session_lab: SessionLab) -> None:
    """Ensure provider, source, thread source, memory mode and directory read as given once the thread is used."""
    metadata = attrs.evolve(METADATA, cwd="/src/given", model_provider="provider-b", memory_mode="disabled")
    given: dict[str, Any] = {"source": {"custom": {"a": [1]}}, "thread_source": "automation"}
    thread = cold(session_lab, metadata=metadata, **given)
    expected = {"cwd": "/src/given", "model_provider": "provider-b", "memory_mode": "disabled", **given}
    assert_facts(session_lab, thread, "made with these facts", **expected, git_info=None)


@clause("SYNC-3")
def test_creation_says_what_the_spawn_source_gave(session_lab: SessionLab) -> None:
    """Ensure a sub-agent's nickname, role and path read as spawned, and a plain thread has none."""
    root = visible(session_lab)
    child = session_lab.spawn(root, agent_nickname="Ada", agent_path="/agents/ada").thread_id
    agent = {"agent_nickname": "Ada", "agent_role": None, "agent_path": "/agents/ada", "thread_source": "subagent"}
    assert_facts(session_lab, child, "spawned", **agent, parent_thread_id=root)
    nobody = {"agent_nickname": None, "agent_role": None, "agent_path": None, "thread_source": None}
    assert_facts(session_lab, root, "started by a user", **nobody, git_info=None)


@clause("SYNC-3")
def test_creation_says_the_programs_version(session_lab: SessionLab) -> None:
    """Ensure a thread that was used reads with the version of the program that made it, and not a later one's."""
    if session_lab.store is None:
        pytest.skip("not testable: the suite does not choose the program's version")
    _version(session_lab, "7.8.9")
    thread = visible(session_lab)
    assert_facts(session_lab, thread, "made by 7.8.9", cli_version="7.8.9")
    _version(session_lab, "8.0.0")
    session_lab.resume(thread)
    say(session_lab, thread, agent_message("more"))
    assert_facts(session_lab, thread, "made by 7.8.9, resumed by 8.0.0", cli_version="7.8.9")
    assert session_lab.read(thread).git_info in (None, GitInfo())


def _version(session_lab: SessionLab, version: str) -> None:
    session_lab.process.settings = attrs.evolve(session_lab.process.settings, cli_version=version)
    session_lab.untold = f"and the program was at last of version {version}"
    session_lab.restart()
