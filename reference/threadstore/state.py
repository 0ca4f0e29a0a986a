"""What the model remembers, and the words that its rules are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from attrs import evolve, field, frozen

from .errors import ErrorKind
from .history import History
from .ids import ThreadId
from .outcomes import Either, Err, Outcome
from .registration import Capabilities
from .thread import HistoryMode, StoredThread


@frozen
class Thread:
    """A stored thread, as the model knows it."""

    record: StoredThread
    history: History
    #: As created: a patch of the field in the record moves nothing (LIFE-8).
    history_mode: HistoryMode
    live: bool
    visible: bool
    #: The change that last altered what a listing shows of it.
    touched: int = 0
    #: The change that last altered what a search finds in it.
    spoken: int = 0

    @property
    def archived(self) -> bool:
        """Whether it is on the archived side."""
        return self.record.archived_at is not None


@frozen
class State:
    """Everything a store remembers, and the variants that it chose."""

    variants: Capabilities = field(factory=Capabilities)
    threads: Mapping[ThreadId, Thread] = field(factory=dict)
    changes: int = 0


Step: TypeAlias = tuple[State, Outcome]


_MISSING = (ErrorKind.THREAD_NOT_FOUND, ErrorKind.INVALID_REQUEST)
_BUSY = (ErrorKind.CONFLICT, ErrorKind.INVALID_REQUEST)
_ID_FIELDS = ("thread_id", "session_id", "forked_from_id", "parent_thread_id")


def missing(thread_id: ThreadId, clause: str) -> Err:
    """The thread does not exist for this operation."""
    return Err(_MISSING, thread_id, clause)


def busy(thread_id: ThreadId, clause: str) -> Err:
    """The thread, or its id, is taken."""
    return Err(_BUSY, thread_id, clause)


def invalid(about: str, clause: str) -> Err:
    """The request is wrong about a thread or a field."""
    return Err((ErrorKind.INVALID_REQUEST,), about, clause)


def malformed(path: str) -> Err:
    """The field at this path holds what it may not."""
    names = re.split(r"[.\[]", path.removeprefix("patch.").removeprefix("metadata."))
    if names[0] in _ID_FIELDS or path == "relation_filter.thread_id":
        return invalid(names[0], "ID-1")
    return invalid(names[0], "APPEND-5b" if names[0] == "items" else "READ-3b")


def unsupported(operation: str) -> Err:
    """The store does not declare this optional operation."""
    return Err((ErrorKind.UNSUPPORTED,), operation, "LIFE-8")


def refusal(*cases: tuple[bool, Err]) -> Outcome | None:
    """Return the refusal that applies, or any of those that do (rule 3), or none."""
    errors = tuple(error for applies, error in cases if applies)
    if len(errors) <= 1:
        return errors[0] if errors else None
    return Either(errors)


def visible_thread(state: State, thread_id: ThreadId) -> Thread | None:
    """Return the thread if it counts as existing."""
    thread = state.threads.get(thread_id)
    return thread if thread and thread.visible else None


def live_thread(state: State, thread_id: ThreadId) -> Thread | None:
    """Return the thread if it has a writer, visible or not."""
    thread = state.threads.get(thread_id)
    return thread if thread and thread.live else None


def shown(state: State, thread: Thread) -> State:
    """Return the state in which the thread is visible."""
    return state if thread.visible else stored(state, evolve(thread, visible=True), changed=True)


def closed(state: State, thread: Thread) -> State:
    """Return the state in which the thread has no writer; a hidden one leaves no trace (LIFE-3)."""
    if not thread.visible:
        return removed(state, thread.record.thread_id)
    return stored(state, evolve(thread, live=False))


def stored(state: State, thread: Thread, *, changed: bool = False) -> State:
    """Return the state with this version of a thread; ``changed`` when a listing could tell."""
    changes = state.changes + changed
    if changed:
        thread = evolve(thread, touched=changes)
    return evolve(state, threads={**state.threads, thread.record.thread_id: thread}, changes=changes)


def said(state: State, thread: Thread) -> State:
    """Return the state with this version of a thread, whose history a search could tell from the one before."""
    changes = state.changes + 1
    return evolve(stored(state, evolve(thread, spoken=changes)), changes=changes)


def removed(state: State, thread_id: ThreadId) -> State:
    """Return the state without a thread."""
    threads = {key: thread for key, thread in state.threads.items() if key != thread_id}
    return evolve(state, threads=threads, changes=state.changes + 1)
