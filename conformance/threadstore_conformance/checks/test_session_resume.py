"""Directed checks of what a resume restores, and of resumes that fail: RESUME-1."""

from __future__ import annotations

from typing import Any

from threadstore.manager_params import ResumeParams
from threadstore.session import LoadedThread
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_items import (
    rolled_back,
    session_meta,
    turn_complete,
    turn_context,
    turn_started,
    user_response,
)
from threadstore_conformance.session_lab import SessionLab

from .conversations import MISSING_CLASSES, assert_items
from .sessions import assert_shown, cold, needs, visible
from .unusual import GOOD_ID

_FOREIGN = "0190aaaa-0000-7000-8000-000000000001"

#: Facts that a caller may give a new thread.
_GIVEN: dict[str, Any] = {
    "source": "exec", "thread_source": "automation", "base_instructions": {"text": "be brief"},
    "dynamic_tools": ({"name": "tool"},), "selected_capability_roots": ("root",), "multi_agent_version": "v2",
    "forked_from_id": GOOD_ID,
}  # fmt: skip

#: Facts of how a thread came to be.
_RELATIONS = ("session_id", "forked_from_id", "parent_thread_id", "source", "thread_source")


@clause("RESUME-1")
def test_resume_restores_what_a_thread_was_started_with(session_lab: SessionLab) -> None:
    """Ensure a resumed thread shows every fact of its creation, after a shutdown and after a restart."""
    thread = cold(session_lab, **_GIVEN)
    expected = {**_GIVEN, "session_id": thread, "history_mode": "legacy", "parent_thread_id": None}
    assert_shown(session_lab.resume(thread), "resumed after a shutdown", **expected)
    session_lab.restart()
    assert_shown(session_lab.resume(thread), "resumed after a restart", **expected)


@clause("RESUME-1")
def test_resume_restores_a_sub_agent(session_lab: SessionLab) -> None:
    """Ensure a resumed sub-agent has its parent, its session, its source and what it is called."""
    root = visible(session_lab)
    child = session_lab.spawn(root)
    given = {"agent_nickname": "Ada", "agent_role": "explorer", "agent_path": "/agents/ada"}
    grandchild = session_lab.spawn(child.thread_id, mode="full_history", **given)
    session_lab.restart()
    for made in (grandchild, child):
        # What a sub-agent is made with is FORK-2's.
        assert_shown(session_lab.resume(made.thread_id), "a resumed sub-agent", **_made(made, *_RELATIONS, *given))


@clause("RESUME-1")
def test_resume_restores_a_fork(session_lab: SessionLab) -> None:
    """Ensure a resumed fork is a fork of its source, with what it took over, and in a session of its own."""
    source = visible(session_lab, **_GIVEN)
    fork = session_lab.fork(source, source="cli", thread_source="user")
    session_lab.restart()
    inherited = ("base_instructions", "dynamic_tools", "selected_capability_roots", "multi_agent_version")
    # What a fork is made with is FORK-1's, and what it takes over FORK-1e's.
    assert_shown(session_lab.resume(fork.thread_id), "a resumed fork", **_made(fork, *_RELATIONS, *inherited))


@clause("RESUME-1")
def test_resume_finds_the_parent_in_the_source(session_lab: SessionLab) -> None:
    """Ensure the parent is the one in the source's thread_spawn where none was given by itself."""
    spawn = {"parent_thread_id": GOOD_ID, "depth": 1, "agent_nickname": "Ada", "agent_role": None, "agent_path": None}
    thread = cold(session_lab, source={"subagent": {"thread_spawn": spawn}})
    assert_shown(session_lab.resume(thread), "resumed", parent_thread_id=GOOD_ID, agent_nickname="Ada")


@clause("RESUME-1")
def test_resume_takes_each_fact_from_its_place_in_the_history(session_lab: SessionLab) -> None:
    """Ensure instructions and tools come from any SessionMeta, and everything else from the thread's own."""
    needs(session_lab, "raw_items")
    strange: dict[str, Any] = {
        "base_instructions": {"text": "copied"}, "dynamic_tools": [{"name": "copied"}], "agent_nickname": "Zoe",
        "selected_capability_roots": ["copied"], "multi_agent_version": "copied", "source": "exec", "agent_role": "x",
        "thread_source": "copied", "session_id": _FOREIGN, "forked_from_id": _FOREIGN, "parent_thread_id": _FOREIGN,
    }  # fmt: skip
    last = {**strange, "base_instructions": {"text": "later"}, "dynamic_tools": [{"name": "later"}]}
    thread = cold(session_lab, user_message("hello"), session_meta(_FOREIGN, **strange), session_meta(GOOD_ID, **last))
    assert_shown(
        session_lab.resume(thread),
        "resumed with SessionMetas of others in its history",
        base_instructions={"text": "copied"},
        dynamic_tools=({"name": "copied"},),
        selected_capability_roots=(),
        multi_agent_version=None,
        source="vscode",
        thread_source=None,
        agent_nickname=None,
        agent_role=None,
        session_id=thread,
        forked_from_id=None,
        parent_thread_id=None,
    )
    own = {"base_instructions": {"text": "own"}, "dynamic_tools": ({"name": "own"},)}
    thread = cold(session_lab, user_message("hello"), session_meta(_FOREIGN, **strange), **own)
    assert_shown(session_lab.resume(thread), "resumed with facts of its own before those of others", **own)


@clause("RESUME-1")
def test_the_multi_agent_version_is_the_last_turns_when_creation_gave_none(session_lab: SessionLab) -> None:
    """Ensure the thread's own version comes first, and else that of the last turn_context that has one."""
    needs(session_lab, "raw_items")
    contexts = [turn_context(model="m", multi_agent_version=version) for version in ("v3", "v4", None)]
    items = [user_message("hello"), *contexts]
    for given, expected in ((None, "v4"), ("v1", "v1")):
        thread = cold(session_lab, *items, multi_agent_version=given)
        what = f"made with {given!r}, and with turns of v3 and v4"
        assert_shown(session_lab.resume(thread), what, multi_agent_version=expected)


@clause("RESUME-1")
def test_resume_shows_the_name_of_now(session_lab: SessionLab) -> None:
    """Ensure a resumed thread has the name that it was given last, loaded or cold, and none when that was cleared."""
    thread = visible(session_lab)
    session_lab.patch(thread, name="while loaded", title="a title")
    session_lab.close(thread)
    assert_shown(session_lab.resume(thread), "named while loaded", name="while loaded")
    session_lab.close(thread)
    session_lab.patch(thread, name="while cold")
    session_lab.restart()
    assert_shown(session_lab.resume(thread), "named while cold", name="while cold")
    session_lab.close(thread)
    session_lab.patch(thread, name=None)
    assert_shown(session_lab.resume(thread), "with its name cleared", name=None)


@clause("RESUME-1", "RESUME-2")
def test_rollbacks_are_applied_at_resume_and_stay(session_lab: SessionLab) -> None:
    """Ensure turns are counted less those taken back, while the history keeps them and their markers."""
    needs(session_lab, "raw_items")
    items = [
        *(item for n in "123" for item in (turn_started(n), user_response(n), user_message(n), turn_complete(n))),
        rolled_back(2),
        user_message("4"),
    ]
    thread = cold(session_lab, *items)
    session_lab.restart()
    assert_shown(session_lab.resume(thread), "three turns, two taken back, one more", turns=2)
    more = [rolled_back(1), agent_message("more")]
    session_lab.append(thread, *more)
    assert_items([*items, *more], session_lab.items(thread), "after a resume and an append")
    assert_shown(session_lab.resume(thread), "one more taken back", turns=1)


@clause("RESUME-1")
def test_a_refused_resume_loads_nothing(session_lab: SessionLab) -> None:
    """Ensure threads that are unknown or archived are refused, stay cold, and can be resumed when they may be."""
    session_lab.refused(ResumeParams(thread_id=GOOD_ID, metadata=METADATA), MISSING_CLASSES)
    thread = cold(session_lab)
    session_lab.archive(thread)
    session_lab.refused(ResumeParams(thread_id=thread, metadata=METADATA), ("refused",))
    assert session_lab.loaded() == [], f"a refused resume loaded {session_lab.loaded()}"
    session_lab.resume(thread)
    session_lab.append(thread, agent_message("on the archived side"))
    session_lab.close(thread)
    session_lab.unarchive(thread)
    session_lab.resume(thread, include_archived=False)
    assert session_lab.loaded() == [thread]


@clause("RESUME-1")
def test_a_hidden_thread_cannot_be_resumed(session_lab: SessionLab) -> None:
    """Ensure a thread that was closed before anything was kept of it is gone."""
    needs(session_lab, "lazy")
    thread = session_lab.start().thread_id
    session_lab.close(thread)
    session_lab.refused(ResumeParams(thread_id=thread, metadata=METADATA), MISSING_CLASSES)
    assert session_lab.loaded() == []


@clause("RESUME-1")
def test_a_resume_with_another_path_leaves_no_writer(session_lab: SessionLab) -> None:
    """Ensure a cold thread that was asked for by another's path can be resumed by its own at once."""
    needs(session_lab, "paths")
    thread, other = cold(session_lab), cold(session_lab)
    own, wrong = session_lab.read(thread).rollout_path, session_lab.read(other).rollout_path
    session_lab.refused(ResumeParams(thread_id=thread, rollout_path=wrong, metadata=METADATA), ("refused",))
    assert session_lab.loaded() == []
    assert_shown(session_lab.resume(thread, rollout_path=own), "resumed by its path", thread_id=thread)


def _made(thread: LoadedThread, *names: str) -> dict[str, Any]:
    return {name: getattr(thread, name) for name in names}
