"""Directed checks of how patches compose and what they move: PATCH-2 and PATCH-4."""

from __future__ import annotations

from typing import Any

from threadstore import GitInfoPatch, ThreadId, TokenUsage
from threadstore.fields import MAX_TIMESTAMP
from threadstore_conformance.lab import Lab, clause

from .comparing import TIMES, changed, changed_look, look
from .patches import FIRST, PATCHES, SECOND, patch_field, patched_thread, places
from .unusual import GOOD_ID

#: What a title does to a name is PATCH-7's.
_NAMELESS = {field: value for field, value in FIRST.items() if field != "name"}

#: Two patches, and the one that does what both would do.
_MERGES: tuple[tuple[dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    ({"name": "a"}, {"model": "b"}, {"name": "a", "model": "b"}),
    ({"name": "a"}, {"name": "b"}, {"name": "b"}),
    ({"name": "a"}, {"name": None}, {"name": None}),
    ({"name": None}, {"name": "a"}, {"name": "a"}),
    ({"preview": "a"}, {"preview": ""}, {"preview": ""}),
    ({"agent_role": "a"}, {"agent_role": None}, {"agent_role": None}),
    ({"name": "a"}, {}, {"name": "a"}),
    ({}, {"name": "a"}, {"name": "a"}),
    ({"updated_at": 9_000}, {"updated_at": 8_000}, {"updated_at": 8_000}),
    ({"created_at": 8_000}, {"created_at": 9_000}, {"created_at": 9_000}),
    (
        {"advance_recency_at": 4_000_000_000_009},
        {"advance_recency_at": 4_000_000_000_002},
        {"advance_recency_at": 4_000_000_000_009},
    ),
    (
        {"advance_recency_at": 4_000_000_000_002},
        {"advance_recency_at": 4_000_000_000_009},
        {"advance_recency_at": 4_000_000_000_009},
    ),
    (
        {"git_info": GitInfoPatch(sha="a", branch="main")},
        {"git_info": GitInfoPatch(branch="feature", origin_url=None)},
        {"git_info": GitInfoPatch(sha="a", branch="feature", origin_url=None)},
    ),
    ({"git_info": GitInfoPatch(sha="a")}, {"git_info": GitInfoPatch()}, {"git_info": GitInfoPatch(sha="a")}),
    (
        {"git_info": GitInfoPatch(sha=None, branch=None)},
        {"git_info": GitInfoPatch(origin_url=None)},
        {"git_info": GitInfoPatch(sha=None, branch=None, origin_url=None)},
    ),
    (
        {"git_info": GitInfoPatch(sha=None, branch=None, origin_url=None)},
        {"git_info": GitInfoPatch(branch="b")},
        {"git_info": GitInfoPatch(sha=None, branch="b", origin_url=None)},
    ),
    (
        {"permission_profile": {"a": 1}, "source": {"x": 1}, "token_usage": TokenUsage(1, 1, 1, 1, 4)},
        {"permission_profile": {"b": 2}, "source": {"y": 1}, "token_usage": TokenUsage(2)},
        {"permission_profile": {"b": 2}, "source": {"y": 1}, "token_usage": TokenUsage(2)},
    ),
    (_NAMELESS, SECOND, SECOND),
    (_NAMELESS, {"agent_path": None, "thread_source": None}, {**_NAMELESS, "agent_path": None, "thread_source": None}),
)


@clause("PATCH-2")
def test_two_patches_do_what_the_merged_one_does(lab: Lab) -> None:
    """Ensure applying two patches, and one that merges them, leave equal threads, whatever they held before."""
    for held in ("nothing", "everything"):
        for first, then, merged in _MERGES:
            one, two = _twin(lab, held), _twin(lab, held)
            lab.patch(two, **first)
            lab.patch(two, **then)
            lab.patch(one, **merged)
            differences = changed(lab.read(one), lab.read(two), but=(*_NOT_SHARED, *_times_not_in(merged)))
            assert differences == {}, f"{merged} at once, and {first} then {then}, differ in {differences}"


@clause("PATCH-2")
def test_gathering_patches_makes_no_difference(lab: Lab) -> None:
    """Ensure fields sent one by one, in halves and all at once leave equal threads."""
    fields = list(_NAMELESS.items())
    twins = []
    for size in (1, 2, 7, len(fields)):
        twins.append(_twin(lab, "nothing"))
        for start in range(0, len(fields), size):
            lab.patch(twins[-1], **dict(fields[start : start + size]))
    for twin in twins[1:]:
        differences = changed(lab.read(twins[0]), lab.read(twin), but=(*_NOT_SHARED, "name"))
        assert differences == {}, f"patches gathered differently left threads that differ in {differences}"


@clause("PATCH-2")
def test_a_patch_that_is_applied_twice_is_applied_once(lab: Lab) -> None:
    """Ensure repeating a patch changes nothing more."""
    for patch in _FILLED:
        thread = lab.create()
        lab.patch(thread, **patch)
        before = lab.read(thread)
        lab.clock.advance(60_000)
        lab.patch(thread, **patch)
        differences = changed(before, lab.read(thread), but=_times_not_in(patch))
        assert differences == {}, f"applying {patch} again changed {differences}"


@clause("PATCH-2")
def test_the_empty_patch_changes_nothing(lab: Lab) -> None:
    """Ensure a patch of nothing, and one of an empty git_info, return the thread and leave it as it was."""
    for held in ("nothing", "everything"):
        for place, thread in places(lab):
            if held == "everything":
                patched_thread(lab, thread)
            for patch in _EMPTY:
                before = look(lab, thread)
                lab.clock.advance(60_000)
                answer = lab.patch(thread, **patch)
                assert answer.thread_id == thread
                differences = changed_look(before, look(lab, thread))
                assert differences == {}, f"the empty patch {patch} changed {differences} ({place} thread)"


@clause("PATCH-4")
def test_recency_moves_forward_only(lab: Lab) -> None:
    """Ensure recency_at becomes the greater of itself and what is asked, whatever the order of asking."""
    for place, thread in places(lab):
        expected = lab.read(thread).recency_at
        for asked in (0, expected - 1, expected, *_AHEAD, *reversed(_AHEAD), 1, MAX_TIMESTAMP, 5):
            expected = max(expected, asked)
            lab.patch(thread, advance_recency_at=asked)
            actual = lab.read(thread).recency_at
            assert expected == actual, f"asked to advance to {asked}, recency_at is {actual}, not {expected} ({place})"


@clause("PATCH-4")
def test_nothing_else_moves_recency(lab: Lab) -> None:
    """Ensure patches of other fields leave recency_at, those of updated_at and created_at too."""
    for place, thread in places(lab):
        for patch in (*_FILLED, {"updated_at": MAX_TIMESTAMP}, {"created_at": MAX_TIMESTAMP}, {"updated_at": 0}):
            if "advance_recency_at" in patch:
                continue
            before = lab.read(thread).recency_at
            lab.clock.advance(60_000)
            lab.patch(thread, **patch)
            actual = lab.read(thread).recency_at
            assert before == actual, f"the patch {patch} moved recency_at from {before} to {actual} ({place} thread)"


@clause("PATCH-4")
def test_a_patch_moves_no_time_that_it_does_not_name(lab: Lab) -> None:
    """Ensure created_at, updated_at and archived_at stay when other fields are patched."""
    for place, thread in places(lab):
        for patch in (*_FILLED, {"advance_recency_at": MAX_TIMESTAMP}, {"updated_at": 7_000}, {"created_at": 7_000}):
            before = lab.read(thread)
            lab.clock.advance(60_000)
            lab.patch(thread, **patch)
            after = lab.read(thread)
            for time in ("created_at", "updated_at", "archived_at"):
                was, now = getattr(before, time), getattr(after, time)
                assert time in patch or was == now, f"the patch {patch} moved {time}: {was} to {now} ({place} thread)"


@clause("PATCH-4")
def test_times_are_kept_to_the_millisecond(lab: Lab) -> None:
    """Ensure no time is rounded, made unique, ordered, or limited to what has passed."""
    first, second = lab.create(), lab.create()
    for time in (*_TIMES, *reversed(_TIMES)):
        for thread in (first, second):
            for field in ("created_at", "updated_at"):
                patch_field(lab, thread, field, time)
                actual = getattr(lab.read(thread), field)
                assert (type(actual), actual) == (int, time), f"{field} was set to {time}, and reads {actual!r}"
    for time in sorted(_TIMES):
        lab.patch(first, advance_recency_at=time)
        actual = lab.read(first).recency_at
        assert type(actual) is int, f"recency_at must be whole milliseconds, is {actual!r}"
        assert actual >= time, f"recency_at was advanced to {time}, and reads {actual}"
    lab.patch(first, created_at=9_000, updated_at=8_000)
    reading = lab.read(first)
    kinds = {field: type(getattr(reading, field)).__name__ for field in TIMES}
    assert set(kinds.values()) == {"int"}, f"times must be whole milliseconds, they are {kinds}"
    times = reading.created_at, reading.updated_at
    assert times == (9_000, 8_000), f"created_at 9000 and updated_at 8000 were set, they read {times}"


@clause("PATCH-4")
def test_equal_times_are_kept_to_the_millisecond(lab: Lab) -> None:
    """Ensure times that equal each other, in one patch and in two threads, are kept as they were given."""
    one, other = lab.create(), lab.create()
    for at in (1_001, 5_999, 1_782_293_400_123):
        for thread in (one, other):
            lab.patch(thread, created_at=at, updated_at=at)
        for thread in (one, other):
            seen = lab.read(thread)
            assert (at, at) == (seen.created_at, seen.updated_at), f"created_at and updated_at, both patched to {at}"


#: Patches that change nothing.
_EMPTY: tuple[dict[str, Any], ...] = ({}, {"git_info": GitInfoPatch()})

#: The others.
_FILLED = tuple(patch for patch in PATCHES if patch not in _EMPTY)

_TIMES = (
    0, 1, 999, 1_000, 1_001, 1_780_000_000_123, 1_780_000_000_999, 2**31 * 1_000, 2**41 + 1, 253_402_300_799_000,
    MAX_TIMESTAMP,
)  # fmt: skip

#: Times ahead of every clock.
_AHEAD = (4_000_000_000_000, 4_000_000_000_001, 4_000_000_001_000, 9_000_000_000_001)

_ADVANCE = "advance_recency_at"

#: What two threads that were made alike do not share.
_NOT_SHARED = ("thread_id", "rollout_path", "archived_at")


def _times_not_in(patch: dict[str, Any]) -> tuple[str, ...]:
    # That a patch moves no time that it does not name is PATCH-4's.
    return tuple(time for time in TIMES if time not in patch and (time != "recency_at" or _ADVANCE not in patch))


def _twin(lab: Lab, held: str) -> ThreadId:
    """Create a thread that is like every other that this made, and holds nothing or everything."""
    thread = lab.create(parent_thread_id=GOOD_ID)
    lab.patch(thread, created_at=1, updated_at=1, advance_recency_at=4_000_000_000_000)
    if held == "everything":
        patched_thread(lab, thread)
    return thread
