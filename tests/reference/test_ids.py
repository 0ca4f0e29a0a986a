"""Thread ids: canonical UUIDs, made in order of time (ID-1)."""

from __future__ import annotations

from typing import Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import ManualClock, is_thread_id, new_thread_id
from threadstore.clock import system_clock

ONE = "0190a000-0000-7000-8000-00000000000a"
instants = st.integers(0, (1 << 48) - 1)


@given(now=instants)
def test_the_layout_is_version_seven(now: int) -> None:
    """Ensure an id is a canonical UUID of version 7 that begins with the time in milliseconds."""
    made = new_thread_id(lambda: now)
    uuid = UUID(made)
    assert is_thread_id(made)
    assert (uuid.version, uuid.variant, uuid.int >> 80) == (7, RFC_4122, now)


@given(now=instants)
def test_every_random_bit_has_its_place(now: int) -> None:
    """Ensure no random bit reaches the time, the version or the variant."""
    low = UUID(new_thread_id(lambda: now, lambda bits: 0)).int
    high = UUID(new_thread_id(lambda: now, lambda bits: (1 << bits) - 1)).int
    assert (low ^ high).bit_count() == 74
    assert UUID(int=high).version == UUID(int=low).version == 7


@given(times=st.lists(instants, unique=True, min_size=2))
def test_ids_of_later_milliseconds_are_greater(times: list[int]) -> None:
    """Ensure ids sort as text in the order of their milliseconds, whatever their random bits."""
    made = [new_thread_id(lambda now=now: now) for now in sorted(times)]  # type: ignore[misc]
    assert made == sorted(made)


def test_ids_of_one_millisecond_differ() -> None:
    """Ensure ten thousand ids of one instant are ten thousand."""
    assert len({new_thread_id(ManualClock()) for _ in range(10_000)}) == 10_000


@given(uuid=st.uuids())
def test_canonical_text_is_an_id(uuid: UUID) -> None:
    """Ensure any UUID is an id in lower-case text with hyphens, and in no other writing."""
    assert is_thread_id(str(uuid))
    others = [str(uuid).upper(), uuid.hex, f"{{{uuid}}}", uuid.urn, f" {uuid}", f"{uuid}\n", str(uuid)[:-1]]
    assert not any(is_thread_id(other) for other in others if other != str(uuid))


OTHER_LETTERS = [
    ONE.replace("a", "\N{CYRILLIC SMALL LETTER A}"),
    ONE.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
    ONE.replace("-", "\N{NON-BREAKING HYPHEN}"),
]


@pytest.mark.parametrize(
    "value", [None, 5, ONE.encode(), UUID(ONE), "", *OTHER_LETTERS, "../" + ONE, ONE + "\x00"], ids=ascii
)
def test_what_only_looks_like_an_id_is_none(value: Any) -> None:
    """Ensure values of other types and letters of other scripts are no ids."""
    assert not is_thread_id(value)


def test_a_manual_clock_moves_when_told() -> None:
    """Ensure a manual clock stands, ticks by its own step, and goes forward by what it is told."""
    clock = ManualClock(now=5, tick=2)
    assert [clock(), clock()] == [5, 7]
    clock.advance(10)
    assert clock() == 19
    still = ManualClock()
    assert still() == still()


def test_the_system_clock_counts_milliseconds() -> None:
    """Ensure the machine's time is in milliseconds: after 2020 and before the year 9999."""
    assert 1_577_836_800_000 < system_clock() < 253_402_300_799_999
