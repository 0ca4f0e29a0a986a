"""Directed checks of what an item may hold: APPEND-5, 5b and 5c."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    ErrorKind,
    RolloutItem,
    ThreadId,
)
from threadstore_conformance.lab import INVALID, Lab, clause, user_message

from .comparing import brief
from .refusing import assert_names
from .unusual import DEPTH_OF_ARGUMENTS, NUMBERS, TEXTS, UNSTORABLE, any_value, carrying
from .verbs import resume, written


@clause("APPEND-5")
def test_texts_come_back_as_they_were(lab: Lab) -> None:
    """Ensure every Unicode scalar survives, in values and in member names, and no text is normalised."""
    _assert_come_back(lab, {what: [text, {"member": text}] for what, text in TEXTS.items()})
    _assert_come_back(lab, {f"a name: {what}": {text: what} for what, text in TEXTS.items()})
    thread = lab.create()
    sent = [user_message(text) for text in TEXTS.values()]
    lab.append(thread, *sent)
    _assert_each(sent, written(lab, thread))


@clause("APPEND-5")
def test_every_unicode_scalar_comes_back(lab: Lab) -> None:
    """Ensure no code point but the surrogates is lost or replaced."""
    points = array("I", range(0x110000)).tobytes()
    scalars = (points[: 4 * 0xD800] + points[4 * 0xE000 :]).decode("utf-32")
    thread = lab.create()
    lab.append(thread, user_message(scalars))
    actual = "".join(str(item.payload.get("message")) for item in written(lab, thread))
    # Not compared inside the assert: pytest would explain a difference of a million characters for minutes.
    came_back = scalars == actual
    lost = [] if came_back else sorted(set(scalars) - set(actual))[:5]
    assert came_back, f"of all Unicode scalars, in order, not all came back; {list(map(ord, lost))} are lost"


@clause("APPEND-5")
def test_numbers_come_back_by_exact_value(lab: Lab) -> None:
    """Ensure no integer of 64 bits is rounded, and no finite double."""
    _assert_come_back(lab, {repr(number): [number, {"member": number}] for number in NUMBERS})


@clause("APPEND-5")
def test_wide_values_come_back_whole(lab: Lab) -> None:
    """Ensure no member of a wide object and no element of a long list is lost."""
    wide = {f"member {number}": number for number in range(1_000)}
    _assert_come_back(lab, {"a wide object": [wide, {"member": wide}], "a long list": list(range(1_000))})


@clause("APPEND-5")
def test_values_that_resemble_each_other_stay_apart(lab: Lab) -> None:
    """Ensure true is not 1, nor a missing member a null or empty one, nor an empty list an empty object."""
    alike: list[Any] = [
        True, 1, False, 0, None, "", [], {}, "true", "1", "null", [None], [[]], {"": None}, {"a": None}, {"a": ""},
        {"a": {}}, {"a": []}, [True, 1], [1, True], {"caf\u00e9": 1, "cafe\u0301": 2}, {"A": 1, "a": 2}, [1, [2, [3]]],
    ]  # fmt: skip
    _assert_come_back(lab, {repr(value): value for value in alike})
    thread = lab.create()
    sent = [user_message("x"), user_message("x", images=None), user_message("x", images=[])]
    lab.append(thread, *sent)
    actual = written(lab, thread)
    assert sent == actual, f"appended {brief(sent)}, got {brief(actual)}"


@clause("APPEND-5")
def test_members_that_nobody_knows_are_kept(lab: Lab) -> None:
    """Ensure every kind of item keeps its unknown members, unless the store declares typed items."""
    more = {} if lab.capabilities.typed_items else {"of_the_future": {"a": [1, None, {"b": ""}]}, "timestamp": "x"}
    sent = [
        user_message("x", **more),
        RolloutItem("response_item", {"type": "message", "role": "user", "content": [], **more}),
        RolloutItem("turn_context", {"cwd": "/x", "model": "m", "approval_policy": "never", "summary": "auto", **more}),
        RolloutItem("compacted", {"message": "x", **more}),
        RolloutItem("world_state", {"full": True, "state": {}, **more}),
        RolloutItem("session_meta", {"id": lab.new_id(), "originator": "o", "cwd": "/x", "cli_version": "1", **more}),
    ]
    if more:
        sent += [RolloutItem("inter_agent_communication", {"type": "x", "payload": {}, "ordinal": 3, **more})]
    thread = lab.create()
    lab.append(thread, *sent)
    _assert_each(sent, written(lab, thread))


@clause("APPEND-5")
def test_members_of_any_name_are_kept(lab: Lab) -> None:
    """Ensure no name of a payload's own member is special, the empty one and others that nobody would choose."""
    names = () if lab.capabilities.typed_items else TEXTS.values()
    sent = [RolloutItem("event_msg", {name: "x", "type": "user_message", "message": name}) for name in ("text", *names)]
    thread = lab.create()
    lab.append(thread, *sent)
    _assert_each(sent, written(lab, thread))


@clause("APPEND-5")
def test_deep_values_come_back(lab: Lab) -> None:
    """Ensure payloads of a hundred levels survive, of lists, of objects and of both."""
    depths = {}
    for what, wrap in (
        ("lists", lambda value: [value]),
        ("objects", lambda value: {"a": value}),
        ("lists and objects", lambda value: [{"a": value}]),
    ):
        value: Any = "deep"
        while _depth(wrap(value)) <= 100 - DEPTH_OF_ARGUMENTS:
            value = wrap(value)
        depths[f"nested {what}"] = value
    _assert_come_back(lab, depths)


@clause("APPEND-5")
def test_large_items_come_back(lab: Lab) -> None:
    """Ensure items of ten megabytes survive between small ones, in bytes of one and of three to a character."""
    thread = lab.create()
    sent = [
        user_message("before"),
        user_message("x" * 10_000_000),
        user_message("€" * 3_400_000),
        user_message("after"),
    ]
    lab.append(thread, *sent)
    actual = written(lab, thread)
    sizes = [len(item.payload.get("message", "")) for item in actual]
    came_back = sent == actual
    assert came_back, f"appended items of 6, 10,000,000, 3,400,000 and 5 characters, got {sizes}"


@clause("APPEND-5")
def test_values_outlive_the_writer(lab: Lab) -> None:
    """Ensure what was right when it was written is right when it is read after a resume."""
    thread = lab.create()
    sent = [carrying([*TEXTS.values(), *NUMBERS, True, None, {}])]
    lab.append(thread, *sent)
    lab.close(thread)
    resume(lab, thread)
    actual = written(lab, thread)
    assert sent == actual, f"after a resume: appended {brief(sent)}, got {brief(actual)}"


@clause("APPEND-5b")
def test_what_cannot_be_stored_is_refused_whole(lab: Lab) -> None:
    """Ensure a batch with one such value, anywhere, is InvalidRequest that names items, and nothing of it is kept."""
    thread = lab.create()
    lab.append(thread, user_message("before"))
    for what, value in UNSTORABLE.items():
        for item in (user_message("x", more=value), carrying([1, {"a": [value]}]), user_message("x", a={"b": value})):
            _assert_refused_whole(lab, thread, what, [item])
            _assert_refused_whole(lab, thread, what, [user_message("good"), item, user_message("good")])
    lab.append(thread, user_message("after"))
    # A malformed batch is malformed for any thread.
    unknown = AppendThreadItemsParams(thread_id=lab.new_id(), items=[user_message("x", more=float("nan"))])
    lab.refused(unknown, INVALID)
    actual = written(lab, thread)
    assert actual == [user_message("before"), user_message("after")], f"refused batches left {brief(actual)}"


@clause("APPEND-5b")
def test_what_is_no_item_is_refused(lab: Lab) -> None:
    """Ensure a payload that is no object, a type that is no text, and an item that is none, are refused."""
    thread = lab.create()
    for what, item in (
        ("a list for a payload", RolloutItem("event_msg", any_value(["user_message"]))),
        ("a text for a payload", RolloutItem("event_msg", any_value("user_message"))),
        ("null for a payload", RolloutItem("event_msg", any_value(None))),
        ("a number for a type", RolloutItem(any_value(5), {})),
        ("null for a type", RolloutItem(any_value(None), {})),
        ("a surrogate in a type", RolloutItem("\ud800", {})),
        ("a surrogate as an event's type", RolloutItem("event_msg", {"type": "\ud800"})),
        ("NaN in what the policy drops", RolloutItem("event_msg", {"type": "warning", "x": float("nan")})),
    ):
        _assert_refused_whole(lab, thread, what, [user_message("good"), item])
    assert written(lab, thread) == []


@clause("APPEND-5b")
def test_what_is_not_json_is_refused(lab: Lab) -> None:
    """Ensure values that Python has and JSON has not are refused, not written in some other form."""
    thread = lab.create()
    for value in (b"bytes", {1, 2}, datetime(2026, 7, 1, tzinfo=UTC), 1j, object(), {1: "a number for a name"}):
        _assert_refused_whole(lab, thread, type(value).__name__, [user_message("good"), user_message("x", more=value)])
    assert written(lab, thread) == []


@clause("APPEND-5b")
def test_a_refused_batch_keeps_the_writer(lab: Lab) -> None:
    """Ensure appends go on after a refused one, and the refused one never turns up."""
    thread = lab.create()
    bad = user_message("x", more=float("nan"))
    for number in range(3):
        _assert_refused_whole(lab, thread, "NaN", [user_message("lost"), bad])
        lab.append(thread, user_message(str(number)))
    lab.close(thread)
    resume(lab, thread)
    actual = written(lab, thread)
    assert actual == [user_message(str(number)) for number in range(3)], f"after refused batches: {brief(actual)}"


@clause("APPEND-5c")
def test_an_item_beyond_the_limit_is_resource_exhausted(lab: Lab) -> None:
    """Ensure nothing of such a batch is kept, the writer goes on, and items just below the limit are stored."""
    limit = lab.capabilities.max_item_bytes or 0
    thread = lab.create()
    # The limit is of bytes: two to each of these characters.
    too_large, fitting = user_message("é" * (limit // 2)), user_message("é" * (limit // 2 - 100))
    batch = [user_message("good"), too_large, user_message("good")]
    lab.refused(AppendThreadItemsParams(thread_id=thread, items=batch), (ErrorKind.RESOURCE_EXHAUSTED,))
    lab.append(thread, user_message("after"), fitting)
    sizes = [len(json.dumps(item.payload)) for item in written(lab, thread)]
    assert written(lab, thread) == [user_message("after"), fitting], f"items of {sizes} characters were kept"


def _assert_come_back(lab: Lab, values: dict[str, Any]) -> None:
    thread = lab.create()
    lab.append(thread, *map(carrying, values.values()))
    items = written(lab, thread)
    assert len(values) == len(items), f"appended {len(values)} items, got {len(items)}"
    for (what, value), actual in zip(values.items(), items, strict=True):
        assert carrying(value) == actual, f"{what}: appended {brief([carrying(value)])}, got {brief([actual])}"


def _assert_each(sent: Sequence[RolloutItem], items: Sequence[RolloutItem]) -> None:
    assert len(sent) == len(items), f"appended {len(sent)} items, got {len(items)}"
    for expected, actual in zip(sent, items, strict=True):
        assert expected == actual, f"appended {brief([expected])}, got {brief([actual])}"


def _assert_refused_whole(lab: Lab, thread: ThreadId, what: str, items: list[RolloutItem]) -> None:
    before = lab.items(thread)
    error = lab.refused(AppendThreadItemsParams(thread_id=thread, items=items), INVALID)
    assert_names(error, "items", what)
    assert before == lab.items(thread), f"{what}: a refused batch left {brief(lab.items(thread)[len(before) :])}"


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0
