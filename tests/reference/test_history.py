"""The model's persistent history: old versions stay, and length costs an append nothing."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from threadstore import RolloutItem
from threadstore.history import History


def numbered(*numbers: int) -> tuple[RolloutItem, ...]:
    return tuple(RolloutItem("world_state", {"n": number}) for number in numbers)


def numbers(history: History) -> list[int]:
    return [item.payload["n"] for item in history]


@given(first=st.integers(), batches=st.lists(st.lists(st.integers(), max_size=3), max_size=8))
def test_items_come_in_the_order_appended(first: int, batches: list[list[int]]) -> None:
    """Ensure a history holds its first item, then every batch in order."""
    history = History(numbered(first))
    for batch in batches:
        history = history.append(numbered(*batch))
    assert numbers(history) == [first, *(number for batch in batches for number in batch)]


@given(program=st.lists(st.tuples(st.integers(0, 50), st.lists(st.integers(), max_size=2)), max_size=20))
def test_any_old_history_can_grow_again(program: list[tuple[int, list[int]]]) -> None:
    """Ensure appending to any earlier version changes no version that exists, as with plain lists."""
    histories, lists = [History(numbered(0))], [[0]]
    for version, batch in program:
        version %= len(histories)
        histories.append(histories[version].append(numbered(*batch)))
        lists.append(lists[version] + batch)
        assert [numbers(history) for history in histories] == lists


@given(batches=st.lists(st.lists(st.integers(), max_size=2), max_size=6))
def test_another_first_item_changes_no_other(batches: list[list[int]]) -> None:
    """Ensure replacing the first item leaves the old history and all later items as they were."""
    history = History(numbered(0))
    for batch in batches:
        history = history.append(numbered(*batch))
    before = numbers(history)
    after = history.replace_first(numbered(-1)[0])
    assert numbers(after) == [-1, *before[1:]]
    assert numbers(history) == before


def test_a_hundred_thousand_appends() -> None:
    """Ensure a long history is built, walked, printed, changed at its start and freed without deep recursion."""
    history = History(numbered(-1))
    for number in range(100_000):
        history = history.append(numbered(number))
    assert numbers(history) == list(range(-1, 100_000))
    assert next(iter(history.replace_first(numbered(-2)[0]))).payload == {"n": -2}
    assert len(repr(history)) < 1_000
    del history


def test_an_append_costs_the_same_at_any_length() -> None:
    """Ensure an append to a long history makes as few objects as one to a short history."""
    batch = numbered(0)
    histories = [History(numbered(-1))]
    for _ in range(20_000):
        histories.append(histories[-1].append(batch))

    def cost(history: History) -> int:
        before = sys.getallocatedblocks()
        grown = [history.append(batch) for _ in range(1_000)]
        return (sys.getallocatedblocks() - before) // len(grown)

    assert cost(histories[-1]) <= cost(histories[0]) + 1
