"""What exhaustive programs show of a broken store: nothing is taken for known that is not, and it is told in short."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from threadstore import (
    ArchiveThreadParams,
    Backend,
    CreateThreadParams,
    InvalidRequest,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ReadThreadParams,
    RolloutItem,
    StoredThread,
    StoredThreadHistory,
    ThreadStoreError,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore.model import step
from threadstore.state import State
from threadstore_backends.broken.stores import MUTANTS
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance.exhaustive import running
from threadstore_conformance.exhaustive.alphabet import deeds
from threadstore_conformance.exhaustive.bounded import explore, tour
from threadstore_conformance.exhaustive.driver import Exhaustive
from threadstore_conformance.exhaustive.graph import signature
from threadstore_conformance.exhaustive.known import same_as
from threadstore_conformance.exhaustive.running import Exhaustion
from threadstore_conformance.lockstep import Difference
from threadstore_conformance.results import Run
from threadstore_conformance.shrink import BUDGET


@pytest.mark.parametrize("name", ["creates-twice", "discards-what-is-empty", "lists-the-archived-as-active"])
def test_what_exhaustive_programs_show_is_short(name: str) -> None:
    """Ensure a broken store falls to them, by a program of few operations of the clause that it breaks."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with pytest.raises(Difference) as shown:
        Exhaustion(backend=mutant.backend(), run=Run()).check()
    assert shown.value.clause in mutant.clauses
    assert len(shown.value.operations) <= 6


@pytest.mark.parametrize("turning", [ArchiveThreadParams, UnarchiveThreadParams])
def test_the_tour_finds_what_short_programs_do_not(turning: type) -> None:
    """Ensure a fault that takes a longer life is found by the tour, and told by few operations."""
    deep = _made(lambda good: _Misnames(good, once=turning))
    Exhaustive(deep).programs(2)
    with pytest.raises(Difference) as far:
        Exhaustive(deep, threads=1).tour()
    assert len(far.value.operations) < len(tour(explore(MEMORY.capabilities, deeds(1)[0]))) / 10
    with pytest.raises(Difference) as shown:
        Exhaustion(backend=deep, run=Run()).check()
    assert len(shown.value.operations) <= 4
    assert turning in map(type, shown.value.operations)
    assert type(shown.value.operations[-1]) is UpdateThreadMetadataParams


def test_a_long_program_is_made_smaller_by_fewer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure what takes most of the tour to be shown is not run a thousand times."""
    budgets: list[int] = []
    monkeypatch.setattr(running, "smallest", lambda found, backend, budget: budgets.append(budget))
    for wrapper in (_Misnames, lambda good: _Misnames(good, after=300)):
        with pytest.raises(Difference) as shown:
            Exhaustion(backend=_made(wrapper), run=Run()).check()
    assert budgets == [BUDGET, running._OPERATIONS // len(shown.value.operations)]
    assert 0 < budgets[1] < BUDGET / 10


def test_the_tour_holds_a_store_to_what_it_told_before() -> None:
    """Ensure a value that the store chooses stays the one that was seen, all along the tour."""
    with pytest.raises(Difference) as shown:
        Exhaustive(_made(_TellsAnotherVersionOnceItUnarchived), threads=1).tour()
    assert shown.value.path.endswith("items[0]")
    assert shown.value.actual.payload["cli_version"] == "9"


def test_an_equal_value_of_another_type_is_another_answer() -> None:
    """Ensure a time that comes as a float is judged, also where its number was judged before as an int."""
    with pytest.raises(Difference) as shown:
        Exhaustive(_made(_TellsFloatsOnceItRefused)).programs(2)
    assert shown.value.path == "created_at"
    assert type(shown.value.actual) is float


_PAGE = ListThreadsParams(page_size=1)
_READS = (ReadThreadParams, LoadThreadHistoryParams, ListThreadsParams)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        ((1,), [1]),
        ([1, [2]], [1, [2.0]]),
        ([[1], [2]], [[1]]),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1, "b": None}),
        (RolloutItem("x", {"a": 1}), RolloutItem("x", {"a": 1.0})),
        (_PAGE, attrs.evolve(_PAGE, page_size=True)),
        (InvalidRequest("no"), InvalidRequest("not so")),
    ],
)
def test_a_known_answer_is_known_by_value_and_type(one: Any, other: Any) -> None:
    """Ensure an answer is the one before when it is the same all through, and no other is."""
    assert same_as(one)(copy.deepcopy(one))
    assert not same_as(one)(other)
    assert not same_as(other)(one)


def test_a_state_is_also_what_no_record_shows() -> None:
    """Ensure two states that will answer otherwise are two: the mode of a history is as created, whatever is shown."""
    state, _ = step(State(MEMORY.capabilities), deeds()[0][0])
    ((thread_id, thread),) = state.threads.items()
    other = attrs.evolve(state, threads={thread_id: attrs.evolve(thread, history_mode="paginated")})
    assert signature(state) == signature(attrs.evolve(state, changes=7))
    assert signature(state) != signature(other)


def test_a_read_that_strays_is_itself_to_blame() -> None:
    """Ensure what a look raises is told of that look, and not of the operation before it."""
    with pytest.raises(Difference) as shown:
        Exhaustive(_made(_ListsNothingAfterAHistory)).programs(2)
    assert type(shown.value.operations[-1]) is ListThreadsParams
    assert str(shown.value).startswith("list_threads breaks READ-3 at error")


def test_what_was_refused_on_the_way_is_told() -> None:
    """Ensure a program that goes on after a refusal says which operation was refused, so that its Python runs on."""
    with pytest.raises(Difference) as shown:
        Exhaustive(_made(lambda good: _ListsNothingAfterAHistory(good, refused=True))).programs(2)
    assert [type(operation) for operation in shown.value.operations] == [
        CreateThreadParams,
        CreateThreadParams,
        ListThreadsParams,
    ]
    assert shown.value.refused == {1}


@pytest.mark.parametrize("work", [lambda e: e.programs(2), lambda e: e.tour()], ids=["programs", "tour"])
def test_a_store_that_does_not_close_either_is_told_by_what_it_showed(work: Callable[[Exhaustive], None]) -> None:
    """Ensure a difference is not lost to what goes wrong after it."""
    exhaustive = Exhaustive(_made(_MisnamesAndDoesNotClose), threads=1)
    with pytest.raises(Difference, match="PATCH"):
        work(exhaustive)


def _made(wrapper: Callable[[Any], Any]) -> Backend:
    """Return the memory backend with each of its stores wrapped."""
    return attrs.evolve(MEMORY, open=lambda home, **given: wrapper(MEMORY.open(home, **given)))


class _Wrapped:
    """A good store that keeps what it was told to do, and whether it refused to make a thread."""

    def __init__(self, good: Any) -> None:
        self._good = good
        self.told: list[Any] = []
        self.refused = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._good, name)
        return lambda *params: self.answer(method, *params)

    def answer(self, method: Callable[..., Any], *params: Any) -> Any:
        """Answer as the good store does."""
        if not isinstance(params[0] if params else None, _READS):
            self.told += params
        try:
            return method(*params)
        except ThreadStoreError:
            self.refused |= isinstance(params[0], CreateThreadParams)
            raise


class _Misnames(_Wrapped):
    """Gives a thread another name than it is told, once it was told some operation, or after so many."""

    def __init__(self, good: Any, once: type | None = None, after: int = 0) -> None:
        super().__init__(good)
        self._once, self._after = once, after

    def update_thread_metadata(self, params: UpdateThreadMetadataParams) -> Any:
        due = self._once is None or self._once in map(type, self.told)
        if params.patch.name and due and len(self.told) >= self._after:
            params = attrs.evolve(params, patch=attrs.evolve(params.patch, name="another"))
        return self.answer(self._good.update_thread_metadata, params)


class _MisnamesAndDoesNotClose(_Misnames):
    """Gives a thread another name, and cannot be closed when it may have."""

    def close(self) -> None:
        if {CreateThreadParams, UpdateThreadMetadataParams} <= set(map(type, self.told)):
            raise OSError("still busy")


class _TellsFloatsOnceItRefused(_Wrapped):
    """Tells the time at which a thread was made as a float, once it refused to make one."""

    def read_thread(self, params: ReadThreadParams) -> Any:
        thread = self.answer(self._good.read_thread, params)
        return attrs.evolve(thread, created_at=float(thread.created_at)) if self.refused else thread


class _TellsAnotherVersionOnceItUnarchived(_Wrapped):
    """Says in histories that another version made a thread, once it brought one back from the archive."""

    def answer(self, method: Callable[..., Any], *params: Any) -> Any:
        answer = super().answer(method, *params)
        if UnarchiveThreadParams in map(type, self.told):
            if isinstance(answer, StoredThreadHistory):
                return _of_another_version(answer)
            if isinstance(answer, StoredThread) and answer.history:
                return attrs.evolve(answer, history=_of_another_version(answer.history))
        return answer


def _of_another_version(history: StoredThreadHistory) -> StoredThreadHistory:
    first, *others = history.items
    payload = {**first.payload, "cli_version": "9"}
    return attrs.evolve(history, items=(RolloutItem(first.type, payload), *others))


class _ListsNothingAfterAHistory(_Wrapped):
    """Fails to list right after a history was read, and perhaps only once it refused to make a thread."""

    def __init__(self, good: Any, refused: bool = False) -> None:
        super().__init__(good)
        self._only_refused = refused
        self._read = False

    def answer(self, method: Callable[..., Any], *params: Any) -> Any:
        listing = params and isinstance(params[0], ListThreadsParams)
        if listing and self._read and (self.refused or not self._only_refused):
            raise KeyError("lost")
        self._read = bool(params) and isinstance(params[0], LoadThreadHistoryParams)
        return super().answer(method, *params)
