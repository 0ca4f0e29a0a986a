"""A failing program as rows: each operation, what the model answers, and what the store does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from attrs import define, field

from threadstore import Backend, ManualClock
from threadstore.manager import MAKERS
from threadstore.session import ProcessSettings

from .brief import Labels, Row, brief_answer, brief_operation, brief_value
from .compare import Answer, Raised
from .discovery import Registered, TargetError
from .homes import fresh_store
from .lockstep import Difference, Lockstep
from .ports import PSEUDO, PortName, Step
from .process import fresh_process
from .session_lockstep import SessionLockstep
from .values import copied

#: What stands for an answer that the program did not show again.
_UNSEEN = "?"


def rows_of_difference(
    difference: Difference, answers: Mapping[int, Answer], *, judged: bool = True
) -> tuple[Row, ...]:
    """Return both columns of a program, which differ in the last row.

    ``answers`` are those of the operations before, by their places. Where lockstep ``judged`` them they conform, so
    they are the model's too; of those that it did not judge, nobody said what was expected.
    """
    *before, last = difference.operations
    labels = Labels(difference.port)
    calls = [brief_operation(operation, labels) for operation in difference.operations]
    told = _told(before, answers, labels)
    rows = [
        Row(operation=call, expected=answer if judged else None, actual=answer)
        for call, answer in zip(calls, told, strict=False)
    ]
    if isinstance(last, MAKERS) and len(before) in answers:
        labels.made(_made_by(answers[len(before)]))
    expected, actual = (
        brief_value(difference.path, value, labels) for value in (difference.expected, difference.actual)
    )
    return (*rows, Row(operation=calls[-1], expected=expected, actual=actual, differs=True))


def rows_of_answers(operations: Sequence[Step], answers: Mapping[int, Answer], port: PortName) -> tuple[Row, ...]:
    """Return a program with what was answered, where no model was asked."""
    labels = Labels(port)
    calls = [brief_operation(operation, labels) for operation in operations]
    told = _told(operations, answers, labels)
    return tuple(Row(operation=call, actual=answer) for call, answer in zip(calls, told, strict=True))


def answers_again(difference: Difference, backend: Registered, settings: ProcessSettings | None) -> dict[int, Answer]:
    """Run the program of a difference once more, and return what was answered, by the places of operations."""
    answers: dict[int, Answer] = {}
    with suppress(Difference, TargetError), _lockstep(difference.port, backend, answers, settings) as lockstep:
        operation: Any
        for operation in difference.operations[:-1]:
            lockstep.run(operation)
            lockstep.look_at_thread_of(operation)
    return answers


@contextmanager
def _lockstep(
    port: PortName, backend: Registered, answers: dict[int, Answer], settings: ProcessSettings | None
) -> Iterator[Lockstep | SessionLockstep]:
    clock = ManualClock()
    if port == "manager":
        with fresh_process(backend, clock, settings or ProcessSettings()) as process:
            yield _KeepingSession(process, clock, kept=answers)
    elif isinstance(backend, Backend):
        with fresh_store(backend, clock) as store:
            yield _Keeping(store, backend.capabilities, clock=clock, kept=answers)


@define
class _Keeping(Lockstep):
    """Keeps what a store answers, before it is spoiled."""

    kept: dict[int, Answer] = field(kw_only=True)

    def run(self, operation: Any) -> Answer:
        """Run an operation, and keep what was answered."""
        answer = super().run(operation)
        self.kept[len(self.operations) - 1] = answer
        return answer


@define
class _KeepingSession(SessionLockstep):
    """Keeps what a manager answers, before it is spoiled."""

    kept: dict[int, Answer] = field(kw_only=True)

    def _ask(self, given: Any, operation: Any, observing: bool) -> Answer:
        answer = super()._ask(given, operation, observing)
        if not observing and type(given) is type(operation):
            self.kept[len(self.operations) - 1] = copied(answer)
        return answer


def _told(operations: Sequence[Step], answers: Mapping[int, Answer], labels: Labels) -> list[str]:
    told: list[str] = []
    for place, operation in enumerate(operations):
        answer = answers.get(place)
        if isinstance(operation, MAKERS):
            labels.made(_made_by(answer))
        value = getattr(answer, "error", None) if isinstance(answer, Raised) else getattr(answer, "value", None)
        unseen = answer is None and not isinstance(operation, PSEUDO)
        told.append(_UNSEEN if unseen else brief_answer(value, labels))
    return told


def _made_by(answer: Answer | None) -> str:
    return str(getattr(getattr(answer, "value", None), "thread_id", ""))
