"""The asynchronous twin of the first port, and the adapter that makes it a `ThreadStore`.

An author whose store is asynchronous registers ``Blocking(MyAsyncStore(…))``: the suite drives it on an event loop
of its own, in a thread of its own.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable
from typing import Any, Protocol

from . import params as p
from .store import METHODS
from .thread import (
    HistoryMode,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    ThreadPage,
    ThreadSearchPage,
    TurnPage,
)


class AsyncThreadStore(Protocol):
    """`ThreadStore` with awaitable methods; ``default_history_mode`` alone stays synchronous, as upstream."""

    def default_history_mode(self) -> HistoryMode: ...  # noqa: D102  # each is its namesake in ThreadStore
    def create_thread(self, params: p.CreateThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def resume_thread(self, params: p.ResumeThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def append_items(self, params: p.AppendThreadItemsParams, /) -> Awaitable[None]: ...  # noqa: D102
    def persist_thread(self, params: p.PersistThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def flush_thread(self, params: p.FlushThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def discard_thread(self, params: p.DiscardThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def load_history(self, params: p.LoadThreadHistoryParams, /) -> Awaitable[StoredThreadHistory]: ...  # noqa: D102
    def read_thread(self, params: p.ReadThreadParams, /) -> Awaitable[StoredThread]: ...  # noqa: D102
    def read_thread_by_rollout_path(  # noqa: D102
        self, params: p.ReadThreadByRolloutPathParams, /
    ) -> Awaitable[StoredThread]: ...
    def list_threads(self, params: p.ListThreadsParams, /) -> Awaitable[ThreadPage]: ...  # noqa: D102
    def search_threads(self, params: p.SearchThreadsParams, /) -> Awaitable[ThreadSearchPage]: ...  # noqa: D102
    def list_turns(self, params: p.ListTurnsParams, /) -> Awaitable[TurnPage]: ...  # noqa: D102
    def list_items(self, params: p.ListItemsParams, /) -> Awaitable[ItemPage]: ...  # noqa: D102
    def update_thread_metadata(  # noqa: D102
        self, params: p.UpdateThreadMetadataParams, /
    ) -> Awaitable[StoredThread]: ...
    def archive_thread(self, params: p.ArchiveThreadParams, /) -> Awaitable[None]: ...  # noqa: D102
    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> Awaitable[StoredThread]: ...  # noqa: D102
    def delete_thread(self, params: p.DeleteThreadParams, /) -> Awaitable[None]: ...  # noqa: D102


class Blocking:
    """Runs an `AsyncThreadStore` on an event loop in a thread, as a `ThreadStore`."""

    def __init__(self, store: AsyncThreadStore) -> None:
        self._store = store
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="threadstore-loop", daemon=True)
        self._thread.start()

    def default_history_mode(self) -> HistoryMode:
        """Ask the store; this method is synchronous on both sides."""
        return self._store.default_history_mode()

    def close(self) -> None:
        """Close the store, when it can be, then stop the loop and its thread."""
        if self._loop.is_closed():
            return
        close = getattr(self._store, "close", None)
        try:
            if close is not None:
                self._run(close)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __getattr__(self, name: str) -> Any:
        # The eighteen asynchronous methods are alike: found on the store, awaited on the loop.
        if name not in METHODS.values():
            raise AttributeError(name)
        method = getattr(self._store, name)
        return lambda params: self._run(method, params)

    def _run(self, method: Any, *arguments: Any) -> Any:
        async def call() -> Any:
            result = method(*arguments)
            return await result if inspect.isawaitable(result) else result

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()
