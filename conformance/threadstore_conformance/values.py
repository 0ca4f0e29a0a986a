"""Copying and spoiling JSON values, to see whether a store keeps values or somebody's objects (APPEND-5d).

Both run for every operation in lockstep, so they stop at whatever holds nothing that can change.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any

import attrs

from threadstore import RolloutItem
from threadstore.fields import Unset

#: The member that `spoil` leaves in every object it empties.
SPOILED = "spoiled by the conformance suite"


def copied(value: Any) -> Any:
    """Return a params object or JSON value that shares no list, dict or item with the original."""
    kind = type(value)
    if kind is dict:
        return {key: member if type(member) in _PLAIN else copied(member) for key, member in value.items()}
    if kind is list:
        return [element if type(element) in _PLAIN else copied(element) for element in value]
    if kind is tuple:
        elements = tuple([copied(element) for element in value])
        return value if all(map(is_, elements, value)) else elements
    if kind is RolloutItem:
        return RolloutItem(value.type, copied(value.payload))
    changes = {
        name: own
        for name in _names(kind)
        if type(member := getattr(value, name)) not in _PLAIN and (own := copied(member)) is not member
    }
    return attrs.evolve(value, **changes) if changes else value


def spoil(value: Any) -> None:
    """Empty every list and object inside a value, innermost first, as a careless owner might."""
    kind = type(value)
    if kind is RolloutItem:
        spoil(value.payload)
    elif kind is dict:
        _spoil_all(value.values())
        value.clear()
        value[SPOILED] = True
    elif kind is list:
        _spoil_all(value)
        value.clear()
    elif kind is tuple:
        _spoil_all(value)
    else:
        _spoil_all([getattr(value, name) for name in _names(kind)])


def _spoil_all(members: Iterable[Any]) -> None:
    for member in members:
        if type(member) not in _PLAIN:
            spoil(member)


_PLAIN = frozenset({str, int, float, bool, type(None), Unset})
_NAMES: dict[type, tuple[str, ...]] = {}


def _names(cls: type) -> tuple[str, ...]:
    names = _NAMES.get(cls)
    if names is None:
        names = _NAMES[cls] = tuple(a.name for a in attrs.fields(cls)) if attrs.has(cls) else ()
    return names
