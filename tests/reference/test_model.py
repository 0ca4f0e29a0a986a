"""The model is a pure function: old states stay valid, and what is open is bound once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    CreateThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    GitInfoPatch,
    ListThreadsParams,
    LoadThreadHistoryParams,
    PersistThreadParams,
    ReadThreadParams,
    ResumeThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadMetadataPatch,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore.model import bind, step
from threadstore.outcomes import Either, Err, Ok, Open, Rows
from threadstore.state import State, malformed

IDS = [f"0190a000-0000-7000-8000-00000000000{digit}" for digit in "12"]
ONE, TWO = IDS
ITEM = RolloutItem("world_state", {"n": 1})

ids = st.sampled_from(IDS)
patches = st.sampled_from([
    ThreadMetadataPatch(),
    ThreadMetadataPatch(name="n"),
    ThreadMetadataPatch(name=None, created_at=3),
    ThreadMetadataPatch(advance_recency_at=9),
    ThreadMetadataPatch(git_info=GitInfoPatch(branch="b")),
])  # fmt: skip
operations: st.SearchStrategy[Any] = st.one_of(
    st.builds(CreateThreadParams, thread_id=ids, originator=st.just("cli")),
    st.builds(AppendThreadItemsParams, thread_id=ids, items=st.lists(st.just(ITEM), max_size=2)),
    st.builds(UpdateThreadMetadataParams, thread_id=ids, patch=patches, include_archived=st.booleans()),
    *(
        st.builds(cls, thread_id=ids)
        for cls in (
            ArchiveThreadParams, UnarchiveThreadParams, DeleteThreadParams, DiscardThreadParams, PersistThreadParams,
            ResumeThreadParams, ShutdownThreadParams, LoadThreadHistoryParams, ReadThreadParams,
        )
    ),
)  # fmt: skip
starts = st.sampled_from([State(Capabilities()), State(Capabilities(lazy=True, relations=True))])


def everything(state: State) -> Any:
    """All that can be seen of a state, as plain values."""
    threads = {
        name: (thread.record, tuple(thread.history), thread.live, thread.visible, thread.touched)
        for name, thread in state.threads.items()
    }
    return state.variants, threads, state.changes


def run(*program: Any, state: State | None = None) -> State:
    state = state or State()
    for operation in program:
        state, _ = step(state, operation)
    return state


def after_create(thread_id: str = ONE) -> State:
    return run(CreateThreadParams(thread_id=thread_id, originator="cli"))


class TestPurity:
    @given(start=starts, program=st.lists(operations, max_size=12))
    def test_every_old_state_stays_as_it_was(self, start: State, program: list[Any]) -> None:
        """Ensure a step changes neither the state that it starts from nor its operation."""
        states, seen = [start], [copy.deepcopy(everything(start))]
        for operation in program:
            before = copy.deepcopy(operation)
            state, _ = step(states[-1], operation)
            assert operation == before
            states.append(state)
            seen.append(copy.deepcopy(everything(state)))
            assert [everything(old) for old in states] == seen

    @given(start=starts, program=st.lists(operations, max_size=8), branch=st.lists(operations, max_size=8))
    def test_a_branch_from_an_old_state_is_a_run_of_its_own(
        self, start: State, program: list[Any], branch: list[Any]
    ) -> None:
        """Ensure a program run from an old state gives what it gave, whatever was run in between."""
        expected = everything(run(*branch, state=start))
        run(*program, state=start)
        assert everything(run(*branch, state=start)) == expected

    @given(start=starts, program=st.lists(operations, max_size=12))
    def test_a_refused_operation_changes_nothing(self, start: State, program: list[Any]) -> None:
        """Ensure the state after a refusal is the state before it (rule 3)."""
        state = start
        for operation in program:
            before, hidden = everything(state), {n for n, t in state.threads.items() if not t.visible}
            state, outcome = step(state, operation)
            refused = isinstance(outcome, Err) or (
                isinstance(outcome, Either) and all(isinstance(one, Err) for one in outcome.outcomes)
            )
            # Deleting a hidden thread closes its writer and answers that the thread is missing (LIFE-3).
            if refused and not (isinstance(operation, DeleteThreadParams) and operation.thread_id in hidden):
                assert everything(state) == before

    @given(start=starts, program=st.lists(operations, max_size=12))
    def test_history_and_metadata_never_touch(self, start: State, program: list[Any]) -> None:
        """Ensure an append changes no field and a patch no item (rule 4)."""
        state = start
        for operation in program:
            before = state
            state, _ = step(state, operation)
            for name in state.threads.keys() & before.threads.keys():
                old, new = before.threads[name], state.threads[name]
                if isinstance(operation, AppendThreadItemsParams):
                    assert new.record == old.record
                if isinstance(operation, UpdateThreadMetadataParams):
                    assert tuple(new.history) == tuple(old.history)

    @given(start=starts, program=st.lists(operations, max_size=12))
    def test_no_operation_touches_another_thread(self, start: State, program: list[Any]) -> None:
        """Ensure an operation on one thread leaves every other as it was (APPEND-6)."""
        state = start
        for operation in program:
            before = everything(state)[1]
            state, _ = step(state, operation)
            own = getattr(operation, "thread_id", None)
            others = {name: seen for name, seen in everything(state)[1].items() if name != own}
            assert others == {name: seen for name, seen in before.items() if name != own}


class TestOpenValues:
    def test_the_three_instants_of_a_new_thread_are_one(self) -> None:
        """Ensure binding the instant of creation binds it in all three fields, and in that thread alone."""
        state = run(CreateThreadParams(thread_id=TWO, originator="cli"), state=after_create())
        created = state.threads[ONE].record.created_at
        assert isinstance(created, Open)
        record = bind(state, created, 7).threads[ONE].record
        assert (record.created_at, record.updated_at, record.recency_at) == (7, 7, 7)
        assert isinstance(bind(state, created, 7).threads[TWO].record.created_at, Open)
        assert isinstance(state.threads[ONE].record.created_at, Open)

    @pytest.mark.parametrize(("seen", "expected"), [(3, 9), (9, 9), (12, 12)])
    def test_an_advance_before_the_first_look_is_not_lost(self, seen: int, expected: int) -> None:
        """Ensure recency is the later of the instant of creation, not seen yet, and the one that was named."""
        advance = UpdateThreadMetadataParams(thread_id=ONE, patch=ThreadMetadataPatch(advance_recency_at=9))
        state = run(advance, advance, state=after_create())
        record = state.threads[ONE].record
        bound = bind(state, record.created_at, seen).threads[ONE].record  # type: ignore[arg-type]
        assert (bound.created_at, bound.recency_at) == (seen, expected)

    def test_a_patched_instant_is_open_no_more(self) -> None:
        """Ensure a patch of one instant leaves the two others open."""
        update = UpdateThreadMetadataParams(thread_id=ONE, patch=ThreadMetadataPatch(created_at=3))
        record = run(update, state=after_create()).threads[ONE].record
        assert record.created_at == 3
        assert isinstance(record.updated_at, Open)

    def test_the_session_meta_is_bound_in_place(self) -> None:
        """Ensure the first item becomes what was seen and the later ones stay."""
        state = run(AppendThreadItemsParams(thread_id=ONE, items=[ITEM]), state=after_create())
        name = next(iter(state.threads[ONE].history)).payload
        seen = RolloutItem("session_meta", {"id": ONE})
        assert isinstance(name, Open)
        assert tuple(bind(state, name, seen).threads[ONE].history) == (seen, ITEM)

    def test_archived_at_is_fixed_until_unarchive(self) -> None:
        """Ensure the instant of archiving is open once, bound once, and open again at the next archive."""
        state = run(ArchiveThreadParams(thread_id=ONE), state=after_create())
        archived = state.threads[ONE].record.archived_at
        assert isinstance(archived, Open)
        bound = bind(state, archived, 5)
        assert bound.threads[ONE].record.archived_at == 5
        again = run(UnarchiveThreadParams(thread_id=ONE), ArchiveThreadParams(thread_id=ONE), state=bound)
        assert isinstance(again.threads[ONE].record.archived_at, Open)


class TestPages:
    def test_every_change_that_a_listing_shows_is_counted(self) -> None:
        """Ensure a patched thread counts as touched in a walk that began before, and an appended one does not."""
        state = bound_create(ONE, bound_create(TWO, State()))
        first = rows(state, ListThreadsParams())
        assert [row.thread_id for row in first.due] == [TWO, ONE]
        changed = run(
            AppendThreadItemsParams(thread_id=TWO, items=[ITEM]),
            UpdateThreadMetadataParams(thread_id=ONE, patch=ThreadMetadataPatch(name="n")),
            state=state,
        )
        assert state.threads[TWO].touched == changed.threads[TWO].touched
        assert changed.threads[ONE].touched > first.since

    def test_ties_are_ordered_by_id_in_the_same_direction(self) -> None:
        """Ensure threads of one instant come by id, up or down with the query."""
        state = bound_create(ONE, bound_create(TWO, State()))
        for direction, expected in (("asc", [ONE, TWO]), ("desc", [TWO, ONE])):
            query = ListThreadsParams(sort_direction="asc" if direction == "asc" else "desc")
            assert [row.thread_id for row in rows(state, query).due] == expected


@pytest.mark.parametrize(
    ("path", "about", "clause"),
    [
        ("thread_id", "thread_id", "ID-1"),
        ("parent_thread_id", "parent_thread_id", "ID-1"),
        ("relation_filter.thread_id", "relation_filter", "ID-1"),
        ("items[3].payload.n", "items", "APPEND-5b"),
        ("items[3].payload.thread_id", "items", "APPEND-5b"),
        ("source.subagent.thread_spawn.parent_thread_id", "source", "READ-3b"),
        ("patch.name", "name", "READ-3b"),
        ("patch.git_info.sha", "git_info", "READ-3b"),
        ("metadata.cwd", "cwd", "READ-3b"),
    ],
)
def test_a_malformed_field_is_laid_to_its_clause(path: str, about: str, clause: str) -> None:
    """Ensure a bad field is named as the caller knows it, under the clause that it breaks."""
    error = malformed(path)
    assert (error.about, error.clause) == (about, clause)


def bound_create(thread_id: str, state: State) -> State:
    state = run(CreateThreadParams(thread_id=thread_id, originator="cli"), state=state)
    return bind(state, Open(thread_id, "created"), 5)


def rows(state: State, query: ListThreadsParams) -> Rows:
    outcome = step(state, query)[1]
    assert isinstance(outcome, Ok)
    assert isinstance(outcome.value, Rows)
    return outcome.value
