"""Making a failing program small: fewer operations, then simpler values, as long as it breaks the same clause.

Hypothesis shrinks what was drawn; this shrinks what was run, which is shorter work: a program is run again some
hundred times, each on a store of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
from attrs import define, field

from threadstore import UNSET, RolloutItem
from threadstore.manager import MAKERS

from .discovery import Registered
from .lockstep import Difference
from .ports import PortName, Step
from .program import CURSOR_PREFIX, PATH_PREFIX
from .references import LISTINGS
from .running import run_program
from .thread_names import THREAD_PREFIX, number_of, unmade_id, with_texts

#: A program is run again at most so often.
BUDGET = 600


def smallest(difference: Difference, backend: Registered) -> Difference | None:
    """Return the smallest program found that breaks the same clause, or nothing when this one does so no more."""
    search = _Search(difference.clause, backend, difference.port)
    if not search.accepts(list(difference.operations)):
        return None
    size = None
    while size != search.size and search.runs < BUDGET:
        size = search.size
        search.drop_operations()
        search.simplify_operations()
    return search.best


@define
class _Search:
    clause: str
    backend: Registered
    port: PortName
    best: Difference | None = None
    runs: int = 0

    @property
    def operations(self) -> list[Step]:
        return list(self.best.operations) if self.best else []

    @property
    def size(self) -> int:
        return len(repr(self.operations))

    def accepts(self, operations: list[Step]) -> bool:
        """Run a candidate, and keep it when it breaks the clause."""
        if self.runs >= BUDGET:
            return False
        self.runs += 1
        try:
            run_program(self.backend, operations, self.port)
        except Difference as difference:
            if difference.clause == self.clause:
                self.best = difference
                return True
        return False

    def drop_operations(self) -> None:
        """Leave out runs of operations, long ones first."""
        length = len(self.operations) // 2 or 1
        while length:
            start = len(self.operations) - length
            while start >= 0:
                self.accepts(self._without(range(start, start + length)))
                start = min(start - length, len(self.operations) - length)
            length //= 2

    def _without(self, dropped: range) -> list[Step]:
        """Return the program without some operations, its cursors and its threads numbered anew."""
        assert self.best is not None
        kept: list[Step] = []
        cursors, threads = _Numbers(CURSOR_PREFIX), _Numbers(THREAD_PREFIX)
        for index, operation in enumerate(self.operations):
            if index not in dropped:
                kept.append(_renumbered(operation, cursors, threads))
            if isinstance(operation, LISTINGS) and index not in self.best.refused:
                cursors.count(kept=index not in dropped)
            if isinstance(operation, MAKERS):
                threads.count(kept=index not in dropped)
        return kept

    def simplify_operations(self) -> None:
        """Replace each operation's values by simpler ones."""
        index = 0
        while index < len(self.operations):
            for simpler in _simpler(self.operations[index]):
                candidate = self.operations
                candidate[index] = simpler
                if self.accepts(candidate):
                    break
            else:
                index += 1
            if index >= len(self.operations):
                break


@define
class _Numbers:
    """The names of what a program makes, before some of its operations were dropped and after."""

    _prefix: str
    _new: dict[str, str] = field(factory=dict)
    _before: int = 0
    _after: int = 0

    def count(self, *, kept: bool) -> None:
        """Take note of an operation that makes the next of them."""
        if kept:
            self._new[f"{self._prefix}{self._before}"] = f"{self._prefix}{self._after}"
            self._after += 1
        self._before += 1

    def get(self, name: str) -> str | None:
        """Return the new name, or nothing when what it named is not made any more."""
        return self._new.get(name)


def _renumbered(operation: Any, cursors: _Numbers, threads: _Numbers) -> Any:
    def renamed(text: str) -> str:
        name = text.removeprefix(PATH_PREFIX)
        number = number_of(name)
        if number is None:
            return text
        return text.removesuffix(name) + (threads.get(name) or unmade_id(number))

    operation = with_texts(operation, renamed)
    cursor = getattr(operation, "cursor", None)
    if not isinstance(cursor, str) or not cursor.startswith(CURSOR_PREFIX):
        return operation
    return attrs.evolve(operation, cursor=cursors.get(cursor) or f"{CURSOR_PREFIX}gone")


def _simpler(value: Any) -> Iterator[Any]:
    """Yield variants of a value that are a little simpler, the simplest first."""
    if isinstance(value, RolloutItem):
        yield from (RolloutItem(value.type, payload) for payload in _simpler_object(value.payload, keep=("type", "id")))
    elif attrs.has(type(value)):
        yield from _simpler_fields(value)
    elif isinstance(value, dict):
        yield from _simpler_object(value)
    elif isinstance(value, list | tuple):
        yield from _simpler_list(value)
    elif isinstance(value, str) and len(value) > 1 and not value.startswith("@"):
        yield value[0]


def _simpler_fields(value: Any) -> Iterator[Any]:
    for attribute in attrs.fields(type(value)):
        member = getattr(value, attribute.name)
        default: Any = attribute.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a function to the type checker
            default = default.factory()
        if member is default or (type(member) is type(default) and member == default):
            continue
        if default is not attrs.NOTHING:
            yield attrs.evolve(value, **{attribute.name: default})
        if attribute.name.endswith("_id") or member is UNSET:
            continue
        for simpler in _simpler(member):
            yield attrs.evolve(value, **{attribute.name: simpler})


def _simpler_object(value: dict[str, Any], keep: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    for name, member in value.items():
        if name in keep:
            continue
        yield {key: each for key, each in value.items() if key != name}
        yield from ({**value, name: simpler} for simpler in _simpler(member))


def _simpler_list(value: Sequence[Any]) -> Iterator[Sequence[Any]]:
    make: Callable[[list[Any]], Sequence[Any]] = type(value)
    for index, element in enumerate(value):
        yield make([*value[:index], *value[index + 1 :]])
        yield from (make([*value[:index], simpler, *value[index + 1 :]]) for simpler in _simpler(element))
