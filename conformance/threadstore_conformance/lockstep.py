"""Lockstep: every operation runs on the model and on the store, and their answers are compared.

`Lockstep.run` performs one operation. `Lockstep.look_at` and `Lockstep.observe` read what the operation should have
left behind; those reads are operations too, and compared like any other. After each call the store's arguments and
results are spoiled, so that a store that keeps somebody's object instead of the value is found out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from threadstore import (
    Capabilities,
    ErrorKind,
    ManualClock,
    Operation,
    RolloutItem,
    StoredThread,
    ThreadId,
    ThreadStore,
    is_thread_id,
)
from threadstore import params as p
from threadstore.model import bind, step
from threadstore.outcomes import Either, Err, Open, Outcome, Rows
from threadstore.state import State
from threadstore.store import METHODS

from .answers import Stray, answer_of
from .attribution import clause_of_answer, clause_of_sight
from .compare import Answer, Raised, Returned, judge
from .compare_values import Mismatch
from .ports import PortName, Step, method_of
from .process import WaitParams
from .program import render
from .references import LISTINGS, READS, References
from .tally import Tally
from .values import SPOILED, copied, is_as_given, spoil


@frozen
class Difference(AssertionError):
    """The store's answer does not conform: what was run, what should have come, and what came."""

    clause: str
    #: Every operation of the program, the one that showed the difference last.
    operations: tuple[Step, ...]
    #: Which of them were refused.
    refused: frozenset[int]
    #: Where in the last answer: a path of fields.
    path: str
    expected: Any
    actual: Any
    #: The port at which the program ran.
    port: PortName = "store"
    #: In words, how a page or a record is not as it should be.
    how: str = ""

    def __str__(self) -> str:
        where = f" at {self.path}" if self.path else ""
        where += f", {self.how}" if self.how else ""
        return (
            f"{method_of(self.operations[-1])} breaks {self.clause}{where}:"
            f" expected {shown(self.expected)}, got {shown(self.actual)}"
        )


def shown(value: Any, width: int = 400) -> str:
    """Return a value as text that fits a report."""
    text = repr(value) if isinstance(value, Exception | Open | Rows) else render(value)
    return text if len(text) <= width else f"{text[: width - 20]}… ({len(text):,} characters)"


@define
class Lockstep:
    """A store under test, and the model beside it."""

    store: ThreadStore
    capabilities: Capabilities
    tally: Tally = field(factory=Tally)
    #: What the store's clock is, moved by the waits of a program.
    clock: ManualClock = field(factory=ManualClock, kw_only=True)
    state: State = field(init=False)
    #: The program so far, without observing reads.
    operations: list[Operation | WaitParams] = field(factory=list)
    references: References = field(factory=References)
    #: Whether a difference was found: then there is nothing more to compare.
    broken: bool = False
    _refused: set[int] = field(factory=set)
    _mentioned: set[ThreadId] = field(factory=set)
    #: The last operation that could have changed something, and the clause that refused it, if one did.
    _cause: tuple[Operation, str | None] | None = None

    def __attrs_post_init__(self) -> None:
        self.state = State(self.capabilities)

    @property
    def refused(self) -> frozenset[int]:
        """Which operations of the program were refused."""
        return frozenset(self._refused)

    def run(self, operation: Operation | WaitParams) -> Answer:
        """Run an operation on both sides; raise `Difference` unless the store's answer conforms."""
        if isinstance(operation, WaitParams):
            self.clock.advance(operation.milliseconds)
            self.operations.append(operation)
            self.tally.outcomes["wait", "ok"] += 1
            return Returned(None)
        if isinstance(operation, LISTINGS):
            self._see_all()
        self.operations.append(operation)
        thread_id: Any = getattr(operation, "thread_id", None)
        if is_thread_id(thread_id):
            self._mentioned.add(thread_id)
        answer, outcome = self._perform(operation, observing=False)
        refusing = _refusing_clause(outcome) if isinstance(answer, Raised) else None
        self.tally.ended[METHODS[type(operation)], outcome_name(answer)] += 1
        if isinstance(answer, Raised):
            self._refused.add(len(self.operations) - 1)
        if not isinstance(operation, READS):
            self._cause = (operation, refusing)
        return answer

    def look_at(self, thread_id: ThreadId) -> None:
        """Read a thread with and without its history, whichever state it is in."""
        self._perform(p.ReadThreadParams(thread_id=thread_id, include_archived=True), observing=True)
        load = p.LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)
        self._perform(load, observing=True)

    def look_at_thread_of(self, operation: Operation | WaitParams) -> None:
        """Look at the thread that an operation is about, when it is about one by a well-formed id."""
        thread_id: Any = getattr(operation, "thread_id", None)
        if not isinstance(operation, READS) and is_thread_id(thread_id):
            self.look_at(thread_id)

    def observe(self) -> None:
        """Compare everything observable: every thread read with and without history, listings both ways.

        Threads that are no more, or never were, are looked at too.
        """
        for thread_id in sorted(self._mentioned):
            self.look_at(thread_id)
            thread = self.state.threads.get(thread_id)
            # An archived thread is refused where the flag is missing, and read whole where it is set.
            for flag in (False, True) if thread and thread.archived else (False,):
                read = p.ReadThreadParams(thread_id=thread_id, include_archived=flag, include_history=True)
                self._perform(read, observing=True)
        for archived in (False, True):
            for direction in ("asc", "desc"):
                page = p.ListThreadsParams(page_size=100, archived=archived, sort_direction=direction)
                self._perform(page, observing=True)

    def _perform(self, operation: Operation, *, observing: bool) -> tuple[Answer, Outcome]:
        thread_id = self.references.path_of(operation)
        if thread_id in self.state.threads and self.state.threads[thread_id].visible:
            self._see(self.state.threads[thread_id].record)
        for_model, mine = self.references.resolved(operation, self.state)
        given = copied(mine)
        answer = self._ask(given, operation, observing)
        if not is_as_given(given, mine):
            raise self._difference(operation, observing, Mismatch("its own argument", mine, given, "APPEND-5d"))
        self.state, outcome = step(self.state, for_model)
        verdict = judge(outcome, answer)
        self.tally.outcomes[METHODS[type(operation)], outcome_name(answer)] += 1
        if isinstance(verdict, Mismatch):
            raise self._difference(operation, observing, verdict)
        for name, value in verdict.bindings:
            self.state = bind(self.state, name, copied(value))
        if isinstance(answer, Returned) and verdict.rows is not None and not observing:
            self.references.issued(verdict.rows, answer.value)
        return spoiled(given, answer, observing=observing), outcome

    def _ask(self, given: Operation, operation: Operation, observing: bool) -> Answer:
        try:
            answer = answer_of(self.store, given)
        except Stray as stray:
            mismatch = Mismatch(stray.path, stray.expected, stray.actual, stray.clause)
            raise self._difference(operation, observing, mismatch) from stray.__cause__
        return answer

    def _see_all(self) -> None:
        # A listing is ordered by values that the store chose; each must have been seen before it is judged.
        for thread in list(self.state.threads.values()):
            if thread.visible:
                self._see(thread.record)

    def _see(self, record: StoredThread) -> None:
        places: tuple[Any, ...] = (record.created_at, record.updated_at, record.recency_at, record.rollout_path)
        if any(type(value) is Open for value in places):
            self._perform(p.ReadThreadParams(thread_id=record.thread_id, include_archived=True), observing=True)

    def _difference(self, operation: Operation, observing: bool, mismatch: Mismatch) -> Difference:
        self.broken = True
        operations = (*self.operations, operation) if observing else tuple(self.operations)
        return Difference(
            self._clause(operation, observing, mismatch),
            operations,
            self.refused,
            mismatch.path,
            mismatch.expected,
            mismatch.actual,
            how=mismatch.how,
        )

    def _clause(self, operation: Operation, observing: bool, mismatch: Mismatch) -> str:
        if _is_spoiled(mismatch.actual):
            return "APPEND-5d"
        if mismatch.clause and (not observing or mismatch.clause in ("READ-3", "APPEND-5d")):
            return mismatch.clause
        if isinstance(operation, p.ReadThreadParams | p.LoadThreadHistoryParams) and self._cause:
            return clause_of_sight(*self._cause, operation.thread_id, mismatch)
        return mismatch.clause or clause_of_answer(operation, mismatch.path)


def spoiled(given: Any, answer: Answer, *, observing: bool) -> Answer:
    """Spoil what was given and what was answered, and return the answer as it was.

    Nobody waits for what an observing read answers, so that one is not copied first.
    """
    kept = answer
    if isinstance(answer, Returned):
        kept = answer if observing else Returned(copied(answer.value))
        spoil(answer.value)
    spoil(given)
    return kept


def _refusing_clause(outcome: Outcome) -> str | None:
    refusals = outcome.outcomes if isinstance(outcome, Either) else (outcome,)
    return next((each.clause for each in refusals if isinstance(each, Err)), None)


def outcome_name(answer: Answer, classes: Mapping[ErrorKind, str] | None = None) -> str:
    """Return what an answer is counted as: ``ok``, or the kind of its error, or the class of that kind."""
    if not isinstance(answer, Raised):
        return "ok"
    kind = answer.error.kind
    return classes[kind] if classes else kind.value


def _is_spoiled(value: Any) -> bool:
    if isinstance(value, RolloutItem):
        return SPOILED in value.payload
    return SPOILED in value if isinstance(value, dict) else False
