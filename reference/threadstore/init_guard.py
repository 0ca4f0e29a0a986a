"""The guard that holds a live thread while its session can still fail to start (GUARD-1)."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol


class Discardable(Protocol):
    """Whatever has a writer to close."""

    def discard(self) -> None:
        """Close the writer without flushing."""
        ...


class InitGuard:
    """Discards the writer that it holds when it is left uncommitted, so that the thread's id is free again."""

    def __init__(self, held: Discardable | None) -> None:
        self._held = held

    def commit(self) -> None:
        """Let go of the writer: the session has started."""
        self._held = None

    def __enter__(self) -> InitGuard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        try:
            held.discard()
        except Exception:
            # The error that is reported is the one for which the start failed.
            if error is None:
                raise
