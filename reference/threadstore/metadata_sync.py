"""What a live thread's items say of its metadata, kept until the store has it.

A store's append touches no metadata (APPEND-3), so the session layer observes what was appended and patches:

1.  Items become *facts* by one table, `facts_of`. A later fact takes an earlier one's place, except in the *first-wins*
    fields, which keep what was seen first. Every append also moves ``updated_at``, and one with a turn start recency.
2.  Facts wait in one *pending* patch with a *generation*, which rises with every observation. Pending is cleared only
    when the store accepted a patch of the current generation: nothing is lost, whatever fails between.
3.  A pending patch without facts is a *touch*: it waits until 5 s after the last one, or for a barrier.
4.  What creation knows is *deferred* until there is an item or the thread was persisted, and what resuming finds
    missing until the first append: a thread that nobody wrote to leaves no trace.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import attrs
from attrs import define

from .fields import UNSET, Unset
from .items import RolloutItem
from .params import CreateThreadParams
from .patch import GitInfoPatch, ThreadMetadataPatch, is_empty, merge
from .thread import StoredThread, Timestamp
from .turns import starts_turn
from .views import ThreadSpawn, TurnContext, UserMessage, goal_of, token_usage_of

#: The fields that keep what was seen first.
FIRST_WINS = frozenset({"preview", "first_user_message", "title", "cwd"})

#: What resuming sends when the stored thread lacks it and its history tells it.
RESTORED = (
    "preview", "title", "first_user_message", "cwd", "model", "reasoning_effort", "approval_mode",
    "permission_profile", "token_usage",
)  # fmt: skip

#: How long a touch waits after the last one.
TOUCH_INTERVAL_MS = 5_000

NOTHING = ThreadMetadataPatch()


@define
class MetadataSync:
    """The metadata of one live thread that the store has not acknowledged."""

    pending: ThreadMetadataPatch
    #: The first-wins fields that have their value.
    seen: frozenset[str]
    #: Whether the thread is new, and pending holds what creation knows.
    new: bool = False
    #: Rises whenever pending grows.
    generation: int = 1
    #: Whether pending waits for the first append, or the persist of a new thread.
    deferred: bool = True
    #: Whether pending follows from items that the store accepted.
    history_accepted: bool = False
    _last_touch: Timestamp | None = None

    @classmethod
    def created(cls, params: CreateThreadParams, *, cli_version: str, git_info: GitInfoPatch | Unset) -> MetadataSync:
        """Begin with the create facts, which carry no time: the creation itself sets all three."""
        spawn = ThreadSpawn.of(params.source)
        facts = ThreadMetadataPatch(
            model_provider=params.metadata.model_provider,
            source=copy.deepcopy(params.source),
            thread_source=params.thread_source,
            agent_nickname=spawn.agent_nickname if spawn else None,
            agent_role=spawn.agent_role if spawn else None,
            agent_path=spawn.agent_path if spawn else None,
            cwd=params.metadata.cwd or UNSET,
            cli_version=cli_version or UNSET,
            memory_mode=params.metadata.memory_mode,
            git_info=git_info,
        )
        return cls(facts, _set_in(facts) & FIRST_WINS, new=True)

    @classmethod
    def resumed(cls, stored: StoredThread, history: Iterable[RolloutItem]) -> MetadataSync:
        """Begin with what the stored thread lacks and its history tells."""
        told = facts_of(history)
        lacking = {name: getattr(told, name) for name in RESTORED if getattr(stored, name) in ("", None)}
        seen = {name for name in FIRST_WINS if getattr(stored, name) not in ("", None)}
        return cls(ThreadMetadataPatch(**lacking), frozenset(seen) | (_set_in(told) & FIRST_WINS))

    def observe(self, items: Iterable[RolloutItem], now: Timestamp) -> None:
        """Take items that the store accepted."""
        items = tuple(items)
        facts = facts_of(items, self.seen)
        recency = now if any(map(starts_turn, items)) else UNSET
        self.pending = merge(self.pending, attrs.evolve(facts, updated_at=now, advance_recency_at=recency))
        self.seen |= _set_in(facts) & FIRST_WINS
        self.generation += 1
        self.deferred = False
        self.history_accepted = True

    def persisted(self) -> None:
        """Take note that the store shows the thread: what creation knows waits no longer."""
        if self.new:
            self.deferred = False

    def set_explicitly(self, patch: ThreadMetadataPatch) -> None:
        """Take note of a patch that the store accepted from a caller: what it set is seen; an empty text is nothing."""
        self.seen |= {name for name in FIRST_WINS if getattr(patch, name)}

    def may_wait(self, now: Timestamp) -> bool:
        """Tell whether pending is a touch too soon after the last one."""
        if self._last_touch is None or now - self._last_touch >= TOUCH_INTERVAL_MS:
            return False
        return is_empty(attrs.evolve(self.pending, updated_at=UNSET))

    def acknowledge(self, sent: ThreadMetadataPatch, generation: int) -> None:
        """Take note that the store accepted what was pending at a generation."""
        if sent.updated_at is not UNSET:
            self._last_touch = sent.updated_at
        if generation == self.generation:
            self.pending = NOTHING
            self.history_accepted = False


def facts_of(items: Iterable[RolloutItem], seen: frozenset[str] = frozenset()) -> ThreadMetadataPatch:
    """Fold items into the facts they tell, the first-wins fields among ``seen`` left out."""
    facts: dict[str, Any] = {}
    for item in items:
        for name, value in _told_by(item).items():
            if value is not None and not (name in FIRST_WINS and (name in seen or name in facts)):
                facts[name] = value
    return ThreadMetadataPatch(**facts)


def _told_by(item: RolloutItem) -> dict[str, Any]:
    payload = item.payload
    match item.kind:
        case ("turn_context", _):
            return _told_by_context(TurnContext.of(payload))
        case ("event_msg", "user_message"):
            said = UserMessage.of(payload)
            return {"first_user_message": said.preview, "preview": said.preview, "title": said.text or None}
        case ("event_msg", "token_count"):
            return {"token_usage": token_usage_of(payload)}
        case ("event_msg", "thread_goal_updated"):
            return {"preview": goal_of(payload)}
    # Among them SessionMetas: a thread's own is the store's, and others tell of other threads.
    return {}


def _told_by_context(context: TurnContext) -> dict[str, Any]:
    return {
        "model": context.model,
        "reasoning_effort": context.effort,
        "approval_mode": context.approval_policy,
        "permission_profile": copy.deepcopy(context.permission_profile),
        "cwd": context.cwd or None,
    }


def _set_in(patch: ThreadMetadataPatch) -> frozenset[str]:
    return frozenset(a.name for a in attrs.fields(ThreadMetadataPatch) if getattr(patch, a.name) is not UNSET)
