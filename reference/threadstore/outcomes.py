"""What the model answers: the values, refusals and freedoms that the spec gives an operation."""

from __future__ import annotations

from typing import Any, TypeAlias

from attrs import frozen

from .errors import ErrorKind
from .ids import ThreadId
from .thread import StoredThread


@frozen
class Ok:
    """The operation succeeds with this value, in which a part may be `Open`."""

    value: Any = None


@frozen
class Err:
    """The operation is refused, and nothing changes."""

    #: The kinds of error that conform; the first is the one a store SHOULD give.
    kinds: tuple[ErrorKind, ...]
    #: What the error must mention: the thread's id, the field's name, or the operation.
    about: str
    #: The clause that demands the refusal.
    clause: str


@frozen
class Either:
    """Any of these conforms, with the same state after it; the first is the one a store SHOULD give."""

    outcomes: tuple[Ok | Err, ...]


Outcome: TypeAlias = Ok | Err | Either


@frozen
class Open:
    """A value that the spec leaves to the store: free at its first observation, fixed from then on.

    Fields that hold the same (thread, name) are one value.
    """

    thread_id: ThreadId
    #: ``created``, ``archived``, ``session_meta``, or the field's own name.
    name: str
    #: What is known of the value before it is seen: a `SessionMeta` for ``session_meta``.
    facts: Any = None
    #: For a timestamp: the value is the bound one or this, whichever is later.
    at_least: int | None = None
    #: The values that it may have, when they are known.
    among: tuple[Any, ...] | None = None

    def bound(self, observed: Any) -> Any:
        """Return what a field that holds this becomes once the value is seen."""
        return observed if self.at_least is None else max(observed, self.at_least)


def left_open(thread_id: ThreadId, name: str, facts: Any = None) -> Any:
    """Return an `Open` for a field of any type."""
    return Open(thread_id, name, facts)


@frozen
class Position:
    """Where a page ended: what a cursor stands for."""

    #: The query without its page size and cursor.
    query: Any
    #: The sort value and id of the last thread on the page.
    after: tuple[int, ThreadId]
    #: The count of changes when the walk began.
    since: int


@frozen
class Rows:
    """What a page of a listing or a search may hold.

    Threads that were not touched since the walk began come exactly in order, none left out. One that was touched
    may come, wherever it belongs now, or may have been passed (LIST-3).
    """

    #: The untouched threads still to come, in order.
    due: tuple[StoredThread, ...]
    #: The touched ones that match the query now.
    touched: tuple[StoredThread, ...]
    #: At most so many threads are on the page.
    limit: int
    query: Any
    since: int
    #: Where the page before ended, if there was one.
    after: tuple[int, ThreadId] | None = None
    #: What a search's snippet must contain.
    snippet: str | None = None
