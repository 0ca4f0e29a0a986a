"""One thread as the memory store keeps it: fields in a dict, items as JSON bytes.

Bytes keep items apart from their callers without a deep copy either way, and a whole history is parsed at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import orjson
from attrs import Factory, define

from threadstore.fields import UNSET
from threadstore.ids import ThreadId
from threadstore.items import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore.patch import GitInfoPatch, ThreadMetadataPatch
from threadstore.thread import GitInfo, StoredThread, StoredThreadHistory


def copied(value: JSON) -> JSON:
    """Return a JSON value that shares nothing mutable with this one."""
    return value if value is None or type(value) is str else orjson.loads(orjson.dumps(value))


@define(eq=False)
class MemoryThread:
    """A stored thread: its `StoredThread` fields by name, its items, and whether it has a writer."""

    thread_id: ThreadId
    fields: dict[str, Any]
    live: bool = True
    visible: bool = False
    #: What its user and its agent said, in order: what a search looks through.
    messages: list[str] = Factory(list)
    _types: list[str] = Factory(list)
    _payloads: list[bytes] = Factory(list)
    _record: StoredThread | None = None

    @property
    def archived(self) -> bool:
        """Whether it is on the archived side."""
        return self.fields["archived_at"] is not None

    def append(self, items: Iterable[RolloutItem]) -> None:
        """Keep a batch of items, all or none."""
        payloads = [orjson.dumps(item.payload) for item in items]
        self._payloads += payloads
        self._types += [item.type for item in items]
        self.messages += filter(None, map(_message, items))

    def history(self) -> StoredThreadHistory:
        """Return every item, parsed afresh."""
        payloads = orjson.loads(b"[%b]" % b",".join(self._payloads))
        return StoredThreadHistory(self.thread_id, tuple(map(RolloutItem, self._types, payloads)))

    def record(self, *, with_history: bool = False) -> StoredThread:
        """Return what is shown of it; the caller may do anything to what it gets."""
        fields = self.fields
        source, profile = fields["source"], fields["permission_profile"]
        shared = type(source) is str and profile is None
        if with_history or not shared:
            history = self.history() if with_history else None
            isolated = {"source": copied(source), "permission_profile": copied(profile), "history": history}
            return StoredThread(**{**fields, **isolated})
        if self._record is None:
            self._record = StoredThread(**fields)
        return self._record

    def change(self, changes: dict[str, Any]) -> None:
        """Set fields by name."""
        self.fields.update(changes)
        self._record = None

    def changes(self, patch: ThreadMetadataPatch) -> dict[str, Any]:
        """Return the fields that a patch sets, with the values that they get; none of them for an empty patch."""
        changes = {name: value for name in _PATCHABLE if (value := getattr(patch, name)) is not UNSET}
        if "advance_recency_at" in changes:
            changes["recency_at"] = max(self.fields["recency_at"], changes.pop("advance_recency_at"))
        if "git_info" in changes:
            git = changes.pop("git_info")
            if any(getattr(git, part) is not UNSET for part in _GIT_PARTS):
                changes["git_info"] = _patched_git(self.fields["git_info"], git)
        for name in ("source", "permission_profile"):
            if name in changes:
                changes[name] = copied(changes[name])
        return changes


_PATCHABLE = tuple(attribute.name for attribute in attrs.fields(ThreadMetadataPatch))
_GIT_PARTS = ("sha", "branch", "origin_url")


def _patched_git(current: GitInfo | None, patch: GitInfoPatch) -> GitInfo | None:
    parts = [getattr(current, part, None) if (value := getattr(patch, part)) is UNSET else value for part in _GIT_PARTS]
    return GitInfo(*parts) if any(part is not None for part in parts) else None


def _message(item: RolloutItem) -> str | None:
    payload = item.payload
    if item.type == "event_msg" and payload["type"] in ("user_message", "agent_message"):
        message = payload.get("message")
        return message if isinstance(message, str) else None
    return None
