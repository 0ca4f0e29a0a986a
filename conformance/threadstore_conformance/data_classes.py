"""Data classes: the kinds of values that a program hands to a backend, told from its operations alone.

A suite that never draws an empty string has never tested one. Each operation is of many classes; a certificate counts
the operations of each class, and one that was never drawn leaves the verdict open. Only what is data counts: the ids,
cursors and choices of an operation are no texts, and what is at its default was not drawn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from math import isfinite
from typing import Any

import attrs

from threadstore import UNSET, RolloutItem, ThreadMetadataPatch, ThreadRelationFilter
from threadstore.patch import GitInfoPatch
from threadstore.policy import keeps

from .ports import method_of
from .process import WaitParams
from .values import default_of

#: Fields of which each value is a class of its own.
_CHOICES = frozenset({
    "archived", "consumer", "cut", "ephemeral", "history_mode", "include_archived", "include_history", "kind",
    "memory_mode", "mode", "sort_direction", "sort_key",
})  # fmt: skip
#: Fields that point at something.
_POINTERS = frozenset({"cursor", "rollout_path", "page_size", "milliseconds", "nth", "last", "turn_id"})
#: Members of payloads that say what kind of thing it is, or which.
_TAGS = frozenset({"type", "id", "turn_id", "call_id", "role", "phase"})

#: What is told of values, not of the operation that holds them; and of these what no store may take.
_OF_VALUES = frozenset({"text", "number", "json", "item", "items", "patch", "git"})
_UNTAKABLE = frozenset({"text: a lone surrogate", "number: not finite"})

_LONG = 300
_DEEP = 3
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")
_WILDCARD = re.compile(r"%|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def classes_of(operation: Any) -> frozenset[str]:
    """Return the data classes of an operation; each is named by what has it, an operation or a value."""
    return frozenset(_classes_of_params(operation))


def is_kept(name: str, *, refused: bool) -> bool:
    """Tell whether an operation counts for its class: its values do when they were taken, if they may be."""
    return name.partition(":")[0] not in _OF_VALUES or (name in _UNTAKABLE) == refused


def _classes_of_params(operation: Any) -> Iterator[str]:
    method = method_of(operation)
    yield from _classes_of_fields(method, operation)
    items = getattr(operation, "items", None)
    if items is not None:
        yield "items: several" if len(items) > 1 else "items: one" if items else "items: none"
    if isinstance(operation, WaitParams) and operation.milliseconds:
        yield "wait: time went by"
    if getattr(operation, "page_size", 0) == 1:
        yield f"{method}: a page of one"


def _classes_of_fields(owner: str, value: Any) -> Iterator[str]:
    for attribute in attrs.fields(type(value)):
        name, member, default = attribute.name, getattr(value, attribute.name), default_of(attribute)
        if name in _CHOICES:
            yield f"{owner}: {name} {member}"
        elif default is attrs.NOTHING or member != default:
            if default is not attrs.NOTHING:
                yield f"{owner}: {name}"
            if name not in _POINTERS and not name.endswith("_id"):
                yield from _classes_of(member)


def _classes_of(value: Any) -> Iterator[str]:
    if isinstance(value, ThreadMetadataPatch | GitInfoPatch):
        yield from _classes_of_patch(value)
    elif isinstance(value, RolloutItem):
        yield f"item: {'kept' if keeps(value) else 'dropped'}"
        yield from _classes_of_members(value.payload)
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
        if name not in _CHOICES and name not in _POINTERS:
            yield from _classes_of(member)


def _classes_of_container(value: dict[str, Any] | list[Any] | tuple[Any, ...]) -> Iterator[str]:
    if not value:
        yield "json: empty object" if isinstance(value, dict) else "json: empty list"
    elif _depth(value) >= _DEEP:
        yield "json: nested"
    if isinstance(value, dict):
        yield from _classes_of_members(value)
        return
    for element in value:
        yield from ("json: null",) if element is None else _classes_of(element)


def _classes_of_members(value: dict[str, Any]) -> Iterator[str]:
    for name, member in value.items():
        if not _NAME.fullmatch(name):
            yield from _classes_of_text(name)
        if name not in _TAGS:
            yield from ("json: null",) if member is None else _classes_of(member)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max(map(_depth, value), default=0)
    return 0


@cache
def _classes_of_text(text: str) -> tuple[str, ...]:
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
        "a pattern's wildcard": _WILDCARD.search(text) is not None,
        "long": len(text) >= _LONG,
    }
    return tuple(f"text: {name}" for name, holds in marks.items() if holds)


@cache
def _classes_of_number(written: str) -> tuple[str, ...]:
    number: float = int(written) if written.lstrip("-").isdigit() else float(written)
    finite = isinstance(number, int) or isfinite(number)
    marks = {
        "negative zero": written == "-0.0",
        "a fraction": finite and number % 1 != 0,
        "not finite": not finite,
        "beyond 2**53": isinstance(number, int) and abs(number) > 2**53,
        "beyond 2**63": isinstance(number, int) and not -(2**63) <= number < 2**63,
    }
    return tuple(f"number: {name}" for name, holds in marks.items() if holds)
