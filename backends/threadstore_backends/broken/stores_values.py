"""Mutants of APPEND-5: items that do not come back as they were given."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from threadstore import (
    InvalidRequest,
    RolloutItem,
    ThreadId,
    canonical_items,
    check_fields,
)

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Mutant, Passing, Rewriting, Telling, memory, mutant


class NormalisesText(Rewriting):
    """Keeps texts in Unicode's composed form."""

    def scalar(self, value: Any) -> Any:
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


class RoundsLargeIntegers(Rewriting):
    """Keeps integers as doubles, so that those above 2^53 are rounded."""

    def scalar(self, value: Any) -> Any:
        return int(float(value)) if type(value) is int and 2**53 < abs(value) < 2**63 else value


class DropsMembersBeyondSixtyFour(Rewriting):
    """Keeps the first 64 members of an object."""

    def payload(self, value: Any) -> Any:
        rewritten = super().payload(value)
        return dict(list(rewritten.items())[:64]) if isinstance(rewritten, dict) else rewritten


class KeepsTrueAsOne(Rewriting):
    """Keeps true as 1 and false as 0."""

    def scalar(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else value


class KeepsEmptyTextAsNull(Rewriting):
    """Keeps empty texts as null."""

    def scalar(self, value: Any) -> Any:
        return None if value == "" else value


class CutsAtNul(Rewriting):
    """Cuts texts at U+0000."""

    def scalar(self, value: Any) -> Any:
        return value.partition("\0")[0] if isinstance(value, str) else value


class CutsLargeTexts(Rewriting):
    """Cuts texts at one megabyte."""

    def scalar(self, value: Any) -> Any:
        return value[:1_000_000] if isinstance(value, str) else value


class DropsUnknownMembers(Rewriting):
    """Keeps only those members of a user message that a typed view knows."""

    def payload(self, value: Any) -> Any:
        known = ("type", "message", "images", "local_images", "text_elements")
        said = isinstance(value, dict) and value.get("type") == "user_message"
        return {name: value[name] for name in known if name in value} if said else value


class DropsNulls(Rewriting):
    """Leaves out members that are null."""

    def payload(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.payload(member) for key, member in value.items() if member is not None}
        return super().payload(value)


class RefusesDeepItems(Rewriting):
    """Refuses what is nested more than 64 levels deep."""

    def payload(self, value: Any, depth: int = 0) -> Any:
        if depth > 64:
            raise InvalidRequest("items: too deep", "items")
        if isinstance(value, dict | list):
            for member in value.values() if isinstance(value, dict) else value:
                self.payload(member, depth + 1)
        return value


class KeepsTheGoodPartOfABatch(Passing):
    """Keeps the items before the first one that cannot be stored."""

    def append_items(self, params: Any) -> None:
        for number in range(len(params.items)):
            try:
                check_fields(evolve(params, items=params.items[number : number + 1]))
            except InvalidRequest:
                self.good.append_items(evolve(params, items=params.items[:number]))
                break
        self.good.append_items(params)


class IgnoresItsOwnLimit(Passing):
    """Declares a limit on items and takes any size."""


class KeepsTheCallersObject(Telling):
    """Keeps the very objects that the caller passed in, so that what becomes of them shows."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        for item in canonical_items(params.items):
            self.__dict__.setdefault("objects", {}).setdefault(params.thread_id, []).append(item)

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.__dict__.setdefault("objects", {}).pop(params.thread_id, None)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        objects = self.__dict__.setdefault("objects", {}).get(thread_id, ())
        return (items[0], *(RolloutItem(item.type, copy.deepcopy(item.payload)) for item in objects))


class WritesIntoTheCallersObject(Passing):
    """Numbers the items that it keeps, in the caller's own objects."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        for number, item in enumerate(params.items):
            item.payload["ordinal"] = number


class HandsOutItsOwnObjects(Telling):
    """Tells a history with the same objects at every read."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        kept: list[RolloutItem] = self.__dict__.setdefault("objects", {}).setdefault(thread_id, [])
        kept.extend(items[len(kept) :])
        return kept


class DropsMembersWithoutAName(Rewriting):
    """Leaves out an item's own member whose name is the empty text."""

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return [RolloutItem(i.type, {name: value for name, value in i.payload.items() if name}) for i in items]


_LIMITED = evolve(MEMORY_CAPABILITIES, max_item_bytes=16 * 2**20)

MUTANTS: tuple[Mutant, ...] = (
    mutant(NormalisesText, "APPEND-5"),
    mutant(RoundsLargeIntegers, "APPEND-5"),
    mutant(DropsMembersBeyondSixtyFour, "APPEND-5"),
    mutant(KeepsTrueAsOne, "APPEND-5"),
    mutant(KeepsEmptyTextAsNull, "APPEND-5"),
    mutant(CutsAtNul, "APPEND-5"),
    mutant(CutsLargeTexts, "APPEND-5"),
    mutant(DropsUnknownMembers, "APPEND-5"),
    mutant(DropsNulls, "APPEND-5"),
    mutant(RefusesDeepItems, "APPEND-5"),
    mutant(KeepsTheGoodPartOfABatch, "APPEND-5b"),
    mutant(IgnoresItsOwnLimit, "APPEND-5c", declared=_LIMITED, inside=memory()),
    mutant(KeepsTheCallersObject, "APPEND-5d"),
    mutant(WritesIntoTheCallersObject, "APPEND-5d"),
    mutant(HandsOutItsOwnObjects, "APPEND-5d"),
    mutant(DropsMembersWithoutAName, "APPEND-5"),
)
