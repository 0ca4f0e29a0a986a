"""Names for threads that a program makes: a manager chooses their ids, which differ from run to run.

``@thread:3`` is what the program's fourth making operation made: a start, a fork or a spawn. One that was refused
made nothing, and its name stands for an id that no thread has. The path of such a thread is ``@path:@thread:3``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any
from uuid import UUID

import attrs
from attrs import define, field

from threadstore import RolloutItem, ThreadId

from .values import PLAIN, names_of

THREAD_PREFIX = "@thread:"
PATH_PREFIX = "@path:"


def unmade_id(number: int) -> ThreadId:
    """Return the id that the name of a refused making operation stands for; no thread has it."""
    return str(UUID(int=0x01900000_0000_7000_A000_000000000000 + number))


@define
class ThreadNames:
    """The threads that a run made so far, in the order of the operations that were to make them."""

    _made: list[ThreadId] = field(factory=list)
    _names: dict[ThreadId, str] = field(factory=dict)

    def made(self, thread_id: ThreadId | None) -> None:
        """Take note of a making operation: the id that it made, or nothing when it was refused."""
        number = len(self._made)
        self._made.append(thread_id or unmade_id(number))
        self._names[self._made[-1]] = f"{THREAD_PREFIX}{number}"

    def resolved(self, operation: Any) -> Any:
        """Return an operation with ids in place of names."""
        return with_texts(operation, self._resolve)

    def named(self, operation: Any) -> Any:
        """Return an operation with names in place of the ids that have one."""
        return with_texts(operation, self._name)

    def _name(self, text: str) -> str:
        if text.startswith(PATH_PREFIX):
            return PATH_PREFIX + self._name(text.removeprefix(PATH_PREFIX))
        return self._names.get(text, text)

    def _resolve(self, text: str) -> str:
        if text.startswith(PATH_PREFIX):
            return PATH_PREFIX + self._resolve(text.removeprefix(PATH_PREFIX))
        number = number_of(text)
        if number is None:
            return text
        return self._made[number] if number < len(self._made) else unmade_id(number)


def number_of(text: str) -> int | None:
    """Return which making operation a name speaks of, or ``None`` for any other text."""
    number = text.removeprefix(THREAD_PREFIX)
    return int(number) if number != text and number.isascii() and number.isdecimal() else None


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a params object or JSON value with every text inside it changed, member names excepted.

    What holds nothing to change is returned as it is: this runs for every operation of a program, items and all.
    """
    kind = type(value)
    if kind is str:
        return change(value)
    if kind in PLAIN:
        return value
    if kind is RolloutItem:
        payload = with_texts(value.payload, change)
        return value if payload is value.payload else RolloutItem(value.type, payload)
    if kind is dict:
        members = {name: with_texts(member, change) for name, member in value.items()}
        return value if all(members[name] is member for name, member in value.items()) else members
    if kind is list or kind is tuple:
        elements = [with_texts(element, change) for element in value]
        return value if all(map(is_, elements, value)) else kind(elements)
    changed = {
        name: new
        for name in names_of(kind)
        if (member := getattr(value, name)) is not None and (new := with_texts(member, change)) is not member
    }
    return attrs.evolve(value, **changed) if changed else value
