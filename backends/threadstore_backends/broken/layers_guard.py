"""Broken session layers of GUARD: beginnings that fail and leave something behind, or say something else."""

from __future__ import annotations

from typing import Any

from threadstore import ThreadStoreError
from threadstore.loaded import Session
from threadstore.thread_manager import ThreadManager

from .swapped import layer, layers_in


class _Unguarded:
    def __init__(self, held: Any) -> None:
        pass

    def commit(self) -> None:
        pass

    def __enter__(self) -> _Unguarded:
        return self

    def __exit__(self, *raised: Any) -> None:
        pass


@layer("GUARD-1", part="thread_manager.InitGuard")
class LeavesHalfBegunWritersOpen(_Unguarded):
    """Leaves the writer open when a beginning fails."""


class _Holding(_Unguarded):
    def __init__(self, held: Any) -> None:
        self.held = held

    def commit(self) -> None:
        self.held = None


@layer("GUARD-1", part="thread_manager.InitGuard")
class ReportsTheDiscard(_Holding):
    """Reports that a discard failed in place of why the beginning did."""

    def __exit__(self, *raised: Any) -> None:
        if self.held is not None:
            self.held.discard()


@layer("GUARD-1")
class LoadsFirst(ThreadManager):
    """Loads a thread before it has begun, and keeps it when that fails."""

    def _create(self, thread: Any) -> Any:
        writer = super()._create(thread)
        self._sessions[thread.thread_id] = Session(thread, writer, thread.originator)
        return writer


@layer("GUARD-1")
class DiscardsAtLaterErrors(ThreadManager):
    """Discards a thread when an append fails, long after it began."""

    def append_items(self, params: Any) -> None:
        try:
            super().append_items(params)
        except ThreadStoreError:
            if params.thread_id in self._sessions:
                self._sessions.pop(params.thread_id).writer.discard()
            raise


@layer("GUARD-1", issue="openai/codex#35385")
class ReturnsHalfAFork(ThreadManager):
    """Returns a fork as if it had begun when what it copies cannot be appended."""

    def _begin(self, thread: Any, items: Any = (), **how: Any) -> Any:
        try:
            return super()._begin(thread, items, **how)
        except ThreadStoreError:
            if not items:
                raise
            return thread


LAYERS = layers_in(globals())
