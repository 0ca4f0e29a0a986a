"""Copying and spoiling JSON values, to see whether a store keeps values or somebody's objects (APPEND-5d).

Both run for every operation in lockstep, so they stop at whatever holds nothing that can change.
"""

from __future__ import annotations

import math
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
        return {key: member if type(member) in PLAIN else copied(member) for key, member in value.items()}
    if kind is list:
        return [element if type(element) in PLAIN else copied(element) for element in value]
    if kind is tuple:
        elements = tuple([copied(element) for element in value])
        return value if all(map(is_, elements, value)) else elements
    if kind is RolloutItem:
        return RolloutItem(value.type, copied(value.payload))
    changes = {
        name: own
        for name in names_of(kind)
        if type(member := getattr(value, name)) not in PLAIN and (own := copied(member)) is not member
    }
    return attrs.evolve(value, **changes) if changes else value


def is_as_given(value: Any, given: Any) -> bool:
    """Tell whether a copy of what was given is as it was; a number that is not equal to itself counts as itself."""
    if value == given:
        return True
    kind = type(value)
    if kind is not type(given):
        return False
    if kind is RolloutItem:
        return value.type == given.type and is_as_given(value.payload, given.payload)
    if kind is dict:
        return value.keys() == given.keys() and all(is_as_given(value[key], given[key]) for key in given)
    if kind is list or kind is tuple:
        return len(value) == len(given) and all(map(is_as_given, value, given))
    if kind is float:
        return math.isnan(value) and math.isnan(given)  # what NaN alone is
    names = names_of(kind)
    return bool(names) and all(is_as_given(getattr(value, name), getattr(given, name)) for name in names)


def default_of(attribute: attrs.Attribute[Any]) -> Any:
    """Return what a field is when it is not given: `attrs.NOTHING` for one that must be."""
    default: Any = attribute.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]  # a function to the type checker


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
        _spoil_all([getattr(value, name) for name in names_of(kind)])


def _spoil_all(members: Iterable[Any]) -> None:
    for member in members:
        if type(member) not in PLAIN:
            spoil(member)


PLAIN = frozenset({str, int, float, bool, type(None), Unset})
_NAMES: dict[type, tuple[str, ...]] = {}


def names_of(cls: type) -> tuple[str, ...]:
    """Return the names of a class's fields; none for what has none."""
    names = _NAMES.get(cls)
    if names is None:
        names = _NAMES[cls] = tuple(a.name for a in attrs.fields(cls)) if attrs.has(cls) else ()
    return names
