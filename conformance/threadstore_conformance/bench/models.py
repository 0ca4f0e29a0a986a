"""The model, lockstep and the state machine, each beside what it would cost without what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test

from threadstore import AppendThreadItemsParams, Backend, Operation, ReadThreadParams, RolloutItem
from threadstore.model import step
from threadstore.state import State

from ..generation import STEPS
from ..homes import fresh_store
from ..lockstep import Lockstep
from ..machine import empty_machine, store_machine
from . import content
from .content import items, thread_id
from .work import Scale, Timed, Work

#: Threads that the mixed operations go round, and how often each is appended to, read and patched.
_THREADS = 4
_TURNS = 20

#: Items in one step of a long history in the model.
_BATCH = 100
_APPENDS = 100


def mixed_operations() -> list[Operation]:
    """Return an append, a read and a patch of each thread in turn, again and again."""
    operations: list[Operation] = []
    for turn in range(_TURNS):
        for number in range(1, _THREADS + 1):
            thread = thread_id(number)
            item = content.TURN[turn % len(content.TURN)]
            operations += (
                AppendThreadItemsParams(thread_id=thread, items=(item,)),
                ReadThreadParams(thread_id=thread),
                content.patching(thread, turn),
            )
    return operations


@contextmanager
def _lockstep(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    operations = mixed_operations()
    live: list[Lockstep] = []
    with ExitStack() as stack:

        def setup() -> None:
            live.clear()
            stack.close()
            lockstep = Lockstep(stack.enter_context(fresh_store(backend)), backend.capabilities)
            for number in range(1, _THREADS + 1):
                lockstep.run(content.creation(number))
            live.append(lockstep)

        def run() -> None:
            perform = live[0].run
            for operation in operations:
                perform(operation)

        yield Timed(run, len(operations), setup, scale.rounds)


@contextmanager
def _model(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    operations, begun = mixed_operations(), _begun(backend)

    def run() -> None:
        state = begun
        for operation in operations:
            state, _ = step(state, operation)

    yield Timed(run, len(operations), rounds=scale.rounds)


@contextmanager
def _plain(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    operations = mixed_operations()
    live: list[Plain] = []

    def setup() -> None:
        live[:] = [Plain()]

    def run() -> None:
        perform = live[0].perform
        for operation in operations:
            perform(operation)

    yield Timed(run, len(operations), setup, scale.rounds)


class Plain:
    """Threads as a dict of dicts and lists, with nothing checked and no state kept but the last."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {thread_id(n): {"title": None} for n in range(1, _THREADS + 1)}
        self.histories: dict[str, list[RolloutItem]] = {thread: [] for thread in self.records}

    def perform(self, operation: Any) -> dict[str, Any] | None:
        """Append, patch, or read."""
        if type(operation) is AppendThreadItemsParams:
            self.histories[operation.thread_id].extend(operation.items)
            return None
        record = self.records[operation.thread_id]
        if type(operation) is not ReadThreadParams:
            patch = operation.patch
            record["title"], record["updated_at"] = patch.title, patch.updated_at
        return dict(record)


@contextmanager
def _model_append(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    begun, thread = _begun(backend), thread_id(1)
    batch = AppendThreadItemsParams(thread_id=thread, items=items(_BATCH))
    for _ in range(size // _BATCH):
        begun, _answer = step(begun, batch)
    one = AppendThreadItemsParams(thread_id=thread, items=items(1))

    def run() -> None:
        state = begun
        for _ in range(_APPENDS):
            state, _answer = step(state, one)

    yield Timed(run, _APPENDS, rounds=scale.rounds)


@contextmanager
def _plain_append(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    plain, one = Plain(), AppendThreadItemsParams(thread_id=thread_id(1), items=items(1))
    plain.histories[thread_id(1)].extend(items(size))

    def run() -> None:
        for _ in range(_APPENDS):
            plain.perform(one)

    yield Timed(run, _APPENDS, rounds=scale.rounds)


def _begun(backend: Backend) -> State:
    state = State(backend.capabilities)
    for number in range(1, _THREADS + 1):
        state, _ = step(state, content.creation(number))
    return state


@contextmanager
def _machine(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    yield timed_programs(store_machine(backend), scale)


@contextmanager
def _empty_machine(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    yield timed_programs(empty_machine(), scale)


def timed_programs(machine: type[RuleBasedStateMachine], scale: Scale) -> Timed:
    """Return the run of generated programs, the same ones for every machine, its steps counted beforehand."""
    steps: list[None] = []
    counted = {"counted": invariant()(lambda self: steps.append(None))}
    how = settings(
        max_examples=scale.programs,
        stateful_step_count=STEPS,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(0)(type("Counted", (machine,), counted)), settings=how)
    return Timed(
        lambda: run_state_machine_as_test(seed(0)(type("Timed", (machine,), {})), settings=how),
        len(steps),
        rounds=scale.machine_rounds,
    )


WORKS = (
    Work(
        name="model step",
        beside="a dict of dicts and lists, unchecked",
        subject=_model,
        bare=_plain,
        of_backend=False,
    ),
    Work(
        name="model append",
        beside="list.extend in a dict",
        subject=_model_append,
        bare=_plain_append,
        sizes=lambda scale: (0, scale.long_history),
        size_words="to {:,} items",
        of_backend=False,
    ),
    Work(name="lockstep step", beside="the same step of the model alone", subject=_lockstep, bare=_model),
    Work(
        name="state machine step",
        beside="the same step of a machine whose rules do nothing",
        subject=_machine,
        bare=_empty_machine,
    ),
)
