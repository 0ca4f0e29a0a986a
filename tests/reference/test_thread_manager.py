"""The reference session layer as a whole: what starts, is resumed, forked, spawned, and where metadata goes."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    Conflict,
    CreateThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    ForkParams,
    Internal,
    InvalidRequest,
    ListLoadedParams,
    ListThreadsParams,
    LoadedThread,
    LoadThreadHistoryParams,
    ManualClock,
    MetadataUpdateFailed,
    OutboundParams,
    PersistThreadParams,
    ProcessSettings,
    ReadThreadParams,
    ResumeParams,
    RolloutItem,
    SessionMeta,
    ShutdownThreadParams,
    SpawnParams,
    StartParams,
    StoredThread,
    ThreadManager,
    ThreadMetadataPatch,
    ThreadNotFound,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    ThreadStore,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
    is_thread_id,
)
from threadstore.session import OVERRIDE_VARIABLE
from threadstore_backends.local import LocalThreadStore
from threadstore_backends.memory import MemoryStore

NOW = 1_780_000_000_000
NOBODY = "0190a000-0000-7000-8000-00000000ffff"


def thread_id(number: int) -> str:
    return f"0190a000-0000-7000-8000-{number:012x}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock=clock)


Process = Callable[..., ThreadManager]


@pytest.fixture
def process(store: MemoryStore, clock: ManualClock) -> Process:
    """Start another process over the same store, with an override if one is given."""
    numbers = itertools.count(1)

    def start(override: str | None = None, over: ThreadStore = store, **more: Any) -> ThreadManager:
        environment = {} if override is None else {OVERRIDE_VARIABLE: override}
        settings = ProcessSettings(environment=environment, default_originator="cli", cli_version="1.2")
        return ThreadManager(over, settings=settings, clock=clock, new_id=lambda: thread_id(next(numbers)), **more)

    return start


@pytest.fixture
def manager(process: Process) -> ThreadManager:
    return process()


def said(text: str) -> RolloutItem:
    return RolloutItem("event_msg", {"type": "user_message", "message": text})


def append(manager: ThreadManager, thread: LoadedThread, *items: RolloutItem) -> None:
    manager.append_items(AppendThreadItemsParams(thread_id=thread.thread_id, items=items))


def read(manager: ThreadManager, thread: LoadedThread) -> StoredThread:
    return manager.read_thread(ReadThreadParams(thread_id=thread.thread_id, include_archived=True))


def history(manager: ThreadManager, thread: LoadedThread) -> tuple[RolloutItem, ...]:
    return manager.load_history(LoadThreadHistoryParams(thread_id=thread.thread_id, include_archived=True)).items


def own_meta(manager: ThreadManager, thread: LoadedThread) -> SessionMeta:
    return SessionMeta.of(history(manager, thread)[0].payload)


def rename(manager: ThreadManager, thread: LoadedThread, name: str) -> StoredThread:
    patch = ThreadMetadataPatch(name=name)
    return manager.update_thread_metadata(UpdateThreadMetadataParams(thread_id=thread.thread_id, patch=patch))


def shutdown(manager: ThreadManager, thread: LoadedThread) -> None:
    manager.shutdown_thread(ShutdownThreadParams(thread_id=thread.thread_id))


def resume(manager: ThreadManager, thread: LoadedThread, **more: Any) -> LoadedThread:
    return manager.resume_thread(ResumeParams(thread_id=thread.thread_id, **more))


def loaded(manager: ThreadManager) -> tuple[str, ...]:
    return manager.list_loaded(ListLoadedParams()).thread_ids


class TestOriginator:
    def test_it_is_written_once_and_read_back(self, process: Process) -> None:
        """Ensure an override at resume labels that session alone, and the next plain one has what was written."""
        first = process()
        thread = first.start_thread(StartParams(service_name="CODEX_WORK_LOCAL"))
        first.close()
        second = process("override")
        assert resume(second, thread).originator == "override"
        assert own_meta(second, thread).originator == "codex_work_local"
        told = {
            consumer: second.outbound_request(OutboundParams(thread_id=thread.thread_id, consumer=consumer)).originator
            for consumer in ("responses", "store_creation", "rollout_metadata", "memory_telemetry")
        }  # fmt: skip
        assert told == {
            "responses": "override", "store_creation": "codex_work_local",
            "rollout_metadata": "codex_work_local", "memory_telemetry": "override",
        }  # fmt: skip
        second.close()
        assert resume(process(), thread).originator == "codex_work_local"

    def test_it_is_inherited_through_every_generation(self, manager: ThreadManager) -> None:
        """Ensure sub-agents of sub-agents have it, from history or from the live parent."""
        root = manager.start_thread(StartParams(service_name="codex_work_cloud"))
        child = manager.spawn_thread(SpawnParams(thread_id=root.thread_id, mode="full_history"))
        grandchild = manager.spawn_thread(SpawnParams(thread_id=child.thread_id, mode="last_turns", last=1))
        started = manager.start_thread(StartParams(parent_thread_id=grandchild.thread_id))
        for thread in (child, grandchild, started):
            assert thread.originator == own_meta(manager, thread).originator == "codex_work_cloud"

    def test_a_parent_that_is_not_loaded_hands_nothing_on(self, manager: ThreadManager) -> None:
        """Ensure a cold parent is no live one, while what was copied from its history still counts."""
        root = manager.start_thread(StartParams(service_name="codex_work_cloud"))
        shutdown(manager, root)
        assert manager.spawn_thread(SpawnParams(thread_id=root.thread_id)).originator == "cli"
        assert manager.fork_thread(ForkParams(thread_id=root.thread_id)).originator == "codex_work_cloud"
        assert manager.start_thread(StartParams(forked_from_id=root.thread_id)).originator == "cli"


class TestFork:
    def test_a_fork_is_a_copy_with_a_meta_of_its_own(self, manager: ThreadManager, clock: ManualClock) -> None:
        """Ensure a fork begins with its own SessionMeta, then has the source's items, its settings, and turns."""
        source = manager.start_thread(StartParams(base_instructions={"text": "b"}, dynamic_tools=[{"name": "t"}]))
        append(manager, source, said("one"), said("two"))
        rename(manager, source, "named")
        before, items = read(manager, source), history(manager, source)
        clock.advance(1)
        fork = manager.fork_thread(ForkParams(thread_id=source.thread_id, cut="before_user_message", nth=1))
        meta = own_meta(manager, fork)
        assert (meta.id, meta.forked_from_id, meta.session_id) == (fork.thread_id, source.thread_id, fork.thread_id)
        assert history(manager, fork)[1:] == items[:2]
        assert (fork.base_instructions, fork.dynamic_tools, fork.turns) == ({"text": "b"}, ({"name": "t"},), 1)
        assert (read(manager, fork).preview, read(manager, fork).name) == ("one", None)
        append(manager, fork, said("three"))
        assert (read(manager, source), history(manager, source)) == (before, items)

    def test_a_fork_may_copy_the_name(self, process: Process) -> None:
        """Ensure the variant gives a fork the name of its source, loaded or cold."""
        manager = process(fork_copies_name=True)
        source = manager.start_thread(StartParams())
        rename(manager, source, "named")
        for _ in range(2):
            fork = manager.fork_thread(ForkParams(thread_id=source.thread_id))
            assert (fork.name, read(manager, fork).name) == ("named", "named")
            manager.discard_thread(DiscardThreadParams(thread_id=source.thread_id))

    def test_a_fork_that_fails_is_not_loaded(self, process: Process, clock: ManualClock) -> None:
        """Ensure the error is told, the child has no writer, and the source is as it was."""

        class Full(MemoryStore):
            full = False

            def update_thread_metadata(self, params: Any, /) -> StoredThread:
                if self.full:
                    raise Internal("the disk is full")
                return super().update_thread_metadata(params)

        store = Full(clock=clock)
        manager = process(over=store)
        source = manager.start_thread(StartParams())
        append(manager, source, said("hi"))
        before = read(manager, source)
        store.full = True
        with pytest.raises(MetadataUpdateFailed):
            manager.fork_thread(ForkParams(thread_id=source.thread_id))
        assert loaded(manager) == (source.thread_id,)
        assert read(manager, source) == before
        store.full = False
        assert manager.resume_thread(ResumeParams(thread_id=thread_id(2))).forked_from_id == source.thread_id

    def test_hidden_and_ephemeral_sources_are_refused(self, process: Process, clock: ManualClock) -> None:
        """Ensure what is not stored is not copied, and nothing is made."""
        manager = process(over=MemoryStore(clock=clock, capabilities=Capabilities(lazy=True)))
        hidden = manager.start_thread(StartParams())
        ephemeral = manager.start_thread(StartParams(ephemeral=True))
        with pytest.raises(ThreadNotFound):
            manager.fork_thread(ForkParams(thread_id=hidden.thread_id))
        with pytest.raises(InvalidRequest, match=ephemeral.thread_id):
            manager.fork_thread(ForkParams(thread_id=ephemeral.thread_id))
        with pytest.raises(InvalidRequest, match=ephemeral.thread_id):
            manager.spawn_thread(SpawnParams(thread_id=ephemeral.thread_id, mode="last_turns", last=1))
        assert manager.spawn_thread(SpawnParams(thread_id=hidden.thread_id)).parent_thread_id == hidden.thread_id
        assert manager.spawn_thread(SpawnParams(thread_id=ephemeral.thread_id)).parent_thread_id == ephemeral.thread_id


class TestSpawn:
    @pytest.mark.parametrize("cold", [False, True])
    def test_who_a_sub_agent_is(self, manager: ThreadManager, cold: bool) -> None:
        """Ensure it shares the session, names its spawner, is one deeper, and its spawner's filter shows it."""
        root = manager.start_thread(StartParams())
        child = manager.spawn_thread(SpawnParams(thread_id=root.thread_id, agent_nickname="n"))
        if cold:
            manager.close()
        grandchild = manager.spawn_thread(SpawnParams(thread_id=child.thread_id, mode="full_history", agent_role="r"))
        assert grandchild.source == {"subagent": {"thread_spawn": {
            "parent_thread_id": child.thread_id, "depth": 2,
            "agent_nickname": None, "agent_role": "r", "agent_path": None,
        }}}  # fmt: skip
        assert (grandchild.session_id, grandchild.agent_role) == (root.thread_id, "r")
        assert (child.forked_from_id, grandchild.forked_from_id) == (None, child.thread_id)
        assert (child.agent_nickname, read(manager, child).agent_nickname) == ("n", "n")
        children = ThreadRelationFilter(kind="direct_children_of", thread_id=root.thread_id)
        page = manager.list_threads(ListThreadsParams(relation_filter=children))
        assert [thread.thread_id for thread in page.items] == [child.thread_id]

    def test_what_history_does_not_give_is_the_live_parents(self, manager: ThreadManager) -> None:
        """Ensure a sub-agent without copied SessionMeta works as its loaded spawner does, else by default."""
        root = manager.start_thread(StartParams(base_instructions="b", multi_agent_version="v2"))
        live = manager.spawn_thread(SpawnParams(thread_id=root.thread_id))
        manager.close()
        cold = manager.spawn_thread(SpawnParams(thread_id=root.thread_id))
        copied = manager.spawn_thread(SpawnParams(thread_id=root.thread_id, mode="full_history"))
        got = [(thread.base_instructions, thread.multi_agent_version) for thread in (live, cold, copied)]
        assert got == [("b", "v2"), (None, None), ("b", "v2")]

    def test_the_spawner_must_be_there(self, manager: ThreadManager) -> None:
        """Ensure nobody's sub-agent is made."""
        with pytest.raises(ThreadNotFound):
            manager.spawn_thread(SpawnParams(thread_id=NOBODY))
        assert loaded(manager) == ()


class TestResume:
    def test_it_returns_what_was_loaded_before(self, process: Process, store: MemoryStore) -> None:
        """Ensure a new process sees the thread as the old one did, but for its environment, and writes nothing."""
        first = process()
        parent = first.start_thread(StartParams(base_instructions={"text": "b"}, selected_capability_roots=["/r"]))
        thread = first.spawn_thread(SpawnParams(thread_id=parent.thread_id, mode="full_history", agent_path="/agent"))
        append(first, thread, said("one"), said("two"), RolloutItem("event_msg", {"type": "thread_rolled_back",
                                                                                  "num_turns": 1}))  # fmt: skip
        rename(first, thread, "named")
        before = resume(first, thread)
        first.close()
        stored = read(first, thread)
        second = process()
        assert resume(second, thread) == before
        second.close()
        elsewhere = ThreadPersistenceMetadata(cwd="/elsewhere", model_provider="p", memory_mode="disabled")
        after = resume(second, thread, metadata=elsewhere)
        assert (after.cwd, after.model_provider, after.memory_mode, after.turns) == ("/elsewhere", "p", "disabled", 1)
        second.close()
        assert read(first, thread) == stored

    def test_a_loaded_thread_is_returned_as_it_is(self, manager: ThreadManager) -> None:
        """Ensure a loaded thread keeps its session, and shows its name, memory mode and turns of now."""
        thread = manager.start_thread(StartParams(source={"custom": []}))
        append(manager, thread, said("hi"))
        rename(manager, thread, "named")
        again = resume(manager, thread, metadata=ThreadPersistenceMetadata(cwd="/elsewhere"))
        assert (again.cwd, again.name, again.turns) == (None, "named", 1)
        again.source["custom"].append("mine")
        assert resume(manager, thread).source == {"custom": []}
        patch = ThreadMetadataPatch(memory_mode="disabled")
        manager.update_thread_metadata(UpdateThreadMetadataParams(thread_id=thread.thread_id, patch=patch))
        assert resume(manager, thread, rollout_path="/of a store without").memory_mode == "disabled"
        told = manager.outbound_request(OutboundParams(thread_id=thread.thread_id, consumer="memory_telemetry"))
        assert told.body["memory_mode"] == "disabled"

    def test_a_loaded_thread_has_no_other_rollout(self, process: Process, clock: ManualClock, tmp_path: Path) -> None:
        """Ensure every path that leads to its rollout is taken, and any other refused by the field's name."""
        store = LocalThreadStore(tmp_path, clock=clock)
        manager = process(over=store)
        metadata = ThreadPersistenceMetadata(cwd="/src")
        thread, other, hidden = (manager.start_thread(StartParams(metadata=metadata)) for _ in range(3))
        for each in (thread, other):
            append(manager, each, said("hi"))
        path = read(manager, thread).rollout_path
        assert path is not None
        for right in (path, path.replace("/sessions/", "/./sessions/"), os.path.relpath(path, tmp_path)):
            assert resume(manager, thread, rollout_path=right).turns == 1
        for wrong in (read(manager, other).rollout_path, f"{path}.old", "/nowhere"):
            with pytest.raises(InvalidRequest) as refusal:
                resume(manager, thread, rollout_path=wrong)
            assert refusal.value.field == "rollout_path"
        assert resume(manager, hidden, rollout_path="/not written yet").turns == 0
        manager.close()

    def test_an_archived_thread_is_asked_for_by_name(self, manager: ThreadManager) -> None:
        """Ensure archived threads are resumed only with the flag, work, and stay archived; nothing leaks before."""
        thread = manager.start_thread(StartParams())
        append(manager, thread, said("hi"))
        manager.archive_thread(ArchiveThreadParams(thread_id=thread.thread_id))
        with pytest.raises(InvalidRequest):
            resume(manager, thread)
        resume(manager, thread, include_archived=True)
        append(manager, thread, RolloutItem("turn_context", {"model": "m"}))
        assert read(manager, thread).model == "m"
        assert read(manager, thread).archived_at is not None


class TestRouting:
    def test_loaded_and_cold_threads_are_patched_alike(self, manager: ThreadManager) -> None:
        """Ensure one entry point gives equal results, sends what is pending first, and misses the unknown."""
        thread = manager.start_thread(StartParams())
        append(manager, thread, said("hi"))
        warm = rename(manager, thread, "named")
        shutdown(manager, thread)
        assert rename(manager, thread, "named") == warm
        with pytest.raises(ThreadNotFound):
            manager.update_thread_metadata(
                UpdateThreadMetadataParams(thread_id=NOBODY, patch=ThreadMetadataPatch(name="n"))
            )

    def test_ephemeral_threads_live_in_memory_alone(self, manager: ThreadManager) -> None:
        """Ensure nothing of them is stored, their metadata is refused, and they are gone when unloaded."""
        source = manager.start_thread(StartParams())
        append(manager, source, said("one"))
        fork = manager.fork_thread(ForkParams(thread_id=source.thread_id, ephemeral=True))
        append(manager, fork, said("two"))
        manager.persist_thread(PersistThreadParams(thread_id=fork.thread_id))
        manager.flush_thread(FlushThreadParams(thread_id=fork.thread_id))
        assert (resume(manager, fork).turns, resume(manager, fork).ephemeral) == (2, True)
        with pytest.raises(InvalidRequest, match=f"does not support metadata updates: {fork.thread_id}"):
            rename(manager, fork, "named")
        with pytest.raises(InvalidRequest):
            append(manager, fork, RolloutItem("event_msg", {"x": float("inf")}))
        for attempt in (read, history):
            with pytest.raises(ThreadNotFound):
                attempt(manager, fork)
        with pytest.raises(ThreadNotFound):
            manager.delete_thread(DeleteThreadParams(thread_id=fork.thread_id))
        assert fork.thread_id in loaded(manager)
        shutdown(manager, fork)
        assert loaded(manager) == (source.thread_id,)

    def test_a_thread_that_is_not_loaded_has_no_writer(self, manager: ThreadManager) -> None:
        """Ensure appending, the barriers and requests miss a cold thread, and discarding it does nothing."""
        thread = manager.start_thread(StartParams())
        shutdown(manager, thread)
        with pytest.raises(ThreadNotFound):
            append(manager, thread, said("hi"))
        for method, params in (
            (manager.persist_thread, PersistThreadParams),
            (manager.flush_thread, FlushThreadParams),
            (manager.shutdown_thread, ShutdownThreadParams),
            (manager.outbound_request, OutboundParams),
        ):
            with pytest.raises(ThreadNotFound):
                method(params(thread_id=thread.thread_id))
        manager.discard_thread(DiscardThreadParams(thread_id=thread.thread_id))

    def test_archiving_shuts_down_first(self, manager: ThreadManager) -> None:
        """Ensure what is pending is sent before a loaded thread moves, it is unloaded, and it comes back."""
        thread = manager.start_thread(StartParams())
        append(manager, thread, RolloutItem("event_msg", {"type": "agent_message"}))
        manager.archive_thread(ArchiveThreadParams(thread_id=thread.thread_id))
        assert loaded(manager) == ()
        with pytest.raises(InvalidRequest):
            manager.archive_thread(ArchiveThreadParams(thread_id=thread.thread_id))
        assert manager.unarchive_thread(UnarchiveThreadParams(thread_id=thread.thread_id)).archived_at is None

    def test_deleting_unloads(self, process: Process, clock: ManualClock) -> None:
        """Ensure a deleted thread is not loaded, a hidden one included, though the store misses it."""
        manager = process(over=MemoryStore(clock=clock, capabilities=Capabilities(lazy=True)))
        shown, hidden = (manager.start_thread(StartParams()) for _ in range(2))
        append(manager, shown, said("hi"))
        manager.delete_thread(DeleteThreadParams(thread_id=shown.thread_id))
        with pytest.raises(ThreadNotFound):
            manager.delete_thread(DeleteThreadParams(thread_id=hidden.thread_id))
        assert loaded(manager) == ()

    def test_a_refused_delete_unloads_nothing(self, process: Process, clock: ManualClock) -> None:
        """Ensure a thread that the store still shows after a refusal is still loaded."""

        class Keeping(MemoryStore):
            def delete_thread(self, params: Any, /) -> None:
                raise InvalidRequest("not now")

        manager = process(over=Keeping(clock=clock))
        thread = manager.start_thread(StartParams())
        with pytest.raises(InvalidRequest):
            manager.delete_thread(DeleteThreadParams(thread_id=thread.thread_id))
        append(manager, thread, said("hi"))

    def test_a_discard_reaches_the_store(self, manager: ThreadManager, store: MemoryStore) -> None:
        """Ensure a writer that is open without its thread being loaded can be closed."""
        store.create_thread(CreateThreadParams(thread_id=NOBODY, originator="cli"))
        store.persist_thread(PersistThreadParams(thread_id=NOBODY))
        manager.discard_thread(DiscardThreadParams(thread_id=NOBODY))
        assert manager.resume_thread(ResumeParams(thread_id=NOBODY)).thread_id == NOBODY

    def test_hidden_descendants_go_along(self, process: Process, clock: ManualClock) -> None:
        """Ensure loaded threads below that no list shows are archived, or only shut down, and never in the way."""
        for capabilities in (Capabilities(lazy=True), Capabilities(hides_unpreviewed=True)):
            manager = process(over=MemoryStore(clock=clock, capabilities=capabilities), cascades=True)
            root = manager.start_thread(StartParams())
            append(manager, root, said("hi"))
            started = manager.start_thread(StartParams(parent_thread_id=root.thread_id))
            spawned = manager.spawn_thread(SpawnParams(thread_id=root.thread_id))
            ephemeral = manager.start_thread(StartParams(parent_thread_id=root.thread_id, ephemeral=True))
            manager.archive_thread(ArchiveThreadParams(thread_id=root.thread_id))
            assert loaded(manager) == (ephemeral.thread_id,)
            assert read(manager, spawned).archived_at is not None
            if capabilities.hides_unpreviewed:
                assert read(manager, started).archived_at is not None
            again = manager.start_thread(StartParams(parent_thread_id=root.thread_id))
            manager.delete_thread(DeleteThreadParams(thread_id=root.thread_id))
            assert again.thread_id not in loaded(manager)

    def test_a_failed_archive_can_be_repeated(self, process: Process, clock: ManualClock) -> None:
        """Ensure the root is archived last, whichever thread below it failed."""

        class Failing(MemoryStore):
            failing = 0

            def archive_thread(self, params: Any, /) -> None:
                self.failing -= 1
                if self.failing == 0:
                    raise Internal("the disk is full")
                super().archive_thread(params)

        for number in (1, 2, 3):
            store = Failing(clock=clock)
            manager = process(over=store, cascades=True)
            root = manager.start_thread(StartParams())
            child = manager.spawn_thread(SpawnParams(thread_id=root.thread_id))
            grandchild = manager.spawn_thread(SpawnParams(thread_id=child.thread_id))
            store.failing = number
            archive = ArchiveThreadParams(thread_id=root.thread_id)
            with pytest.raises(Internal):
                manager.archive_thread(archive)
            assert read(manager, root).archived_at is None
            manager.archive_thread(archive)
            assert all(read(manager, each).archived_at is not None for each in (root, child, grandchild))

    @pytest.mark.parametrize("cascades", [False, True])
    def test_descendants_may_go_along(self, process: Process, cascades: bool) -> None:
        """Ensure the variant takes sub-agents at every depth along, archived ones left as they are, and no forks."""
        manager = process(cascades=cascades)
        root = manager.start_thread(StartParams())
        child = manager.spawn_thread(SpawnParams(thread_id=root.thread_id))
        grandchild = manager.spawn_thread(SpawnParams(thread_id=child.thread_id))
        fork = manager.fork_thread(ForkParams(thread_id=root.thread_id))
        manager.archive_thread(ArchiveThreadParams(thread_id=grandchild.thread_id))
        manager.archive_thread(ArchiveThreadParams(thread_id=root.thread_id))
        assert (read(manager, child).archived_at is not None) is cascades
        assert read(manager, fork).archived_at is None
        manager.delete_thread(DeleteThreadParams(thread_id=root.thread_id))
        for below in (child, grandchild):
            if cascades:
                with pytest.raises(ThreadNotFound):
                    read(manager, below)
            else:
                read(manager, below)
        assert fork.thread_id in loaded(manager)


def test_closing_tries_every_thread(process: Process, clock: ManualClock) -> None:
    """Ensure one thread that cannot be shut down stays loaded, is told of, and keeps no other one open."""

    class Stubborn(MemoryStore):
        stubborn = thread_id(1)

        def shutdown_thread(self, params: ShutdownThreadParams, /) -> None:
            if params.thread_id == self.stubborn:
                raise RuntimeError("no such disk")
            super().shutdown_thread(params)

    store = Stubborn(clock=clock)
    manager = process(over=store)
    for _ in range(3):
        manager.start_thread(StartParams())
    with pytest.raises(RuntimeError, match="no such disk"):
        manager.close()
    assert loaded(manager) == (thread_id(1),)
    store.stubborn = NOBODY
    manager.close()
    assert loaded(manager) == ()


def test_a_manager_needs_only_a_store(store: MemoryStore) -> None:
    """Ensure ids are canonical and the process's default is the originator when nothing else is said."""
    thread = ThreadManager(store).start_thread(StartParams())
    assert is_thread_id(thread.thread_id)
    assert thread.originator == ProcessSettings().default_originator


@pytest.mark.parametrize("ephemeral", [False, True])
def test_an_id_in_use_makes_no_thread(store: MemoryStore, ephemeral: bool) -> None:
    """Ensure an id that is loaded is not given away again, whoever makes ids."""
    manager = ThreadManager(store, new_id=lambda: thread_id(1))
    thread = manager.start_thread(StartParams())
    append(manager, thread, said("hi"))
    with pytest.raises(Conflict, match=thread_id(1)):
        manager.start_thread(StartParams(ephemeral=ephemeral))
    append(manager, thread, said("later"))
    assert resume(manager, thread).turns == 2


def test_an_ephemeral_thread_takes_no_session_meta_of_its_own(manager: ThreadManager) -> None:
    """Ensure one is refused with everything beside it, as of a stored thread."""
    thread = manager.start_thread(StartParams(ephemeral=True))
    with pytest.raises(InvalidRequest, match=thread.thread_id):
        append(manager, thread, said("hi"), RolloutItem("session_meta", {"id": thread.thread_id}))
    assert resume(manager, thread).turns == 0


def test_params_are_checked_first(manager: ThreadManager) -> None:
    """Ensure a field that holds what it may not is named, and nothing happened."""
    with pytest.raises(InvalidRequest, match="nth must be 0 or more"):
        manager.fork_thread(ForkParams(thread_id=NOBODY, cut="before_user_message", nth=-1))
    with pytest.raises(InvalidRequest, match="thread_id"):
        manager.discard_thread(DiscardThreadParams(thread_id="no id"))
