"""Directed checks of one entry point for loaded and cold threads, and of what goes along: ROUTE-1 and ROUTE-3."""

from __future__ import annotations

from typing import Any

from threadstore import ArchiveThreadParams, GitInfoPatch, StoredThread, ThreadId
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_lab import SessionLab

from .comparing import changed
from .conversations import MISSING_CLASSES, begun, session_seen
from .patches import FIRST, SECOND
from .sessions import assert_facts, assert_unchanged, cold, needs, patching, visible
from .unusual import GOOD_ID

#: Patches of every sort.
_PATCHES: tuple[dict[str, Any], ...] = (
    {"name": "renamed"}, {"name": None}, {"title": "a title"}, {"preview": ""}, {"memory_mode": "disabled"}, {},
    {"git_info": GitInfoPatch(sha="a", branch="b")}, {"git_info": GitInfoPatch(branch=None)}, {"updated_at": 7_000},
    {"advance_recency_at": 4_000_000_000_001}, {"thread_source": None, "agent_role": "worker"}, FIRST, SECOND,
)  # fmt: skip
#: Patches that no thread takes.
_BAD: tuple[dict[str, Any], ...] = (
    {"updated_at": -1},
    {"memory_mode": "sometimes"},
    {"name": "\ud800"},
    {"preview": 7},
)

_NAMED_OR_EMPTY: tuple[dict[str, Any], ...] = ({"name": "renamed"}, {})

#: What two threads that were made alike do not share.
_NOT_SHARED = ("thread_id", "rollout_path", "archived_at")


def _loaded_and_cold(session_lab: SessionLab, *, archived: bool = False) -> tuple[ThreadId, ThreadId]:
    """Make two threads that differ only in that the second is not loaded."""
    twins = cold(session_lab), cold(session_lab)
    for twin in twins:
        session_lab.patch(twin, created_at=1, updated_at=1, advance_recency_at=4_000_000_000_000)
        if archived:
            session_lab.archive(twin)
    session_lab.resume(twins[0])
    return twins


def _assert_equal(one: StoredThread, other: StoredThread, what: str) -> None:
    differences = changed(one, other, but=_NOT_SHARED)
    assert differences == {}, f"{what}: the loaded thread and the cold one differ in {differences}"


@clause("ROUTE-1")
def test_a_patch_does_the_same_to_loaded_and_cold_threads(session_lab: SessionLab) -> None:
    """Ensure every patch gives both the same fields, on either side, and answers what a read then shows."""
    for archived in (False, True):
        loaded, other = _loaded_and_cold(session_lab, archived=archived)
        for patch in _PATCHES:
            answers = [session_lab.patch(thread, **patch) for thread in (loaded, other)]
            for thread, answer in zip((loaded, other), answers, strict=True):
                differences = changed(answer, session_lab.read(thread))
                assert differences == {}, f"the answer to the patch {patch} and a read differ in {differences}"
            _assert_equal(answers[0], answers[1], f"after the patch {patch}")
        session_lab.close(loaded)
        _assert_equal(session_lab.read(loaded), session_lab.read(other), "after a shutdown")


@clause("ROUTE-1")
def test_a_patch_that_no_thread_takes_is_refused_by_both(session_lab: SessionLab) -> None:
    """Ensure bad values are refused for loaded and cold threads alike, and change neither."""
    for thread in _loaded_and_cold(session_lab):
        before = session_seen(session_lab, thread)
        for bad in _BAD:
            session_lab.refused(patching(thread, **bad), ("refused",))
            assert_unchanged(session_lab, thread, before, f"the refused patch {bad!r}")


@clause("ROUTE-1")
def test_an_archived_thread_is_patched_with_the_flag_alone(session_lab: SessionLab) -> None:
    """Ensure include_archived means the same for a loaded archived thread and a cold one, for empty patches too."""
    for thread in _loaded_and_cold(session_lab, archived=True):
        before = session_seen(session_lab, thread)
        for patch in _NAMED_OR_EMPTY:
            session_lab.refused(patching(thread, include_archived=False, **patch), ("refused",))
            assert_unchanged(session_lab, thread, before, "a patch without include_archived")
        assert session_lab.patch(thread, name="renamed").name == "renamed"


@clause("ROUTE-1")
def test_an_active_thread_is_patched_without_the_flag(session_lab: SessionLab) -> None:
    """Ensure include_archived is not needed for an active thread, loaded or cold."""
    for thread in _loaded_and_cold(session_lab):
        assert session_lab.patch(thread, include_archived=False, name="renamed").name == "renamed"


@clause("ROUTE-1")
def test_the_entry_point_knows_no_unknown_thread(session_lab: SessionLab) -> None:
    """Ensure an id that was never used, and a deleted thread's, are missing, and a patch leaves nothing behind."""
    deleted = visible(session_lab)
    session_lab.delete(deleted)
    for thread in (GOOD_ID, deleted):
        for patch in _NAMED_OR_EMPTY:
            session_lab.refused(patching(thread, **patch), MISSING_CLASSES)
    assert (session_lab.listed(), session_lab.loaded()) == ([], [])


@clause("ROUTE-1")
def test_the_session_shows_a_new_name_at_once(session_lab: SessionLab) -> None:
    """Ensure a loaded thread's name is that of the last patch, and none once it is cleared."""
    thread = visible(session_lab)
    for name in ("one", "two", None, "three"):
        session_lab.patch(thread, name=name)
        shown = session_lab.resume(thread).name
        assert shown == name, f"named {name!r}, the session shows {shown!r}"
        session_lab.patch(thread, title="no name", memory_mode="disabled")
        assert session_lab.resume(thread).name == name, "a patch without name changed the name in the session"
        assert_facts(session_lab, thread, f"named {name!r}", name=name)


@clause("ROUTE-1", "RESUME-3")
def test_the_session_shows_a_new_memory_mode_at_once(session_lab: SessionLab) -> None:
    """Ensure a loaded thread's memory mode is that of the last patch that names one, as it was given at a resume."""
    thread = visible(session_lab)
    for mode in ("disabled", "enabled", "disabled"):
        session_lab.patch(thread, memory_mode=mode)
        session_lab.patch(thread, title="no mode")
        session_lab.patch(thread)
        shown = session_lab.resume(thread).memory_mode
        assert shown == mode, f"set to {mode!r}, the session shows {shown!r}"
    session_lab.close(thread)
    assert session_lab.resume(thread).memory_mode == "enabled", "a resume must show its caller's memory mode"


@clause("ROUTE-1")
def test_a_patch_of_a_hidden_thread_shows_it(session_lab: SessionLab) -> None:
    """Ensure a patch reaches a thread that was started and not yet used, with what its creation said."""
    thread = session_lab.start(thread_source="automation").thread_id
    assert session_lab.patch(thread, name="named").name == "named"
    assert_facts(session_lab, thread, "named before its first item", name="named", thread_source="automation")
    session_lab.restart()
    assert_facts(session_lab, thread, "after a restart", name="named", thread_source="automation")


@clause("ROUTE-1")
def test_a_patch_before_pending_facts_is_not_lost(session_lab: SessionLab) -> None:
    """Ensure what was appended just before a patch, and the patch, are both there when it returns."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.append(thread, user_message("hello"))
    answer = session_lab.patch(thread, name="named")
    assert (answer.name, answer.title, answer.preview) == ("named", "hello", "hello"), f"the patch answered {answer}"


@clause("ROUTE-1")
def test_reads_do_not_depend_on_what_is_loaded(session_lab: SessionLab) -> None:
    """Ensure read, load_history and list show of a loaded thread what they show once it is cold."""
    thread = visible(session_lab, user_message("hello"), agent_message("answer"))
    loaded = session_seen(session_lab, thread), session_lab.listed()
    session_lab.close(thread)
    assert_unchanged(session_lab, thread, loaded[0], "a shutdown")
    assert session_lab.listed() == loaded[1]
    session_lab.restart()
    assert_unchanged(session_lab, thread, loaded[0], "a restart")


@clause("ROUTE-3")
def test_sub_agents_are_archived_along(session_lab: SessionLab) -> None:
    """Ensure an archive takes every thread below along, loaded or cold, and shuts the loaded ones down."""
    root, below, beside = _family(session_lab)
    session_lab.append(below[0], user_message("pending"))
    session_lab.archive(root)
    assert sorted(session_lab.listed()) == sorted(beside), f"active are {session_lab.listed()}"
    assert sorted(session_lab.listed(archived=True)) == sorted((root, *below))
    assert session_lab.loaded() == sorted(beside), "the archived threads must be shut down, and no others"
    assert session_lab.items(below[0])[-1] == user_message("pending"), "an archive along lost what was appended last"


@clause("ROUTE-3")
def test_an_archived_sub_agent_stays_as_it_is(session_lab: SessionLab) -> None:
    """Ensure an archive goes on through a descendant that is archived already, and does not touch it."""
    root, (child, grandchild), _ = _family(session_lab)
    session_lab.archive(child)
    session_lab.unarchive(grandchild)
    before = session_seen(session_lab, child)
    session_lab.clock.advance(60_000)
    session_lab.archive(root)
    assert_unchanged(session_lab, child, before, "archiving its parent")
    assert session_lab.read(grandchild).archived_at is not None, "an archive stopped at an archived descendant"


@clause("ROUTE-3")
def test_unarchive_takes_nothing_along(session_lab: SessionLab) -> None:
    """Ensure a thread that is unarchived leaves those below it archived."""
    root, below, beside = _family(session_lab)
    session_lab.archive(root)
    session_lab.unarchive(root)
    assert sorted(session_lab.listed()) == sorted((root, *beside))
    assert sorted(session_lab.listed(archived=True)) == sorted(below)


@clause("ROUTE-3")
def test_sub_agents_are_deleted_along(session_lab: SessionLab) -> None:
    """Ensure a delete takes every thread below along, of either side, and unloads them; forks and others stay."""
    root, (child, grandchild), beside = _family(session_lab)
    session_lab.archive(grandchild)
    session_lab.delete(root)
    assert sorted(session_lab.listed()) == sorted(beside)
    assert session_lab.listed(archived=True) == [], "an archived sub-agent of a deleted thread is still there"
    assert session_lab.loaded() == sorted(beside)
    for thread in (root, child, grandchild):
        session_lab.refused(patching(thread, name="ghost"), MISSING_CLASSES)


@clause("ROUTE-3")
def test_a_sub_agents_end_is_its_own(session_lab: SessionLab) -> None:
    """Ensure archive and delete of a sub-agent take nothing along that is above it."""
    needs(session_lab, "cascades")
    root, (child, grandchild), beside = _family(session_lab)
    session_lab.archive(grandchild)
    assert session_lab.loaded() == sorted((root, child, *beside))
    session_lab.delete(child)
    assert sorted(session_lab.listed()) == sorted((root, *beside))
    assert session_lab.listed(archived=True) == []


@clause("ROUTE-3")
def test_loaded_threads_go_along_that_no_list_shows(session_lab: SessionLab) -> None:
    """Ensure a loaded thread below that nobody wrote to is shut down and deleted along, and an ephemeral one is not."""
    for act in (session_lab.archive, session_lab.delete):
        root = visible(session_lab)
        session_lab.start(parent_thread_id=root)
        ephemeral = session_lab.start(parent_thread_id=root, ephemeral=True).thread_id
        act(root)
        assert session_lab.loaded() == [ephemeral], f"loaded are still {session_lab.loaded()}"
        session_lab.close(ephemeral)


@clause("ROUTE-3")
def test_an_archive_that_failed_half_way_can_be_repeated(session_lab: SessionLab) -> None:
    """Ensure the thread itself is archived last, so that asking again archives what is left below it."""
    needs(session_lab, "interposed")
    root, below, beside = _family(session_lab)
    session_lab.close(root)
    session_lab.failing("shutdown_thread")
    session_lab.refused(ArchiveThreadParams(thread_id=root), ("failed",))
    assert root in session_lab.listed(), "a thread was archived before those below it"
    session_lab.archive(root)
    assert sorted(session_lab.listed(archived=True)) == sorted((root, *below))
    assert sorted(session_lab.listed()) == sorted(beside)


def _family(session_lab: SessionLab) -> tuple[ThreadId, tuple[ThreadId, ThreadId], tuple[ThreadId, ...]]:
    """Make a thread, a sub-agent and that one's sub-agent, a fork, and a thread of another family; all are loaded."""
    root, other = visible(session_lab), visible(session_lab)
    child = session_lab.spawn(root, mode="full_history").thread_id
    grandchild = session_lab.spawn(child, mode="full_history").thread_id
    fork = session_lab.fork(root).thread_id
    for thread in (child, grandchild, fork):
        session_lab.append(thread, user_message("hello"))
        session_lab.settle(thread)
    return root, (child, grandchild), tuple(sorted((fork, other)))
