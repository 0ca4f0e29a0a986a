"""Lockstep at the second port: every operation runs on the session model and on a manager, and their answers compare.

What a session tells of a thread's metadata counts at barriers (SYNC-1). So before metadata is looked at, the threads
that were appended to since their last barrier are flushed; these flushes are operations of the program. A restart
and a discard may come without.
Errors compare by class: missing, refused, unsupported, failed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs
from attrs import define, field

from threadstore import ErrorKind, ManualClock, RolloutItem, StoredThread, ThreadId, is_thread_id
from threadstore import manager_params as m
from threadstore import params as p
from threadstore.manager import ERROR_CLASSES, MAKERS
from threadstore.model import bind
from threadstore.outcomes import Either, Err, Ok, Open, Outcome
from threadstore.patch import is_empty
from threadstore.session import LoadedThread
from threadstore.session_history import ends_in_turn
from threadstore.session_model import restarted, session_step
from threadstore.session_state import Seen, SessionState, settled
from threadstore.state import State, Thread

from .answers import Stray, manager_answer_of
from .compare import Answer, Match, Mismatch, Raised, Returned, judge
from .expected import Expected, field_of
from .lockstep import Difference, outcome_name, spoiled
from .ports import PSEUDO, method_of
from .process import Process, RestartParams, WaitParams
from .products import asked_of, grain, lacking, unseen, with_shown_times
from .references import LISTINGS, References
from .session_attribution import clause_of_manager_answer, clause_of_manager_sight
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
    #: The last operation that could have changed something, and the thread that it was about.
    _cause: tuple[Any, ThreadId | None] | None = None

    def __attrs_post_init__(self) -> None:
        backend = self.process.backend
        self.state = SessionState(State(backend.capabilities), backend.session, self.process.settings)

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
        if isinstance(answer, Raised):
            self._refused.add(len(self.operations) - 1)
        if isinstance(operation, MAKERS):
            thread_id = answer.value.thread_id if isinstance(answer, Returned) else None
            self.names.made(thread_id)
            self.made += [thread_id] if thread_id else []
            self._cause = mine, thread_id
        elif not isinstance(operation, _READS):
            self._cause = mine, mine.thread_id

    def settle(self) -> None:
        """Bring every thread that was appended to since its last barrier to the next one."""
        for thread_id in self.made:
            session = self.state.loaded.get(thread_id)
            if session is None or not session.since:
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
        session = self.state.loaded.get(thread_id)
        if self.over:
            return
        if session is None or not session.since:
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
        self.process.restart(settings)
        self.state = restarted(self.state, settings)
        self.tally.outcomes["restart", "ok"] += 1
        self.tally.ended["restart", "ok"] += 1
        self._cause = operation, None

    def _perform(self, operation: Any, *, observing: bool) -> Answer:
        self._see_first(operation)
        for_model, mine = self.references.resolved(operation, self.state.store)
        given = copied(mine)
        answer = self._ask(given, operation, observing)
        if not is_as_given(given, mine):
            raise self._broken(operation, observing, Mismatch("its own argument", mine, given, "APPEND-5d"))
        seen = self._seen(operation, answer, observing)
        self._loaded_before = self.state.loaded.keys()
        before = self.state
        if isinstance(answer, Returned):
            for_model = self._as_done(for_model, answer, observing)
        elif isinstance(operation, m.SpawnParams) and operation.thread_id not in self.state.loaded:
            for_model = self._as_turn(for_model)
        self.state, outcome = session_step(self.state, for_model, seen)
        if self.over:
            return answer
        verdict = self._judged(outcome, answer, operation, observing)
        if isinstance(operation, m.SpawnParams) and isinstance(answer, Returned) and isinstance(outcome, Ok):
            self._absorb_turns(operation.thread_id, answer.value.thread_id, seen)
        self.tally.outcomes[method_of(operation), outcome_name(answer, ERROR_CLASSES)] += 1
        if isinstance(verdict, Mismatch):
            # It is known: what was refused has changed nothing; what else is not as it should be leaves all open.
            self.over = isinstance(answer, Returned) or answer.error.kind is ErrorKind.INTERNAL
            self.state = before if isinstance(answer, Raised) else self.state
            return answer
        if not observing:
            self.tally.ended[method_of(operation), outcome_name(answer, ERROR_CLASSES)] += 1
        self._bind(verdict)
        if isinstance(answer, Returned) and grain(self.process.backend):
            self.state = with_shown_times(self.state, answer.value)
        if isinstance(answer, Returned) and verdict.rows is not None and not observing:
            self.references.issued(verdict.rows, answer.value)
        return spoiled(given, answer, observing=observing)

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
        ignored = unseen(self.process.backend)
        while True:
            verdict = _judged(outcome, answer, ignored, grain(self.process.backend))
            if isinstance(verdict, Match):
                return verdict
            difference = self._difference(operation, observing, verdict)
            if not self.expected.meets(difference):
                self.broken = True
                raise difference
            fields = frozenset(field_of(verdict.path))
            if not fields or fields <= ignored or verdict.path == "ephemeral":
                return verdict
            ignored |= fields

    def _as_done(self, operation: Any, answer: Returned, observing: bool) -> Any:
        """Return what was done, where a product adds to what it was asked."""
        if self.process.backend.session.raw_items:
            return operation
        if isinstance(operation, p.AppendThreadItemsParams):
            return self._as_added(operation, observing)
        if isinstance(operation, m.SpawnParams):
            source = self.state.store.threads.get(operation.thread_id)
            # The turn in which a hidden thread spawns shows it first.
            self.over |= operation.mode != "new" and source is not None and not source.visible
            # An agent is called as the product likes, and works where its spawner does.
            where = p.ThreadPersistenceMetadata(cwd=answer.value.cwd, model_provider=answer.value.model_provider)
            return attrs.evolve(operation, agent_nickname=answer.value.agent_nickname, metadata=where)
        if isinstance(operation, m.ForkParams) and "LoadedThread.memory_mode" in unseen(self.process.backend):
            return self._as_remembered(operation, answer.value.thread_id, observing)
        return operation

    def _as_remembered(self, fork: m.ForkParams, made: ThreadId, observing: bool) -> m.ForkParams:
        """Return a fork with the memory mode that it has, where its caller is not told of one and so gave none."""
        seen = self._ask(p.ReadThreadParams(thread_id=made), fork, observing)
        if not isinstance(seen, Returned):
            return fork
        return attrs.evolve(fork, metadata=attrs.evolve(fork.metadata, memory_mode=seen.value.memory_mode))

    def _as_turn(self, spawn: m.SpawnParams) -> Any:
        """Return what a refused spawn was: where turns alone append, one that takes a loaded thread (ROUTE-2)."""
        said = RolloutItem("event_msg", {"type": "user_message", "message": "spawn"})
        append = p.AppendThreadItemsParams(thread_id=spawn.thread_id, items=(said,))
        return spawn if self.process.backend.session.raw_items else append

    def _absorb_turns(self, spawner: ThreadId, spawned: ThreadId, seen: Seen) -> None:
        """Take for appended what the turns of a spawn added: the spawner's, and the agent's."""
        if self.process.backend.session.raw_items:
            return
        for thread_id in (spawner, spawned):
            nothing = p.AppendThreadItemsParams(thread_id=thread_id, items=())
            self.state, _ = session_step(self.state, self._as_added(nothing, observing=False), seen)

    def _as_added(self, append: p.AppendThreadItemsParams, observing: bool) -> p.AppendThreadItemsParams:
        """Return what a turn appended: where turns alone append, there is more in it than was said."""
        thread = self.state.store.threads.get(append.thread_id)
        if thread is None:
            return append
        load = p.LoadThreadHistoryParams(thread_id=append.thread_id, include_archived=True)
        answer = self._ask(load, append, observing)
        if not isinstance(answer, Returned):
            return append
        added = copied(answer.value.items[len(tuple(thread.history)) :])
        missing = lacking(append.items, added)
        if missing is not None:
            raise self._broken(append, observing, Mismatch("items", missing, added, "APPEND-1"))
        return attrs.evolve(append, items=added)

    def _bind(self, verdict: Match) -> None:
        for name, value in verdict.bindings:
            if name.name not in ("headers", "body"):
                store = bind(self.state.store, name, copied(value))
                self.state = SessionState(store, self.state.variants, self.state.settings, self.state.loaded)

    def _see_first(self, operation: Any) -> None:
        """Look at what an answer depends on and nobody has seen yet."""
        threads = self.state.store.threads
        if isinstance(operation, LISTINGS):
            for thread in list(threads.values()):
                if thread.visible and _is_open(thread.record):
                    self.look_at(thread.record.thread_id)
        elif isinstance(operation, m.ForkParams | m.SpawnParams | m.ResumeParams):
            source = threads.get(operation.thread_id)
            if source is not None and source.visible and (_is_open(source.record) or _unseen_meta(source)):
                self.look_at(operation.thread_id)

    def _broken(self, operation: Any, observing: bool, mismatch: Mismatch) -> Difference:
        self.broken = True
        return self._difference(operation, observing, mismatch)

    def _difference(self, operation: Any, observing: bool, mismatch: Mismatch) -> Difference:
        operations = tuple(self.operations)
        if observing:
            operations = (*operations, self.names.named(operation))
        return Difference(
            self._clause(operation, observing, mismatch),
            operations,
            self.refused,
            mismatch.path,
            mismatch.expected,
            mismatch.actual,
            "manager",
        )

    def _clause(self, operation: Any, observing: bool, mismatch: Mismatch) -> str:
        if observing and self._cause and isinstance(operation, p.ReadThreadParams | p.LoadThreadHistoryParams):
            cause, about = self._cause
            return clause_of_manager_sight(
                cause, about, operation.thread_id, self.state.store, mismatch, timed=self.state.variants.timed
            )
        was_loaded = getattr(operation, "thread_id", None) in self._loaded_before
        own = clause_of_manager_answer(operation, mismatch.path, was_loaded=was_loaded, timed=self.state.variants.timed)
        return mismatch.clause if mismatch.clause and mismatch.clause.startswith(_LEVEL) else own


#: The clauses of this level begin so; what the store's model names of a refusal is the store's.
_LEVEL = ("ORIG-", "FORK-", "TURN-", "RESUME-", "SYNC-", "GUARD-", "ROUTE-")


def _judged(outcome: Outcome, answer: Answer, unseen: frozenset[str], grain: int) -> Match | Mismatch:
    if isinstance(answer, Raised):
        alternatives = outcome.outcomes if isinstance(outcome, Either) else (outcome,)
        kinds = {kind for each in alternatives if isinstance(each, Err) for kind in each.kinds}
        if ERROR_CLASSES[answer.error.kind] in {ERROR_CLASSES[kind] for kind in kinds}:
            return Match()
    return judge(outcome, answer, unseen, grain)


def _is_empty_patch(operation: Any) -> bool:
    return isinstance(operation, p.UpdateThreadMetadataParams) and is_empty(operation.patch)


def _is_open(record: StoredThread) -> bool:
    return any(type(value) is Open for value in attrs.asdict(record, recurse=False).values())


def _unseen_meta(thread: Thread) -> bool:
    return isinstance(next(iter(thread.history)).payload, Open)
