"""Where directed checks of the session layer work: a process on a home of its own, a clock, and a few short words.

The twin of `Lab` at the second port. Threads are made by the manager, which chooses their ids. The clock stands still
unless a check moves it, and the wait is part of the program.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Backend,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    Internal,
    ListThreadsParams,
    LoadThreadHistoryParams,
    PersistThreadParams,
    ReadThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
    ThreadStore,
    ThreadStoreError,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore import manager_params as m
from threadstore.manager import ERROR_CLASSES, ManagerPort, manage
from threadstore.session import Consumer, LoadedThread, OutboundRequest

from .discovery import Registered
from .interposed import Faults
from .lab import METADATA
from .process import Process, RestartParams, fresh_process
from .products import adds, as_said, asked_of
from .subject import ManagerSubject, ToldClock

#: What a process calls itself when nothing is said of it.
_ORIGINATOR = RestartParams().default_originator


class SessionLab:
    """A session layer under test in a process that can be started again, for one check."""

    def __init__(self, backend: Registered) -> None:
        self.backend = backend
        self.capabilities = backend.capabilities
        self.session = backend.session
        self._stack = ExitStack()
        self.clock: ToldClock
        self._faults: Faults
        #: What the operations do not tell of the program, in words.
        self.untold: str
        self.process: Process
        self.subject: ManagerSubject

    def __enter__(self) -> SessionLab:
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def _open(self) -> None:
        self.untold = ""
        self._faults = Faults()
        self.clock = ToldClock(moved=lambda milliseconds: self.subject.waited(milliseconds))
        interpose = self._faults.before if self.session.interposed and isinstance(self.backend, Backend) else None
        self.process = self._stack.enter_context(fresh_process(self.backend, self.clock, interpose=interpose))
        self.subject = ManagerSubject(self.process)

    @property
    def manager(self) -> ManagerPort:
        """The manager, every call recorded."""
        return self.subject.as_manager()

    @property
    def store(self) -> ThreadStore | None:
        """The store beneath, when there is one to be seen; calls on it are not part of the program."""
        return self.process.store

    def start(self, **given: Any) -> LoadedThread:
        """Start a thread."""
        return self.manager.start_thread(m.StartParams(**{"metadata": METADATA, **given}))

    def resume(self, thread_id: ThreadId, **given: Any) -> LoadedThread:
        """Resume a thread of either side."""
        given = {"metadata": METADATA, "include_archived": True, **given}
        return self.manager.resume_thread(m.ResumeParams(thread_id=thread_id, **given))

    def fork(self, thread_id: ThreadId, **given: Any) -> LoadedThread:
        """Fork a thread, whole unless told otherwise."""
        return self.manager.fork_thread(m.ForkParams(thread_id=thread_id, **{"metadata": METADATA, **given}))

    def spawn(self, thread_id: ThreadId, **given: Any) -> LoadedThread:
        """Spawn a sub-agent of a thread, with nothing of its history unless told otherwise."""
        return self.manager.spawn_thread(m.SpawnParams(thread_id=thread_id, **{"metadata": METADATA, **given}))

    def append(self, thread_id: ThreadId, *items: RolloutItem) -> None:
        """Append one batch to a loaded thread."""
        self.manager.append_items(AppendThreadItemsParams(thread_id=thread_id, items=items))

    def patch(self, thread_id: ThreadId, *, include_archived: bool = True, **fields: Any) -> StoredThread:
        """Apply a patch to a loaded or a cold thread, and return what the manager says the thread is then."""
        patch = ThreadMetadataPatch(**fields)
        params = UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=include_archived)
        return self.manager.update_thread_metadata(params)

    def flush(self, thread_id: ThreadId) -> None:
        """Flush a loaded thread."""
        self.manager.flush_thread(FlushThreadParams(thread_id=thread_id))

    def persist(self, thread_id: ThreadId) -> None:
        """Make a loaded thread visible."""
        self.manager.persist_thread(PersistThreadParams(thread_id=thread_id))

    def close(self, thread_id: ThreadId) -> None:
        """Shut a loaded thread down."""
        self.manager.shutdown_thread(ShutdownThreadParams(thread_id=thread_id))

    def discard(self, thread_id: ThreadId) -> None:
        """Unload a thread without sending what is pending."""
        self.manager.discard_thread(DiscardThreadParams(thread_id=thread_id))

    def archive(self, thread_id: ThreadId) -> None:
        """Move a thread to the archived side."""
        self.manager.archive_thread(ArchiveThreadParams(thread_id=thread_id))

    def unarchive(self, thread_id: ThreadId) -> StoredThread:
        """Move a thread back to the active side, and return it."""
        return self.manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread_id))

    def delete(self, thread_id: ThreadId) -> None:
        """Delete a thread."""
        self.manager.delete_thread(DeleteThreadParams(thread_id=thread_id))

    def settle(self, thread_id: ThreadId) -> None:
        """Bring a loaded thread to a barrier: a flush where one can be asked for, else a shutdown and a resume."""
        if self.session.writers:
            self.flush(thread_id)
        elif thread_id in self.subject.metadata and asked_of(self.backend, ShutdownThreadParams(thread_id=thread_id)):
            metadata = self.subject.metadata[thread_id]
            self.close(thread_id)
            self.resume(thread_id, metadata=metadata)

    def read(self, thread_id: ThreadId) -> StoredThread:
        """Read a thread of either side, without its history."""
        return self.manager.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))

    def history(self, thread_id: ThreadId) -> list[RolloutItem]:
        """Load a thread's items, its own SessionMeta first."""
        params = LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)
        items = list(self.manager.load_history(params).items)
        if not adds(self.backend):
            return items
        appends = [each for each in self.subject.operations if isinstance(each, AppendThreadItemsParams)]
        # What a turn puts in by itself is no check's affair.
        return items[:1] + as_said([item for append in appends for item in append.items], items[1:])

    def items(self, thread_id: ThreadId) -> list[RolloutItem]:
        """Load a thread's items without its own SessionMeta."""
        return self.history(thread_id)[1:]

    def listed(self, **query: Any) -> list[ThreadId]:
        """Return the ids of all threads that a query shows, in order."""
        ids: list[ThreadId] = []
        cursor: str | None = None
        for _ in range(10_000):
            params = ListThreadsParams(**{"page_size": 50, **query, "cursor": cursor})
            page = self.manager.list_threads(params)
            ids += [thread.thread_id for thread in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return ids
        raise AssertionError(f"the walk does not end: 10,000 pages, {len(ids)} threads, the last of them {ids[-3:]}")

    def loaded(self) -> list[ThreadId]:
        """Return the ids of the threads that are loaded."""
        return list(self.manager.list_loaded(m.ListLoadedParams()).thread_ids)

    def outbound(self, thread_id: ThreadId, consumer: Consumer = "responses") -> OutboundRequest:
        """Build what a consumer is sent on behalf of a loaded thread."""
        return self.manager.outbound_request(m.OutboundParams(thread_id=thread_id, consumer=consumer))

    def begin(self, environment: str | None = None, *, default_originator: str = _ORIGINATOR) -> None:
        """Begin a program of its own, on a new home, in a process that is started so; what was before is gone."""
        if self.subject.operations:
            self._stack.close()
            self._open()
        self.subject.restart(RestartParams(environment_override=environment, default_originator=default_originator))

    def restart(self, environment: str | None = None, *, default_originator: str = _ORIGINATOR) -> None:
        """Start the process again, which unloads everything; ``environment`` is the override of originators."""
        if not self.process.can_restart:
            pytest.skip("not testable: nothing outlives the process")
        self.subject.restart(RestartParams(environment_override=environment, default_originator=default_originator))

    def failing(self, method: str, times: int = 1, error: ThreadStoreError | None = None) -> None:
        """Let the next calls of a method of the store beneath fail, before they reach it; 0 puts an end to it."""
        assert self.session.interposed, "a check that makes the store fail is of a clause that needs `interposed`"
        self._faults.fail(method, times, error or Internal("the conformance suite lets this call fail"))
        self.untold = "and meanwhile some calls of the store below the session layer were made to fail"

    def refused(self, operation: m.ManagerOperation, classes: Collection[str]) -> ThreadStoreError:
        """Run an operation that must be refused with an error of one of these classes, and return the error.

        The classes are missing, refused, unsupported and failed.
        """
        names = " or ".join(classes)
        answer = self.answer(operation)
        assert isinstance(answer, ThreadStoreError), f"expected a refusal ({names}), got the result {answer!r}"
        assert ERROR_CLASSES[answer.kind] in classes, f"expected a refusal ({names}), got {answer!r}"
        return answer

    def answer(self, operation: m.ManagerOperation) -> Any:
        """Run an operation and return its result, or the error that it was refused with."""
        try:
            return manage(self.manager, operation)
        except ThreadStoreError as error:
            return error
