"""What a rollout tells of its thread: create facts from its SessionMeta, observed facts as the fold of its history.

This is what a home shows without an index (LOCAL-2, DUR-5). First-wins are preview, first user message and title; the
last turn context and token count win; name, memory mode and git are those of the last own SessionMeta that states them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, evolve, field

from threadstore.ids import ThreadId
from threadstore.jsonvalue import JSON
from threadstore.policy import Disposition, disposition
from threadstore.thread import GitInfo, StoredThread, TokenUsage
from threadstore.views import SessionMeta, ThreadSpawn, TurnContext, UserMessage, goal_of, token_usage_of

from .encoding import is_own_meta, milliseconds
from .layout import named_time
from .rollout import Record, Skipped, records

_TURN_STARTS = ("task_started", "turn_started")


@define
class Facts:
    """Everything that a rollout tells of its thread."""

    thread_id: ThreadId
    #: The first own SessionMeta's payload; none when the file has none that can be read.
    meta: dict[str, JSON] | None = None
    memory_mode: Any = None
    git: GitInfo | None = None
    cwd: str | None = None
    settings: TurnContext = field(factory=TurnContext)
    preview: str = ""
    first_user_message: str | None = None
    title: str | None = None
    token_usage: TokenUsage | None = None
    #: When the last record was written that is not a restated SessionMeta, in milliseconds.
    last_written: int | None = None
    last_turn_started: int | None = None
    #: Records that are history.
    items: int = 0
    last_ordinal: int | None = None
    skipped: Skipped = field(factory=Skipped)

    def observe(self, record: Record) -> None:
        """Take in one record."""
        written = milliseconds(record.timestamp)
        if type(record.ordinal) is int:
            self.last_ordinal = record.ordinal
        if is_own_meta(record.type, record.payload, self.thread_id):
            restated = self.meta is not None
            self._observe_meta(record.payload)
            if restated:
                return
        elif disposition(record.type, record.payload) is Disposition.UNKNOWN:
            self.skipped.unknown[kind_name(record)] += 1
            return
        self.items += 1
        if written is not None:
            self.last_written = max(written, self.last_written or 0)
        if record.type == "turn_context":
            self._observe_turn(TurnContext.of(record.payload))
        elif record.type == "event_msg":
            self._observe_event(record.payload, written)

    def _observe_meta(self, payload: dict[str, JSON]) -> None:
        if self.meta is None:
            self.meta = payload
        if payload.get("memory_mode") in ("enabled", "disabled"):
            self.memory_mode = payload["memory_mode"]
        git = payload.get("git")
        if isinstance(git, Mapping):
            self.git = git_of(git)

    def _observe_turn(self, turn: TurnContext) -> None:
        self.cwd = self.cwd or turn.cwd
        stated = {
            name: getattr(turn, name)
            for name in ("model", "effort", "approval_policy", "permission_profile")
            if getattr(turn, name) is not None
        }
        self.settings = evolve(self.settings, **stated)

    def _observe_event(self, payload: dict[str, JSON], written: int | None) -> None:
        kind = payload["type"]
        if kind == "user_message":
            self._observe_message(UserMessage.of(payload))
        elif kind == "item_completed":
            message = _completed_message(payload)
            if message is not None:
                self._observe_message(message)
        elif kind == "token_count":
            self.token_usage = token_usage_of(payload) or self.token_usage
        elif kind == "thread_goal_updated":
            self.preview = self.preview or goal_of(payload) or ""
        elif kind in _TURN_STARTS and written is not None:
            self.last_turn_started = max(written, self.last_turn_started or 0)

    def _observe_message(self, message: UserMessage) -> None:
        self.preview = self.preview or message.preview or ""
        self.first_user_message = self.first_user_message or message.preview
        self.title = self.title or message.text or None


def fold(data: bytes, thread_id: ThreadId) -> Facts:
    """Return what a rollout's text tells of its thread."""
    facts = Facts(thread_id)
    for record in records(data, facts.skipped):
        facts.observe(record)
    return facts


def session_meta(facts: Facts) -> SessionMeta | None:
    """Return the thread's own SessionMeta; none when the file has none that can be read."""
    if facts.meta is None:
        return None
    try:
        return SessionMeta.of(facts.meta)
    except (ValueError, TypeError):
        return None


def stored_thread(facts: Facts, path: str, modified: int, *, archived: bool) -> StoredThread | None:
    """Return the thread that a rollout describes, its file last modified at ``modified`` milliseconds; none without
    a SessionMeta of its own.
    """
    meta = session_meta(facts)
    if meta is None:
        return None
    spawn = ThreadSpawn.of(meta.source)
    created = milliseconds(meta.timestamp)
    if created is None:
        created = _first(named_time(path), modified)
    updated = max(created, _first(facts.last_written, modified))
    return StoredThread(
        thread_id=facts.thread_id,
        forked_from_id=_text(meta.forked_from_id),
        parent_thread_id=_text(meta.parent_thread_id) or (spawn.parent_thread_id if spawn else None),
        preview=facts.preview,
        title=facts.title,
        model_provider=_text(meta.model_provider) or "",
        model=facts.settings.model,
        reasoning_effort=facts.settings.effort,
        created_at=created,
        updated_at=updated,
        recency_at=max(created, _first(facts.last_turn_started, created)),
        archived_at=updated if archived else None,
        cwd=_text(meta.cwd) or facts.cwd or _text(meta.cwd),
        cli_version=_text(meta.cli_version) or "",
        source=meta.source,
        history_mode="legacy" if meta.history_mode == "legacy" else "paginated",
        thread_source=_text(meta.thread_source),
        agent_nickname=_text(meta.agent_nickname) or (spawn.agent_nickname if spawn else None),
        agent_role=_text(meta.agent_role) or (spawn.agent_role if spawn else None),
        agent_path=_text(meta.agent_path) or (spawn.agent_path if spawn else None),
        git_info=facts.git,
        approval_mode=facts.settings.approval_policy,
        permission_profile=facts.settings.permission_profile,
        token_usage=facts.token_usage,
        first_user_message=facts.first_user_message,
        memory_mode=facts.memory_mode or "enabled",
        originator=_text(meta.originator) or "",
    )


def git_of(git: Mapping[str, JSON]) -> GitInfo | None:
    """Read the git of a SessionMeta, ``{commit_hash, branch, repository_url}``; an empty one is no git."""
    info = GitInfo(_text(git.get("commit_hash")), _text(git.get("branch")), _text(git.get("repository_url")))
    return None if info == GitInfo() else info


def git_payload(git: GitInfo | None) -> dict[str, JSON]:
    """Return git as a SessionMeta states it, ``{}`` for none."""
    named = {"commit_hash": git.sha, "branch": git.branch, "repository_url": git.origin_url} if git else {}
    return {name: value for name, value in named.items() if value is not None}


def kind_name(record: Record) -> str:
    """Return a record's kind as a person would name it: ``token_usage_record``, ``event_msg/novel``."""
    inner = record.payload.get("type")
    if record.type in ("event_msg", "response_item") and isinstance(inner, str):
        return f"{record.type}/{inner}"
    return record.type


def _completed_message(payload: Mapping[str, JSON]) -> UserMessage | None:
    """Read the user's message out of an ``item_completed`` event, as paginated rollouts have it."""
    item = payload.get("item")
    if not isinstance(item, Mapping) or item.get("type") != "UserMessage":
        return None
    content = item.get("content")
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    return UserMessage(text, any("image" in str(part.get("type")).lower() for part in parts))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _first(*instants: int | None) -> int:
    return next(instant for instant in instants if instant is not None)
