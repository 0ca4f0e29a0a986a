"""Disguises: they are dropped when they say, and what passes for good meanwhile is good."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    CreateThreadParams,
    FlushThreadParams,
    ListThreadsParams,
    ManualClock,
    Operation,
    ThreadMetadataPatch,
    ThreadNotFound,
    ThreadPersistenceMetadata,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
    perform,
)
from threadstore.thread_manager import ThreadManager
from threadstore_backends.broken import disguise_errors, disguise_layers, disguise_local, disguise_stores
from threadstore_backends.broken.disguise import (
    AGAIN,
    SECOND,
    Disguise,
    Step,
    Vengeful,
    When,
    after,
    behind,
    disguised,
    disguised_layer,
    given,
    holding,
)
from threadstore_backends.broken.passing import Mutant, Passing, memory, mutant
from threadstore_backends.broken.stores_local import local
from threadstore_backends.broken.swapped import Layer, layer, over
from threadstore_conformance.directed import all_checks, failures
from threadstore_conformance.lab import user_message
from threadstore_conformance.spec_text import load_clauses

from .rejecting import crashes

LAYERS = disguise_layers.LAYERS
EVERY = (*disguise_stores.MUTANTS, *disguise_errors.MUTANTS, *disguise_local.MUTANTS, *LAYERS)

#: How the names of one kind of disguise end; the others are broken on error paths.
KINDS = {
    "after many operations": r"-after-\d+-operations$",
    "for the second thread": r"-for-the-second-thread$",
    "for one combination": r"-once-[a-z-]+$",
    "for unusual data": r"-given-[a-z-]+$",
    "after re-opening": r"-when-opened-again$",
}

ONE, TWO = (f"01900000-0000-7000-8000-00000000000{number}" for number in (1, 2))
NEVER = When("never", "never", lambda again: Disguise())


class Marking(Passing):
    """Answers every operation with ``broken``."""

    def __getattr__(self, name: str) -> Any:
        good = super().__getattr__(name)

        def call(*params: Any) -> str:
            good(*params)
            return "broken"

        return call


class Opened:
    """A disguised `Marking` store, and whether its answers are those of the broken one."""

    def __init__(self, when: When, home: Path, inside: Any = None) -> None:
        broken = disguised(when, mutant(Marking, "LIFE-1", inside=inside or memory()))
        self.store = broken.backend().open(home, clock=ManualClock(1_000))

    def __call__(self, operation: Operation) -> bool:
        answer: Any = perform(self.store, operation)
        return bool(answer == "broken")


def create(thread: str) -> CreateThreadParams:
    """Return the params of a creation."""
    metadata = ThreadPersistenceMetadata(cwd="/src/project")
    return CreateThreadParams(thread_id=thread, originator="tests", metadata=metadata)


def flush(thread: str) -> FlushThreadParams:
    """Return the params of an operation that changes nothing."""
    return FlushThreadParams(thread_id=thread)


def test_there_are_enough_disguises_of_every_kind_and_level() -> None:
    """Ensure forty disguised mutants, four or more of each kind, break clauses of core, query and session."""
    assert len(EVERY) >= 40
    sizes = {kind: sum(bool(re.search(ending, each.name)) for each in EVERY) for kind, ending in KINDS.items()}
    sizes["on error paths"] = len(EVERY) - sum(sizes.values())
    assert {kind: size for kind, size in sizes.items() if size < 4} == {}
    levels = [load_clauses()[clause_id].level for each in EVERY for clause_id in each.clauses]
    assert {level for level in ("core", "query", "session") if levels.count(level) >= 10} == {
        "core",
        "query",
        "session",
    }


def test_a_store_that_is_never_seen_through_passes_every_check() -> None:
    """Ensure a disguise adds nothing of its own, so that what is rejected is what it hides."""
    assert _rejections(disguised(NEVER, mutant(Marking)).backend()) == {}


def test_a_session_layer_that_is_never_seen_through_passes_every_check() -> None:
    """Ensure the same of session layers, whose part is never in its place then."""
    assert (
        _rejections(disguised_layer(NEVER, layer("FORK-1", part="thread_manager.cut")(fails)).backend(), "manager")
        == {}
    )


def fails(good: Any, *params: Any) -> Any:
    """Fails."""
    raise AssertionError(params)


@pytest.mark.parametrize(
    "broken",
    [
        layer("FORK-1")(ThreadManager),
        layer("FORK-1", part="thread_manager.cut", store=over(Passing))(fails),
        layer("FORK-1", part="thread_manager.cut", made_with={"fork_copies_name": True})(fails),
    ],
    ids=["a manager", "a part and a store", "a part and what it is made with"],
)
def test_a_session_layer_of_more_than_a_part_takes_no_disguise(broken: Layer) -> None:
    """Ensure a layer that would be broken all the time is not taken for one that hides it."""
    with pytest.raises(ValueError, match="cannot be disguised: it must differ from the good layer in one part alone"):
        disguised_layer(NEVER, broken)


@pytest.mark.parametrize("broken", [*disguise_stores.MUTANTS, *disguise_errors.MUTANTS], ids=lambda broken: broken.name)
def test_a_disguise_looks_at_any_params(broken: Mutant) -> None:
    """Ensure params of any type and size make none trip over itself, so that it is rejected for what it does."""
    odd = [check for check in all_checks() if {"READ-3b", "APPEND-5b"} & set(check.clauses)]
    assert crashes(failures(broken.backend(), odd)) == []


def test_a_story_ends_in_when() -> None:
    """Ensure the page of mutants says in words when a fault shows."""
    steps = Step("cleared", "update_thread_metadata", told="cleared of its name"), Step("archived", "archive_thread")
    for when, told in (
        (after(15), "once 15 operations were done"),
        (behind(*steps), "once a thread was cleared of its name, then archived"),
    ):
        assert disguised(when, mutant(Marking)).story == f"Answers every operation with ``broken``, {told}."
        assert disguised_layer(when, layer(part="thread_manager.cut")(fails)).story == f"Fails, {told}."


def test_a_disguise_is_dropped_after_so_many_operations(tmp_path: Path) -> None:
    """Ensure the operations up to that one are good, and all later ones are not."""
    opened = Opened(after(2), tmp_path)
    assert [opened(each) for each in (create(ONE), flush(ONE), flush(ONE), create(TWO))] == [False, False, True, True]


def test_a_disguise_is_dropped_for_the_second_thread(tmp_path: Path) -> None:
    """Ensure the thread that was made second is told from the one before it, and from what has no thread."""
    opened = Opened(SECOND, tmp_path)
    opened(create(ONE))
    opened(create(TWO))
    assert [opened(each) for each in (flush(ONE), flush(TWO), ListThreadsParams())] == [False, True, False]


def test_a_disguise_is_dropped_behind_several_steps(tmp_path: Path) -> None:
    """Ensure all steps must have been answered, in order, for the same thread, and listings follow any."""
    cleared = Step("cleared", "update_thread_metadata", lambda params: params.patch.name is None)
    opened = Opened(behind(cleared, Step("archived", "archive_thread")), tmp_path)
    for thread in (ONE, TWO):
        opened(create(thread))
    opened(ArchiveThreadParams(thread_id=ONE))
    opened(UnarchiveThreadParams(thread_id=ONE))
    for thread, patch in ((ONE, ThreadMetadataPatch(name=None)), (TWO, ThreadMetadataPatch(name="mine"))):
        opened(UpdateThreadMetadataParams(thread_id=thread, patch=patch))
    opened(ArchiveThreadParams(thread_id=TWO))
    assert [opened(each) for each in (flush(ONE), flush(TWO), ListThreadsParams())] == [False, False, False]
    opened(ArchiveThreadParams(thread_id=ONE))
    assert [opened(each) for each in (flush(ONE), flush(TWO), ListThreadsParams())] == [True, False, True]


def test_a_disguise_is_dropped_given_certain_params(tmp_path: Path) -> None:
    """Ensure params are looked at as a whole, and for values anywhere in them, names of members included."""
    asked = given("pages-of-one", "where one is asked", lambda params: getattr(params, "page_size", 0) == 1)
    opened = Opened(asked, tmp_path)
    assert [opened(ListThreadsParams(page_size=size)) for size in (1, 2)] == [True, False]
    nul = holding("a-nul", "where there is a NUL", lambda value: isinstance(value, str) and "\0" in value)
    opened = Opened(nul, tmp_path)
    opened(create(ONE))
    for more, expected in (({"a": [{"\0": 1}]}, True), ({"a": [{"b": ["\0"]}]}, True), ({"a": ["b"]}, False)):
        assert opened(AppendThreadItemsParams(thread_id=ONE, items=[user_message("said", **more)])) is expected


def test_a_disguise_is_dropped_in_a_home_that_was_used(tmp_path: Path) -> None:
    """Ensure a store of files is good until its home is opened with a thread in it."""
    opened = Opened(AGAIN, tmp_path, local)
    assert not opened(create(ONE))
    assert not opened(AppendThreadItemsParams(thread_id=ONE, items=[user_message("said")]))
    opened.store.close()
    assert Opened(AGAIN, tmp_path, local)(ListThreadsParams())


def test_a_refusal_is_followed_by_what_it_should_not_do() -> None:
    """Ensure the refusal of the one operation is passed on, after the other thing was done."""

    class Noting(Vengeful):
        """Notes what was refused."""

        refuses = "flush_thread"

        def refused(self, params: Any) -> None:
            self.__dict__.setdefault("noted", []).append(params)

    store = Noting(memory()(Path(), ManualClock(1_000)), ManualClock(1_000), Path())
    with pytest.raises(ThreadNotFound):
        store.flush_thread(flush(ONE))
    with pytest.raises(ThreadNotFound):
        store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    store.create_thread(create(ONE))
    store.flush_thread(flush(ONE))
    assert store.noted == [flush(ONE)]


def _rejections(backend: Any, port: str = "store") -> dict[str, Exception]:
    checks = [check for check in all_checks() if check.port == port]
    return {check.name: error for check, error in failures(backend, checks).items()}
