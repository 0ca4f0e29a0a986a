"""What can be asked of a product that shows no store, and what it adds by itself.

A whole product may take less than a manager does: then the operation that it takes in place of one is run, on both
sides. Its turns put more into a history than a caller said: what is there beyond the history that was known is taken
for appended, as long as all that was said is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any

import attrs
import pytest

from threadstore import RolloutItem, ThreadPage
from threadstore.jsonvalue import JSON, same_json
from threadstore.manager_params import StartParams
from threadstore.registration import ManagerBackend

from .data_classes import classes_of
from .discovery import Registered
from .ports import method_of


def asked_of(backend: Registered, operation: Any) -> Any:
    """Return the operation that is asked in place of one, or nothing when its callers cannot ask it."""
    if not isinstance(backend, ManagerBackend):
        return operation
    asked = backend.asks(operation)
    return None if isinstance(asked, str) else asked


def unasked_in(operation: Any, asked: Any) -> Collection[str]:
    """Return what of an operation was not asked: its method, or data classes."""
    if asked is None:
        return {method_of(operation), *classes_of(operation)}
    return () if asked is operation else classes_of(operation) - classes_of(asked)


def in_full(backend: Registered, operation: Any, *, archived: bool) -> Any:
    """Return the operation as it is asked; skip the check at hand when the callers cannot say all of it.

    Where nothing was archived so far, it makes no difference whether what is archived is meant too; and a check that
    chose no history mode takes the one that there is.
    """
    if not isinstance(backend, ManagerBackend):
        return operation
    asked = backend.asks(operation)
    if isinstance(asked, str):
        pytest.skip(f"not testable: {method_of(operation)} cannot be asked: {asked}")
    unsaid = [a.name for a in attrs.fields(type(asked)) if getattr(asked, a.name) != getattr(operation, a.name)]
    chose_none = isinstance(operation, StartParams) and operation.history_mode == "legacy"
    free = {"history_mode"} if chose_none else set()
    free |= set() if archived else {"include_archived"}
    if set(unsaid) - free:
        pytest.skip(f"not testable: {method_of(operation)} cannot be asked with this {' and '.join(unsaid)}")
    return asked


def kills(backend: Registered) -> bool:
    """Tell whether the process of a backend can be killed."""
    return isinstance(backend, ManagerBackend) and backend.kills


def adds(backend: Registered) -> bool:
    """Tell whether the turns of a backend put more into a history than was said."""
    return isinstance(backend, ManagerBackend) and backend.adds


def unseen(backend: Registered) -> frozenset[str]:
    """Return the fields that a backend shows nowhere."""
    return backend.unseen if isinstance(backend, ManagerBackend) else frozenset()


def shaded(backend: Registered, answer: Any) -> Any:
    """Return an answer in which a check that looks at what is shown nowhere is skipped."""
    hidden = unseen(backend)
    if hidden and isinstance(answer, ThreadPage):
        return attrs.evolve(answer, items=tuple(shaded(backend, each) for each in answer.items))
    fields = [field.partition(".") for field in hidden]
    own = [name for cls, _, name in fields if cls == type(answer).__name__]
    return attrs.evolve(answer, **{name: _Unseen.of(name) for name in own}) if own else answer


def seen_of(answer: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the fields of these names that an answer shows; skip the check when it shows none of them."""
    found = {name: getattr(answer, name) for name in names}
    seen = {name: value for name, value in found.items() if not isinstance(value, _Unseen)}
    if found and not seen:
        pytest.skip(f"not testable: {' and '.join(found)} {'are' if len(found) > 1 else 'is'} shown nowhere")
    return seen


class _Unseen:
    """Stands for a field that is shown nowhere: it is equal to itself, and whatever else is asked of it skips."""

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    @cache
    def of(cls, name: str) -> _Unseen:
        return cls(name)

    def __eq__(self, other: object) -> bool:
        return other is self or self._skip()

    def _skip(self, *_: Any) -> Any:
        pytest.skip(f"not testable: {self._name} is shown nowhere")

    __hash__ = __lt__ = __gt__ = __add__ = __radd__ = __bool__ = __len__ = __iter__ = __contains__ = _skip
    __getitem__ = _skip


def grain(backend: Registered) -> int:
    """Return how exactly a backend tells times, in milliseconds."""
    return backend.grain if isinstance(backend, ManagerBackend) else 0


def lacking(said: Sequence[RolloutItem], added: Sequence[RolloutItem]) -> RolloutItem | None:
    """Return the first of the items that were said that is not among those that were added, in this order."""
    rest = iter(added)
    for item in said:
        if not any(_has(other, item) for other in rest):
            return item
    return None


def surplus(said: Sequence[RolloutItem], added: Sequence[RolloutItem]) -> RolloutItem | None:
    """Return the first of the items that were added that says again what was said once, or what nobody said.

    Messages are not looked at: a turn has its own of each prompt, and others beside them.
    """
    due = iter([each for each in said if each.kind in _SPOKEN])
    for item in added:
        if item.kind in _SPOKEN and not any(_has(item, each) for each in islice(due, 1)):
            return item
    return None


def as_said(said: Sequence[RolloutItem], items: Sequence[RolloutItem]) -> list[RolloutItem]:
    """Return what is left of a history without what turns put into it by themselves: what was said, as it was said."""
    left: list[RolloutItem] = []
    for item in items:
        if item.type == "session_meta":
            left.append(item)
        else:
            left += next(([each] for each in said if _has(item, each)), [])
    return left


#: The events that tell what is said in a turn: it has no more of them than was said.
_SPOKEN = (("event_msg", "user_message"), ("event_msg", "agent_message"))


def _has(item: RolloutItem, said: RolloutItem) -> bool:
    return item.kind == said.kind and _contains(item.payload, said.payload)


def _contains(actual: JSON, said: JSON) -> bool:
    if isinstance(said, dict):
        return isinstance(actual, dict) and all(n in actual and _contains(actual[n], v) for n, v in said.items())
    if isinstance(said, list):
        return isinstance(actual, list) and len(actual) == len(said) and all(map(_contains, actual, said))
    return same_json(actual, said)
