"""Effective turns: which user messages of a history still count (TURN-1).

A history only grows. Rolling back appends a marker, so what is in effect is found by one scan from the first item on:

1.  A *user message* is a response item of role ``user``, unless the client injected it, or a ``user_message`` event,
    unless it is the *echo* of such a response item: the first such event after it, with no other user message, turn
    start, turn end or rollback marker between.
2.  A turn start opens the *active* turn; an older active one stays unfinished for ever. A turn end closes the active
    turn when it names that one, or none. A turn's id is any JSON value but null, which is none.
3.  A rollback of N removes the last N effective user messages, and all that follows the earliest removed one from the
    effective history: no turn is active then, and a turn end from there on no longer counts.
4.  The history ends *mid-turn* when a turn is active; or when it has no turn start at all, as old ones have none, and
    no turn end comes after its last effective user message.

Sub-agents count *fork turns*: a message from another agent that triggers a turn counts beside the user's.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen

from .items import RolloutItem
from .jsonvalue import JSON, same_json

TURN_STARTS = frozenset({"task_started", "turn_started"})
TURN_ENDS = frozenset({"task_complete", "turn_complete", "turn_aborted"})
AGENT_MESSAGES = frozenset({"inter_agent_communication", "inter_agent_communication_metadata"})

#: How a message of role ``user`` begins that the client wrote, not the user.
INJECTED = (
    "<environment_context>",
    "<user_instructions>",
    "# AGENTS.md instructions",
    "<turn_aborted>",
    "<subagent_notification>",
    "<skill>",
    "<user_shell_command>",
)


@frozen
class Turn:
    """A turn: its id, if it has one, and the position of its start or of its end."""

    turn_id: JSON
    position: int


@define
class TurnScan:
    """What is in effect of the items seen so far."""

    #: Whether messages from other agents that trigger a turn count too.
    fork_turns: bool = False
    #: How many items were seen.
    length: int = 0
    #: Where the effective user messages stand, in order.
    positions: list[int] = field(factory=list)
    #: The active turn, at its start.
    active: Turn | None = None
    #: The turns that ended and are in effect, at their ends.
    ended: list[Turn] = field(factory=list)
    _any_start: bool = False
    #: Where any turn ended, the last one last.
    _ends: list[int] = field(factory=list)
    _echo_expected: bool = False

    @property
    def count(self) -> int:
        """How many user messages are in effect."""
        return len(self.positions)

    @property
    def unfinished(self) -> int | None:
        """Where the turn starts in which the history ends; ``None`` when it does not end mid-turn."""
        if self.active:
            return self.active.position
        if not self._any_start and self.positions and (not self._ends or self._ends[-1] < self.positions[-1]):
            return self.positions[-1]
        return None

    def end_of(self, turn_id: str) -> int | None:
        """Return where a turn ended that is in effect."""
        return next((turn.position for turn in reversed(self.ended) if turn.turn_id == turn_id), None)

    def observe(self, items: Iterable[RolloutItem]) -> None:
        """Take the items that come next."""
        for item in items:
            self._observe(item.kind, item.payload)
            self.length += 1

    def _observe(self, kind: tuple[str, str | None], payload: dict[str, JSON]) -> None:
        item_type, inner = kind
        if kind == ("response_item", "message"):
            if payload.get("role") == "user" and not is_injected(payload):
                self.positions.append(self.length)
                self._echo_expected = True
        elif item_type in AGENT_MESSAGES:
            if self.fork_turns and payload.get("trigger_turn") is True:
                self.positions.append(self.length)
        elif item_type == "event_msg" and inner is not None:
            self._observe_event(inner, payload)

    def _observe_event(self, event: str, payload: dict[str, JSON]) -> None:
        if event == "user_message":
            if not self._echo_expected:
                self.positions.append(self.length)
        elif event in TURN_STARTS:
            self.active = Turn(payload.get("turn_id"), self.length)
            self._any_start = True
        elif event in TURN_ENDS:
            self._end(payload.get("turn_id"))
        elif event == "thread_rolled_back":
            self._roll_back(payload.get("num_turns"))
        else:
            return
        self._echo_expected = False

    def _end(self, turn_id: JSON) -> None:
        self._ends.append(self.length)
        if self.active and (turn_id is None or same_json(turn_id, self.active.turn_id)):
            self.ended.append(Turn(self.active.turn_id, self.length))
            self.active = None

    def _roll_back(self, num_turns: JSON) -> None:
        if type(num_turns) is not int or num_turns <= 0 or not self.positions:
            return
        earliest = self.positions[-min(num_turns, self.count)]
        del self.positions[-num_turns:]
        self.ended = [turn for turn in self.ended if turn.position < earliest]
        self._ends = [position for position in self._ends if position < earliest]
        self.active = None


def scan(items: Iterable[RolloutItem], *, fork_turns: bool = False) -> TurnScan:
    """Scan a whole history."""
    turns = TurnScan(fork_turns)
    turns.observe(items)
    return turns


def is_injected(message: dict[str, JSON]) -> bool:
    """Tell whether the client wrote a message of role ``user``, by how its first text begins."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    texts = (part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
    return next(texts, "").lstrip().startswith(INJECTED)


def starts_turn(item: RolloutItem) -> bool:
    """Tell whether an item is a turn start."""
    return item.type == "event_msg" and item.kind[1] in TURN_STARTS
