"""What stores showed, as plain values that runs on different stores can be compared by.

Some of it a store chooses for itself, and each run may see another choice: instants taken from its clock, the paths
of rollouts, defaults that the spec leaves open, and the facts of a SessionMeta that are the store's. Such a value is
told apart from one that the program set by what the program names, and is told as *its own*. Two rows whose places
in a listing are both their own have no order that the spec gives. Cursors mean nothing and are followed, not told.
"""

from __future__ import annotations

from typing import Any

import attrs
from attrs import field, frozen

from threadstore import (
    ErrorKind,
    RolloutItem,
    StoredThread,
    StoredThreadHistory,
    ThreadStoreError,
    UpdateThreadMetadataParams,
)
from threadstore.jsonvalue import same_json
from threadstore.thread import StoredThreadSearchResult

from .trials import Program

OWN = "its own"
_INSTANTS = ("created_at", "updated_at", "recency_at")
_OPEN = ("cli_version", "approval_mode", "permission_profile")
#: What a store states in a thread's SessionMeta by itself (LIFE-1).
_OWN_FACTS = ("timestamp", "cli_version", "git")
_ROW = tuple(a.name for a in attrs.fields(StoredThread))
#: Refusals between which a store may choose.
_REFUSED = (ErrorKind.THREAD_NOT_FOUND, ErrorKind.INVALID_REQUEST, ErrorKind.CONFLICT)


def plain(value: Any) -> Any:
    """Return what a store showed, value for value, as JSON and rollout items."""
    kind = type(value)
    if kind is StoredThread:
        return {name: plain(getattr(value, name)) for name in _ROW}
    if kind is StoredThreadHistory:
        return {"thread_id": value.thread_id, "items": list(value.items)}
    if kind is StoredThreadSearchResult:
        return {"thread": plain(value.thread), "snippet": value.snippet}
    if isinstance(value, ThreadStoreError):
        return {"refused": value.kind.value}
    if kind is list or kind is tuple:
        return [plain(element) for element in value]
    return attrs.asdict(value) if attrs.has(kind) and kind is not RolloutItem else value


@frozen
class Teller:
    """Tells what runs of one program, or of variants of it, showed."""

    #: What the program's patches name, by field.
    named: dict[str, list[Any]] = field()

    @classmethod
    def of(cls, program: Program) -> Teller:
        """Return the teller for a program and its variants."""
        patches = [step.patch for step in program if isinstance(step, UpdateThreadMetadataParams)]
        instants = [getattr(p, name) for p in patches for name in ("created_at", "updated_at", "advance_recency_at")]
        return cls({"instants": instants} | {name: [getattr(p, name) for p in patches] for name in _OPEN})

    def tell(self, answer: Any) -> Any:
        """Return an answer with the store's own choices told as such."""
        if isinstance(answer, ThreadStoreError) and answer.kind in _REFUSED:
            return {"refused": "missing, invalid or busy"}
        if isinstance(answer, StoredThread):
            return self._row(answer)
        if isinstance(answer, StoredThreadHistory):
            return _history(answer)
        if isinstance(answer, list):
            return _in_order([self._row(row) for row in answer])
        return plain(answer)

    def _row(self, thread: StoredThread) -> dict[str, Any]:
        row: dict[str, Any] = plain(thread)
        known: dict[Any, str] = {}
        for name in _INSTANTS:
            if row[name] not in self.named["instants"]:
                row[name] = known.setdefault(row[name], f"{OWN} instant {len(known) + 1}")
        for name in _OPEN:
            if not any(same_json(row[name], value) for value in self.named[name]):
                row[name] = OWN
        for name in ("archived_at", "rollout_path"):
            row[name] = None if row[name] is None else OWN
        row["history"] = _history(thread.history) if thread.history else None
        return row


def _history(history: StoredThreadHistory) -> dict[str, Any]:
    told: dict[str, Any] = plain(history)
    first = told["items"][0] if told["items"] else None
    if isinstance(first, RolloutItem) and first.type == "session_meta":
        facts = {name: value for name, value in first.payload.items() if name not in _OWN_FACTS}
        told["items"][0] = RolloutItem(first.type, facts)
    return told


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort each run of rows whose places are the store's own by id."""
    told: list[dict[str, Any]] = []
    run: list[dict[str, Any]] = []
    for row in rows:
        if isinstance(row["created_at"], str):
            run.append(row)
            continue
        told += [*sorted(run, key=_id_of), row]
        run = []
    return told + sorted(run, key=_id_of)


def _id_of(row: dict[str, Any]) -> str:
    return str(row["thread_id"])


def first_difference(expected: Any, actual: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """Return where two plain values first differ, and what is there in each, or ``None`` where they do not."""
    if same_json(expected, actual):
        return None
    places: list[tuple[str, Any]] = []
    if isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        places = [(f".{name}", name) for name in expected]
    elif isinstance(expected, list) and isinstance(actual, list):
        common = min(len(expected), len(actual))
        places = [(f"[{index}]", index) for index in range(common)]
    for name, place in places:
        found = first_difference(expected[place], actual[place], f"{path}{name}".removeprefix("."))
        if found:
            return found
    if isinstance(expected, list) and isinstance(actual, list):
        return f"{path}[{common}]", *([*each, "nothing more"][common] for each in (expected, actual))
    return path, expected, actual
