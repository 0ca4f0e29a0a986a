"""Data classes: the kinds of values that a program hands to a backend, told from its operations alone.

A suite that never draws an empty string has never tested one. Each operation is of many classes; a certificate counts
the operations of each class, and one that was never drawn leaves the verdict open.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

import attrs

from threadstore import UNSET, RolloutItem, ThreadMetadataPatch, ThreadRelationFilter, is_thread_id
from threadstore.patch import GitInfoPatch
from threadstore.policy import keeps

from .ports import method_of
from .process import WaitParams
from .program import CURSOR_PREFIX, PATH_PREFIX
from .thread_names import THREAD_PREFIX
from .values import default_of

#: Fields of which each value is a class of its own.
_CHOICES = frozenset({
    "archived", "consumer", "cut", "ephemeral", "history_mode", "include_archived", "include_history", "kind",
    "memory_mode", "mode", "sort_direction", "sort_key",
})  # fmt: skip
_SMALL_PAGE = 1
_LONG = 300
_DEEP = 3


def classes_of(operation: Any) -> frozenset[str]:
    """Return the data classes of an operation; each is named by what has it, an operation or a value."""
    return frozenset(_classes_of_params(operation))


def _classes_of_params(operation: Any) -> Iterator[str]:
    method = method_of(operation)
    yield from _classes_of_fields(method, operation)
    items = getattr(operation, "items", None)
    if items is not None:
        yield f"items: {('none', 'one')[len(items)] if len(items) < 2 else 'several'}"
    if isinstance(operation, WaitParams) and operation.milliseconds:
        yield "wait: time went by"
    if getattr(operation, "page_size", 0) == _SMALL_PAGE:
        yield f"{method}: a page of one"


def _classes_of_fields(owner: str, value: Any) -> Iterator[str]:
    for attribute in attrs.fields(type(value)):
        member = getattr(value, attribute.name)
        if attribute.name in _CHOICES:
            yield f"{owner}: {attribute.name} {member}"
        elif attribute.default is not attrs.NOTHING and member != default_of(attribute):
            yield f"{owner}: {attribute.name}"
        yield from _classes_of(member)


def _classes_of(value: Any) -> Iterator[str]:
    if isinstance(value, ThreadMetadataPatch | GitInfoPatch):
        yield from _classes_of_patch(value)
    elif isinstance(value, RolloutItem):
        yield f"item: {'kept' if keeps(value) else 'dropped'}"
        yield from _classes_of(value.payload)
    elif attrs.has(type(value)):
        yield from _classes_of_fields("relation" if isinstance(value, ThreadRelationFilter) else "facts", value)
    elif isinstance(value, dict | list | tuple):
        yield from _classes_of_container(value)
    elif isinstance(value, str):
        yield from _classes_of_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _classes_of_number(repr(value))


def _classes_of_patch(patch: ThreadMetadataPatch | GitInfoPatch) -> Iterator[str]:
    owner = "git" if isinstance(patch, GitInfoPatch) else "patch"
    given = {a.name: member for a in attrs.fields(type(patch)) if (member := getattr(patch, a.name)) is not UNSET}
    if not given:
        yield f"{owner}: of nothing"
    for name, member in given.items():
        yield f"{owner}: {name} {'cleared' if member is None else 'set'}"
        yield from _classes_of(member)


def _classes_of_container(value: dict[str, Any] | list[Any] | tuple[Any, ...]) -> Iterator[str]:
    if not value:
        yield "json: empty object" if isinstance(value, dict) else "json: empty list"
    elif _depth(value) >= _DEEP:
        yield "json: nested"
    members = chain(value.keys(), value.values()) if isinstance(value, dict) else iter(value)
    for member in members:
        if member is None:
            yield "json: null"
        yield from _classes_of(member)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max(map(_depth, value), default=0)
    return 0


@cache
def _classes_of_text(text: str) -> tuple[str, ...]:
    if is_thread_id(text) or text.startswith((CURSOR_PREFIX, PATH_PREFIX, THREAD_PREFIX)):
        return ()
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    marks = {
        "empty": not text,
        "padded with blanks": text != text.strip(),
        "U+0000": "\x00" in text,
        "beyond U+FFFF": any(character > "\uffff" for character in text),
        "a lone surrogate": any("\ud800" <= character <= "\udfff" for character in text),
        "composed": text != decomposed,
        "decomposed": text != composed,
        "a line break": any(character in text for character in "\n\u2028"),
        "a quote or backslash": any(character in text for character in "'\"\\"),
        "a pattern's wildcard": any(character in text for character in "%_"),
        "long": len(text) >= _LONG,
    }
    return tuple(f"text: {name}" for name, holds in marks.items() if holds)


@cache
def _classes_of_number(written: str) -> tuple[str, ...]:
    number: float = float(written) if not written.lstrip("-").isdigit() else int(written)
    marks = {
        "negative zero": written == "-0.0",
        "a fraction": isinstance(number, float) and number not in (0.0, 1.0),
        "not finite": written in ("nan", "inf", "-inf"),
        "beyond 2**53": isinstance(number, int) and abs(number) > 2**53,
        "beyond 2**63": isinstance(number, int) and not -(2**63) <= number < 2**63,
    }
    return tuple(f"number: {name}" for name, holds in marks.items() if holds)
