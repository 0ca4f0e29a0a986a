"""Simpler values: how much a value weighs, and which a little lighter ones could stand in its place.

Every variant offered weighs less than the value that it replaces, so whoever goes on taking them comes to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from threadstore import UNSET, RolloutItem

from .lab import agent_message
from .program import told_fields
from .values import default_of

#: The item that says least.
_PLAIN = agent_message("")
#: Members of a payload that say what sort of item it is.
_TELLING = ("type", "id")


def weight(value: Any) -> int:
    """Return how much a reader of a value has to take in; what is at its default or empty weighs nothing."""
    if isinstance(value, RolloutItem):
        return 1 if value == _PLAIN else 2 + weight(value.payload)
    if attrs.has(type(value)):
        return sum(1 + weight(member) for _, member in told_fields(value))
    if isinstance(value, dict):
        return sum(1 + weight(member) for member in value.values())
    if isinstance(value, list | tuple):
        return sum(1 + weight(element) for element in value)
    if isinstance(value, str):
        return 1 if value.startswith("@") else sum(1 if " " < letter <= "~" else 2 for letter in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0 if value == 0 and type(value) is int else len(repr(value))
    return int(value is True)


def lighter(value: Any) -> Iterator[Any]:
    """Yield variants of a value that weigh less, the lightest of a kind first."""
    least = weight(value)
    yield from (variant for variant in _variants(value) if weight(variant) < least)


def _variants(value: Any) -> Iterator[Any]:
    if isinstance(value, RolloutItem):
        yield _PLAIN
        yield from (RolloutItem(value.type, payload) for payload in _of_payload(value.payload))
    elif attrs.has(type(value)):
        yield from _of_fields(value)
    elif isinstance(value, dict):
        yield {}
        yield from _of_object(value)
    elif isinstance(value, list | tuple):
        yield from _of_list(value)
    elif isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(value)


def _of_fields(value: Any) -> Iterator[Any]:
    defaults = {attribute.name: default_of(attribute) for attribute in attrs.fields(type(value))}
    for name, member in told_fields(value):
        if defaults[name] is not attrs.NOTHING:
            yield attrs.evolve(value, **{name: defaults[name]})
        if not name.endswith("_id") and member is not UNSET:
            yield from (attrs.evolve(value, **{name: variant}) for variant in lighter(member))


def _of_payload(payload: Any) -> Iterator[Any]:
    # Params take any payload: what is no object is the store's to refuse.
    yield from _of_object(payload, keep=_TELLING) if isinstance(payload, dict) else _variants(payload)


def _of_object(value: dict[str, Any], keep: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    for name, member in value.items():
        if name in keep:
            continue
        yield {key: each for key, each in value.items() if key != name}
        yield from ({**value, name: variant} for variant in lighter(member))


def _of_list(value: Sequence[Any]) -> Iterator[Sequence[Any]]:
    make: Callable[[Sequence[Any]], Sequence[Any]] = type(value)
    half = len(value) // 2
    yield from (make(part) for part in (value[:0], value[:half], value[half:]))
    for index, element in enumerate(value):
        yield make([*value[:index], *value[index + 1 :]])
        yield from (make([*value[:index], variant, *value[index + 1 :]]) for variant in lighter(element))


def _of_text(value: str) -> Iterator[str]:
    if value.startswith("@"):
        return
    half = len(value) // 2
    yield from ("", "a", value[:1], value[:half], value[half:], value[1:], value[:-1], "a" * len(value))


def _of_number(value: int | float) -> Iterator[int | float]:
    yield from (0, 1)
    if isinstance(value, int):
        digits = str(abs(value))
        yield from (int(digits[: len(digits) // 2] or "0"), int(digits[:-1] or "0"), abs(value))
