"""The algebra of patches by exhaustion (PATCH-1, PATCH-2, PATCH-4): whole lattices, pairs of fields, and the codec.

A field's lattice is everything that a patch can say of it: nothing, null where it clears, and two values; of git each
part's; of recency an instant before, at and after the thread's own. `test_patch` states the laws of single patches;
here every pair and triple of patches is taken, of one field and of any two, and each as it travels too.
"""

from __future__ import annotations

import json
from itertools import combinations, product
from typing import Any

import attrs
import pytest
from attrs import evolve

from threadstore import UNSET, GitInfo, GitInfoPatch, StoredThread, ThreadMetadataPatch, TokenUsage
from threadstore.codec import from_json, to_json
from threadstore.patch import apply, is_empty, merge

#: When the thread that is patched was last worked on.
RECENCY = 5
FRESH = StoredThread(
    thread_id="0190a000-0000-7000-8000-000000000001", created_at=5, updated_at=5, recency_at=RECENCY, originator="cli"
)
_DECLARED = attrs.fields_dict(ThreadMetadataPatch)
FIELDS = tuple(_DECLARED)
CLEARABLE = frozenset(name for name in FIELDS if _DECLARED[name].metadata.get("clearable"))
PARTS = tuple(attrs.fields_dict(GitInfoPatch))

#: What a patch can say of one part of git, and of git.
_PART = (UNSET, None, "x")
GIT = (UNSET, *(GitInfoPatch(**dict(zip(PARTS, said, strict=True))) for said in product(_PART, repeat=3)))

#: The values of fields that are no text; of recency three.
_VALUES: dict[str, tuple[Any, ...]] = {
    "created_at": (0, 9),
    "updated_at": (0, 9),
    "advance_recency_at": (RECENCY - 1, RECENCY, RECENCY + 1),
    "source": ("cli", {"custom": []}),
    "permission_profile": ({}, {"rules": [None]}),
    "token_usage": (TokenUsage(), TokenUsage(input_tokens=1)),
    "memory_mode": ("enabled", "disabled"),
    "history_mode": ("legacy", "paginated"),
    # A few of git's that differ in kind, where its own lattice would be too much.
    "git_info": (GitInfoPatch(), GitInfoPatch(sha="x"), GitInfoPatch(sha=None, branch="y")),
}


def said_of(field: str) -> tuple[Any, ...]:
    """Return the small lattice of a field."""
    values = (UNSET, *_VALUES.get(field, ("", "text")))
    return (*values, None) if field in CLEARABLE else values


def lattice(field: str) -> list[ThreadMetadataPatch]:
    """Return every patch of one field, of git with every part."""
    return [_patch({field: said}) for said in (GIT if field == "git_info" else said_of(field))]


def lattice_of_two(one: str, other: str) -> list[ThreadMetadataPatch]:
    """Return every patch of two fields."""
    return [_patch({one: a, other: b}) for a, b in product(said_of(one), said_of(other))]


def threads(patches: list[ThreadMetadataPatch]) -> list[StoredThread]:
    """Return a thread that holds nothing, one that holds git and is old, and what each patch makes of the former."""
    return [
        FRESH,
        evolve(FRESH, git_info=GitInfo("s", "b", "o"), recency_at=0),
        *(apply(FRESH, patch) for patch in patches),
    ]


@pytest.mark.parametrize("field", FIELDS)
def test_triples_of_a_field(field: str) -> None:
    """Ensure merging is associative."""
    patches = lattice(field)
    merged = {(i, j): merge(p, q) for (i, p), (j, q) in product(enumerate(patches), repeat=2)}
    for (i, p), j, (k, r) in product(enumerate(patches), range(len(patches)), enumerate(patches)):
        assert merge(merged[i, j], r) == merge(p, merged[j, k])


@pytest.mark.parametrize("field", FIELDS)
def test_pairs_of_a_field(field: str) -> None:
    """Ensure two patches do what their merge does, whatever the thread holds, and the empty one does nothing."""
    patches = lattice(field)
    _hold_for_pairs(patches, threads(patches))


@pytest.mark.parametrize("field", FIELDS)
def test_pairs_of_two_fields(field: str) -> None:
    """Ensure no field disturbs another's merging or applying."""
    for other in FIELDS[FIELDS.index(field) + 1 :]:
        patches = lattice_of_two(field, other)
        _hold_for_pairs(patches, [FRESH, apply(FRESH, patches[-1])])


@pytest.mark.parametrize("field", FIELDS)
def test_a_repeated_patch_is_one_patch(field: str) -> None:
    """Ensure merging a patch with itself, and applying it twice, is having it once."""
    patches = lattice(field)
    for patch in patches:
        assert merge(patch, patch) == patch
        for thread in threads(patches):
            assert apply(apply(thread, patch), patch) == apply(thread, patch)


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_empty(field: str) -> None:
    """Ensure a patch is empty where it says nothing of any field or part, and then changes no thread."""
    patches = lattice(field)
    empty = [patch for patch in patches if is_empty(patch)]
    nothing = [ThreadMetadataPatch(), ThreadMetadataPatch(git_info=GitInfoPatch())]
    assert empty == (nothing if field == "git_info" else nothing[:1])
    for patch in patches:
        assert is_empty(patch) == all(apply(thread, patch) == thread for thread in threads(patches))


def test_what_merges_lose() -> None:
    """Ensure merging does not commute where two patches say different things of one field, recency excepted."""
    for field in FIELDS:
        for p, q in combinations(lattice(field)[1:], 2):
            if field == "advance_recency_at":
                assert merge(p, q) == merge(q, p)
            elif field != "git_info":
                assert (merge(p, q), merge(q, p)) == (q, p)


def test_recency_is_the_latest_instant() -> None:
    """Ensure an instant before the thread's own or at it changes nothing, and a later one moves it there."""
    for patches in product(lattice("advance_recency_at"), repeat=3):
        thread, whole = FRESH, ThreadMetadataPatch()
        for patch in patches:
            thread, whole = apply(thread, patch), merge(whole, patch)
        asked = [p.advance_recency_at for p in patches if p.advance_recency_at is not UNSET]
        assert thread.recency_at == max([RECENCY, *asked])
        assert thread == apply(FRESH, whole)


class TestOnTheWire:
    @pytest.mark.parametrize("field", FIELDS)
    def test_every_patch_comes_back(self, field: str) -> None:
        """Ensure a patch of one field or two is the same after JSON, what it omits missing and what it clears null."""
        others = [name for name in FIELDS if name != field]
        for patch in (*lattice(field), *(patch for other in others for patch in lattice_of_two(field, other))):
            wire = _wire(patch)
            assert from_json(wire, ThreadMetadataPatch) == patch
            assert wire.keys() == {name for name in FIELDS if getattr(patch, name) is not UNSET}
            assert {name for name in wire if wire[name] is None} == {
                name for name in FIELDS if getattr(patch, name) is None
            }

    @pytest.mark.parametrize("patch", GIT[1:], ids=str)
    def test_every_part_of_git_comes_back(self, patch: GitInfoPatch) -> None:
        """Ensure a part that is omitted is missing, and one that is cleared is null."""
        expected = {name: getattr(patch, name) for name in PARTS if getattr(patch, name) is not UNSET}
        assert _wire(ThreadMetadataPatch(git_info=patch)) == {"git_info": expected}

    @pytest.mark.parametrize("field", FIELDS)
    def test_merging_is_merging_members(self, field: str) -> None:
        """Ensure the merge of two patches is, on the wire, the later's members over the earlier's."""
        for p, q in product(lattice(field), repeat=2):
            assert _wire(merge(p, q)) == _members_merged(_wire(p), _wire(q))

    def test_merging_is_merging_members_of_two_fields(self) -> None:
        """Ensure that holds of any two fields."""
        for one, other in combinations(FIELDS, 2):
            patches = lattice_of_two(one, other)
            wires = [_wire(patch) for patch in patches]
            for (p, a), (q, b) in product(zip(patches, wires, strict=True), repeat=2):
                assert to_json(merge(p, q)) == _members_merged(a, b)

    @pytest.mark.parametrize("field", FIELDS)
    def test_null_clears_or_is_nothing(self, field: str) -> None:
        """Ensure null on a field that cannot be cleared reads as omitted, whatever stands beside it."""
        for other in FIELDS:
            for beside in said_of(other):
                wire = {**_wire(_patch({other: beside})), field: None}
                expected = {other: beside, field: None if field in CLEARABLE else UNSET}
                assert from_json(wire, ThreadMetadataPatch) == _patch(expected)


def _hold_for_pairs(patches: list[ThreadMetadataPatch], held: list[StoredThread]) -> None:
    empty = ThreadMetadataPatch()
    for p in patches:
        assert merge(p, empty) == p == merge(empty, p)
    after = [[apply(thread, p) for thread in held] for p in patches]
    for (i, p), q in product(enumerate(patches), patches):
        whole = merge(p, q)
        for thread, once in zip(held, after[i], strict=True):
            assert apply(once, q) == apply(thread, whole)


def _members_merged(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """Return what the members of two patches come to, said of JSON alone."""
    merged = {**first, **then}
    if "git_info" in first and "git_info" in then:
        merged["git_info"] = {**first["git_info"], **then["git_info"]}
    if "advance_recency_at" in first and "advance_recency_at" in then:
        merged["advance_recency_at"] = max(first["advance_recency_at"], then["advance_recency_at"])
    return merged


def _patch(said: dict[str, Any]) -> ThreadMetadataPatch:
    return ThreadMetadataPatch(**said)


def _wire(patch: ThreadMetadataPatch) -> dict[str, Any]:
    """Return a patch as it comes out of JSON text."""
    wire: dict[str, Any] = json.loads(json.dumps(to_json(patch)))
    return wire
