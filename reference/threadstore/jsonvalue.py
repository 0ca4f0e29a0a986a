"""JSON values: which ones are storable, and when two are the same value (APPEND-5).

``True`` is not ``1``, a number is its exact value whatever its Python type, the order of members means nothing,
a missing member is not a null one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from .errors import InvalidRequest

#: ``None``, ``bool``, ``int``, ``float``, ``str``, or a list or string-keyed dict of them.
JSON: TypeAlias = Any

INT_MIN = -(2**63)
INT_MAX = 2**64 - 1

#: Levels of nesting that the types let through; the spec asks every store for 100.
MAX_DEPTH = 200


def check_json(value: JSON, where: str, depth: int = MAX_DEPTH) -> None:
    """Raise `InvalidRequest` that names ``where`` unless the value can be stored."""
    kind = type(value)
    if kind is str:
        check_unicode(value, where)
    elif kind is dict or kind is list:
        if depth == 0:
            raise InvalidRequest(f"{where} is nested more than {MAX_DEPTH} levels deep", where)
        _check_members(value, where, depth - 1)
    elif kind is int:
        if not INT_MIN <= value <= INT_MAX:
            raise InvalidRequest(f"{where} must be an integer from -2^63 to 2^64-1, not {short(value)}", where)
    elif kind is float:
        if not math.isfinite(value):
            raise InvalidRequest(f"{where} must be a finite number, not {value}", where)
    elif kind is not bool and value is not None:
        raise InvalidRequest(f"{where} must be JSON, not a {kind.__name__}", where)


def _check_members(value: JSON, where: str, depth: int) -> None:
    # A few levels of path say where to look; a hundred would hide what is wrong.
    named = depth > MAX_DEPTH - 4
    if type(value) is not dict:
        for index, element in enumerate(value):
            check_json(element, f"{where}[{index}]" if named else where, depth)
        return
    for key, member in value.items():
        if type(key) is not str:
            raise InvalidRequest(f"{where} has a member whose key is not text: {short(key)}", where)
        check_unicode(key, where)
        check_json(member, f"{where}.{key}" if named else where, depth)


def check_unicode(text: str, where: str) -> None:
    """Raise `InvalidRequest` that names ``where`` if the text has a surrogate code point."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidRequest(
                f"{where} must be Unicode text: character {error.start} is the lone surrogate"
                f" U+{ord(text[error.start]):04X}",
                where,
            ) from None


def same_json(a: JSON, b: JSON) -> bool:
    """Tell whether two JSON values are the same value."""
    # Python's == knows no difference between True and 1, nor between a list and a subclass of it; no other
    # pair of different JSON values is equal to it, so kinds are all that is left to compare.
    return bool(a == b) and _same_kinds(a, b)


def _same_kinds(a: JSON, b: JSON) -> bool:
    if type(a) is str:
        return True
    if isinstance(a, Mapping):
        return all(_same_kinds(member, b[key]) for key, member in a.items())
    if isinstance(a, Sequence) and not isinstance(a, str):
        return all(_same_kinds(x, y) for x, y in zip(a, b, strict=True))
    return (type(a) is bool) == (type(b) is bool)


def short(value: object) -> str:
    """Return some of a value's text, for a message: at most 60 characters."""
    if isinstance(value, int) and abs(value) > 10**40:
        return f"a number of {value.bit_length()} bits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits inside, or too many levels
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"
