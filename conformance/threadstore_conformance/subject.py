"""What is under test as directed checks see it: every call recorded, every stray exception a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import attrs
from attrs import define, field

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    ManualClock,
    ShutdownThreadParams,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
    ThreadPage,
    ThreadPersistenceMetadata,
    ThreadSearchPage,
    ThreadStore,
)
from threadstore.manager import MAKERS, MANAGER_METHODS, ManagerPort
from threadstore.manager_params import ResumeParams
from threadstore.params import DefaultHistoryModeParams
from threadstore.registration import ManagerBackend
from threadstore.store import METHODS

from .answers import Stray, answer_of, manager_answer_of
from .compare import Answer, Raised
from .lockstep import Difference
from .ports import PortName, Step
from .process import Process, RestartParams, WaitParams
from .products import in_full, shaded
from .program import CURSOR_PREFIX, PATH_PREFIX
from .thread_names import ThreadNames
from .values import copied


@define
class ToldClock(ManualClock):
    """A manual clock that tells by how much it is moved, so that the wait is part of the program."""

    moved: Callable[[int], None] = field(kw_only=True)

    def advance(self, milliseconds: int) -> None:
        """Move the clock forward, and tell."""
        super().advance(milliseconds)
        self.moved(milliseconds)


_METHODS = frozenset(METHODS.values())
_MANAGER_METHODS = frozenset(MANAGER_METHODS.values())

#: After these a thread is loaded no more.
_UNLOADING = (ShutdownThreadParams, DiscardThreadParams, ArchiveThreadParams, DeleteThreadParams)


class _Recorder:
    """Asks, and keeps the program that the questions make; cursors and paths in it by name."""

    #: Where it asks.
    port: PortName = "store"

    def __init__(self, before: _Recorder | None = None) -> None:
        self._cursors: dict[str, str] = dict(before._cursors) if before else {}
        self._paths: dict[str, str] = dict(before._paths) if before else {}
        self._pages: int = before._pages if before else 0
        #: The operations so far, on the same home opened before too.
        self.operations: list[Step] = list(before.operations) if before else []
        #: Which of them were refused.
        self.refused: set[int] = set(before.refused) if before else set()
        #: What was answered, by the places of the operations.
        self.answers: dict[int, Answer] = dict(before.answers) if before else {}

    def waited(self, milliseconds: int) -> None:
        """Take note that time went by."""
        self.operations.append(WaitParams(milliseconds=milliseconds))

    def _ask(self, operation: Any, ask: Callable[[Any], Answer]) -> Any:
        self.operations.append(copied(self._named(operation)))
        try:
            answer = ask(operation)
        except Stray as stray:
            done = tuple(self.operations), frozenset(self.refused)
            found = stray.path, stray.expected, stray.actual
            raise Difference(stray.clause, *done, *found, self.port) from stray.__cause__
        self.answers[len(self.operations) - 1] = answer
        if isinstance(answer, Raised):
            self.refused.add(len(self.operations) - 1)
            raise answer.error
        self._note(answer.value)
        return answer.value

    def _note(self, result: Any) -> None:
        if isinstance(result, ThreadPage | ThreadSearchPage):
            if isinstance(result.next_cursor, str):
                self._cursors[result.next_cursor] = f"{CURSOR_PREFIX}{self._pages}"
            self._pages += 1
        if isinstance(result, StoredThread) and isinstance(result.rollout_path, str):
            self._paths[result.rollout_path] = f"{PATH_PREFIX}{result.thread_id}"

    def _named(self, operation: Any) -> Any:
        """Put names for what exists only in this run."""
        cursor = getattr(operation, "cursor", None)
        if isinstance(cursor, str) and cursor in self._cursors:
            return attrs.evolve(operation, cursor=self._cursors[cursor])
        patch = getattr(operation, "patch", None)
        patched = getattr(patch, "rollout_path", None)
        if isinstance(patch, ThreadMetadataPatch) and isinstance(patched, str) and patched in self._paths:
            named = attrs.evolve(patch, rollout_path=self._paths[patched])
            return attrs.evolve(operation, patch=named)
        path = getattr(operation, "rollout_path", None)
        if isinstance(path, str) and path in self._paths:
            return attrs.evolve(operation, rollout_path=self._paths[path])
        return operation


class Subject(_Recorder):
    """Passes the nineteen methods on to a store, and keeps the program that they make."""

    def __init__(self, store: ThreadStore, before: Subject | None = None) -> None:
        super().__init__(before)
        self._store = store

    def as_store(self) -> ThreadStore:
        """Return this as the protocol that it implements by passing on."""
        return cast(ThreadStore, self)

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        return lambda *params: self._ask(
            params[0] if params else DefaultHistoryModeParams(), lambda operation: answer_of(self._store, operation)
        )


class ManagerSubject(_Recorder):
    """Passes the eighteen methods on to a manager, and keeps the program; threads that it makes are there by name."""

    port = "manager"

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process
        self._threads = ThreadNames()
        #: What each loaded thread is a session of; ephemeral threads left out.
        self.metadata: dict[ThreadId, ThreadPersistenceMetadata] = {}

    def as_manager(self) -> ManagerPort:
        """Return this as the protocol that it implements by passing on."""
        return cast(ManagerPort, self)

    def restart(self, restart: RestartParams) -> None:
        """Start the process again, and go on with its new manager."""
        self.operations.append(restart)
        self._process.restart(restart.settings(self._process.settings), killed=restart.killed)
        self.metadata.clear()

    def __getattr__(self, name: str) -> Any:
        if name not in _MANAGER_METHODS:
            raise AttributeError(name)
        return lambda operation: shaded(self._process.backend, self._ask(self._in_full(operation), self._answer))

    def _in_full(self, operation: Any) -> Any:
        if not isinstance(self._process.backend, ManagerBackend):
            return operation
        archived = any(isinstance(each, ArchiveThreadParams) for each in self.operations)
        return in_full(self._process.backend, operation, archived=archived)

    def _answer(self, operation: Any) -> Answer:
        answer = manager_answer_of(self._process.manager, operation)
        if isinstance(operation, MAKERS):
            self._threads.made(None if isinstance(answer, Raised) else answer.value.thread_id)
        if isinstance(answer, Raised):
            return answer
        if isinstance(operation, _UNLOADING):
            self.metadata.pop(operation.thread_id, None)
        elif isinstance(operation, (*MAKERS, ResumeParams)) and not answer.value.ephemeral:
            self.metadata.setdefault(answer.value.thread_id, operation.metadata)
        return answer

    def _named(self, operation: Any) -> Any:
        return self._threads.named(super()._named(operation))
