"""LocalThreadStore: threads in a directory in Codex's own layout (R6).

Histories are rollouts, one JSONL file a thread; metadata is in our index, and what Codex reads elsewhere is stated
there too. Every operation holds the store's one lock, so a store may be shared by threads.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from threadstore import params as p
from threadstore.clock import system_clock
from threadstore.errors import Conflict, Internal, InvalidRequest, ThreadNotFound, Unsupported
from threadstore.fields import check_fields
from threadstore.ids import Clock, ThreadId
from threadstore.thread import (
    HistoryMode,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    ThreadPage,
    ThreadSearchPage,
    TurnPage,
)

from . import creation, listing, moves, patching, rollout
from .catalog import Catalog, Problem
from .demands import require_cwd, require_legacy, require_side
from .encoding import encode_batch
from .layout import check_home
from .recorder import RolloutRecorder
from .rows import Row
from .writers import Writer, Writing

_Params = TypeVar("_Params", bound=p.Operation)
_R = TypeVar("_R")


def _operation(
    method: Callable[[LocalThreadStore, _Params], _R],
) -> Callable[[LocalThreadStore, _Params], _R]:
    """Run a method under the store's lock, its params checked, and let no error of the system escape raw."""

    @functools.wraps(method)
    def run(store: LocalThreadStore, params: _Params, /) -> _R:
        check_fields(params)
        with store._lock, store._errors_named():
            return method(store, params)

    return run


class LocalThreadStore:
    """A ThreadStore in a directory."""

    def __init__(self, home: Path, *, clock: Clock = system_clock, use_sqlite: bool = True) -> None:
        """Open the store at a home.

        Raises `InvalidRequest` when the home is no folder of ours to use, `Internal` when it cannot be read.
        """
        #: The directory, as an absolute path.
        self.home = Path(os.path.abspath(home))
        self._clock = clock
        self._lock = threading.RLock()
        self._live: dict[ThreadId, Writer] = {}
        check_home(self.home)
        with self._errors_named():
            self._catalog = Catalog.open(self.home, use_sqlite=use_sqlite)
            self._writing = Writing(self._catalog, clock)
            self._writing.finish_restating()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was damaged or not understood in the home when it was last looked through."""
        return tuple(self._catalog.problems)

    def close(self) -> None:
        """Let go of every file; writers that were live are as if their process had ended."""
        with self._lock:
            for writer in self._live.values():
                writer.recorder.close()
            self._live.clear()
            self._catalog.index.close()

    def default_history_mode(self) -> HistoryMode:
        """Return ``legacy``."""
        return "legacy"

    @_operation
    def create_thread(self, params: p.CreateThreadParams, /) -> None:
        """Open a live writer for a new thread; nothing is written yet (LIFE-3)."""
        thread_id = params.thread_id
        if thread_id in self._live or self._catalog.stored(thread_id):
            raise Conflict(f"thread {thread_id} exists already; resume_thread goes on with it")
        require_cwd(params.metadata)
        if params.history_mode == "paginated":
            raise Unsupported("paginated_threads")
        now = self._clock()
        path = self._catalog.layout.new_rollout(thread_id, now)
        head = creation.first_line(params, now)
        thread = creation.described(head, params, path, now)
        recorder = RolloutRecorder(self._catalog.layout, path, head)
        self._live[thread_id] = Writer(thread_id, recorder, thread)

    @_operation
    def resume_thread(self, params: p.ResumeThreadParams, /) -> None:
        """Open a live writer for a stored thread; nothing that is stored changes (LIFE-4, LIFE-5)."""
        thread_id = params.thread_id
        row = self._existing(thread_id)
        if thread_id in self._live:
            raise Conflict(f"thread {thread_id} has a live writer already; shut it down first")
        require_side(row, params.include_archived)
        if params.rollout_path is not None and self._at_path(params.rollout_path).thread.thread_id != thread_id:
            raise InvalidRequest(f"rollout_path is not that of thread {thread_id}", "rollout_path")
        require_cwd(params.metadata)
        require_legacy(row)
        self._live[thread_id] = self._writing.resumed(row)

    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Append items to a live thread's history, in one write (APPEND-1, APPEND-3)."""
        with self._lock:
            writer = self._live.get(params.thread_id) if isinstance(params.thread_id, str) else None
            if writer is None:
                check_fields(params)
                raise ThreadNotFound(params.thread_id)
            lines, own_meta = encode_batch(params, self._clock())
            if own_meta:
                raise InvalidRequest(
                    f"items hold a session_meta of thread {writer.thread_id} itself, which its creation wrote already",
                    "items",
                )
            if not lines:
                return
            if writer.ready:
                writer.recorder.append(lines)
            else:
                with self._errors_named():
                    self._writing.append(writer, lines)

    @_operation
    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Make a live thread visible and write what is buffered (LIFE-7)."""
        writer = self._writer(params.thread_id)
        self._writing.settle(writer)
        if writer.created is not None:
            self._writing.appear(writer, Row(thread=writer.created, adopted=True))

    @_operation
    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Write what an I/O error left unwritten."""
        self._writing.settle(self._writer(params.thread_id))

    @_operation
    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Flush a live thread and close its writer; if that fails the writer stays live."""
        writer = self._writer(params.thread_id)
        self._writing.settle(writer)
        self._writing.drop(writer)
        del self._live[params.thread_id]

    @_operation
    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Close a thread's writer, if it has one, without flushing."""
        writer = self._live.pop(params.thread_id, None)
        if writer is not None:
            self._writing.drop(writer)

    @_operation
    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return a thread's history."""
        row = self._existing(params.thread_id)
        require_side(row, params.include_archived)
        return self._history(row)

    @_operation
    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return a thread."""
        return self._shown(self._existing(params.thread_id), params)

    @_operation
    def read_thread_by_rollout_path(self, params: p.ReadThreadByRolloutPathParams, /) -> StoredThread:
        """Return the thread whose rollout is at a path, relative ones from the home (READ-4)."""
        return self._shown(self._at_path(params.rollout_path), params)

    @_operation
    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return one page of a listing."""
        self._look_again()
        return listing.list_threads(self._catalog, params)

    @_operation
    def search_threads(self, params: p.SearchThreadsParams, /) -> ThreadSearchPage:
        """Return one page of threads by what their user and agent said."""
        self._look_again()
        return listing.search_threads(self._catalog, params)

    @_operation
    def list_turns(self, params: p.ListTurnsParams, /) -> TurnPage:
        """Refuse: turns have no semantics in this version."""
        raise Unsupported("list_turns")

    @_operation
    def list_items(self, params: p.ListItemsParams, /) -> ItemPage:
        """Refuse: materialised items have no semantics in this version."""
        raise Unsupported("list_items")

    @_operation
    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Apply a patch and return the thread as it is then."""
        writer = self._live.get(params.thread_id)
        fields = patching.set_fields(params.patch)
        if writer is not None and writer.created is not None and fields:
            row = Row(thread=writer.created)
        else:
            row = self._existing(params.thread_id)
        require_side(row, params.include_archived)
        patching.check_fixed(params.patch, row.thread, str(self._catalog.layout.absolute(row.path)))
        if fields:
            self._writing.patch(row, params.patch, writer)
            row = self._existing(params.thread_id)
        return self._catalog.shown(row.thread)

    @_operation
    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Move a thread to the archived side."""
        row = self._existing(params.thread_id)
        moves.archive(self._catalog, row, self._live.get(params.thread_id), self._clock())

    @_operation
    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Move a thread back to the active side and return it."""
        moves.unarchive(self._catalog, self._existing(params.thread_id), self._live.get(params.thread_id))
        return self._catalog.shown(self._existing(params.thread_id).thread)

    @_operation
    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Remove every trace of a thread, and close its writer."""
        thread_id = params.thread_id
        writer = self._live.get(thread_id)
        known = self._known(thread_id)
        if known:
            moves.delete(self._catalog, thread_id)
        if writer is not None:
            del self._live[thread_id]
            self._writing.drop(writer)
        if not known:
            raise ThreadNotFound(thread_id)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = error.filename or self.home
            raise Internal(f"{where}: {error.strerror or error}; check the disk and the permissions") from error

    def _known(self, thread_id: ThreadId) -> bool:
        """Tell whether there is a thread to delete, be it one that cannot be read."""
        writer = self._live.get(thread_id)
        if writer is not None and writer.created is not None:
            return False
        return self._catalog.stored(thread_id) or self._catalog.layout.find(thread_id) is not None

    def _existing(self, thread_id: ThreadId) -> Row:
        """Return the row of a visible thread."""
        writer = self._live.get(thread_id)
        row = self._catalog.get(thread_id) if writer is None or writer.created is None else None
        if row is None:
            raise ThreadNotFound(thread_id)
        return row

    def _writer(self, thread_id: ThreadId) -> Writer:
        try:
            return self._live[thread_id]
        except KeyError:
            raise ThreadNotFound(thread_id) from None

    def _at_path(self, rollout_path: str) -> Row:
        found = self._catalog.layout.resolve(rollout_path)
        try:
            row = self._existing(found.thread_id)
        except ThreadNotFound:
            row = None
        if row is None or self._catalog.layout.inside(row.path) != self._catalog.layout.inside(found.path):
            raise InvalidRequest(f"rollout_path {rollout_path} is not the rollout of a thread", "rollout_path")
        return row

    def _shown(self, row: Row, params: p.ReadThreadParams | p.ReadThreadByRolloutPathParams) -> StoredThread:
        require_side(row, params.include_archived)
        history = self._history(row) if params.include_history else None
        return evolve(self._catalog.shown(row.thread), history=history)

    def _history(self, row: Row) -> StoredThreadHistory:
        require_legacy(row)
        thread_id = row.thread.thread_id
        data = rollout.read_bytes(self._catalog.physical(row))
        return StoredThreadHistory(thread_id, rollout.history(data, thread_id))

    def _look_again(self) -> None:
        """Follow the files before a listing, where no lasting index does."""
        if not self._catalog.index.lasting:
            self._catalog.scan()
