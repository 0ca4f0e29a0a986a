"""Knowing an answer again: by its value and by its types all through, since 1, 1.0 and True are equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from ..values import PLAIN, names_of

#: Tells whether a value is the one that was known before.
Knows: TypeAlias = Callable[[Any], bool]


def same_as(known: Any) -> Knows:
    """Return what knows a value again, made once for the many times that it is asked."""
    kind = type(known)
    if kind is float:
        # As text, in which -0.0 is not 0.0, and what is no number is like itself.
        text = repr(known)
        return lambda value: type(value) is float and repr(value) == text
    if kind is dict:
        names, members = known.keys(), _each_as(tuple(known.values()))
        return lambda value: type(value) is dict and value.keys() == names and members([value[name] for name in known])
    if kind is list or kind is tuple:
        elements = _each_as(known)
        return lambda value: type(value) is kind and elements(value)
    fields = names_of(kind)
    if not fields:
        return lambda value: type(value) is kind and bool(value == known)
    if len(fields) == 1:
        (name,) = fields
        only = same_as(getattr(known, name))
        return lambda value: type(value) is kind and only(getattr(value, name))
    members_of = attrgetter(*fields)
    members = _each_as(members_of(known))
    return lambda value: type(value) is kind and members(members_of(value))


def _each_as(known: Sequence[Any]) -> Callable[[Sequence[Any]], bool]:
    """Return what knows a sequence again: what is plain at once, and the rest one by one."""
    kinds = [type(each) for each in known]
    deep = [(place, same_as(known[place])) for place, kind in enumerate(kinds) if kind is float or kind not in PLAIN]
    if len(deep) == len(known):
        return lambda values: len(values) == len(deep) and all(knows(values[place]) for place, knows in deep)
    plain = list(known)
    for place, _ in deep:
        plain[place] = None

    def knows_each(values: Sequence[Any]) -> bool:
        if [*map(type, values)] != kinds:
            return False
        rest = [*values]
        for place, knows in deep:
            if not knows(values[place]):
                return False
            rest[place] = None
        return rest == plain

    return knows_each
