"""Rollout items: what a thread's history is made of.

An item is ``{type, payload}``: the type says which kind of record it is, the payload is JSON and is kept whole.
What the layers above need of a payload is parsed on request into a typed view (`threadstore.views`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from .jsonvalue import JSON, same_json


class ItemType(StrEnum):
    """The eight kinds of record in a rollout, by the ``type`` that the file has."""

    SESSION_META = "session_meta"
    RESPONSE_ITEM = "response_item"
    INTER_AGENT_COMMUNICATION = "inter_agent_communication"
    INTER_AGENT_COMMUNICATION_METADATA = "inter_agent_communication_metadata"
    COMPACTED = "compacted"
    TURN_CONTEXT = "turn_context"
    WORLD_STATE = "world_state"
    EVENT_MSG = "event_msg"


@frozen(eq=False)
class RolloutItem:
    """One record of a thread's history; equal to another when both are the same JSON value."""

    #: One of `ItemType`'s values, or a kind that this version does not know.
    type: str
    #: The record itself, a JSON object.
    payload: dict[str, JSON]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RolloutItem):
            return NotImplemented
        return self.type == other.type and same_json(self.payload, other.payload)

    __hash__ = None  # type: ignore[assignment]  # payloads are mutable

    @property
    def kind(self) -> tuple[str, str | None]:
        """The type and, for response items and events, the ``type`` inside the payload."""
        return kind_of(self.type, self.payload)


def kind_of(item_type: str, payload: Mapping[str, JSON]) -> tuple[str, str | None]:
    """Return what the persistence policy goes by."""
    if item_type in ("response_item", "event_msg"):
        inner = payload.get("type")
        return item_type, inner if isinstance(inner, str) else None
    return item_type, None
