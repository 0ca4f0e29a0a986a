"""Directed checks of delete: the DEL clauses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    DeleteThreadParams,
    FlushThreadParams,
    GitInfoPatch,
    Operation,
    PersistThreadParams,
    ReadThreadByRolloutPathParams,
    SearchThreadsParams,
    ShutdownThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    ThreadRelationFilter,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore_conformance.lab import MISSING, Lab, clause, user_message

from .comparing import brief, changed, changed_look, look
from .patches import patched_thread
from .verbs import archive, attempt, delete, discard, flush, loading, reading, resume, resumption, unarchive

_STATES = ("live", "closed", "archived", "archived and live", "resumed", "unarchived", "empty")


@clause("DEL-1")
def test_a_deleted_thread_is_missing_everywhere(lab: Lab) -> None:
    """Ensure no operation finds it, whatever it was: live, closed, archived, or empty."""
    for state, thread in _threads(lab):
        delete(lab, thread)
        for operation in (*_finding(thread), *_writing(thread)):
            lab.refused(operation, MISSING)
        for archived in (False, True):
            assert thread not in lab.listed(archived=archived), f"a deleted thread is listed (it was {state})"


@clause("DEL-1")
def test_nothing_finds_a_deleted_thread(lab: Lab) -> None:
    """Ensure neither name, content, path nor relation leads to it."""
    parent = lab.create()
    for state, thread in _threads(lab, parent=parent):
        path = lab.read(thread).rollout_path
        delete(lab, thread)
        for archived in (False, True):
            assert lab.listed(search_term="named", archived=archived) == [], f"found by its name ({state})"
        if lab.capabilities.paths:
            lab.refused(ReadThreadByRolloutPathParams(rollout_path=str(path), include_archived=True), MISSING)
            assert not (lab.home / str(path)).exists(), f"the rollout of a deleted thread is there ({state}): {path}"
        if lab.capabilities.search:
            for archived in (False, True):
                pages = lab.pages(SearchThreadsParams(search_term="a secret", archived=archived))
                assert not any(pages), f"found by its content ({state}): {pages}"
        if lab.capabilities.relations:
            relation = ThreadRelationFilter(kind="descendants_of", thread_id=parent)
            for archived in (False, True):
                children = lab.listed(relation_filter=relation, archived=archived)
                assert children == [], f"found as a child ({state})"


@clause("DEL-1")
def test_a_deleted_thread_does_not_come_back(lab: Lab) -> None:
    """Ensure late writes, discards and a reopened store show nothing of it."""
    threads = [thread for _, thread in _threads(lab)]
    for thread in threads:
        delete(lab, thread)
        discard(lab, thread)
        for operation in _writing(thread):
            lab.refused(operation, MISSING)
    for again in (False, True):
        if again and not lab.capabilities.volatile:
            lab.reopen()
        for thread in threads:
            lab.refused(reading(thread), MISSING)
            lab.refused(resumption(thread), MISSING)
        shown = lab.listed() + lab.listed(archived=True)
        assert shown == [], f"deleted threads came back: {shown} (store reopened: {again})"


@clause("DEL-1")
def test_what_is_not_there_cannot_be_deleted(lab: Lab) -> None:
    """Ensure delete of an unknown thread, and a second delete, are missing, and touch nobody else."""
    other = lab.create()
    before = look(lab, other)
    thread = lab.create()
    delete(lab, thread)
    for missing in (lab.new_id(), thread, thread):
        lab.refused(DeleteThreadParams(thread_id=missing), MISSING)
    differences = changed_look(before, look(lab, other))
    assert differences == {}, f"deleting what is not there changed another thread: {differences}"


@clause("DEL-1")
def test_a_refused_delete_closes_no_writer(lab: Lab) -> None:
    """Ensure other threads are as live after the deletion of what is not there as before it."""
    first, last, deleted = lab.create(), lab.create(), lab.create()
    delete(lab, deleted)
    for missing in (lab.new_id(), deleted):
        lab.refused(DeleteThreadParams(thread_id=missing), MISSING)
        for thread in (first, last):
            error = attempt(lab, AppendThreadItemsParams(thread_id=thread, items=[user_message("still live")]))
            assert error is None, f"the deletion of what is not there closed a writer: {error}"


@clause("DEL-1b")
def test_a_deleted_id_starts_empty(lab: Lab) -> None:
    """Ensure a thread created with the id of a deleted one has nothing of the former, whatever that was."""
    plain = lab.read(lab.create())
    for state, thread in _threads(lab, originator="former", thread_source="former"):
        delete(lab, thread)
        lab.create(thread)
        after = lab.read(thread)
        remains = changed(plain, after, but=("thread_id", "rollout_path", "created_at", "updated_at", "recency_at"))
        assert remains == {}, f"of a deleted thread, which was {state}, the next has (plain, remains): {remains}"
        times = after.created_at, after.updated_at, after.recency_at
        assert not {1_000, 2_000, _FAR} & set(times), f"the times of a deleted thread came back: {times} ({state})"
        history = lab.history(thread)
        assert len(history) == 1, f"a new thread with a deleted id has the history {brief(history)} ({state})"
        assert history[0].payload.get("originator") != "former", f"the former session_meta is there ({state})"


@clause("DEL-1b")
def test_a_deleted_id_lives_again_in_full(lab: Lab) -> None:
    """Ensure the new thread can be written, closed, resumed, archived and deleted, more than once."""
    thread = lab.new_id()
    for number in range(3):
        lab.create(thread)
        lab.append(thread, user_message(str(number)))
        lab.patch(thread, name=f"name {number}")
        lab.close(thread)
        resume(lab, thread)
        lab.append(thread, user_message("more"))
        flush(lab, thread)
        archive(lab, thread)
        items = lab.items(thread)
        assert items == [user_message(str(number)), user_message("more")], f"life {number} has {brief(items)}"
        assert lab.read(thread).name == f"name {number}"
        delete(lab, thread)


@clause("DEL-1b")
def test_a_deleted_id_lives_again_after_reopening(lab: Lab) -> None:
    """Ensure what a store keeps outside its memory holds the new thread alone."""
    thread = lab.create()
    lab.append(thread, user_message("former"))
    patched_thread(lab, thread)
    archive(lab, thread)
    delete(lab, thread)
    lab.create(thread)
    lab.append(thread, user_message("new"))
    lab.close(thread)
    before = look(lab, thread)
    if not lab.capabilities.volatile:
        lab.reopen()
    differences = changed_look(before, look(lab, thread))
    assert differences == {}, f"reopening brought back of the former thread: {differences}"
    assert lab.items(thread) == [user_message("new")]
    assert (lab.read(thread).name, lab.read(thread).archived_at) == (None, None)


@clause("DEL-1c")
def test_forks_and_children_live_on(lab: Lab) -> None:
    """Ensure threads that name a deleted one keep history and metadata, its id in their fields among it."""
    for state, source in _threads(lab):
        spawn = {"subagent": {"thread_spawn": {"parent_thread_id": source, "depth": 1}}}
        related = [
            lab.create(forked_from_id=source),
            lab.create(parent_thread_id=source),
            lab.create(source=spawn, parent_thread_id=source, session_id=source),
        ]
        grandchild = lab.create(parent_thread_id=related[1])
        for thread in (*related, grandchild):
            lab.append(thread, user_message("kept"))
            flush(lab, thread)
        lab.close(related[0])
        archive(lab, related[1])
        before = [look(lab, thread) for thread in (*related, grandchild)]
        delete(lab, source)
        for old in before:
            differences = changed_look(old, look(lab, old[0].thread_id))
            assert differences == {}, f"deleting a {state} thread changed one that names it: {differences}"
        assert lab.read(related[0]).forked_from_id == source
        assert lab.read(related[1]).parent_thread_id == source
        lab.append(related[2], user_message("still live"))


@clause("DEL-1c")
def test_a_fork_keeps_what_it_copied(lab: Lab) -> None:
    """Ensure a source's session_meta in a fork's history outlives the source, and the source outlives its fork."""
    source = lab.create()
    lab.append(source, user_message("said"))
    flush(lab, source)
    for deleted_first in ("fork", "source"):
        fork = lab.create(forked_from_id=source)
        lab.append(fork, *lab.history(source))
        flush(lab, fork)
        gone, left = (fork, source) if deleted_first == "fork" else (source, fork)
        before = look(lab, left)
        delete(lab, gone)
        differences = changed_look(before, look(lab, left))
        assert differences == {}, f"deleting the {deleted_first} changed the other: {differences}"


#: A time ahead of every clock.
_FAR = 4_000_000_000_000


def _threads(lab: Lab, *, parent: ThreadId | None = None, **facts: Any) -> Iterator[tuple[str, ThreadId]]:
    """Yield threads full of everything, one in each state."""
    for state in _STATES:
        thread = lab.create(parent_thread_id=parent, **facts)
        if state == "empty":
            yield state, thread
            continue
        lab.append(thread, user_message("a secret"), user_message("another secret"))
        patched_thread(lab, thread)
        lab.patch(thread, name="named", advance_recency_at=_FAR, git_info=GitInfoPatch(branch="gone"))
        if state in ("closed", "archived", "resumed"):
            lab.close(thread)
        if state == "resumed":
            resume(lab, thread)
        if state in ("archived", "archived and live", "unarchived"):
            archive(lab, thread)
        if state == "unarchived":
            unarchive(lab, thread)
        yield state, thread


def _finding(thread: ThreadId) -> Iterator[Operation]:
    yield reading(thread)
    yield reading(thread, include_archived=False)
    yield loading(thread)
    yield resumption(thread)
    for patch in (ThreadMetadataPatch(), ThreadMetadataPatch(name="x")):
        yield UpdateThreadMetadataParams(thread_id=thread, patch=patch, include_archived=True)
    yield ArchiveThreadParams(thread_id=thread)
    yield UnarchiveThreadParams(thread_id=thread)
    yield DeleteThreadParams(thread_id=thread)


def _writing(thread: ThreadId) -> Iterator[Operation]:
    yield AppendThreadItemsParams(thread_id=thread, items=[user_message("late")])
    yield PersistThreadParams(thread_id=thread)
    yield FlushThreadParams(thread_id=thread)
    yield ShutdownThreadParams(thread_id=thread)
