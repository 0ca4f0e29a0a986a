"""Directed checks of LIST-1 and LIST-7: what a listing shows."""

from __future__ import annotations

from typing import Any

from threadstore import (
    ArchiveThreadParams,
    GitInfoPatch,
    PersistThreadParams,
    ResumeThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore_conformance.checks.comparing import changed
from threadstore_conformance.checks.listing import listable, page, query, shown
from threadstore_conformance.lab import METADATA, MISSING, Lab, clause, user_message


@clause("LIST-1")
def test_every_thread_is_listed_once(lab: Lab) -> None:
    """Ensure threads are listed exactly once whether they are live, closed, resumed, written, patched or old."""
    threads = _one_of_each_kind(lab)
    listed = shown(lab)
    assert sorted(threads.values()) == sorted(listed), (
        f"not listed: {[kind for kind, thread in threads.items() if thread not in listed]}; "
        f"more than once: {[kind for kind, thread in threads.items() if listed.count(thread) > 1]}"
    )


@clause("LIST-1")
def test_every_archived_thread_is_listed_once(lab: Lab) -> None:
    """Ensure the archived side shows every archived thread exactly once, whatever became of it before."""
    threads = _one_of_each_kind(lab)
    for thread in threads.values():
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    listed = shown(lab, archived=True)
    assert sorted(threads.values()) == sorted(listed), (
        f"not listed: {[kind for kind, thread in threads.items() if thread not in listed]}"
    )


@clause("LIST-1")
def test_a_listing_shows_what_a_read_shows(lab: Lab) -> None:
    """Ensure each entry of either side equals what read_thread returns, field by field."""
    threads = _one_of_each_kind(lab)
    for archived in (False, True):
        for entry in page(lab, archived=archived).items:
            assert lab.read(entry.thread_id) == entry, f"archived={archived}: entry and read of {entry.thread_id}"
        for thread in () if archived else threads.values():
            lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))


@clause("LIST-1")
def test_a_listing_cuts_nothing_short(lab: Lab) -> None:
    """Ensure an entry equals the read where every text and JSON value of the thread is long."""
    texts: dict[str, Any] = dict.fromkeys(_TEXT_FIELDS, "a long text, of many words; " * 400)
    long: dict[str, Any] = {"custom": ["long"] * 2_000}
    thread = listable(lab)
    lab.patch(thread, **texts, source=long, permission_profile=long, git_info=GitInfoPatch(sha="a" * 9_000))
    for archived in (False, True):
        entries = page(lab, archived=archived).items
        assert [thread] == [entry.thread_id for entry in entries], f"archived={archived}"
        differences = changed(lab.read(thread), entries[0])
        cut = {field: [len(str(value)) for value in pair] for field, pair in differences.items()}
        assert cut == {}, f"read and entry (archived={archived}) differ in fields of these lengths: {cut}"
        if not archived:
            lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))


@clause("LIST-1")
def test_a_listing_shows_nothing_else(lab: Lab) -> None:
    """Ensure ids that are only mentioned, or were only tried, are not listed."""
    mentioned = [lab.new_id() for _ in range(4)]
    thread = listable(lab, forked_from_id=mentioned[0], parent_thread_id=mentioned[1], session_id=mentioned[2])
    lab.refused(ResumeThreadParams(thread_id=mentioned[3], history=(user_message("mine"),), metadata=METADATA), MISSING)
    patch = UpdateThreadMetadataParams(thread_id=mentioned[3], patch=ThreadMetadataPatch(name="ghost", preview="ghost"))
    lab.refused(patch, MISSING)
    assert [thread] == shown(lab), "the active side shows more or less than the one thread there is"
    assert shown(lab, archived=True) == [], "the archived side is not empty"


@clause("LIST-1")
def test_an_empty_store_lists_nothing(lab: Lab) -> None:
    """Ensure both sides of a new store are empty."""
    assert shown(lab) == []
    assert shown(lab, archived=True) == []


@clause("LIST-1")
def test_threads_are_listed_as_soon_as_they_are_there(lab: Lab) -> None:
    """Ensure that having listed before hides nothing that came later."""
    threads: list[ThreadId] = []
    for _ in range(4):
        threads.append(listable(lab))
        assert sorted(threads) == sorted(shown(lab)), f"after the creation of thread {len(threads)}"


@clause("LIST-1")
def test_no_thread_is_listed_too_many(lab: Lab) -> None:
    """Ensure a hundred threads are all listed."""
    threads = [listable(lab) for _ in range(100)]
    assert threads == sorted(shown(lab))


@clause("LIST-1")
def test_threads_without_a_preview_are_hidden_only_if_declared(lab: Lab) -> None:
    """Ensure a thread with an empty preview is readable, and listed unless the store declares otherwise."""
    thread = lab.create()
    lab.append(thread, user_message("no preview comes of this"))
    hides = lab.capabilities.hides_unpreviewed
    assert thread == lab.read(thread).thread_id
    assert ([] if hides else [thread]) == shown(lab), f"hides_unpreviewed is declared {hides}"
    lab.patch(thread, preview="now it has one")
    assert [thread] == shown(lab), "a patch gave the thread a preview"
    lab.patch(thread, preview="")
    assert ([] if hides else [thread]) == shown(lab), f"emptied again; hides_unpreviewed is declared {hides}"


@clause("LIST-7")
def test_the_index_alone_gives_the_same_page(lab: Lab) -> None:
    """Ensure use_state_db_only changes no page; a store that declares no index may answer it with an empty one."""
    for number in range(5):
        thread = listable(lab)
        lab.append(thread, user_message(f"message {number}"))
        lab.patch(thread, name=f"name {number}", preview=f"preview {number}")
    lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    for parameters in _INDEXED:
        whole = page(lab, **parameters)
        indexed = page(lab, use_state_db_only=True, **parameters)
        if indexed.items or _has_index(lab):
            assert whole.items == indexed.items, f"{query(lab, **parameters)} with use_state_db_only"
            assert (whole.next_cursor is None) == (indexed.next_cursor is None), "next_cursor of the same page"
        else:
            assert indexed.next_cursor is None, "an empty page has a next_cursor"


@clause("LIST-7")
def test_the_index_alone_can_be_walked(lab: Lab) -> None:
    """Ensure a walk through the index alone visits what a walk without it visits."""
    for _ in range(5):
        listable(lab)
    walked = shown(lab, use_state_db_only=True, page_size=2)
    if walked or _has_index(lab):
        assert shown(lab) == walked


_INDEXED: tuple[dict[str, Any], ...] = (
    {},
    {"page_size": 2},
    {"sort_key": "updated_at", "sort_direction": "asc"},
    {"archived": True},
    {"search_term": "name 3"},
    {"cwd_filters": (METADATA.cwd,)},
    {"cwd_filters": ()},
)


_TEXT_FIELDS = ("name", "title", "preview", "first_user_message", "model", "model_provider", "cwd", "agent_path")


def _has_index(lab: Lab) -> bool:
    return not lab.capabilities.without_index


def _one_of_each_kind(lab: Lab) -> dict[str, ThreadId]:
    kinds = ("live", "closed", "discarded", "resumed", "written", "patched", "old", "restored", "sub-agent", "exec")
    threads = {kind: listable(lab, **_FACTS.get(kind, {})) for kind in kinds}
    for kind in ("closed", "resumed"):
        lab.close(threads[kind])
    lab.store.persist_thread(PersistThreadParams(thread_id=threads["live"]))
    lab.store.resume_thread(ResumeThreadParams(thread_id=threads["resumed"], metadata=METADATA))
    lab.append(threads["written"], user_message("hello"))
    lab.patch(threads["patched"], name="a name", title="a title", preview="a preview", model="a model")
    lab.patch(threads["old"], created_at=0, updated_at=0)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=threads["restored"]))
    lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=threads["restored"]))
    own = lab.new_id()
    threads["its own parent"] = listable(lab, own, parent_thread_id=own)
    threads["fork and child"] = listable(lab, forked_from_id=threads["old"], parent_thread_id=threads["live"])
    return threads


_FACTS: dict[str, dict[str, Any]] = {
    "sub-agent": {
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": "01900000-0000-7000-8000-0000000f0000"}}}
    },
    "exec": {"source": "exec"},
}
