"""Lockstep at the second port: every operation runs on the session model and on a manager, and their answers compare.

What a session tells of a thread's metadata counts at barriers (SYNC-1). So before metadata is looked at, the threads
that were appended to since their last barrier are flushed; these flushes are operations of the program. A restart
and a discard may come without.
Errors compare by class: missing, refused, unsupported, failed.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from attrs import define, evolve, field

from threadstore import ManualClock, RolloutItem, ThreadId, is_thread_id
from threadstore import manager_params as m
from threadstore import params as p
from threadstore.manager import ERROR_CLASSES, MAKERS
from threadstore.model import bind
from threadstore.outcomes import Ok, Outcome
from threadstore.patch import is_empty
from threadstore.session import LoadedThread
from threadstore.session_history import ends_in_turn
from threadstore.session_model import restarted, session_step
from threadstore.session_state import Seen, SessionState, settled
from threadstore.state import State

from .answers import Stray, manager_answer_of
from .compare import Answer, Raised, Returned, judge_by_class
from .compare_values import Leeway, Match, Mismatch
from .expected import Expected, is_field
from .lockstep import Difference, outcome_name, spoiled
from .ports import PSEUDO, method_of
from .process import Process, RestartParams, WaitParams
from .products import asked_of, grain, unseen
from .references import LISTINGS, References
from .session_attribution import clause_of_manager
from .session_products import after_known, as_done, shows_hidden, turns_of_spawn
from .session_sight import to_be_seen
from .shown_times import ShownTimes
from .tally import Tally
from .thread_names import ThreadNames
from .values import copied, is_as_given

#: What changes nothing, so that nothing needs to be looked at after it.
_READS = (
    *LISTINGS, p.ReadThreadParams, p.LoadThreadHistoryParams, m.ListLoadedParams, m.OutboundParams,
)  # fmt: skip
#: What shows metadata.
_SHOWING = (p.ReadThreadParams, p.ListThreadsParams, p.UnarchiveThreadParams)


@define
class SessionLockstep:
    """A manager under test, and the session model beside it."""

    process: Process
    clock: ManualClock
    tally: Tally = field(factory=Tally)
    state: SessionState = field(init=False)
    #: The program so far, without observing reads; threads by name.
    operations: list[Any] = field(factory=list)
    references: References = field(factory=References)
    names: ThreadNames = field(factory=ThreadNames)
    broken: bool = False
    #: The failures that are known.
    expected: Expected = field(factory=Expected)
    #: Whether a known failure has left nothing to compare with.
    over: bool = False
    #: Every thread that was made, deleted ones among them, in order.
    made: list[ThreadId] = field(factory=list)
    _refused: set[int] = field(factory=set)
    #: The threads that were loaded before the operation at hand.
    _loaded_before: Collection[ThreadId] = ()
    _times: ShownTimes = field(init=False)
    #: The last operation that could have changed something, and the thread that it was about.
    _cause: tuple[Any, ThreadId | None] | None = None

    def __attrs_post_init__(self) -> None:
        backend = self.process.backend
        self.state = SessionState(State(backend.capabilities), backend.session, self.process.settings)
        self._times = ShownTimes(grain(backend))

    @property
    def refused(self) -> frozenset[int]:
        """Which operations of the program were refused."""
        return frozenset(self._refused)

    def run(self, operation: Any) -> None:
        """Run an operation on both sides; raise `Difference` unless the manager's answer conforms."""
        if self.over:
            return
        if isinstance(operation, _SHOWING) or _is_empty_patch(operation):
            self.settle()
        self.operations.append(operation)
        if isinstance(operation, RestartParams):
            self._restart(operation)
            return
        if isinstance(operation, WaitParams):
            self.clock.advance(operation.milliseconds)
            self.tally.outcomes["wait", "ok"] += 1
            return
        mine = self.names.resolved(operation)
        answer = self._perform(mine, observing=False)
        if answer is None:
            self.operations.pop()
            return
        if isinstance(answer, Raised):
            self._refused.add(len(self.operations) - 1)
        if isinstance(operation, MAKERS):
            thread_id = answer.value.thread_id if isinstance(answer, Returned) else None
            self.names.made(thread_id)
            self.made += filter(None, [thread_id])
            self._cause = mine, thread_id
        elif not isinstance(operation, _READS):
            self._cause = mine, mine.thread_id

    def settle(self) -> None:
        """Bring every thread that was appended to since its last barrier to the next one."""
        for thread_id in self.made:
            if (session := self.state.loaded.get(thread_id)) is None or not session.since:
                continue
            if self.process.backend.session.writers:
                self.run(self.names.named(p.FlushThreadParams(thread_id=thread_id)))
            elif asked_of(self.process.backend, p.ShutdownThreadParams(thread_id=thread_id)):
                self._reload(session.loaded)
            else:
                self.state = settled(self.state, thread_id)

    def _reload(self, thread: LoadedThread) -> None:
        metadata = p.ThreadPersistenceMetadata(
            cwd=thread.cwd, model_provider=thread.model_provider, memory_mode=thread.memory_mode
        )
        resume = m.ResumeParams(thread_id=thread.thread_id, include_archived=True, metadata=metadata)
        for operation in (p.ShutdownThreadParams(thread_id=thread.thread_id), resume):
            self.run(self.names.named(operation))

    def look_at(self, thread_id: ThreadId) -> None:
        """Read a thread's history, and its metadata when that is settled."""
        if self.over:
            return
        if (session := self.state.loaded.get(thread_id)) is None or not session.since:
            self._perform(p.ReadThreadParams(thread_id=thread_id, include_archived=True), observing=True)
        self._perform(p.LoadThreadHistoryParams(thread_id=thread_id, include_archived=True), observing=True)

    def look_at_thread_of(self, operation: Any) -> None:
        """Look at the threads that an operation was about: the one that it made, and the one that it was asked of."""
        if isinstance(operation, (*_READS, *PSEUDO)) or self._cause is None:
            return
        cause, about = self._cause
        asked: Any = getattr(cause, "thread_id", None)
        for thread_id in dict.fromkeys((about, asked)):
            if is_thread_id(thread_id):
                self.look_at(str(thread_id))

    def observe(self) -> None:
        """Compare everything observable: every thread, both listings both ways, and which threads are loaded."""
        self.settle()
        for thread_id in self.made:
            if self.over:
                return
            self.look_at(thread_id)
        for archived in (False, True):
            for direction in ("asc", "desc"):
                page = p.ListThreadsParams(page_size=100, archived=archived, sort_direction=direction)
                self._perform(page, observing=True)
        self._perform(m.ListLoadedParams(), observing=True)

    def _restart(self, operation: RestartParams) -> None:
        settings = operation.settings(self.process.settings)
        self.process.restart(settings, killed=operation.killed)
        self.go_on(operation, restarted(self.state, settings))
        how = "killed" if operation.killed else "ok"
        self.tally.outcomes["restart", how] += 1
        self.tally.ended["restart", how] += 1

    def go_on(self, operation: Any, state: SessionState) -> None:
        """Go on from the state in which an operation left everything that was unloaded by it."""
        self.state = state
        self._cause = operation, None

    def _perform(self, operation: Any, *, observing: bool) -> Answer | None:
        """Run an operation on both sides and judge it; do nothing when the program is over."""
        for thread_id in to_be_seen(self.state.store, operation):
            self.look_at(thread_id)
        if self.over:
            return None
        for_model, mine = self.references.resolved(operation, self.state.store)
        given = copied(mine)
        answer = self._ask(given, operation, observing)
        if not is_as_given(given, mine):
            raise self._broken(operation, observing, Mismatch("its own argument", mine, given, "APPEND-5d"))
        seen = self._seen(operation, answer, observing)
        self._loaded_before = self.state.loaded.keys()
        before, backend = self.state, self.process.backend
        ask = partial(self._ask, operation=operation, observing=observing)
        for_model = as_done(backend, before, for_model, answer, ask)
        if isinstance(for_model, Mismatch):
            self._know(operation, observing, for_model)
            self._ended("a known difference in what was appended")
            return answer
        self.state, outcome = session_step(before, for_model, seen)
        if isinstance(answer, Returned) and shows_hidden(backend, before, operation):
            self._ended("a hidden thread hands its history to an agent")
            return answer
        verdict = self._judged(outcome, answer, operation, observing)
        if isinstance(operation, m.SpawnParams) and isinstance(answer, Returned) and isinstance(outcome, Ok):
            for turn in turns_of_spawn(backend, self.state, operation, answer.value.thread_id, ask):
                self.state, _ = session_step(self.state, turn, seen)
        self.tally.outcomes[method_of(operation), outcome_name(answer, ERROR_CLASSES)] += 1
        if isinstance(verdict, Mismatch):
            after = after_known(before, operation, answer, seen)
            self.state = after or self._ended(f"a known difference of {method_of(operation)}")
            return answer
        if not observing:
            self.tally.ended[method_of(operation), outcome_name(answer, ERROR_CLASSES)] += 1
        self._bind(verdict)
        if isinstance(answer, Returned):
            self._follow_times(operation, answer, observing)
            if verdict.rows is not None and not observing:
                self.references.issued(verdict.rows, answer.value)
        return spoiled(given, answer, observing=observing)

    def _ended(self, why: str) -> SessionState:
        self.over = True
        self.tally.cut[why] += 1
        return self.state

    def _follow_times(self, operation: Any, answer: Returned, observing: bool) -> None:
        hidden = unseen(self.process.backend)
        while isinstance(followed := self._times.followed(self.state, answer.value, hidden), Mismatch):
            self._know(operation, observing, followed)
        self.state = followed

    def _know(self, operation: Any, observing: bool, mismatch: Mismatch) -> None:
        """Raise a mismatch that is not known."""
        if not self.expected.meets(self._difference(operation, observing, mismatch)):
            raise self._broken(operation, observing, mismatch)

    def _ask(self, given: Any, operation: Any, observing: bool) -> Answer:
        try:
            return manager_answer_of(self.process.manager, given)
        except Stray as stray:
            mismatch = Mismatch(stray.path, stray.expected, stray.actual, stray.clause)
            raise self._broken(operation, observing, mismatch) from stray.__cause__

    def _seen(self, operation: Any, answer: Answer, observing: bool) -> Seen:
        if not isinstance(operation, MAKERS) or isinstance(answer, Raised):
            return Seen(self.clock.now)
        thread_id = answer.value.thread_id
        if not is_thread_id(thread_id) or thread_id in self.made:
            mismatch = Mismatch("thread_id", "an id that no thread has had", thread_id)
            raise self._broken(operation, observing, mismatch)
        return Seen(self.clock.now, thread_id, self._added(operation, thread_id))

    def _added(self, operation: Any, made: ThreadId) -> tuple[RolloutItem, ...]:
        """Return what a fork of an interrupted turn holds after the copied items."""
        source = self.state.store.threads.get(getattr(operation, "thread_id", ""))
        if getattr(operation, "cut", None) != "interrupted" or operation.ephemeral or source is None:
            return ()
        items = tuple(source.history)
        if not ends_in_turn(items):
            return ()
        answer = self._ask(p.LoadThreadHistoryParams(thread_id=made), operation, observing=False)
        return tuple(copied(answer.value.items[1 + len(items) :])) if isinstance(answer, Returned) else ()

    def _judged(self, outcome: Outcome, answer: Answer, operation: Any, observing: bool) -> Match | Mismatch:
        """Judge an answer; return a mismatch that is known, and raise one that is not."""
        backend, known = self.process.backend, frozenset[str]()
        while True:
            leeway = Leeway(unseen=unseen(backend), grain=grain(backend), known=known)
            verdict = judge_by_class(outcome, answer, leeway)
            if isinstance(verdict, Match):
                return verdict
            self._know(operation, observing, verdict)
            if not is_field(verdict.path) or verdict.path in (*known, "ephemeral"):
                return verdict
            known |= {verdict.path}

    def _bind(self, verdict: Match) -> None:
        for name, value in verdict.bindings:
            if name.name not in ("headers", "body"):
                self.state = evolve(self.state, store=bind(self.state.store, name, copied(value)))

    def _broken(self, operation: Any, observing: bool, mismatch: Mismatch) -> Difference:
        self.broken = True
        return self._difference(operation, observing, mismatch)

    def _difference(self, operation: Any, observing: bool, mismatch: Mismatch) -> Difference:
        operations = (*self.operations, *([self.names.named(operation)] if observing else []))
        was_loaded = getattr(operation, "thread_id", None) in self._loaded_before
        cause = self._cause if observing else None
        return Difference(
            clause_of_manager(operation, mismatch, self.state, was_loaded=was_loaded, cause=cause),
            operations,
            self.refused,
            mismatch.path,
            mismatch.expected,
            mismatch.actual,
            "manager",
            mismatch.how,
        )


def _is_empty_patch(operation: Any) -> bool:
    return isinstance(operation, p.UpdateThreadMetadataParams) and is_empty(operation.patch)
