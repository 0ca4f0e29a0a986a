"""Patches: what becomes of a thread, and which of its changes the files and Codex's row must state too (LOCAL-1)."""

from __future__ import annotations

from typing import Any

import attrs

from threadstore.errors import InvalidRequest
from threadstore.fields import UNSET
from threadstore.patch import GitInfoPatch, ThreadMetadataPatch
from threadstore.thread import GitInfo, StoredThread

#: The fields that are restated in the rollout, as a SessionMeta.
_IN_ROLLOUT = {"git_info", "memory_mode"}


def set_fields(patch: ThreadMetadataPatch) -> set[str]:
    """Return the fields of a thread that a patch changes; none for a patch that changes nothing (PATCH-2)."""
    named = {name for name in _PATCHABLE if getattr(patch, name) is not UNSET}
    if "git_info" in named and not _git_parts(patch.git_info):
        named.remove("git_info")
    return {"recency_at" if name == "advance_recency_at" else name for name in named}


def patched(thread: StoredThread, patch: ThreadMetadataPatch) -> StoredThread:
    """Return the thread after a patch (PATCH-1, PATCH-4)."""
    changes: dict[str, Any] = {}
    for name in set_fields(patch):
        if name == "recency_at":
            changes[name] = max(thread.recency_at, patch.advance_recency_at)  # type: ignore[type-var]
        elif name == "git_info":
            git = attrs.evolve(thread.git_info or GitInfo(), **_git_parts(patch.git_info))
            changes[name] = None if git == GitInfo() else git
        elif name != "rollout_path":
            changes[name] = getattr(patch, name)
    return attrs.evolve(thread, **changes)


def check_fixed(patch: ThreadMetadataPatch, thread: StoredThread, own: str) -> None:
    """Raise `InvalidRequest` if a patch would move the rollout, or change what creation fixed (LIFE-8)."""
    if patch.history_mode not in (UNSET, thread.history_mode):
        message = f"history_mode of thread {thread.thread_id} was fixed at its creation; leave it UNSET"
        raise InvalidRequest(message, "patch.history_mode")
    path = patch.rollout_path
    if path is not UNSET and path != own:
        raise InvalidRequest(
            f"rollout_path is where the store keeps the thread, {own}; it cannot be set to another",
            "patch.rollout_path",
        )


def concerns_rollout(fields: set[str]) -> bool:
    """Tell whether changed fields are stated in the rollout too."""
    return bool(fields & _IN_ROLLOUT)


_PATCHABLE = tuple(attribute.name for attribute in attrs.fields(ThreadMetadataPatch))


def _git_parts(git: Any) -> dict[str, str | None]:
    if not isinstance(git, GitInfoPatch):
        return {}
    parts = {name: getattr(git, name) for name in ("sha", "branch", "origin_url")}
    return {name: value for name, value in parts.items() if value is not UNSET}
