"""The six ways a ThreadStore may refuse.

Every error a store raises is one of these (READ-3); anything else that escapes from a store is a fault. The
texts are upstream's, because callers in the field match them.
"""

from __future__ import annotations

from enum import Enum

from attrs import Factory, field, frozen

from .ids import ThreadId


class ErrorKind(Enum):
    """The category of an error, as it travels in traces, certificates and on the wire."""

    THREAD_NOT_FOUND = "thread_not_found"
    INVALID_REQUEST = "invalid_request"
    CONFLICT = "conflict"
    UNSUPPORTED = "unsupported"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    INTERNAL = "internal"


class ThreadStoreError(Exception):
    """The base of every error that a store raises."""

    kind: ErrorKind


@frozen
class ThreadNotFound(ThreadStoreError):
    """The thread does not exist, or is not visible yet, or has no live writer."""

    kind = ErrorKind.THREAD_NOT_FOUND
    #: The id that was asked for.
    thread_id: ThreadId

    def __str__(self) -> str:
        return f"thread {self.thread_id} not found"


@frozen
class InvalidRequest(ThreadStoreError):
    """The request cannot be answered as it stands; the message names the thread or the field and what to do."""

    kind = ErrorKind.INVALID_REQUEST
    message: str
    #: The field that the message is about, when it is about one: ``items[3].payload``, ``patch.name``, …
    field: str | None = None

    def __str__(self) -> str:
        return f"invalid thread-store request: {self.message}"


@frozen
class Conflict(ThreadStoreError):
    """The thread is live elsewhere, or its id is taken."""

    kind = ErrorKind.CONFLICT
    message: str

    def __str__(self) -> str:
        return f"thread-store conflict: {self.message}"


@frozen
class Unsupported(ThreadStoreError):
    """The store does not offer this optional operation."""

    kind = ErrorKind.UNSUPPORTED
    #: The operation's name as the spec spells it: ``thread/search``, ``list_turns``, ``paginated_threads``, …
    operation: str

    def __str__(self) -> str:
        return f"thread-store unsupported operation: {self.operation}"


@frozen
class ResourceExhausted(ThreadStoreError):
    """A declared limit of the store would be exceeded."""

    kind = ErrorKind.RESOURCE_EXHAUSTED
    message: str

    def __str__(self) -> str:
        return f"thread-store resource exhausted: {self.message}"


@frozen
class Internal(ThreadStoreError):
    """The store's own machinery failed: a disk, a database, a damaged file."""

    kind = ErrorKind.INTERNAL
    message: str

    def __str__(self) -> str:
        return f"thread-store internal error: {self.message}"


#: Every kind's error.
ERROR_TYPES: dict[ErrorKind, type[ThreadStoreError]] = {
    cls.kind: cls for cls in (ThreadNotFound, InvalidRequest, Conflict, Unsupported, ResourceExhausted, Internal)
}


@frozen
class MetadataUpdateFailed(ThreadStoreError):
    """The session layer could not send what it knows of a thread's metadata; it keeps it, and tries again later."""

    #: What the store answered.
    cause: ThreadStoreError
    #: Whether the history that the metadata follows from was accepted; it must not be appended again (SYNC-4).
    history_accepted: bool
    #: The cause's kind.
    kind: ErrorKind = field(init=False, default=Factory(lambda self: self.cause.kind, takes_self=True))

    def __str__(self) -> str:
        accepted = " after its history was accepted" if self.history_accepted else ""
        return f"metadata of a thread was not updated{accepted}: {self.cause}"
