"""The six errors: texts, data, and that Python can carry them (READ-3)."""

from __future__ import annotations

import contextlib
import copy
import pickle
import traceback
from collections.abc import Iterator

import pytest

from threadstore import (
    Conflict,
    ErrorKind,
    Internal,
    InvalidRequest,
    ResourceExhausted,
    ThreadNotFound,
    ThreadStoreError,
    Unsupported,
)

ONE = "0190a000-0000-7000-8000-000000000001"

ERRORS = [
    (ThreadNotFound(ONE), ErrorKind.THREAD_NOT_FOUND, f"thread {ONE} not found"),
    (InvalidRequest("no", "items[3]"), ErrorKind.INVALID_REQUEST, "invalid thread-store request: no"),
    (Conflict("taken"), ErrorKind.CONFLICT, "thread-store conflict: taken"),
    (Unsupported("thread/search"), ErrorKind.UNSUPPORTED, "thread-store unsupported operation: thread/search"),
    (ResourceExhausted("full"), ErrorKind.RESOURCE_EXHAUSTED, "thread-store resource exhausted: full"),
    (Internal("disk"), ErrorKind.INTERNAL, "thread-store internal error: disk"),
]

each = pytest.mark.parametrize("error", [error for error, _, _ in ERRORS], ids=lambda error: type(error).__name__)


@pytest.mark.parametrize(("error", "kind", "text"), ERRORS)
def test_each_has_its_kind_and_its_text(error: ThreadStoreError, kind: ErrorKind, text: str) -> None:
    """Ensure the texts are the ones that callers in the field match."""
    assert (error.kind, str(error)) == (kind, text)


def test_errors_carry_data() -> None:
    """Ensure the id, the field and the operation can be had without reading the text."""
    assert ThreadNotFound(ONE).thread_id == ONE
    assert InvalidRequest("no").field is None
    assert InvalidRequest("no", "name").field == "name"
    assert Unsupported("list_turns").operation == "list_turns"


@each
def test_each_is_pickled_and_copied_whole(error: ThreadStoreError) -> None:
    """Ensure an error crosses a process boundary with its data."""
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert repr(again) == repr(error)
        assert str(again) == str(error)


@each
def test_each_is_raised_like_any_exception(error: ThreadStoreError) -> None:
    """Ensure frozen errors take a traceback, a cause, a context and a note, and print."""
    fresh = copy.copy(error)
    with pytest.raises(type(error)) as caught:
        raise_from(fresh)
    assert caught.value is fresh
    assert isinstance(fresh.__cause__, KeyError)
    fresh.add_note("seen while testing")
    assert "seen while testing" in "".join(traceback.format_exception(fresh))
    again = fresh.with_traceback(None)
    assert again.__traceback__ is None


@each
def test_each_passes_through_a_context_manager(error: ThreadStoreError) -> None:
    """Ensure an error crosses a generator's ``with`` and an exit stack, which set its traceback and context."""

    @contextlib.contextmanager
    def manager() -> Iterator[None]:
        yield

    fresh = copy.copy(error)
    with pytest.raises(type(error)) as caught, contextlib.ExitStack(), manager():
        raise fresh
    assert caught.value is fresh


@each
def test_no_field_of_an_error_can_be_changed(error: ThreadStoreError) -> None:
    """Ensure an error says what it said."""
    for name in error.__match_args__:  # type: ignore[attr-defined]
        with pytest.raises(AttributeError):
            setattr(error, name, "other")


def raise_from(error: ThreadStoreError) -> None:
    try:
        raise KeyError("missing")
    except KeyError as cause:
        raise error from cause
