"""Directed checks of LIST-2: the order of a listing."""

from __future__ import annotations

from itertools import product
from typing import Any

from threadstore import ArchiveThreadParams, ThreadId, UnarchiveThreadParams
from threadstore_conformance.checks.listing import LATER, ORDERS, SORT_KEYS, listable, page, placed, shown, shuffled_ids
from threadstore_conformance.lab import METADATA, Lab, clause


@clause("LIST-2")
def test_threads_come_by_the_asked_key_and_direction(lab: Lab) -> None:
    """Ensure each sort key orders by its own field, in both directions."""
    a, b, c, d = (listable(lab) for _ in range(4))
    orders = {"created_at": [c, a, d, b], "updated_at": [b, d, a, c], "recency_at": [a, c, b, d]}
    for thread in (a, b, c, d):
        created, updated, recency = (LATER + orders[key].index(thread) * 60_000 for key in SORT_KEYS)
        lab.patch(thread, created_at=created, updated_at=updated, advance_recency_at=recency)
    for key, expected in orders.items():
        _in_order(lab, expected, sort_key=key)


@clause("LIST-2")
def test_equal_times_are_ordered_by_id(lab: Lab) -> None:
    """Ensure threads with equal times come by id as text, whatever the order of their creation."""
    ids = [*_IDS_APART, *shuffled_ids(lab, 5)]
    for thread in ids:
        placed(lab, LATER, thread)
    for key in SORT_KEYS:
        _in_order(lab, sorted(ids), sort_key=key)


@clause("LIST-2")
def test_times_are_compared_as_numbers_to_the_millisecond(lab: Lab) -> None:
    """Ensure neither the number of digits nor a difference of one millisecond puts threads out of order."""
    times = (
        999_999_999_999,
        0,
        9_999,
        10_000,
        253_402_300_799_999,
        9,
        10_001,
        10,
        1_780_000_000_001,
        1_780_000_000_000,
    )
    threads = {}
    for at in times:
        threads[at] = listable(lab)
        lab.patch(threads[at], created_at=at, updated_at=at)
    expected = [threads[at] for at in sorted(times)]
    for key in ("created_at", "updated_at"):
        _in_order(lab, expected, sort_key=key)


@clause("LIST-2")
def test_recency_is_compared_to_the_millisecond(lab: Lab) -> None:
    """Ensure threads whose recency differs by a millisecond come in its order, not in that of their ids."""
    threads = [listable(lab) for _ in range(4)]
    for place, thread in enumerate(reversed(threads)):
        lab.patch(thread, advance_recency_at=LATER + place)
    _in_order(lab, threads[::-1], sort_key="recency_at")


@clause("LIST-2")
def test_threads_without_a_patch_come_by_their_creation(lab: Lab) -> None:
    """Ensure threads that nobody patched come by the times that they show."""
    for thread in shuffled_ids(lab, 5):
        listable(lab, thread)
    for order in ORDERS:
        entries = page(lab, **order).items
        places = [(getattr(entry, order["sort_key"]), entry.thread_id) for entry in entries]
        assert sorted(places, reverse=order["sort_direction"] == "desc") == places, f"the entries of {order}"


@clause("LIST-2")
def test_a_patched_time_moves_the_thread_at_once(lab: Lab) -> None:
    """Ensure the order follows every patch of a time, also when the listing was asked for before."""
    first, second, third = (placed(lab, LATER + place) for place in range(3))
    for key in SORT_KEYS:
        _in_order(lab, [first, second, third], sort_key=key)
    lab.patch(first, created_at=LATER + 10, updated_at=LATER + 10, advance_recency_at=LATER + 10)
    for key in SORT_KEYS:
        _in_order(lab, [second, third, first], sort_key=key)
    lab.patch(first, created_at=LATER + 1, updated_at=LATER + 1)
    for key in ("created_at", "updated_at"):
        _in_order(lab, [*sorted([first, second]), third], sort_key=key)


@clause("LIST-2")
def test_the_archived_side_has_the_same_order(lab: Lab) -> None:
    """Ensure archived threads come by key, direction and id too, not by when they were archived."""
    threads = [placed(lab, LATER + place // 2, thread) for place, thread in enumerate(shuffled_ids(lab, 6))]
    expected = [thread for start in (0, 2, 4) for thread in sorted(threads[start : start + 2])]
    for thread in (*threads[1::2], *threads[::2]):
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    for key in SORT_KEYS:
        _in_order(lab, expected, sort_key=key, archived=True)


@clause("LIST-2")
def test_filters_keep_the_asked_order(lab: Lab) -> None:
    """Ensure what a filter selects comes by the asked key and direction, with each filter and on both sides."""
    a, b, c, d = (listable(lab) for _ in range(4))
    orders = {"created_at": [c, a, d, b], "updated_at": [b, d, a, c], "recency_at": [d, a, b, c]}
    for thread in (a, b, c, d):
        created, updated, recency = (LATER + orders[key].index(thread) * 60_000 for key in SORT_KEYS)
        lab.patch(thread, created_at=created, updated_at=updated, advance_recency_at=recency, preview="a term")
    filters: tuple[dict[str, Any], ...] = (
        {"search_term": "term"},
        {"cwd_filters": (METADATA.cwd,)},
        {"model_providers": (METADATA.model_provider,)},
        {"allowed_sources": ("vscode",)},
    )
    for archived in (False, True):
        for (key, expected), given in product(orders.items(), filters):
            _in_order(lab, expected, sort_key=key, archived=archived, **given)
        for thread in () if archived else (b, d, a, c):
            lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))


@clause("LIST-2")
def test_a_patched_time_moves_an_archived_thread_at_once(lab: Lab) -> None:
    """Ensure the order of the archived side follows every patch of a time, and keeps it when unarchived."""
    first, second, third = (placed(lab, LATER + place) for place in range(3))
    for thread in (second, third, first):
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    for key in SORT_KEYS:
        _in_order(lab, [first, second, third], sort_key=key, archived=True)
    lab.patch(first, created_at=LATER + 10, updated_at=LATER + 10, advance_recency_at=LATER + 10)
    for key in SORT_KEYS:
        _in_order(lab, [second, third, first], sort_key=key, archived=True)
    for thread in (third, first, second):
        lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=thread))
    for key in SORT_KEYS:
        _in_order(lab, [second, third, first], sort_key=key)


#: In this order as text; otherwise as signed numbers, as little-endian fields, or by version and time.
_IDS_APART = (
    "ffffffff-ffff-1fff-bfff-ffffffffffff",
    "80000000-0000-4000-8000-000000000000",
    "00000000-0000-7000-8000-0000000000ff",
    "7fffffff-ffff-6fff-8fff-ffffffffffff",
    "00000001-ffff-1fff-8fff-ffffffffffff",
    "01000000-0000-4000-8000-000000000000",
    "a0000000-0000-4000-8000-000000000000",
    "9fffffff-ffff-4fff-8fff-ffffffffffff",
)


def _in_order(lab: Lab, expected: list[ThreadId], **parameters: Any) -> None:
    ascending = shown(lab, sort_direction="asc", **parameters)
    assert expected == ascending, f"ascending, {parameters}"
    descending = shown(lab, sort_direction="desc", **parameters)
    assert expected[::-1] == descending, f"descending, {parameters}"
