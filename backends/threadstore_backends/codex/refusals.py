"""What Codex refuses, as the errors of a thread manager: told apart by its words, since its codes tell few apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadstore.errors import Internal, InvalidRequest, ThreadNotFound, ThreadStoreError, Unsupported

from .errors import CodexRefused
from .rpc import METHOD_NOT_FOUND

#: How Codex says that there is no such thread.
_MISSING = (
    "no rollout found", "no archived rollout found", "thread not loaded", "thread not found", "thread is not persisted",
    "no thread with id",
)  # fmt: skip

#: The code of a failure of Codex's own.
_INTERNAL_ERROR = -32603


@contextmanager
def answering(about: str) -> Iterator[None]:
    """Turn a refusal into the error of its class, which names the thread or the field that was asked about."""
    try:
        yield
    except CodexRefused as refused:
        raise _error(refused, about) from refused


def _error(refused: CodexRefused, about: str) -> ThreadStoreError:
    if refused.code == METHOD_NOT_FOUND:
        return Unsupported(refused.method)
    if refused.code == _INTERNAL_ERROR:
        return Internal(refused.message)
    if any(words in refused.message for words in _MISSING):
        return ThreadNotFound(about)
    return InvalidRequest(f"{about}: {refused.message}")
