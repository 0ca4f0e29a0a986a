"""The algebra of patches (PATCH-1, PATCH-2, PATCH-4), over every value that a field can have."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from threadstore import UNSET, GitInfo, GitInfoPatch, InvalidRequest, StoredThread, ThreadMetadataPatch, TokenUsage
from threadstore.patch import apply, is_empty, merge

FRESH = StoredThread(
    thread_id="0190a000-0000-7000-8000-000000000001", created_at=5, updated_at=5, recency_at=5, originator="cli"
)

#: Two values of each field that is not plain text.
SETTABLE: dict[str, tuple[Any, Any]] = {
    "created_at": (1, 9),
    "updated_at": (1, 9),
    "advance_recency_at": (1, 9),
    "source": ("cli", {"custom": []}),
    "permission_profile": ({}, {"rules": ["a"]}),
    "token_usage": (TokenUsage(), TokenUsage(input_tokens=1)),
    "memory_mode": ("enabled", "disabled"),
    "history_mode": ("legacy", "paginated"),
}

GIT_PATCHES = [GitInfoPatch(sha=sha, branch=branch) for sha in (UNSET, None, "", "s") for branch in (UNSET, None, "b")]


def lattice(field: str) -> list[Any]:
    """Everything that a patch can say of a field."""
    if field == "git_info":
        return [UNSET, *GIT_PATCHES]
    values = [UNSET, *SETTABLE.get(field, ("", "text"))]
    clearable = attrs.fields_dict(ThreadMetadataPatch)[field].metadata.get("clearable")
    return [*values, None] if clearable else values


FIELDS = [attribute.name for attribute in attrs.fields(ThreadMetadataPatch)]


def patches_of(field: str) -> list[ThreadMetadataPatch]:
    return [ThreadMetadataPatch(**{field: value}) for value in lattice(field)]


def threads_of(field: str) -> list[StoredThread]:
    """A fresh thread, and one for each patch that was applied to it."""
    git = GitInfo(sha="old", branch="old", origin_url="old")
    return [FRESH, evolve(FRESH, git_info=git, recency_at=0), *(apply(FRESH, patch) for patch in patches_of(field))]


patches = st.fixed_dictionaries({name: st.sampled_from(lattice(name)) for name in FIELDS}).map(
    lambda values: ThreadMetadataPatch(**values)
)
threads = st.lists(patches, max_size=2).map(lambda applied: apply(FRESH, _all(applied)))


def _all(applied: list[ThreadMetadataPatch]) -> ThreadMetadataPatch:
    whole = ThreadMetadataPatch()
    for patch in applied:
        whole = merge(whole, patch)
    return whole


class TestEveryField:
    """Each law, exhaustively over the values of one field at a time."""

    @pytest.mark.parametrize("field", FIELDS)
    def test_merge_is_associative(self, field: str) -> None:
        """Ensure three patches merge to the same, whichever two go first."""
        for p, q, r in itertools.product(patches_of(field), repeat=3):
            assert merge(merge(p, q), r) == merge(p, merge(q, r))

    @pytest.mark.parametrize("field", FIELDS)
    def test_the_empty_patch_is_an_identity(self, field: str) -> None:
        """Ensure merging nothing, before or after, is nothing."""
        for p in patches_of(field):
            assert merge(p, ThreadMetadataPatch()) == p == merge(ThreadMetadataPatch(), p)

    @pytest.mark.parametrize("field", FIELDS)
    def test_merge_and_apply_are_idempotent(self, field: str) -> None:
        """Ensure that saying the same twice is saying it once."""
        for p in patches_of(field):
            assert merge(p, p) == p
            for thread in threads_of(field):
                assert apply(apply(thread, p), p) == apply(thread, p)

    @pytest.mark.parametrize("field", FIELDS)
    def test_merged_patches_do_what_they_do_in_turn(self, field: str) -> None:
        """Ensure one application of a merge is two applications (PATCH-2)."""
        for p, q in itertools.product(patches_of(field), repeat=2):
            for thread in threads_of(field):
                assert apply(apply(thread, p), q) == apply(thread, merge(p, q))

    @pytest.mark.parametrize("field", FIELDS)
    def test_an_empty_patch_is_one_that_never_changes_anything(self, field: str) -> None:
        """Ensure `is_empty` holds exactly where no thread is changed."""
        for p in patches_of(field):
            assert is_empty(p) == all(apply(thread, p) == thread for thread in threads_of(field))

    @pytest.mark.parametrize("field", FIELDS)
    def test_a_patch_changes_its_own_field_alone(self, field: str) -> None:
        """Ensure nothing else of the thread moves, and a value is set literally (PATCH-1)."""
        metadata = attrs.fields_dict(ThreadMetadataPatch)[field].metadata
        target = metadata.get("target", field)
        for p, thread in itertools.product(patches_of(field), threads_of(field)):
            after = apply(thread, p)
            assert evolve(after, **{target: getattr(thread, target)}) == thread
            value = getattr(p, field)
            if value is not UNSET and not {"combine", "parts"} & metadata.keys():
                assert getattr(after, target) == value

    @pytest.mark.parametrize("field", FIELDS)
    def test_null_clears_or_is_refused(self, field: str) -> None:
        """Ensure null clears a clearable field and is refused, naming the field, on every other."""
        null: dict[str, Any] = {field: None}
        if attrs.fields_dict(ThreadMetadataPatch)[field].metadata.get("clearable"):
            named: dict[str, Any] = {field: "old"}
            cleared = apply(evolve(FRESH, **named), ThreadMetadataPatch(**null))
            assert getattr(cleared, field) is None
            return
        with pytest.raises(InvalidRequest, match=field) as caught:
            ThreadMetadataPatch(**null)
        assert caught.value.field == field

    def test_what_can_be_cleared(self) -> None:
        """Ensure the fields that can be cleared are the name, the thread source, the agent's three and git's parts."""
        clearable = {a.name for a in attrs.fields(ThreadMetadataPatch) if a.metadata.get("clearable")}
        assert clearable == {"name", "thread_source", "agent_nickname", "agent_role", "agent_path"}
        assert all(a.metadata.get("clearable") for a in attrs.fields(GitInfoPatch))


class TestWholePatches:
    @given(p=patches, q=patches, r=patches)
    def test_merge_is_associative(self, p: ThreadMetadataPatch, q: ThreadMetadataPatch, r: ThreadMetadataPatch) -> None:
        """Ensure the fields of a patch do not disturb each other's merging."""
        assert merge(merge(p, q), r) == merge(p, merge(q, r))

    @given(thread=threads, p=patches, q=patches)
    def test_merged_patches_do_what_they_do_in_turn(
        self, thread: StoredThread, p: ThreadMetadataPatch, q: ThreadMetadataPatch
    ) -> None:
        """Ensure the fields of a patch do not disturb each other's application (PATCH-2)."""
        assert apply(apply(thread, p), q) == apply(thread, merge(p, q))

    @given(thread=threads, p=patches, q=patches, owned=st.sets(st.sampled_from(FIELDS)))
    def test_patches_of_different_fields_commute(
        self, thread: StoredThread, p: ThreadMetadataPatch, q: ThreadMetadataPatch, owned: set[str]
    ) -> None:
        """Ensure two patches that share no field may come in either order."""
        p = evolve(p, **{name: UNSET for name in FIELDS if name not in owned})
        q = evolve(q, **{name: UNSET for name in FIELDS if name in owned})
        assert apply(apply(thread, p), q) == apply(apply(thread, q), p)
        assert merge(p, q) == merge(q, p)

    @given(thread=threads, p=patches)
    def test_what_no_patch_names_never_changes(self, thread: StoredThread, p: ThreadMetadataPatch) -> None:
        """Ensure id, originator, links, archived_at and history are out of any patch's reach."""
        after = apply(thread, p)
        for name in ("thread_id", "originator", "forked_from_id", "parent_thread_id", "archived_at", "history"):
            assert getattr(after, name) == getattr(thread, name)

    def test_a_patch_is_never_changed_by_a_merge(self) -> None:
        """Ensure both patches of a merge stay as they were."""
        first, then = ThreadMetadataPatch(name="a"), ThreadMetadataPatch(name=None, title="t")
        merge(first, then)
        assert (first, then) == (ThreadMetadataPatch(name="a"), ThreadMetadataPatch(name=None, title="t"))


class TestGit:
    def test_parts_are_patched_one_by_one(self) -> None:
        """Ensure a part that is left out stays, one that is null goes, and one that is set is set."""
        thread = evolve(FRESH, git_info=GitInfo(sha="s", branch="b", origin_url="o"))
        patch = ThreadMetadataPatch(git_info=GitInfoPatch(sha=None, branch="new"))
        assert apply(thread, patch).git_info == GitInfo(sha=None, branch="new", origin_url="o")

    def test_three_nulls_are_no_git(self) -> None:
        """Ensure a git of which every part is cleared is absent, and an empty text is not null."""
        thread = evolve(FRESH, git_info=GitInfo(sha="s"))
        assert apply(thread, ThreadMetadataPatch(git_info=GitInfoPatch(sha=None))).git_info is None
        assert apply(thread, ThreadMetadataPatch(git_info=GitInfoPatch(sha=""))).git_info == GitInfo(sha="")

    def test_an_empty_git_patch_is_empty(self) -> None:
        """Ensure a git patch without a part makes neither a git nor a patch that counts."""
        patch = ThreadMetadataPatch(git_info=GitInfoPatch())
        assert is_empty(patch)
        assert apply(FRESH, patch) == FRESH


class TestRecency:
    @given(start=st.integers(0, 9), steps=st.lists(st.integers(0, 9), max_size=6))
    def test_recency_is_the_latest_of_all(self, start: int, steps: list[int]) -> None:
        """Ensure recency moves to the latest instant named and never back (PATCH-4)."""
        thread = evolve(FRESH, recency_at=start)
        for step in steps:
            thread = apply(thread, ThreadMetadataPatch(advance_recency_at=step))
        assert thread.recency_at == max([start, *steps])

    def test_merge_takes_the_later_instant(self) -> None:
        """Ensure a merge of two advances keeps the later, in either order."""
        early, late = ThreadMetadataPatch(advance_recency_at=1), ThreadMetadataPatch(advance_recency_at=9)
        assert merge(early, late) == merge(late, early) == late
