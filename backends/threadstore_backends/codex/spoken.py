"""What of a batch of items can be said to Codex: turns, and messages between them.

A turn is a prompt and what the model answers, and may come with its start and end, which name it. Codex names its
turns itself; the two names are kept together (`TurnNames`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson
from attrs import evolve, frozen

from threadstore.items import RolloutItem
from threadstore.jsonvalue import JSON

_STARTS = (("event_msg", "task_started"), ("event_msg", "turn_started"))
_ENDS = (("event_msg", "task_complete"), ("event_msg", "turn_complete"))


@frozen
class Message:
    """A message of the conversation, put in without a turn."""

    item: RolloutItem

    def items(self) -> Iterator[RolloutItem]:
        """Yield the items that say it."""
        yield self.item


@frozen
class Turn:
    """A prompt, and what the model answers."""

    prompt: str
    answers: tuple[str, ...] = ()
    #: What the caller calls the turn, if it said so.
    name: str | None = None

    def items(self) -> Iterator[RolloutItem]:
        """Yield the items that say it."""
        if self.name is not None:
            yield RolloutItem("event_msg", {"type": "task_started", "turn_id": self.name})
        yield RolloutItem("event_msg", {"type": "user_message", "message": self.prompt})
        for answer in self.answers:
            yield RolloutItem("event_msg", {"type": "agent_message", "message": answer})
        if self.name is not None:
            yield RolloutItem("event_msg", {"type": "task_complete", "turn_id": self.name})


def parts_of(items: Sequence[RolloutItem]) -> Iterator[Turn | Message]:
    """Yield the turns and messages that items can be said as, in order; what cannot be said is left out."""
    turn: Turn | None = None
    #: The turn that was started and neither ended nor broken into yet.
    name: JSON = None
    for item in items:
        if item.kind in _STARTS:
            if turn:
                yield turn
            turn, name = None, item.payload.get("turn_id")
        elif item.kind in _ENDS:
            if turn:
                named = type(name) is str and name == item.payload.get("turn_id")
                yield evolve(turn, name=name) if named else turn
            turn, name = None, None
        elif _says(item, "user_message") and len(item.payload) == 2:
            if turn:
                yield turn
                name = None
            turn = Turn(item.payload["message"])
        elif _says(item, "agent_message") and turn:
            turn = evolve(turn, answers=(*turn.answers, item.payload["message"]))
        elif _is_message(item) and name is None:
            if turn:
                yield turn
                turn = None
            yield Message(item)
    if turn:
        yield turn


class TurnNames:
    """What callers call the turns that Codex named otherwise, kept in a file beside its home."""

    def __init__(self, file: Path) -> None:
        self._file = file
        #: By Codex's names.
        self._names: dict[str, str] = orjson.loads(file.read_bytes()) if file.exists() else {}

    def keep(self, theirs: str, name: str) -> None:
        """Keep the caller's name of a turn together with Codex's."""
        self._names[theirs] = name
        self._file.write_bytes(orjson.dumps(self._names))

    def theirs(self, name: str) -> str:
        """Return what Codex calls the turn that has this name; the name itself for a turn that has one name only."""
        return next((theirs for theirs, known in reversed(self._names.items()) if known == name), name)

    def named(self, items: Sequence[RolloutItem]) -> tuple[RolloutItem, ...]:
        """Return items with their turns called as the callers call them."""
        return tuple(map(self._named, items)) if self._names else tuple(items)

    def _named(self, item: RolloutItem) -> RolloutItem:
        name = self._names.get(str(item.payload.get("turn_id")))
        return item if name is None else RolloutItem(item.type, {**item.payload, "turn_id": name})


def is_sendable(text: str) -> bool:
    """Tell whether a text can be sent at all: a lone surrogate cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _says(item: RolloutItem, kind: str) -> bool:
    text = item.payload.get("message") if item.kind == ("event_msg", kind) else None
    return type(text) is str and bool(text.strip()) and is_sendable(text)


def _is_message(item: RolloutItem) -> bool:
    return (
        item.kind == ("response_item", "message")
        and item.payload.get("role") in ("user", "assistant")
        and type(item.payload.get("content")) is list
    )
