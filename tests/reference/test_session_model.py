"""The session model is a pure function, and says of a history what the fold of it says, however it was appended."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    PersistThreadParams,
    ReadThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore.manager import MAKERS
from threadstore.manager_params import ForkParams, OutboundParams, ResumeParams, SpawnParams, StartParams
from threadstore.model import bind
from threadstore.outcomes import Either, Err, Ok, Outcome
from threadstore.policy import canonical_items
from threadstore.registration import REFERENCE_SESSION
from threadstore.session import ProcessSettings
from threadstore.session_facts import facts_of
from threadstore.session_model import restarted, session_step
from threadstore.session_state import Seen, SessionState
from threadstore.state import State
from threadstore_conformance import session_strategies as s
from threadstore_conformance.lab import user_message

IDS = [str(UUID(int=0x01900000_0000_7000_9000_000000000000 + number)) for number in range(1, 40)]
ONE = IDS[0]
NOW = 1_780_000_000_000
RESTARTED = ProcessSettings(default_originator="another client")

ids = st.sampled_from(IDS[:4])
items: st.SearchStrategy[list[RolloutItem]] = s.batches.map(
    lambda batch: [
        item
        for place, part in enumerate(batch)
        for item in (s.turn_items(part, f"turn-{place}") if isinstance(part, dict) else part)
    ]
)
appends = st.builds(AppendThreadItemsParams, thread_id=ids, items=items)
operations: st.SearchStrategy[Any] = st.one_of(
    st.builds(StartParams, metadata=s.metadata, ephemeral=st.booleans()),
    st.builds(
        ForkParams,
        thread_id=ids,
        cut=st.sampled_from(("whole", "before_user_message", "after_turn")),
        metadata=s.metadata,
    ),
    st.builds(
        SpawnParams,
        thread_id=ids,
        mode=st.sampled_from(("new", "full_history", "last_turns")),
        last=st.integers(0, 2),
        metadata=s.metadata,
    ),
    st.builds(ResumeParams, thread_id=ids, metadata=s.metadata, include_archived=st.booleans()),
    appends,
    st.builds(
        UpdateThreadMetadataParams,
        thread_id=ids,
        patch=st.one_of(s.patches, st.sampled_from(s.ODD_PATCHES)).map(lambda changes: ThreadMetadataPatch(**changes)),
        include_archived=st.booleans(),
    ),
    *(
        st.builds(cls, thread_id=ids)
        for cls in (
            ArchiveThreadParams, UnarchiveThreadParams, DeleteThreadParams, DiscardThreadParams, FlushThreadParams,
            PersistThreadParams, ShutdownThreadParams, OutboundParams, ReadThreadParams,
        )
    ),
)  # fmt: skip
programs = st.lists(st.one_of(operations, appends), max_size=12).map(
    lambda program: [StartParams(metadata=ThreadPersistenceMetadata(cwd="/src/a")), *program]
)
starts = st.builds(
    lambda lazy: SessionState(State(Capabilities(lazy=lazy, relations=True)), REFERENCE_SESSION), st.booleans()
)


def everything(state: SessionState) -> Any:
    """All that can be seen of a state, as plain values."""
    threads = {
        name: (thread.record, tuple(thread.history), thread.live, thread.visible)
        for name, thread in state.store.threads.items()
    }
    return threads, dict(state.loaded), state.settings, state.store.changes


def step(state: SessionState, operation: Any, number: int = 0) -> tuple[SessionState, Outcome]:
    """Run an operation; what it makes has the first id that is free, and its SessionMeta is seen at once."""
    taken = {*state.store.threads, *state.loaded}
    made = next(each for each in IDS if each not in taken) if isinstance(operation, MAKERS) else None
    state, outcome = session_step(state, operation, Seen(NOW + number, made))
    if made is not None and made in state.store.threads:
        name: Any = next(iter(state.store.threads[made].history)).payload
        stated = evolve(name.facts, initial_window_id=None)
        state = evolve(state, store=bind(state.store, name, RolloutItem("session_meta", stated.payload())))
    return state, outcome


def run(program: list[Any], state: SessionState) -> SessionState:
    for number, operation in enumerate(program):
        state, _ = step(state, operation, number)
    return state


def at_a_barrier(state: SessionState) -> SessionState:
    """Return the state in which nothing that was observed is still on its way."""
    return run([FlushThreadParams(thread_id=thread_id) for thread_id in state.loaded], state)


def begun() -> SessionState:
    """Return the state with one loaded thread that has a working directory."""
    return run(
        [StartParams(metadata=ThreadPersistenceMetadata(cwd="/src/a"))], SessionState(variants=REFERENCE_SESSION)
    )


def refused(outcome: Outcome) -> bool:
    return isinstance(outcome, Err) or (
        isinstance(outcome, Either) and all(isinstance(one, Err) for one in outcome.outcomes)
    )


class TestPurity:
    @given(start=starts, program=programs)
    def test_every_old_state_stays_as_it_was(self, start: SessionState, program: list[Any]) -> None:
        """Ensure a step changes neither the state that it starts from nor its operation."""
        states, seen = [start], [copy.deepcopy(everything(start))]
        for number, operation in enumerate(program):
            before = copy.deepcopy(operation)
            state, _ = step(states[-1], operation, number)
            assert operation == before
            states.append(state)
            seen.append(copy.deepcopy(everything(state)))
        assert [everything(old) for old in states] == seen

    @given(start=starts, program=programs, branches=st.tuples(programs, programs))
    def test_branches_from_one_state_are_runs_of_their_own(
        self, start: SessionState, program: list[Any], branches: tuple[list[Any], list[Any]]
    ) -> None:
        """Ensure a program run from an old state gives what it gave, whatever was run from it in between."""
        root = run(program, start)
        expected = everything(run(branches[0], root))
        run(branches[1], root)
        restarted(root, RESTARTED)
        assert everything(run(branches[0], root)) == expected

    @given(start=starts, program=programs)
    def test_a_refused_operation_changes_nothing(self, start: SessionState, program: list[Any]) -> None:
        """Ensure the state after a refusal is the state before it (rule 5)."""
        state = start
        for number, operation in enumerate(program):
            before, hidden = everything(state), {n for n, t in state.store.threads.items() if not t.visible}
            state, outcome = step(state, operation, number)
            # Deleting a hidden thread closes its writer and answers that the thread is missing (LIFE-3, ROUTE-2).
            if refused(outcome) and not (isinstance(operation, DeleteThreadParams) and operation.thread_id in hidden):
                assert everything(state) == before, operation


class TestLoading:
    def test_what_no_barrier_sent_may_have_been_lost(self) -> None:
        """Ensure a process that ends before a barrier leaves each fact as before or after, and no other."""
        said = AppendThreadItemsParams(thread_id=ONE, items=[user_message("hello")])
        record = restarted(run([said], begun()), RESTARTED).store.threads[ONE].record
        assert {getattr(record, name).among for name in ("title", "first_user_message")} == {("hello", None)}
        assert record.preview.among == ("hello", "")
        assert record.name is None

    @given(start=starts, program=programs)
    def test_a_restart_unloads_everything_and_changes_nothing_stored(
        self, start: SessionState, program: list[Any]
    ) -> None:
        """Ensure nothing is loaded or live after a restart, and what is visible is as its last barrier left it."""
        before = at_a_barrier(run(program, start))
        after = restarted(before, RESTARTED)
        assert (dict(after.loaded), after.settings) == ({}, RESTARTED)
        assert not any(thread.live for thread in after.store.threads.values())
        kept = {name: thread.record for name, thread in before.store.threads.items() if thread.visible}
        assert {name: thread.record for name, thread in after.store.threads.items()} == kept

    @given(start=starts, program=programs)
    def test_the_loaded_threads_are_the_live_ones(self, start: SessionState, program: list[Any]) -> None:
        """Ensure a thread has a writer in the store just when it is loaded and not ephemeral (rule 1)."""
        state = start
        for number, operation in enumerate(program):
            state, _ = step(state, operation, number)
            live = {name for name, thread in state.store.threads.items() if thread.live}
            assert live == {name for name, session in state.loaded.items() if not session.loaded.ephemeral}, operation

    @given(start=starts, program=programs)
    def test_a_resume_changes_nothing_stored(self, start: SessionState, program: list[Any]) -> None:
        """Ensure records and histories are the same before and after any resume, and the restart that ends it."""
        before = restarted(run(program, start), RESTARTED)
        for thread_id in IDS[:4]:
            resume = ResumeParams(thread_id=thread_id, include_archived=True)
            after, outcome = step(before, resume)
            if isinstance(outcome, Ok):
                assert _stored(after) == _stored(before)
                assert _stored(restarted(after, RESTARTED)) == _stored(restarted(before, RESTARTED))


class TestFold:
    @given(batches=st.lists(items, min_size=1, max_size=4))
    def test_stepping_batch_by_batch_is_the_fold_of_the_whole(self, batches: list[list[RolloutItem]]) -> None:
        """Ensure the record holds just what the whole history says (SYNC-1)."""
        state = run([AppendThreadItemsParams(thread_id=ONE, items=batch) for batch in batches], begun())
        _assert_fold(state, batches)

    @given(batches=st.lists(items, min_size=1, max_size=4), restarts=st.lists(st.booleans(), min_size=4, max_size=4))
    def test_sessions_between_batches_make_no_difference(
        self, batches: list[list[RolloutItem]], restarts: list[bool]
    ) -> None:
        """Ensure the same with the thread closed, or the process started again, between any two batches."""
        state = begun()
        state, _ = step(state, PersistThreadParams(thread_id=ONE))
        for batch, ends in zip(batches, restarts, strict=False):
            state, _ = step(state, AppendThreadItemsParams(thread_id=ONE, items=batch))
            ended = restarted(at_a_barrier(state), RESTARTED)
            state = ended if ends else step(state, ShutdownThreadParams(thread_id=ONE))[0]
            state, outcome = step(state, ResumeParams(thread_id=ONE))
            assert isinstance(outcome, Ok)
        _assert_fold(state, batches)

    @given(batch=items)
    def test_a_fork_says_what_its_copy_says(self, batch: list[RolloutItem]) -> None:
        """Ensure the facts of a whole copy are those of its source (FORK-1d)."""
        append = AppendThreadItemsParams(thread_id=ONE, items=[*batch, RolloutItem("world_state", {})])
        fork = ForkParams(thread_id=ONE, metadata=ThreadPersistenceMetadata(cwd="/src/a"))
        state = run([append, fork], begun())
        source, copied = (state.store.threads[name].record for name in IDS[:2])
        for name in FACTS:
            assert getattr(copied, name) == getattr(source, name), name


#: What a record holds of which no item has said anything; approval mode and permissions are then left open.
FACTS = {
    "preview": "", "first_user_message": None, "title": None, "model": None, "reasoning_effort": None,
    "token_usage": None,
}  # fmt: skip


def _stored(state: SessionState) -> Any:
    return {name: (thread.record, tuple(thread.history)) for name, thread in state.store.threads.items()}


def _assert_fold(state: SessionState, batches: list[list[RolloutItem]]) -> None:
    whole = canonical_items([item for batch in batches for item in batch])
    thread = state.store.threads[ONE]
    assert tuple(thread.history)[1:] == whole
    expected = {**FACTS, **facts_of(whole, decided=("cwd",))}
    assert {name: getattr(thread.record, name) for name in expected} == expected
    assert thread.record.cwd == "/src/a"
