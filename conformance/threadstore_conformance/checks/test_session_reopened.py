"""Directed checks of what a resume leaves alone, and of a second one: RESUME-2 and RESUME-3."""

from __future__ import annotations

from threadstore import ThreadId
from threadstore.manager_params import ResumeParams
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_items import turn_context
from threadstore_conformance.session_lab import SessionLab

from .conversations import assert_items, session_seen
from .sessions import assert_facts, assert_shown, assert_unchanged, cold, elsewhere, needs, visible


@clause("RESUME-2")
def test_opening_and_closing_a_thread_leaves_it_as_it_was(session_lab: SessionLab) -> None:
    """Ensure a resume, and the flush, shutdown or discard after it, change no item, no field and no time."""
    thread = cold(session_lab, user_message("hello"), agent_message("hi"))
    session_lab.patch(thread, name="named", preview="mine", updated_at=7_000)
    before = session_seen(session_lab, thread)
    acts = ("flush", "close", "discard") if session_lab.session.writers else ("close",)
    for act in acts:
        session_lab.clock.advance(60_000)
        session_lab.resume(thread, metadata=elsewhere())
        assert_unchanged(session_lab, thread, before, "a resume")
        getattr(session_lab, act)(thread)
        assert_unchanged(session_lab, thread, before, f"a resume and a {act}")
        if act == "flush":
            session_lab.close(thread)
    session_lab.resume(thread)
    session_lab.restart()
    assert_unchanged(session_lab, thread, before, "a resume and a restart")


@clause("RESUME-2")
def test_opening_a_thread_moves_it_in_no_list(session_lab: SessionLab) -> None:
    """Ensure the order of threads by time is the same after the oldest was resumed and closed."""
    threads = []
    for _ in range(3):
        threads.append(cold(session_lab))
        session_lab.clock.advance(60_000)
    orders = [{"sort_key": key, "sort_direction": "asc"} for key in ("created_at", "updated_at", "recency_at")]
    before = [session_lab.listed(**order) for order in orders]
    session_lab.resume(threads[0], metadata=METADATA)
    session_lab.settle(threads[0])
    session_lab.close(threads[0])
    after = [session_lab.listed(**order) for order in orders]
    assert before == after, f"opening a thread moved it: {before} became {after}"


@clause("RESUME-2")
def test_where_a_session_runs_is_the_callers_and_is_not_stored(session_lab: SessionLab) -> None:
    """Ensure working directory, provider and memory mode are the resumer's in the session, and stored as before."""
    thread = cold(session_lab)
    there = {"cwd": "/src/elsewhere", "model_provider": "provider-b", "memory_mode": "disabled"}
    stored = {"cwd": "/src/project", "model_provider": "provider-a", "memory_mode": "enabled"}
    assert_shown(session_lab.resume(thread, metadata=elsewhere()), "resumed elsewhere", **there)
    assert_facts(session_lab, thread, "resumed elsewhere", **stored)
    session_lab.append(thread, user_message("more"), agent_message("done"))
    session_lab.settle(thread)
    assert_facts(session_lab, thread, "appended to from elsewhere", **stored)
    session_lab.patch(thread, name="named")
    session_lab.close(thread)
    assert_facts(session_lab, thread, "named and closed from elsewhere", **stored)
    assert_shown(session_lab.resume(thread), "resumed at home", **stored)


@clause("RESUME-2")
def test_a_turn_elsewhere_does_not_move_the_thread(session_lab: SessionLab) -> None:
    """Ensure the working directory of a turn after a resume does not take the stored one's place."""
    needs(session_lab, "raw_items")
    thread = cold(session_lab)
    session_lab.resume(thread, metadata=elsewhere())
    session_lab.append(thread, turn_context(cwd="/src/elsewhere", model="model-2"))
    session_lab.settle(thread)
    assert_facts(session_lab, thread, "a turn elsewhere", cwd="/src/project", model="model-2")


@clause("RESUME-2")
def test_no_second_session_meta_is_written(session_lab: SessionLab) -> None:
    """Ensure however often a thread is resumed and appended to, its own SessionMeta is there once, and unchanged."""
    needs(session_lab, "raw_items")
    thread = cold(session_lab)
    first = session_lab.history(thread)[0]
    items = [user_message("hello")]
    for number in range(3):
        session_lab.resume(thread, metadata=elsewhere())
        items.append(agent_message(f"answer {number}"))
        session_lab.append(thread, items[-1])
        session_lab.patch(thread, memory_mode="disabled")
        session_lab.close(thread)
    assert session_lab.history(thread)[0] == first, "the thread's own SessionMeta changed"
    assert_items(items, session_lab.items(thread), "resumed three times")


@clause("RESUME-3")
def test_a_loaded_thread_is_returned_as_its_session_has_it(session_lab: SessionLab) -> None:
    """Ensure a second resume gives the session's own environment and originator, its name and turns of now."""
    thread = cold(session_lab)
    session_lab.restart(environment="override")
    first = session_lab.resume(thread, metadata=elsewhere())
    assert session_lab.resume(thread, metadata=METADATA) == first, "a second resume showed another session"
    session_lab.patch(thread, name="renamed")
    session_lab.append(thread, user_message("again"))
    assert_shown(
        session_lab.resume(thread, metadata=METADATA),
        "resumed again, renamed and with a turn more",
        name="renamed",
        turns=first.turns + 1,
        cwd="/src/elsewhere",
        model_provider="provider-b",
        memory_mode="disabled",
        originator=first.originator,
    )


@clause("RESUME-3")
def test_resuming_a_loaded_thread_opens_nothing_twice(session_lab: SessionLab) -> None:
    """Ensure a second resume changes nothing, and there is one session: one append each, and one end."""
    thread = visible(session_lab)
    before = session_seen(session_lab, thread)
    session_lab.clock.advance(60_000)
    for _ in range(3):
        session_lab.resume(thread)
    assert_unchanged(session_lab, thread, before, "resuming a loaded thread")
    assert session_lab.loaded() == [thread]
    session_lab.append(thread, user_message("once"))
    session_lab.settle(thread)
    said = [item for item in session_lab.items(thread) if item == user_message("once")]
    assert len(said) == 1, f"an append to a thread resumed while loaded is there {len(said)} times"
    session_lab.close(thread)
    assert session_lab.loaded() == []


@clause("RESUME-3")
def test_resuming_a_thread_that_was_just_started_does_not_show_it(session_lab: SessionLab) -> None:
    """Ensure a started thread is returned as it is, with what waits to be sent still waiting."""
    needs(session_lab, "lazy")
    started = session_lab.start(thread_source="user")
    assert session_lab.resume(started.thread_id) == started, "a thread resumed after its start is another"
    assert session_lab.listed() == [], "resuming a hidden thread made it visible"


@clause("RESUME-3")
def test_an_archived_loaded_thread_is_returned_without_the_flag(session_lab: SessionLab) -> None:
    """Ensure asking for a loaded thread that is archived joins its session."""
    thread = cold(session_lab)
    session_lab.archive(thread)
    resumed = session_lab.resume(thread)
    assert session_lab.resume(thread, include_archived=False) == resumed


@clause("RESUME-3")
def test_a_loaded_thread_is_not_returned_for_another_path(session_lab: SessionLab) -> None:
    """Ensure a path that is not the thread's is refused, and the thread stays loaded; its own is taken."""
    needs(session_lab, "paths")
    thread, other = visible(session_lab), cold(session_lab)
    paths: dict[ThreadId, str | None] = {each: session_lab.read(each).rollout_path for each in (thread, other)}
    for wrong in (paths[other], f"{paths[thread]}.old", "/nowhere.jsonl"):
        refused = ResumeParams(thread_id=thread, rollout_path=wrong, metadata=METADATA)
        session_lab.refused(refused, ("refused",))
        assert session_lab.loaded() == [thread]
    assert_shown(session_lab.resume(thread, rollout_path=paths[thread]), "by its own path", thread_id=thread)
    session_lab.append(thread, agent_message("going on"))
    session_lab.settle(thread)
