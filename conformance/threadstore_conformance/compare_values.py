"""Comparing a value with what the model gives: fields, histories, and the open values that an answer shows."""

from __future__ import annotations

from typing import Any

import attrs
from attrs import field, frozen

from threadstore import RolloutItem, SessionMeta, StoredThread, StoredThreadHistory
from threadstore.fields import MAX_TIMESTAMP
from threadstore.jsonvalue import same_json
from threadstore.outcomes import Open, Rows
from threadstore.session import LoadedThread, OutboundRequest


@frozen
class Mismatch:
    """The answer does not conform."""

    #: Where in the answer: ``name``, ``history.items[2]``, ``error``, ``page.items[0].preview``, …
    path: str
    expected: Any
    actual: Any
    #: The clause, where the model's outcome itself names it.
    clause: str | None = None
    #: In words, how a page or a record is not as it should be.
    how: str = ""


@frozen
class Match:
    """The answer conforms."""

    #: The open values that it showed.
    bindings: tuple[tuple[Open, Any], ...] = ()
    #: The page's rows, when the answer is a page.
    rows: Rows | None = field(default=None)


@frozen(kw_only=True)
class Leeway:
    """What of an answer is not judged, or not exactly."""

    #: The fields that are shown nowhere, as `ManagerBackend.unseen` names them.
    unseen: frozenset[str] = frozenset()
    #: Two times of a thread that are less apart are one, in milliseconds.
    grain: int = 0
    #: Places in the answer at hand that are known to be wrong.
    known: frozenset[str] = frozenset()


#: Of most answers everything is judged.
EXACTLY = Leeway()


class Bindings:
    """The open values seen so far in one answer: two fields that share one must show the same."""

    def __init__(self, leeway: Leeway) -> None:
        self.leeway = leeway
        self.seen: list[tuple[Open, Any]] = []

    def of(self, name: Open) -> Any:
        """Return what an open value was seen to be, or that it was not seen."""
        for known, value in self.seen:
            if (known.thread_id, known.name) == (name.thread_id, name.name):
                return name.bound(value)
        return _UNSEEN


_UNSEEN = object()
_TIMES = ("created", "archived_at", "updated_at", "recency_at")
#: The times of a thread, by their fields.
THREAD_TIMES = ("created_at", "updated_at", "recency_at", "archived_at")
#: What an open value may be.
_OPEN_TYPES: dict[str, Any] = {
    "rollout_path": str,
    "cli_version": str,
    "approval_mode": str | None,
    "permission_profile": dict | None,
}


def judge_value(expected: Any, actual: Any, path: str, found: Bindings) -> Mismatch | None:
    """Return what is wrong with a value at a path; nothing when it conforms."""
    kind = type(expected)
    if kind is Open:
        return _judge_open(expected, actual, path, found)
    if kind in _FIELDS:
        return _judge_fields(expected, actual, path, found)
    if kind is StoredThreadHistory:
        return _judge_history(expected, actual, path, found)
    if type(actual) is not kind and attrs.has(kind):
        return Mismatch(path, expected, actual)
    if attrs.has(kind):
        return None if expected == actual and _same_types(expected, actual) else Mismatch(path, expected, actual)
    # A timestamp that comes back as a float is the same number, and not the same value of the field.
    same = same_json(expected, actual) and not (kind is int and type(actual) is not int)
    return None if same else Mismatch(path, expected, actual)


def _same_types(expected: Any, actual: Any) -> bool:
    return all(type(getattr(expected, a.name)) is type(getattr(actual, a.name)) for a in attrs.fields(type(expected)))


def _judge_open(expected: Open, actual: Any, path: str, found: Bindings) -> Mismatch | None:
    known = found.of(expected)
    if known is not _UNSEEN:
        return None if same_json(known, actual) else Mismatch(path, known, actual)
    if expected.name.split(":")[0] in _TIMES and not (type(actual) is int and 0 <= actual <= MAX_TIMESTAMP):
        return Mismatch(path, "a time in whole milliseconds", actual)
    if expected.among is not None and not any(_is_one(expected, one, actual, path, found) for one in expected.among):
        return Mismatch(path, f"one of {expected.among}", actual)
    if expected.at_least is not None and actual < expected.at_least - found.leeway.grain:
        return Mismatch(path, f"at least {expected.at_least}", actual)
    if not isinstance(actual, _OPEN_TYPES.get(expected.name, object)):
        return Mismatch(path, f"a value of the type of {expected.name}", actual)
    found.seen.append((expected, actual))
    return None


#: Results that are compared field by field, because some of their fields may be open or JSON.
_FIELDS = {cls: tuple(a.name for a in attrs.fields(cls)) for cls in (StoredThread, LoadedThread, OutboundRequest)}


def _judge_fields(expected: Any, actual: Any, path: str, found: Bindings) -> Mismatch | None:
    if type(actual) is not type(expected):
        return Mismatch(path, expected, actual)
    leeway = found.leeway
    for name in _FIELDS[type(expected)]:
        want, got = getattr(expected, name), getattr(actual, name)
        if want is got or (type(want) is str and type(got) is str and want == got):
            continue
        if leeway.unseen and f"{type(expected).__name__}.{name}" in leeway.unseen:
            # Nothing is judged of it; what the model left open is what is told, where something is.
            if type(want) is Open and got is not None and found.of(want) is _UNSEEN:
                found.seen.append((want, got))
            continue
        if leeway.grain and name in THREAD_TIMES and _is_near(want, got, found):
            continue
        mismatch = judge_value(want, got, f"{path}.{name}" if path else name, found)
        if mismatch and mismatch.path not in leeway.known:
            return mismatch
    return None


def _is_one(name: Open, value: Any, actual: Any, path: str, found: Bindings) -> bool:
    timed = name.name.split(":")[0] in THREAD_TIMES
    return (timed and _is_near(value, actual, found)) or judge_value(value, actual, path, found) is None


def _is_near(expected: Any, actual: Any, found: Bindings) -> bool:
    known = found.of(expected) if type(expected) is Open else expected
    return type(known) is int and type(actual) is int and abs(known - actual) < found.leeway.grain


def _judge_history(expected: StoredThreadHistory, actual: Any, path: str, found: Bindings) -> Mismatch | None:
    path = f"{path}.items" if path else "items"
    if type(actual) is not StoredThreadHistory:
        return Mismatch(path, expected, actual)
    if actual.thread_id != expected.thread_id:
        return Mismatch(path, expected.thread_id, actual.thread_id)
    for index, (want, got) in enumerate(zip(expected.items, actual.items, strict=False)):
        left_open: Any = want.payload
        if isinstance(left_open, Open):
            mismatch = _judge_session_meta(left_open, got, f"{path}[{index}]", found)
            if mismatch:
                return mismatch
        elif not isinstance(got, RolloutItem) or want != got:
            # The same record with another value is one thing, a lost or doubled or moved record another.
            alike = isinstance(got, RolloutItem) and got.kind == want.kind
            altered = alike and got not in expected.items and len(expected.items) == len(actual.items)
            how = f"which differs in {', '.join(_differing(want, got))}" if alike else ""
            return Mismatch(f"{path}[{index}]", want, got, "APPEND-5" if altered else None, how)
    if len(expected.items) != len(actual.items):
        index = min(len(expected.items), len(actual.items))
        return Mismatch(f"{path}[{index}:]", expected.items[index:][:3], actual.items[index:][:3])
    return None


def _differing(one: RolloutItem, other: RolloutItem) -> list[str]:
    names = dict.fromkeys((*one.payload, *other.payload))
    return [name for name in names if not same_json(one.payload.get(name, _UNSEEN), other.payload.get(name, _UNSEEN))]


#: What of a thread's own SessionMeta is the store's own affair.
_STORES_OWN = ("timestamp", "cli_version", "git")


def _judge_session_meta(expected: Open, actual: Any, path: str, found: Bindings) -> Mismatch | None:
    if not isinstance(actual, RolloutItem) or actual.type != "session_meta":
        return Mismatch(path, "the thread's own session_meta", actual)
    try:
        facts = SessionMeta.of(actual.payload)
    except (ValueError, TypeError, AttributeError):
        return Mismatch(path, "the thread's own session_meta", actual)
    leeway = found.leeway
    for attribute in attrs.fields(SessionMeta):
        name = attribute.name
        want, got = getattr(expected.facts, name), getattr(facts, name)
        if f"SessionMeta.{name}" in leeway.unseen or (not want and f"SessionMeta.{name}?" in leeway.unseen):
            continue
        # Absent, null and the default are the same fact (LIFE-1), and so is an empty text.
        if name not in _STORES_OWN and type(want) is not Open and not same_json(want, got) and (want or got):
            mismatch = Mismatch(f"{path}.payload.{name}", want, got)
            if mismatch.path not in leeway.known:
                return mismatch
    found.seen.append((expected, actual))
    return None
