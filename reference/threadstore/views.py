"""Typed views of the payloads that feed metadata.

A view is parsed on request and never replaces the payload, so members that it does not know survive. Reading is
lenient: a member of an unexpected type counts as absent, because real files hold what many versions wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import field, frozen

from .errors import InvalidRequest
from .fields import check_fields
from .ids import ThreadId, is_thread_id
from .jsonvalue import JSON
from .thread import TokenUsage


@frozen
class SessionMeta:
    """The first record of a thread: who started it, from what, and with which settings.

    Absent, null and the default below mean the same (LIFE-1).
    """

    id: ThreadId
    session_id: ThreadId | None = None
    forked_from_id: ThreadId | None = None
    parent_thread_id: ThreadId | None = None
    timestamp: str | None = None
    cwd: str | None = None
    originator: str = ""
    cli_version: str | None = None
    source: JSON = field(default="vscode")
    thread_source: str | None = None
    agent_nickname: str | None = None
    agent_role: str | None = None
    agent_path: str | None = None
    model_provider: str | None = None
    base_instructions: JSON = None
    dynamic_tools: tuple[JSON, ...] = ()
    selected_capability_roots: tuple[JSON, ...] = ()
    memory_mode: str = "enabled"
    history_mode: str = "legacy"
    multi_agent_version: str | None = None
    initial_window_id: str | None = None
    git: JSON = None

    @classmethod
    def of(cls, payload: Mapping[str, JSON]) -> SessionMeta:
        """Read a ``session_meta`` payload; raise `ValueError` when it names no thread."""
        known = {name: _member(payload, name) for name in _META_FIELDS}
        window = payload.get("context_window")
        known["initial_window_id"] = _typed(window, "window_id", str) if isinstance(window, Mapping) else None
        if known["agent_role"] is None:
            known["agent_role"] = _typed(payload, "agent_type", str)
        given = {name: value for name, value in known.items() if value is not None}
        if "id" not in given:
            raise ValueError("a session_meta record names no thread id")
        given.setdefault("session_id", given["id"])
        return cls(**given)

    def payload(self) -> dict[str, JSON]:
        """Return the ``session_meta`` payload that states these facts, defaults left out."""
        out: dict[str, JSON] = {}
        for name in _META_FIELDS:
            value = getattr(self, name)
            if value is not None and value != ():
                out[name] = list(value) if isinstance(value, tuple) else value
        if self.memory_mode == "enabled":
            del out["memory_mode"]
        if self.initial_window_id is not None:
            out["context_window"] = {"window_id": self.initial_window_id}
        return out


#: The members of the payload that carry a field under its own name.
_META_FIELDS = tuple(name for name in SessionMeta.__annotations__ if name != "initial_window_id")

#: What those members hold that are not text.
_META_KINDS: dict[str, tuple[type, ...]] = {
    "source": (str, dict),
    "base_instructions": (object,),
    "dynamic_tools": (list,),
    "selected_capability_roots": (list,),
    "git": (dict,),
}


def _member(payload: Mapping[str, JSON], name: str) -> Any:
    value: Any = payload.get(name)
    kinds = _META_KINDS.get(name, (str,))
    if kinds == (list,) and isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, kinds) else None


@frozen
class ThreadSpawn:
    """The part of a sub-agent's source that says who spawned it."""

    parent_thread_id: ThreadId
    agent_nickname: str | None = None
    agent_role: str | None = None
    agent_path: str | None = None

    @classmethod
    def of(cls, source: JSON) -> ThreadSpawn | None:
        """Read ``{"subagent": {"thread_spawn": {…}}}``; anything else is no spawn."""
        spawn = _spawn_in(source)
        if not is_thread_id(spawn.get("parent_thread_id")):
            return None
        return cls(
            spawn["parent_thread_id"],
            agent_nickname=_typed(spawn, "agent_nickname", str),
            agent_role=_typed(spawn, "agent_role", str),
            agent_path=_typed(spawn, "agent_path", str),
        )


def spawn_depth_of(source: JSON) -> int:
    """Read how many spawns lie between a thread and the root of its session: none where the source names none."""
    return _typed(_spawn_in(source), "depth", int) or 0


def _spawn_in(source: JSON) -> Mapping[str, JSON]:
    spawn: Any = source
    for key in ("subagent", "thread_spawn"):
        spawn = spawn.get(key) if isinstance(spawn, Mapping) else None
    return spawn if isinstance(spawn, Mapping) else {}


@frozen
class TurnContext:
    """The settings that a turn ran with."""

    cwd: str | None = None
    model: str | None = None
    effort: str | None = None
    approval_policy: str | None = None
    permission_profile: JSON = None
    multi_agent_version: str | None = None

    @classmethod
    def of(cls, payload: Mapping[str, JSON]) -> TurnContext:
        """Read a ``turn_context`` payload."""
        return cls(
            cwd=_typed(payload, "cwd", str),
            model=_typed(payload, "model", str),
            effort=_typed(payload, "effort", str),
            approval_policy=_typed(payload, "approval_policy", str),
            permission_profile=_typed(payload, "permission_profile", dict),
            multi_agent_version=_typed(payload, "multi_agent_version", str),
        )


#: What a client puts before the words of the user themselves.
USER_MESSAGE_BEGIN = "## My request for Codex:"


@frozen
class UserMessage:
    """What a user said, as the ``user_message`` event has it."""

    message: str = ""
    has_images: bool = False

    @classmethod
    def of(cls, payload: Mapping[str, JSON]) -> UserMessage:
        """Read a ``user_message`` event's payload."""
        images = _typed(payload, "images", list) or _typed(payload, "local_images", list)
        return cls(_typed(payload, "message", str) or "", bool(images))

    @property
    def text(self) -> str:
        """The words after the first `USER_MESSAGE_BEGIN`, or all of them, without surrounding white space."""
        _, marker, after = self.message.partition(USER_MESSAGE_BEGIN)
        return (after if marker else self.message).strip()

    @property
    def preview(self) -> str | None:
        """The text, else ``[Image]`` for a message of images alone, else nothing."""
        return self.text or ("[Image]" if self.has_images else None)


def token_usage_of(payload: Mapping[str, JSON]) -> TokenUsage | None:
    """Read the running total out of a ``token_count`` event's payload; one that no patch can carry counts as none."""
    info = _typed(payload, "info", dict)
    total = _typed(info, "total_token_usage", dict) if info else None
    if not total:
        return None
    usage = TokenUsage(**{name: _typed(total, name, int) or 0 for name in TokenUsage.__annotations__})
    try:
        check_fields(usage)
    except InvalidRequest:
        return None
    return usage


def goal_of(payload: Mapping[str, JSON]) -> str | None:
    """Read the objective out of a ``thread_goal_updated`` event's payload, without surrounding white space."""
    goal = _typed(payload, "goal", dict)
    return ((goal and _typed(goal, "objective", str)) or "").strip() or None


_T = TypeVar("_T")


def _typed(payload: Mapping[str, JSON], name: str, kind: type[_T]) -> _T | None:
    value = payload.get(name)
    return value if type(value) is kind else None
