"""The persistence policy: a pure table (APPEND-2)."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import ItemType, RolloutItem, canonical_items, keeps
from threadstore.policy import (
    DROPPED_EVENTS,
    DROPPED_RESPONSE_ITEMS,
    KEPT_COMPLETED_ITEMS,
    KEPT_EVENTS,
    KEPT_RESPONSE_ITEMS,
    KEPT_TYPES,
    Disposition,
    disposition,
)

WORDS = sorted(KEPT_EVENTS | DROPPED_EVENTS | KEPT_RESPONSE_ITEMS | DROPPED_RESPONSE_ITEMS | {"unheard_of", ""})
inner: st.SearchStrategy[Any] = st.sampled_from([*WORDS, None, 5, ["message"], {"type": "message"}, True])
payloads = st.fixed_dictionaries(
    {}, optional={"type": inner, "item": st.none() | st.fixed_dictionaries({}, optional={"type": inner}), "n": inner}
)
items = st.builds(RolloutItem, st.sampled_from([*ItemType, "unheard_of", ""]).map(str), payloads)


@given(batch=st.lists(items))
def test_filtering_twice_is_filtering_once(batch: list[RolloutItem]) -> None:
    """Ensure the filter is idempotent, keeps the order, and drops exactly what `keeps` refuses."""
    kept = canonical_items(batch)
    assert canonical_items(kept) == kept
    assert [id(item) for item in kept] == [id(item) for item in batch if keeps(item)]


@given(batch=st.lists(items), cut=st.integers(0, 20))
def test_the_filter_looks_at_one_item_at_a_time(batch: list[RolloutItem], cut: int) -> None:
    """Ensure filtering two parts is filtering the whole."""
    assert canonical_items(batch[:cut]) + canonical_items(batch[cut:]) == canonical_items(batch)


@given(item=items)
def test_the_policy_changes_nothing_that_it_looks_at(item: RolloutItem) -> None:
    """Ensure the policy is pure: the same answer twice, and the item as it was."""
    before = copy.deepcopy(item)
    assert disposition(item.type, item.payload) is disposition(item.type, item.payload)
    assert item == before


@given(item=items)
def test_no_member_but_the_kind_counts(item: RolloutItem) -> None:
    """Ensure other members of a payload decide nothing."""
    more = RolloutItem(item.type, {**item.payload, "message": "x", "deep": [1]})
    assert disposition(more.type, more.payload) is disposition(item.type, item.payload)


def test_the_tables_are_disjoint() -> None:
    """Ensure no kind is both kept and dropped."""
    assert not KEPT_EVENTS & DROPPED_EVENTS
    assert not KEPT_RESPONSE_ITEMS & DROPPED_RESPONSE_ITEMS


def test_every_type_of_record_has_its_place() -> None:
    """Ensure the eight types are the ones kept whole and the two that are kept by kind."""
    assert set(map(str, ItemType)) == KEPT_TYPES | {"response_item", "event_msg"}
    assert all(disposition(name, {}) is Disposition.KEEP for name in KEPT_TYPES)


@pytest.mark.parametrize(
    ("outer", "kept", "dropped"),
    [
        ("event_msg", KEPT_EVENTS, DROPPED_EVENTS),
        ("response_item", KEPT_RESPONSE_ITEMS, DROPPED_RESPONSE_ITEMS),
    ],
)
def test_the_tables_are_what_is_done(outer: str, kept: frozenset[str], dropped: frozenset[str]) -> None:
    """Ensure a kind is kept, dropped or unknown as the tables of its own type say, whatever the other type's say."""
    for name in WORDS:
        expected = Disposition.KEEP if name in kept else Disposition.DROP if name in dropped else Disposition.UNKNOWN
        assert disposition(outer, {"type": name}) is expected


def test_completed_items_are_kept_for_plans_and_sleeps_alone() -> None:
    """Ensure ``item_completed`` is kept for a Plan and a Sleep, and dropped for anything else."""
    assert {"Plan", "Sleep"} == KEPT_COMPLETED_ITEMS
    for kind, wrapped in itertools.product(
        ["Plan", "Sleep", "plan", "AgentMessage", "", None, 5, ["Plan"]], [True, False]
    ):
        item = {"type": kind} if wrapped else kind
        kept = wrapped and kind in ("Plan", "Sleep")
        expected = Disposition.KEEP if kept else Disposition.DROP
        assert disposition("event_msg", {"type": "item_completed", "item": item}) is expected
    assert disposition("event_msg", {"type": "item_completed"}) is Disposition.DROP
    assert disposition("response_item", {"type": "item_completed", "item": {"type": "Plan"}}) is Disposition.UNKNOWN


@pytest.mark.parametrize("bad", [None, 5, True, ["user_message"], {"type": "user_message"}])
def test_a_kind_that_is_no_text_is_unknown(bad: Any) -> None:
    """Ensure a payload whose ``type`` is no text is unknown, and so not kept."""
    for outer in ("event_msg", "response_item"):
        assert disposition(outer, {"type": bad}) is Disposition.UNKNOWN
        assert RolloutItem(outer, {"type": bad}).kind == (outer, None)
    assert RolloutItem("compacted", {"type": "message"}).kind == ("compacted", None)
    assert RolloutItem("event_msg", {"type": "error"}).kind == ("event_msg", "error")
