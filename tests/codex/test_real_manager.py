"""A real Codex as a thread manager: a handful of slices, each through the port that the suite asks."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest

import threadstore as ts
from threadstore.params import DiscardThreadParams
from threadstore.session import OVERRIDE_VARIABLE
from threadstore_backends.codex import CodexBinary, CodexDied, CodexHang
from threadstore_backends.codex.manager import CodexManager
from threadstore_backends.codex.registration import CODEX
from threadstore_conformance import Difference
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.process import fresh_process
from threadstore_conformance.session_items import turn_complete, turn_started, user_response
from threadstore_conformance.session_lockstep import SessionLockstep

UNKNOWN = "01900000-0000-7000-8000-00000000ffff"

Open = Callable[..., CodexManager]


@pytest.fixture(params=["legacy", "paginated"])
def open_manager(request: pytest.FixtureRequest, binary: CodexBinary, tmp_path: Path) -> Iterator[Open]:
    """Opens managers on one home, in each history mode that the version has."""
    if request.param == "paginated" and binary.release < (0, 145, 0):
        pytest.skip(f"Codex {binary.version} has no paginated threads")
    with ExitStack() as opened:

        def open_one(**settings: Any) -> CodexManager:
            manager = CodexManager(
                tmp_path, settings=ts.ProcessSettings(**settings), history_mode=request.param, binary=binary
            )
            opened.callback(manager.close)
            return manager

        yield open_one
    # One is some megabytes, and pytest keeps the folders of several runs.
    shutil.rmtree(tmp_path / "codex", ignore_errors=True)


@pytest.fixture
def manager(open_manager: Open) -> CodexManager:
    """One on a new home."""
    return open_manager(default_originator="a client")


@pytest.fixture
def where(tmp_path: Path) -> ts.ThreadPersistenceMetadata:
    """Where sessions work."""
    return ts.ThreadPersistenceMetadata(cwd=str(tmp_path), model_provider="provider-b")


@pytest.fixture
def begun(manager: CodexManager, where: ts.ThreadPersistenceMetadata) -> str:
    """A thread in which something was said."""
    thread = manager.start_thread(ts.StartParams(metadata=where)).thread_id
    say(manager, thread, user_message("hello"), agent_message("Hello."))
    return thread


def say(manager: CodexManager, thread_id: str, *items: ts.RolloutItem) -> None:
    manager.append_items(ts.AppendThreadItemsParams(thread_id=thread_id, items=items))


def said(manager: CodexManager, thread_id: str) -> list[str]:
    """Return what was said in a thread, by its history."""
    items = manager.load_history(ts.LoadThreadHistoryParams(thread_id=thread_id)).items
    kinds = (("event_msg", "user_message"), ("event_msg", "agent_message"))
    return [item.payload["message"] for item in items if item.kind in kinds]


def read(manager: CodexManager, thread_id: str, **more: Any) -> ts.StoredThread:
    return manager.read_thread(ts.ReadThreadParams(thread_id=thread_id, **more))


def patch(manager: CodexManager, thread_id: str, **fields: Any) -> ts.StoredThread:
    changes = ts.ThreadMetadataPatch(**fields)
    return manager.update_thread_metadata(ts.UpdateThreadMetadataParams(thread_id=thread_id, patch=changes))


def loaded(manager: CodexManager) -> tuple[str, ...]:
    return manager.list_loaded(ts.ListLoadedParams()).thread_ids


def listed(manager: CodexManager, **query: Any) -> list[str]:
    page = manager.list_threads(ts.ListThreadsParams(**{"page_size": 50, "model_providers": [], **query}))
    return [thread.thread_id for thread in page.items]


def test_a_thread_is_started_spoken_in_and_read(manager: CodexManager, where: ts.ThreadPersistenceMetadata) -> None:
    """Ensure what a start says is shown, and what was said is in the history after the thread's own meta."""
    started = manager.start_thread(ts.StartParams(metadata=where, thread_source="automation"))
    thread = started.thread_id
    assert (started.cwd, started.model_provider, started.thread_source) == (where.cwd, "provider-b", "automation")
    assert (started.session_id, started.originator, started.ephemeral) == (thread, "a client", False)
    assert loaded(manager) == (thread,)
    say(manager, thread, user_message("one"), agent_message("two"), user_message("three"))
    stored = read(manager, thread, include_history=True)
    assert stored.history is not None
    assert stored.history.items[0].payload["id"] == thread
    assert stored.history == manager.load_history(ts.LoadThreadHistoryParams(thread_id=thread))
    assert said(manager, thread) == ["one", "two", "three"]
    assert (stored.preview, stored.first_user_message, stored.originator) == ("one", "one", "a client")
    assert stored.created_at <= stored.updated_at
    assert listed(manager, model_providers=["provider-b"]) == [thread]


def test_a_message_is_put_in_without_a_turn(manager: CodexManager, begun: str) -> None:
    """Ensure it is in the history, and ran nothing."""
    before = len(manager.load_history(ts.LoadThreadHistoryParams(thread_id=begun)).items)
    say(manager, begun, user_response("by hand"))
    added = manager.load_history(ts.LoadThreadHistoryParams(thread_id=begun)).items[before:]
    assert [item.payload["content"][0]["text"] for item in added if item.type == "response_item"] == ["by hand"]
    assert ("event_msg", "task_started") not in {item.kind for item in added}


def test_a_fork_is_a_copy(manager: CodexManager, begun: str, where: ts.ThreadPersistenceMetadata) -> None:
    """Ensure it holds what was said, knows its source, and goes on by itself."""
    fork = manager.fork_thread(ts.ForkParams(thread_id=begun, metadata=where))
    say(manager, fork.thread_id, user_message("in the fork"))
    assert fork.forked_from_id == begun
    assert said(manager, fork.thread_id) == ["hello", "Hello.", "in the fork"]
    assert said(manager, begun) == ["hello", "Hello."]


def test_an_agent_is_spawned(manager: CodexManager, begun: str) -> None:
    """Ensure it knows its parent, has done something, and the spawner's turn is in its history."""
    agent = manager.spawn_thread(ts.SpawnParams(thread_id=begun))
    assert agent.parent_thread_id == begun
    assert agent.source["subagent"]["thread_spawn"]["parent_thread_id"] == begun
    assert {begun, agent.thread_id} <= set(loaded(manager))
    assert said(manager, agent.thread_id)[-1] == "I did it."
    assert said(manager, begun)[-1] == "It is done."


def test_threads_outlive_the_process(
    open_manager: Open, manager: CodexManager, begun: str, where: ts.ThreadPersistenceMetadata
) -> None:
    """Ensure nothing is loaded after a restart, what was stored is there, and a resume goes on with it."""
    patch(manager, begun, name="named")
    before = read(manager, begun)
    manager.close()
    later = open_manager(default_originator="another client")
    assert loaded(later) == ()
    assert attrs.evolve(read(later, begun), updated_at=0) == attrs.evolve(before, updated_at=0)
    resumed = later.resume_thread(ts.ResumeParams(thread_id=begun, metadata=where))
    assert (resumed.thread_id, resumed.name, resumed.originator) == (begun, "named", "a client")
    say(later, begun, user_message("again"))
    assert said(later, begun) == ["hello", "Hello.", "again"]


def test_names_of_turns_survive_a_restart(
    open_manager: Open, manager: CodexManager, begun: str, where: ts.ThreadPersistenceMetadata
) -> None:
    """Ensure a turn is called as its caller called it, and a fork may end with it, in another process too."""
    for name in ("one", "two"):
        say(manager, begun, turn_started(name), user_message(f"of {name}"), turn_complete(name))
    manager.close()
    later = open_manager()
    items = later.load_history(ts.LoadThreadHistoryParams(thread_id=begun)).items
    assert [item.payload["turn_id"] for item in items if item.kind == ("event_msg", "task_started")][1:] == [
        "one",
        "two",
    ]
    fork = later.fork_thread(ts.ForkParams(thread_id=begun, cut="after_turn", turn_id="one", metadata=where))
    assert said(later, fork.thread_id)[:4] == ["hello", "Hello.", "of one"]


def test_a_thread_is_archived_and_brought_back(manager: CodexManager, begun: str) -> None:
    """Ensure it changes sides and is loaded no more, and comes back as it was."""
    manager.archive_thread(ts.ArchiveThreadParams(thread_id=begun))
    assert read(manager, begun).archived_at is not None
    assert (listed(manager), listed(manager, archived=True), loaded(manager)) == ([], [begun], ())
    back = manager.unarchive_thread(ts.UnarchiveThreadParams(thread_id=begun))
    assert (back.thread_id, back.archived_at) == (begun, None)
    assert (listed(manager), listed(manager, archived=True)) == ([begun], [])


def test_a_listing_is_paged(manager: CodexManager, begun: str, where: ts.ThreadPersistenceMetadata) -> None:
    """Ensure each thread is on one page, the order is the one asked for, and the last page has no cursor."""
    other = manager.fork_thread(ts.ForkParams(thread_id=begun, metadata=where)).thread_id
    say(manager, other, user_message("more"))
    query = ts.ListThreadsParams(page_size=1, sort_direction="asc", sort_key="created_at", model_providers=[])
    first = manager.list_threads(query)
    assert first.next_cursor is not None
    second = manager.list_threads(attrs.evolve(query, cursor=first.next_cursor))
    assert [thread.thread_id for page in (first, second) for thread in page.items] == [begun, other]
    with pytest.raises(ts.InvalidRequest, match="cursor"):
        manager.list_threads(attrs.evolve(query, cursor="no cursor"))


def test_what_can_be_changed_is_changed(manager: CodexManager, begun: str) -> None:
    """Ensure a name, git facts and the memory mode are shown by the answer and by the next read."""
    assert patch(manager, begun, name="named").name == "named"
    git = patch(manager, begun, git_info=ts.GitInfoPatch(sha="abc", branch="main")).git_info
    assert git == ts.GitInfo("abc", "main", None)
    assert patch(manager, begun, memory_mode="disabled").memory_mode == "disabled"
    stored = read(manager, begun)
    assert (stored.name, stored.git_info, stored.memory_mode) == ("named", git, "disabled")


def test_an_ephemeral_thread_is_stored_nowhere(manager: CodexManager, where: ts.ThreadPersistenceMetadata) -> None:
    """Ensure it is loaded and takes turns, and there is nothing to read."""
    thread = manager.start_thread(ts.StartParams(metadata=where, ephemeral=True))
    assert thread.ephemeral
    say(manager, thread.thread_id, user_message("hello"))
    assert loaded(manager) == (thread.thread_id,)
    with pytest.raises(ts.ThreadNotFound):
        manager.load_history(ts.LoadThreadHistoryParams(thread_id=thread.thread_id))


def test_a_request_carries_the_originator(manager: CodexManager, begun: str) -> None:
    """Ensure what is seen on the wire is what the thread was started with, and that other consumers are not seen."""
    request = manager.outbound_request(ts.OutboundParams(thread_id=begun, consumer="websocket"))
    assert (request.originator, request.headers["originator"]) == ("a client", "a client")
    with pytest.raises(ts.Unsupported):
        manager.outbound_request(ts.OutboundParams(thread_id=begun, consumer="responses"))
    with pytest.raises(ts.ThreadNotFound):
        manager.outbound_request(ts.OutboundParams(thread_id=UNKNOWN, consumer="websocket"))


def test_a_padded_originator_is_told_in_full(open_manager: Open, where: ts.ThreadPersistenceMetadata) -> None:
    """Ensure the blanks that a header loses are those of the thread that it came from, through an unstored one too."""
    first = open_manager(environment={OVERRIDE_VARIABLE: " padded "})
    thread = first.start_thread(ts.StartParams(metadata=where)).thread_id
    say(first, thread, user_message("hello"))
    first.close()

    manager = open_manager(default_originator="a client")
    assert manager.resume_thread(ts.ResumeParams(thread_id=thread, metadata=where)).originator == " padded "
    fork = manager.fork_thread(ts.ForkParams(thread_id=thread, metadata=where, ephemeral=True))
    agent = manager.spawn_thread(ts.SpawnParams(thread_id=fork.thread_id, mode="new"))
    assert [fork.originator, agent.originator] == [" padded "] * 2


def test_refusals_have_the_class_of_the_spec(
    manager: CodexManager, begun: str, where: ts.ThreadPersistenceMetadata
) -> None:
    """Ensure what is missing is ThreadNotFound, what is not offered Unsupported, and what is wrong InvalidRequest."""
    changes = ts.ThreadMetadataPatch(name="n")
    missing: list[Callable[[], Any]] = [
        lambda: read(manager, UNKNOWN),
        lambda: manager.load_history(ts.LoadThreadHistoryParams(thread_id=UNKNOWN)),
        lambda: manager.resume_thread(ts.ResumeParams(thread_id=UNKNOWN, metadata=where)),
        lambda: manager.fork_thread(ts.ForkParams(thread_id=UNKNOWN, metadata=where)),
        lambda: manager.spawn_thread(ts.SpawnParams(thread_id=UNKNOWN)),
        lambda: say(manager, UNKNOWN, user_message("hello")),
        lambda: manager.update_thread_metadata(ts.UpdateThreadMetadataParams(thread_id=UNKNOWN, patch=changes)),
        lambda: manager.archive_thread(ts.ArchiveThreadParams(thread_id=UNKNOWN)),
        lambda: manager.unarchive_thread(ts.UnarchiveThreadParams(thread_id=UNKNOWN)),
        lambda: manager.delete_thread(ts.DeleteThreadParams(thread_id=UNKNOWN)),
    ]
    for ask in missing:
        with pytest.raises(ts.ThreadNotFound, match=UNKNOWN):
            ask()
    unsupported: list[Callable[[], Any]] = [
        lambda: manager.persist_thread(ts.PersistThreadParams(thread_id=begun)),
        lambda: manager.flush_thread(ts.FlushThreadParams(thread_id=begun)),
        lambda: manager.shutdown_thread(ts.ShutdownThreadParams(thread_id=begun)),
        lambda: manager.discard_thread(DiscardThreadParams(thread_id=begun)),
    ]
    for ask in unsupported:
        with pytest.raises(ts.Unsupported):
            ask()
    with pytest.raises(ts.InvalidRequest, match=begun):
        manager.fork_thread(ts.ForkParams(thread_id=begun, cut="after_turn", turn_id="no such turn", metadata=where))


def test_a_deleted_thread_is_gone(manager: CodexManager, begun: str) -> None:
    """Ensure it is neither read, listed nor loaded."""
    manager.delete_thread(ts.DeleteThreadParams(thread_id=begun))
    with pytest.raises(ts.ThreadNotFound):
        read(manager, begun)
    assert (listed(manager), loaded(manager)) == ([], ())


# --- What goes wrong ---------------------------------------------------------------------------------------------


def test_a_binary_that_dies_is_told_with_the_operation(manager: CodexManager, begun: str) -> None:
    """Ensure the signal and the call that it happened in are named."""
    manager._codex.rpc.kill()
    with pytest.raises(CodexDied, match=r"^thread/read: the process ended with SIGKILL"):
        read(manager, begun)


def test_a_binary_that_hangs_is_told_with_the_operation(manager: CodexManager, begun: str) -> None:
    """Ensure the call that got no answer is named, and how long it was waited for."""
    rpc = manager._codex.rpc
    rpc.timeout = 0.5
    os.kill(rpc.pid, signal.SIGSTOP)
    try:
        with pytest.raises(CodexHang, match=r"^thread/archive: nothing came within 0\.5 s"):
            manager.archive_thread(ts.ArchiveThreadParams(thread_id=begun))
    finally:
        rpc.kill()


def test_a_binary_that_dies_in_a_program_is_the_programs_difference(binary: CodexBinary) -> None:
    """Ensure the suite blames it, names the operation, and has the program that led to it."""

    def run() -> None:
        clock = ts.ManualClock()
        with fresh_process(CODEX, clock) as process:
            lockstep = SessionLockstep(process, clock)
            lockstep.run(ts.StartParams(metadata=ts.ThreadPersistenceMetadata(cwd="/", model_provider="provider-a")))
            process.manager._codex.rpc.kill()  # type: ignore[attr-defined]
            lockstep.run(ts.ArchiveThreadParams(thread_id="@thread:0"))

    with pytest.raises(Difference, match=r"^archive_thread breaks .*CodexDied") as caught:
        run()
    assert [type(operation) for operation in caught.value.operations] == [ts.StartParams, ts.ArchiveThreadParams]
