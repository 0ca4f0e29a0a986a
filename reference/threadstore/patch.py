"""The one shape in which metadata changes (R3): every field is omitted, set, or cleared.

``UNSET`` leaves a field alone, a value sets it literally, ``None`` clears it where it can be cleared. `merge`,
`is_empty` and `apply` go over the fields and know none of them by name: a new field is one line in
`ThreadMetadataPatch`, and one in `StoredThread`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import attrs
from attrs import frozen

from . import fields as f
from .errors import InvalidRequest
from .fields import UNSET, Check, Unset
from .jsonvalue import JSON
from .thread import GitInfo, HistoryMode, MemoryMode, StoredThread, Timestamp, TokenUsage


def _plain(check: Check, **metadata: Any) -> Any:
    """Declare a field that a patch can set, not clear."""
    return f.checked(check, UNSET, metadata=metadata)


def _clearable(check: Check) -> Any:
    """Declare a field that a patch can set or clear."""
    return f.checked(f.optional(check), UNSET, metadata={"clearable": True})


def _reject_null(patch: Any) -> None:
    cls: Any = type(patch)
    for name in _not_clearable(cls):
        if getattr(patch, name) is None:
            raise InvalidRequest(f"{name} cannot be cleared; leave it UNSET to keep it", name)


@cache
def _not_clearable(cls: type) -> tuple[str, ...]:
    return tuple(a.name for a in attrs.fields(cls) if not a.metadata.get("clearable"))


@frozen(kw_only=True)
class GitInfoPatch:
    """A change of some of the three parts of a thread's git information."""

    sha: str | Unset | None = _clearable(f.text)
    branch: str | Unset | None = _clearable(f.text)
    origin_url: str | Unset | None = _clearable(f.text)


@frozen(kw_only=True)
class ThreadMetadataPatch:
    """A change of some of a thread's metadata."""

    name: str | Unset | None = _clearable(f.text)
    rollout_path: str | Unset = _plain(f.text)
    preview: str | Unset = _plain(f.text)
    title: str | Unset = _plain(f.text)
    model_provider: str | Unset = _plain(f.text)
    model: str | Unset = _plain(f.text)
    reasoning_effort: str | Unset = _plain(f.text)
    created_at: Timestamp | Unset = _plain(f.timestamp)
    updated_at: Timestamp | Unset = _plain(f.timestamp)
    #: Moves ``recency_at`` to at least this, never back.
    advance_recency_at: Timestamp | Unset = _plain(f.timestamp, target="recency_at", combine=max)
    source: JSON | Unset = _plain(f.source)
    thread_source: str | Unset | None = _clearable(f.text)
    agent_nickname: str | Unset | None = _clearable(f.text)
    agent_role: str | Unset | None = _clearable(f.text)
    agent_path: str | Unset | None = _clearable(f.text)
    cwd: str | Unset = _plain(f.text)
    cli_version: str | Unset = _plain(f.text)
    approval_mode: str | Unset = _plain(f.text)
    permission_profile: JSON | Unset = _plain(f.json_object)
    token_usage: TokenUsage | Unset = _plain(f.nested(TokenUsage))
    first_user_message: str | Unset = _plain(f.text)
    git_info: GitInfoPatch | Unset = _plain(f.nested(GitInfoPatch), parts=GitInfo)
    memory_mode: MemoryMode | Unset = _plain(f.one_of("enabled", "disabled"))
    history_mode: HistoryMode | Unset = _plain(f.one_of("legacy", "paginated"))

    def __attrs_post_init__(self) -> None:
        _reject_null(self)


_Patch = TypeVar("_Patch", ThreadMetadataPatch, GitInfoPatch)


def merge(first: _Patch, then: _Patch) -> _Patch:
    """Return the one patch that does what ``first`` and then ``then`` would do (PATCH-2)."""
    changes: dict[str, Any] = {}
    for attribute in attrs.fields(type(first)):
        old, new = getattr(first, attribute.name), getattr(then, attribute.name)
        if new is UNSET:
            continue
        if old is not UNSET and "combine" in attribute.metadata:
            new = attribute.metadata["combine"](old, new)
        elif old is not UNSET and "parts" in attribute.metadata:
            new = merge(old, new)
        changes[attribute.name] = new
    return attrs.evolve(first, **changes) if changes else first


def is_empty(patch: ThreadMetadataPatch | GitInfoPatch) -> bool:
    """Tell whether a patch changes nothing: no field set, nor any part of a nested one."""
    return all(
        value is UNSET or (isinstance(value, GitInfoPatch) and is_empty(value))
        for value in (getattr(patch, attribute.name) for attribute in attrs.fields(type(patch)))
    )


def apply(thread: StoredThread, patch: ThreadMetadataPatch) -> StoredThread:
    """Return the thread with the patch's fields set and cleared, and nothing else changed (PATCH-1)."""
    changes: dict[str, Any] = {}
    for attribute in attrs.fields(ThreadMetadataPatch):
        value = getattr(patch, attribute.name)
        if value is UNSET:
            continue
        target = attribute.metadata.get("target", attribute.name)
        if "combine" in attribute.metadata:
            value = attribute.metadata["combine"](getattr(thread, target), value)
        elif "parts" in attribute.metadata:
            value = _apply_parts(attribute.metadata["parts"], getattr(thread, target), value)
        changes[target] = value
    return attrs.evolve(thread, **changes)


def _apply_parts(whole: type[GitInfo], current: GitInfo | None, patch: GitInfoPatch) -> GitInfo | None:
    set_parts = {name: value for name, value in attrs.asdict(patch).items() if value is not UNSET}
    result = attrs.evolve(current or whole(), **set_parts)
    return None if result == whole() else result
