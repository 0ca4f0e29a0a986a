"""Copying and spoiling JSON values, to see whether a store keeps values or somebody's objects (APPEND-5d)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from threadstore import RolloutItem

#: The member that `spoil` leaves in every object it empties.
SPOILED = "spoiled by the conformance suite"


def copied(value: Any) -> Any:
    """Return a params object or JSON value that shares no list, dict or item with the original."""
    kind = type(value)
    if kind is dict:
        return {key: copied(member) for key, member in value.items()}
    if kind is list:
        return [copied(element) for element in value]
    if kind is tuple:
        return tuple([copied(element) for element in value])
    if kind is RolloutItem:
        return RolloutItem(value.type, copied(value.payload))
    if attrs.has(kind):
        changes = {
            name: copied(member)
            for name in _names(kind)
            if type(member := getattr(value, name)) not in _PLAIN and not callable(member)
        }
        return attrs.evolve(value, **changes) if changes else value
    return value


def spoil(value: Any) -> None:
    """Empty every list and object inside a value, as a careless owner might."""
    for container in _containers(value):
        if isinstance(container, dict):
            container.clear()
            container[SPOILED] = True
        else:
            container.clear()


def _containers(value: Any) -> Iterator[Any]:
    # Innermost first: an emptied container no longer leads to what it held.
    kind = type(value)
    if kind is RolloutItem:
        yield from _containers(value.payload)
    elif kind is dict:
        for member in list(value.values()):
            if type(member) not in _PLAIN:
                yield from _containers(member)
        yield value
    elif kind is list or kind is tuple:
        for element in value:
            if type(element) not in _PLAIN:
                yield from _containers(element)
        if kind is list:
            yield value
    elif attrs.has(kind):
        for name in _names(kind):
            member = getattr(value, name)
            if type(member) not in _PLAIN:
                yield from _containers(member)


_PLAIN = frozenset({str, int, float, bool, type(None)})
_NAMES: dict[type, tuple[str, ...]] = {}


def _names(cls: type) -> tuple[str, ...]:
    names = _NAMES.get(cls)
    if names is None:
        names = _NAMES[cls] = tuple(a.name for a in attrs.fields(cls))
    return names
