"""What each field of a params object may hold, said once, beside the field.

A field declares a check; `check_fields` runs all of a class's checks and raises `InvalidRequest` that names the
field. Stores call it first, the model too: what it checks is the types, which a store in another language has by
its own type system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import attrs

from .errors import InvalidRequest
from .ids import is_thread_id
from .jsonvalue import check_json, check_unicode, short

#: Takes a value and the name of its field; raises `InvalidRequest` when the field cannot hold it.
Check = Callable[[Any, str], None]


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


#: In a patch: leave the field as it is. Never the same as ``None``, which clears it.
UNSET = Unset.UNSET

#: The last millisecond of the year 9999: the largest timestamp that RFC 3339 can write.
MAX_TIMESTAMP = 253_402_300_799_999


def checked(check: Check, default: Any = attrs.NOTHING, **more: Any) -> Any:
    """Declare an attrs field with a check."""
    metadata = {"check": check, **more.pop("metadata", {})}
    return attrs.field(default=default, metadata=metadata, **more)


def check_fields(params: Any, where: str = "") -> None:
    """Raise `InvalidRequest` naming the first field of ``params`` that holds what it may not."""
    for name, check, may_be_unset in _checks_of(type(params)):
        value = getattr(params, name)
        if value is not UNSET or not may_be_unset:
            check(value, where + name)


#: Of each class: a field's name, its check, and whether it may be `UNSET`.
_CHECKS: dict[type, tuple[tuple[str, Check, bool], ...]] = {}


def _checks_of(cls: type) -> tuple[tuple[str, Check, bool], ...]:
    try:
        return _CHECKS[cls]
    except KeyError:
        declared = [
            (a.name, a.metadata["check"], a.default is UNSET) for a in attrs.fields(cls) if "check" in a.metadata
        ]
        return _CHECKS.setdefault(cls, tuple(declared))


def text(value: Any, where: str) -> None:
    """Check any Unicode text."""
    if type(value) is not str:
        raise InvalidRequest(f"{where} must be text, not {_kind(value)}", where)
    check_unicode(value, where)


def thread_id(value: Any, where: str) -> None:
    """Check a canonical thread id (ID-1)."""
    if not is_thread_id(value):
        raise InvalidRequest(f"{where} must be a UUID in lower-case text with hyphens, not {short(value)}", where)


def timestamp(value: Any, where: str) -> None:
    """Check whole milliseconds since the Unix epoch."""
    integer(value, where)
    if not 0 <= value <= MAX_TIMESTAMP:
        raise InvalidRequest(f"{where} must be milliseconds from 1970 to the year 9999, not {value:.4g}", where)


def integer(value: Any, where: str) -> None:
    """Check an integer that 64 signed bits can hold."""
    if type(value) is not int:
        raise InvalidRequest(f"{where} must be an integer, not {_kind(value)}", where)
    if not -(2**63) <= value < 2**63:
        raise InvalidRequest(f"{where} must fit 64 signed bits; this integer has {value.bit_length()}", where)


def page_size(value: Any, where: str) -> None:
    """Check a page size; 0 passes, because what a store answers to it is a clause (LIST-4b)."""
    integer(value, where)
    if value < 0:
        raise InvalidRequest(f"{where} must be at least 1, not {value}", where)


def count(value: Any, where: str) -> None:
    """Check a number of things, or a position among them."""
    integer(value, where)
    if value < 0:
        raise InvalidRequest(f"{where} must be 0 or more, not {value}", where)


def flag(value: Any, where: str) -> None:
    """Check a boolean."""
    if type(value) is not bool:
        raise InvalidRequest(f"{where} must be true or false, not {_kind(value)}", where)


def json(value: Any, where: str) -> None:
    """Check a storable JSON value."""
    check_json(value, where)


def json_object(value: Any, where: str) -> None:
    """Check a storable JSON object."""
    if type(value) is not dict:
        raise InvalidRequest(f"{where} must be a JSON object, not {_kind(value)}", where)
    check_json(value, where)


def source(value: Any, where: str) -> None:
    """Check a session source: a name, or a JSON object."""
    (text if isinstance(value, str) else json_object)(value, where)


def one_of(*choices: str) -> Check:
    """Check one of a few words."""

    def check(value: Any, where: str) -> None:
        if value not in choices:
            raise InvalidRequest(f"{where} must be {' or '.join(choices)}, not {short(value)}", where)

    return check


def optional(check: Check) -> Check:
    """Let ``None`` pass too."""

    def check_optional(value: Any, where: str) -> None:
        if value is not None:
            check(value, where)

    return check_optional


def sequence(check: Check) -> Check:
    """Check every element of a list."""

    def check_all(value: Any, where: str) -> None:
        if isinstance(value, str | bytes) or not isinstance(value, Sequence):
            raise InvalidRequest(f"{where} must be a list, not {_kind(value)}", where)
        for index, element in enumerate(value):
            check(element, f"{where}[{index}]")

    return check_all


def nested(cls: type) -> Check:
    """Check a params object inside a params object."""

    def check_nested(value: Any, where: str) -> None:
        if not isinstance(value, cls):
            raise InvalidRequest(f"{where} must be a {cls.__name__}, not {_kind(value)}", where)
        check_fields(value, f"{where}.")

    return check_nested


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
