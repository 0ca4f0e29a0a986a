"""Directed checks of APPEND-2: the persistence policy, as the spec's own table has it."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from threadstore import AppendThreadItemsParams, RolloutItem
from threadstore_conformance.lab import MISSING, Lab, agent_message, clause, user_message

from .codex_home import lines_of
from .comparing import brief, changed_look, look
from .verbs import attempt, reading, resume, written


@clause("APPEND-2")
def test_every_kind_that_the_table_keeps_is_kept(lab: Lab) -> None:
    """Ensure each kept kind comes back, appended alone and among others, unchanged."""
    thread = lab.create()
    kept = _kept()
    for item in kept:
        lab.append(thread, item)
    _assert_items(lab, thread, kept)
    lab.append(thread, *kept)
    _assert_items(lab, thread, kept * 2)


@clause("APPEND-2")
def test_every_kind_that_the_table_drops_is_dropped(lab: Lab) -> None:
    """Ensure a dropped kind appears in no history, appended alone or among kept ones, which keep their order."""
    thread = lab.create()
    for item in _dropped():
        lab.append(thread, item)
    _assert_items(lab, thread, [])
    mixed, expected = [], []
    for number, item in enumerate(_dropped()):
        mixed += [user_message(str(number)), item]
        expected.append(user_message(str(number)))
    lab.append(thread, *mixed)
    _assert_items(lab, thread, expected)


@clause("APPEND-2")
def test_unknown_kinds_are_dropped(lab: Lab) -> None:
    """Ensure what the table does not name is not returned as history, and its neighbours are."""
    thread = lab.create()
    for item in _UNKNOWN:
        lab.append(thread, item)
    lab.append(thread, user_message("before"), *_UNKNOWN, user_message("after"))
    _assert_items(lab, thread, [user_message("before"), user_message("after")])


@clause("APPEND-2")
def test_what_is_kept_of_item_completed_depends_on_the_item(lab: Lab) -> None:
    """Ensure item_completed is kept for Plan and Sleep alone."""
    thread = lab.create()
    completed = [
        RolloutItem("event_msg", {"type": "item_completed", "turn_id": "1", "item": item})
        for item in ({"type": "Plan", "id": "1"}, {"type": "AgentMessage"}, {"type": "Sleep"}, {"type": "plan"}, {})
    ]
    lab.append(thread, *completed)
    lab.append(thread, RolloutItem("event_msg", {"type": "item_completed"}))
    _assert_items(lab, thread, [completed[0], completed[2]])


@clause("APPEND-2")
def test_a_batch_with_nothing_to_keep_changes_nothing(lab: Lab) -> None:
    """Ensure an empty batch, and one that filters to nothing, answer Ok and leave the thread as it was."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    written(lab, thread)
    before = look(lab, thread)
    for batch in ((), _dropped()[:1], _UNKNOWN, tuple(_dropped())):
        lab.clock.advance(60_000)
        lab.append(thread, *batch)
        differences = changed_look(before, look(lab, thread))
        assert differences == {}, f"a batch of which nothing is kept, {brief(batch)}, changed {differences}"


@clause("APPEND-2")
def test_nothing_to_keep_without_a_writer_is_ok_or_missing(lab: Lab) -> None:
    """Ensure such a batch does nothing to a closed thread, and makes no thread of an unknown one."""
    closed, unknown = lab.create(), lab.new_id()
    lab.append(closed, user_message("said"))
    lab.close(closed)
    before = look(lab, closed)
    for thread in (closed, unknown):
        for batch in ((), _UNKNOWN, tuple(_dropped())):
            error = attempt(lab, AppendThreadItemsParams(thread_id=thread, items=batch))
            assert error is None or error.kind in MISSING, f"expected Ok or missing, got {error!r}"
    differences = changed_look(before, look(lab, closed))
    assert differences == {}, f"a batch of which nothing is kept changed a closed thread: {differences}"
    resume(lab, closed)
    lab.refused(reading(unknown), MISSING)
    lab.store.create_thread(lab.creation(unknown))


@clause("APPEND-2")
def test_an_unknown_kind_in_a_stored_file_fails_no_load(lab: Lab) -> None:
    """Ensure a record of the future stays in the file, is not returned, and hides nothing."""
    thread = lab.create()
    expected = [user_message("before")]
    lab.append(thread, *expected)
    lab.close(thread)
    if lab.capabilities.codex_home:
        file = lab.home / str(lab.read(thread).rollout_path)
        lab.reopen(between=lambda home: _write_unknown(file))
    resume(lab, thread)
    lab.append(thread, user_message("after"))
    _assert_items(lab, thread, [*expected, user_message("after")])
    if lab.capabilities.codex_home:
        kinds = [line["type"] for line in lines_of(file)]
        assert "kind_of_the_future" in kinds, f"the unknown record is gone from {file.name}, which has {kinds}"


@clause("APPEND-2")
def test_the_policy_looks_at_nothing_but_the_kind(lab: Lab) -> None:
    """Ensure content that resembles a dropped kind, or is empty, does not drop an item."""
    thread = lab.create()
    sent = [
        user_message(""),
        user_message("x", phase="error", kind="agent_message_delta"),
        RolloutItem("event_msg", {"type": "agent_message", "message": "x", "item": {"type": "warning"}}),
        RolloutItem("response_item", {"type": "message", "role": "system", "content": []}),
        RolloutItem("turn_context", {}),
        RolloutItem("turn_context", {"type": "error"}),
        RolloutItem("compacted", {"type": "unknown"}),
        RolloutItem("world_state", {}),
    ]
    lab.append(thread, *sent)
    _assert_items(lab, thread, sent)


@clause("APPEND-2")
def test_token_counts_are_kept_whatever_they_tell(lab: Lab) -> None:
    """Ensure token counts with usage, rate limits, credits and none of them come back, among others and alone."""
    counts = [RolloutItem("event_msg", {"type": "token_count", **told}) for told in _COUNTED]
    sent = [user_message("count"), *counts, agent_message("counted")]
    thread = lab.create()
    lab.append(thread, *sent)
    for count in counts:
        lab.append(thread, count)
    expected, actual = [*sent, *counts], written(lab, thread)
    assert expected == actual, f"expected {brief(expected)}, got {brief(actual)}"


_UNKNOWN = (
    RolloutItem("kind_of_the_future", {"type": "user_message", "message": "x"}),
    RolloutItem("event_msg", {"type": "event_of_the_future", "message": "x"}),
    RolloutItem("event_msg", {"message": "no type"}),
    RolloutItem("event_msg", {"type": None}),
    RolloutItem("event_msg", {"type": ["user_message"]}),
    RolloutItem("event_msg", {"type": "User_Message", "message": "x"}),
    RolloutItem("event_msg", {"type": "message"}),
    RolloutItem("response_item", {"type": "item_of_the_future"}),
    RolloutItem("response_item", {"type": "user_message", "message": "an event's type"}),
    RolloutItem("EVENT_MSG", {"type": "user_message", "message": "x"}),
    RolloutItem("event_msg ", {"type": "user_message", "message": "x"}),
    RolloutItem("", {}),
)

_USAGE = {"input_tokens": 1, "cached_input_tokens": 0, "output_tokens": 2, "total_tokens": 3}
_WINDOW = {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1_782_293_400}

#: What a token count tells, and may tell without the rest.
_COUNTED: tuple[dict[str, Any], ...] = (
    {"info": None},
    {"info": {"total_token_usage": _USAGE, "last_token_usage": _USAGE, "model_context_window": 272_000}},
    {"info": None, "rate_limits": {"primary": _WINDOW, "secondary": _WINDOW}},
    {"rate_limits": {"primary": None, "credits": {"has_credits": True, "unlimited": False, "balance": "17.5"}}},
    {"info": {"total_token_usage": _USAGE}, "rate_limits": {"plan_type": "pro", "credits": None}},
)

_ROW = re.compile(r"\| `(?P<type>\w+)` \| (?:any|`(?P<inner>\w+)`) \| (?P<verdict>keep|drop) \|")

#: What a payload needs beside its type so that a typed reader knows it.
_MORE = {"user_message": {"message": "x"}, "agent_message": {"message": "x"}}


@cache
def _table() -> tuple[tuple[str, str | None, str], ...]:
    page = (files("threadstore_spec") / "persistence_policy.md").read_text(encoding="utf-8")
    rows = tuple((row["type"], row["inner"], row["verdict"]) for row in _ROW.finditer(page))
    assert len(rows) > 80, f"the spec's table of the persistence policy reads with {len(rows)} rows"
    return rows


def _kept() -> list[RolloutItem]:
    return [_item(kind, inner) for kind, inner, verdict in _table() if verdict == "keep"]


def _dropped() -> list[RolloutItem]:
    return [_item(kind, inner) for kind, inner, verdict in _table() if verdict == "drop"]


def _item(kind: str, inner: str | None) -> RolloutItem:
    if inner is None:
        payload = {"id": "0190aaaa-0000-7000-8000-000000000001"} if kind == "session_meta" else {"note": kind}
        return RolloutItem(kind, dict(payload))
    return RolloutItem(kind, {"type": inner, "note": inner, **_MORE.get(inner, {})})


def _assert_items(lab: Lab, thread: str, expected: list[RolloutItem]) -> None:
    actual = written(lab, thread)
    assert expected == actual, f"expected {_kinds(expected)}, got {_kinds(actual)}"


def _kinds(items: list[RolloutItem]) -> str:
    return ", ".join("/".join(filter(None, item.kind)) for item in items) or "no item"


def _write_unknown(file: Path) -> None:
    record = {"timestamp": "2026-07-01T00:00:00.000Z", "type": "kind_of_the_future", "payload": {"note": "x"}}
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(record) + "\n")
