"""Comparing a store with itself: which fields of a thread changed, which items differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import attrs

from threadstore import RolloutItem, StoredThread, ThreadId
from threadstore.jsonvalue import same_json
from threadstore_conformance.lab import Lab

#: The timestamps that a patch can move.
TIMES = ("created_at", "updated_at", "recency_at")

#: A thread's fields and items at one moment.
Look = tuple[StoredThread, Sequence[RolloutItem]]


def look(lab: Lab, thread: ThreadId) -> Look:
    """Read a thread and load its history, of either side."""
    return lab.read(thread), lab.history(thread)


def changed(before: StoredThread, after: StoredThread, *, but: Collection[str] = ()) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which two readings differ, each as (before, after), without those in ``but``."""
    pairs = {a.name: (getattr(before, a.name), getattr(after, a.name)) for a in attrs.fields(StoredThread)}
    return {name: pair for name, pair in pairs.items() if name not in but and not same(*pair)}


def changed_look(before: Look, after: Look, *, but: Collection[str] = ()) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two looks, the items under ``items``."""
    differences = changed(before[0], after[0], but=but)
    if list(before[1]) != list(after[1]):
        differences["items"] = (list(before[1]), list(after[1]))
    return differences


def same(a: Any, b: Any) -> bool:
    """Tell whether two values that a store returned are the same value, kind included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, RolloutItem):
        return bool(a == b)
    if attrs.has(type(a)):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in attrs.fields(type(a)))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return same_json(a, b)


def brief(items: Sequence[RolloutItem]) -> str:
    """Return items as text that fits a message."""
    text = ", ".join(f"{item.type}{item.payload}" for item in items)
    return text if len(text) <= 600 else f"{text[:600]}… ({len(items)} items, {len(text):,} characters)"
