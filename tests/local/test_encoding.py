"""Items as lines: what is JSON is kept exactly, what is not is refused by name, and nothing of its batch is kept."""

from __future__ import annotations

import datetime
import enum
import math
import uuid
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.homes import NOW, ONE, create, history, opened, read, said, texts
from threadstore import AppendThreadItemsParams, InvalidRequest, RolloutItem, ShutdownThreadParams
from threadstore_backends.local.encoding import encode_batch, milliseconds, rfc3339
from threadstore_backends.local.rollout import history as parsed
from threadstore_backends.local.rows import source_key


class Word(enum.StrEnum):
    ONE = "one"


class Number(enum.IntEnum):
    ONE = 1


def deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


NOT_JSON = [
    math.nan, math.inf, -math.inf, 2**64, -(2**63) - 1, "\ud800", {"\udfff": 1}, {1: 2}, {None: 1}, {"a": {7}},
    b"bytes", (), (1,), ["(", ("(ab",)], (None,) * 70_000,
    uuid.UUID(int=1), Word.ONE, Number.ONE, datetime.datetime(2026, 1, 1), OrderedDict(a=1), object(),
    {"a": [math.nan]}, deep(201), deep(253), deep(2_000),
]  # fmt: skip


@pytest.mark.parametrize("value", NOT_JSON, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("beside", [{}, {"null": None}, {"text": "x" * 1000}])
def test_what_is_not_json_is_refused(tmp_path: Path, value: Any, beside: dict[str, Any]) -> None:
    """Ensure a value that no JSON holds is refused with its place, kept or dropped by the policy, and nothing stays."""
    store = opened(tmp_path)
    create(store, ONE, "before")
    payload = {**beside, "value": value}
    for bad in (
        RolloutItem("event_msg", {"type": "user_message", **payload}),
        RolloutItem("event_msg", {"type": "unknown", **payload}),
        RolloutItem("turn_context", payload),
    ):
        with pytest.raises(InvalidRequest) as caught:
            store.append_items(AppendThreadItemsParams(thread_id=ONE, items=[said("lost"), bad]))
        assert (caught.value.field or "").startswith("items[1].payload")
    assert texts(store) == ["before"]
    store.close()


@pytest.mark.parametrize(
    "items",
    [None, "text", 7, [None], ["text"], [{"type": "event_msg", "payload": {}}], [RolloutItem("event_msg", [])],  # type: ignore[arg-type]
     [RolloutItem(7, {})], [RolloutItem("\ud800", {})], [RolloutItem("event_msg", None)]],  # type: ignore[arg-type]
)  # fmt: skip
def test_what_is_no_item_is_refused(tmp_path: Path, items: Any) -> None:
    """Ensure anything but items is refused, by the live writer and without one."""
    store = opened(tmp_path)
    create(store, ONE, "before")
    for _ in range(2):
        with pytest.raises(InvalidRequest) as caught:
            store.append_items(AppendThreadItemsParams(thread_id=ONE, items=items))
        assert (caught.value.field or "").startswith("items")
        assert texts(store) == ["before"]
        if ONE in store._live:
            store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
    store.close()


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["\0", "\x7f", "null", "\r\n", "\u2028", "ÿ", '"\\/', "inf"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
)


@given(values, st.sampled_from([{}, {"x": None, "y": -1}, {"x": None, "y": "\x7f"}]))
def test_json_comes_back_the_same(value: Any, beside: dict[str, Any]) -> None:
    """Ensure every JSON value survives a line (APPEND-5)."""
    item = RolloutItem("event_msg", {"type": "user_message", "value": value, **beside})
    lines, own_meta = encode_batch(AppendThreadItemsParams(thread_id=ONE, items=[item, item]), NOW)
    assert parsed(lines, ONE) == (item, item)
    assert not own_meta
    assert lines.count(b"\n") == 2


@pytest.mark.parametrize("levels", [100, 198])
def test_deep_and_large_items_are_kept_whole(tmp_path: Path, levels: int) -> None:
    """Ensure deep nesting, many brackets and ten megabytes come back whole."""
    payloads = [{"v": deep(levels)}, {"v": [[]] * 500}, {"v": "[" * 500}, {"v": "ü\0" * 5_000_000}, {"v": "(ab\0(" * 9}]
    store = opened(tmp_path)
    create(store)
    items = [RolloutItem("turn_context", payload) for payload in payloads]
    store.append_items(AppendThreadItemsParams(thread_id=ONE, items=items))
    kept = [item.payload for item in history(store)[1:]]
    assert kept == payloads
    store.close()


def test_items_are_values(tmp_path: Path) -> None:
    """Ensure later changes of what was given show nowhere."""
    source: dict[str, Any] = {"custom": ["a"]}
    payload = {"type": "user_message", "message": "hello"}
    store = opened(tmp_path)
    create(store, ONE, source=source)
    source["custom"].append("b")
    store.append_items(AppendThreadItemsParams(thread_id=ONE, items=[RolloutItem("event_msg", payload)]))
    payload["message"] = "changed"
    assert texts(store) == ["hello"]
    assert read(store).source == {"custom": ["a"]}
    store.close()


@given(st.integers(0, 253_402_300_799_999))
def test_instants_survive_their_text(instant: int) -> None:
    """Ensure milliseconds are written as RFC 3339 with three digits, and read back exactly."""
    text = rfc3339(instant)
    assert (len(text), text[-1], milliseconds(text)) == (24, "Z", instant)


@pytest.mark.parametrize(
    ("text", "instant"),
    [("2026-11-22T07:03:56.630Z", NOW), ("2026-11-22T02:03:56.630-05:00", NOW), ("2026-11-22T07-03-56", NOW - 630),
     ("2026-11-22T07:03:56.630412Z", NOW), ("yesterday", None), ("", None), (None, None), (7, None)],
)  # fmt: skip
def test_reads_the_instants_of_real_files(text: Any, instant: int | None) -> None:
    """Ensure both forms of time in rollouts are read, and anything else is none."""
    assert milliseconds(text) == instant


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}, True), (1, True, False), ({"a": None}, {}, False), ("1", 1, False),
     (10**300 * 1.0, 1e300, True), ("ü", "\u00fc", True), ("é", "e\u0301", False), (-0.0, 0, True)],
)  # fmt: skip
def test_a_source_is_compared_by_value(one: Any, other: Any, same: bool) -> None:
    """Ensure sources are the same exactly where they are the same JSON value (LIST-5)."""
    assert (source_key(one) == source_key(other)) is same
