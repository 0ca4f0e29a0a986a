"""The model as a ThreadStore: to read, to try things on, and as a verified fake in other people's tests.

It keeps everything in memory. It is never certified as evidence, since the suite judges stores by the same model.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
from typing import Any

import attrs

from . import errors as e
from . import params as p
from .clock import system_clock
from .codec import from_json, to_json
from .errors import ErrorKind, ThreadStoreError
from .fields import check_fields
from .ids import Clock
from .items import RolloutItem
from .model import bind, step
from .model_listing import comes_after, sort_place
from .outcomes import Err, Ok, Open, Outcome, Position, Rows
from .registration import Capabilities
from .state import State
from .thread import (
    HistoryMode,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadPage,
    ThreadSearchPage,
    TurnPage,
)

#: What the reference store offers when nothing else is asked of it.
REFERENCE_CAPABILITIES = Capabilities(relations=True, search=True, volatile=True)


class ReferenceStore:
    """A store that answers what the model says, choosing where the spec leaves a choice."""

    def __init__(self, capabilities: Capabilities = REFERENCE_CAPABILITIES, clock: Clock = system_clock) -> None:
        if capabilities.paths:
            raise ValueError("the reference store keeps no files, so it cannot have the capability paths")
        self._state = State(capabilities)
        self._clock = clock

    def default_history_mode(self) -> HistoryMode:
        """Return ``legacy``."""
        return self._answer(p.DefaultHistoryModeParams())  # type: ignore[no-any-return]

    def create_thread(self, params: p.CreateThreadParams, /) -> None:
        """Open a live writer for a new thread."""
        self._answer(params)

    def resume_thread(self, params: p.ResumeThreadParams, /) -> None:
        """Open a live writer for a stored thread."""
        self._answer(params)

    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Append items to a live thread's history."""
        self._answer(params)

    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Make a live thread visible."""
        self._answer(params)

    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Do nothing to a live thread: nothing is buffered."""
        self._answer(params)

    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Close a thread's writer."""
        self._answer(params)

    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Close a thread's writer, if it has one."""
        self._answer(params)

    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return a thread's history."""
        return self._answer(params)  # type: ignore[no-any-return]

    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return a thread."""
        return self._answer(params)  # type: ignore[no-any-return]

    def read_thread_by_rollout_path(self, params: p.ReadThreadByRolloutPathParams, /) -> StoredThread:
        """Refuse: there are no files."""
        return self._answer(params)  # type: ignore[no-any-return]

    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return one page of a listing."""
        return self._answer(params)  # type: ignore[no-any-return]

    def search_threads(self, params: p.SearchThreadsParams, /) -> ThreadSearchPage:
        """Return one page of threads by content."""
        return self._answer(params)  # type: ignore[no-any-return]

    def list_turns(self, params: p.ListTurnsParams, /) -> TurnPage:
        """Refuse: turns have no semantics in this version."""
        return self._answer(params)  # type: ignore[no-any-return]

    def list_items(self, params: p.ListItemsParams, /) -> ItemPage:
        """Refuse: materialised items have no semantics in this version."""
        return self._answer(params)  # type: ignore[no-any-return]

    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Apply a patch and return the thread as it is then."""
        return self._answer(params)  # type: ignore[no-any-return]

    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Move a thread to the archived side."""
        self._answer(params)

    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Move a thread back to the active side and return it."""
        return self._answer(params)  # type: ignore[no-any-return]

    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Remove every trace of a thread."""
        self._answer(params)

    def _answer(self, operation: p.Operation) -> Any:
        check_fields(operation)
        operation = _with_position(copy.deepcopy(operation))
        self._state, outcome = step(self._state, operation)
        self._choose_open_values()
        outcome = _settled(outcome)
        if isinstance(outcome, Err):
            raise _error(outcome, operation)
        if isinstance(outcome.value, Rows):
            return copy.deepcopy(_page(outcome.value))
        if isinstance(outcome.value, StoredThread | StoredThreadHistory):
            # The answer was made before its open values were chosen; ask again, now that they are.
            outcome = _settled(step(self._state, _observing(operation, outcome.value))[1])
        return copy.deepcopy(outcome.value) if isinstance(outcome, Ok) else None

    def _choose_open_values(self) -> None:
        for thread in list(self._state.threads.values()):
            first = next(iter(thread.history))
            for value in (*attrs.asdict(thread.record, recurse=False).values(), first.payload):
                if isinstance(value, Open):
                    self._state = bind(self._state, value, self._choice(value))

    def _choice(self, value: Open) -> Any:
        if value.name == "session_meta":
            return RolloutItem("session_meta", value.facts.payload())
        return {"created": self._clock(), "archived_at": self._clock(), "cli_version": "reference"}.get(value.name)


def _settled(outcome: Outcome) -> Ok | Err:
    return outcome if isinstance(outcome, Ok | Err) else outcome.outcomes[0]


def _observing(operation: p.Operation, value: StoredThread | StoredThreadHistory) -> p.Operation:
    if isinstance(value, StoredThreadHistory):
        return p.LoadThreadHistoryParams(thread_id=value.thread_id, include_archived=True)
    with_history = isinstance(operation, p.ReadThreadParams) and operation.include_history
    return p.ReadThreadParams(thread_id=value.thread_id, include_archived=True, include_history=with_history)


def _error(outcome: Err, operation: p.Operation) -> ThreadStoreError:
    kind, about = outcome.kinds[0], outcome.about
    verb = type(operation).__name__.removesuffix("Params")
    if kind is ErrorKind.THREAD_NOT_FOUND:
        return e.ThreadNotFound(about)
    if kind is ErrorKind.UNSUPPORTED:
        return e.Unsupported(about)
    if kind is ErrorKind.CONFLICT:
        return e.Conflict(f"thread {about} exists already")
    if kind is ErrorKind.RESOURCE_EXHAUSTED:
        return e.ResourceExhausted("an item is larger than this store takes")
    return e.InvalidRequest(f"{verb} cannot be done as asked: {about} ({outcome.clause})")


def _page(rows: Rows) -> ThreadPage | ThreadSearchPage:
    descending = rows.query.sort_direction == "desc"
    places = {sort_place(thread, rows.query.sort_key): thread for thread in rows.due + rows.touched}
    ahead = [place for place in places if rows.after is None or comes_after(place, rows.after, descending)]
    threads = [places[place] for place in sorted(ahead, reverse=descending)]
    page = tuple(threads[: rows.limit])
    cursor = None
    if len(page) < len(threads):
        cursor = _cursor(Position(rows.query, sort_place(page[-1], rows.query.sort_key), rows.since))
    if rows.snippet is None:
        return ThreadPage(page, cursor)
    return ThreadSearchPage(tuple(StoredThreadSearchResult(t, rows.snippet) for t in page), cursor)


def _cursor(position: Position) -> str:
    text = json.dumps([type(position.query).__name__, to_json(position.query), position.after, position.since])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _with_position(operation: p.Operation) -> p.Operation:
    if not isinstance(operation, p.ListThreadsParams | p.SearchThreadsParams) or operation.cursor is None:
        return operation
    try:
        name, query, after, since = json.loads(base64.urlsafe_b64decode(operation.cursor))
        cls = {c.__name__: c for c in (p.ListThreadsParams, p.SearchThreadsParams)}[name]
        position: Any = Position(from_json(query, cls), (int(after[0]), str(after[1])), int(since))
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError):
        return operation  # not one of ours: the model refuses it
    return attrs.evolve(operation, cursor=position)
