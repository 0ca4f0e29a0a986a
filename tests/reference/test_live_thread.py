"""Live threads over stores that fail: nothing doubled, nothing lost, and the error told (SYNC-4, GUARD-1)."""

from __future__ import annotations

from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    Conflict,
    CreateThreadParams,
    DeleteThreadParams,
    ErrorKind,
    InitGuard,
    Internal,
    InvalidRequest,
    LiveThread,
    LoadThreadHistoryParams,
    ManualClock,
    MetadataUpdateFailed,
    ReadThreadParams,
    ResumeThreadParams,
    RolloutItem,
    StoredThread,
    ThreadMetadataPatch,
    ThreadNotFound,
    ThreadStoreError,
)
from threadstore_backends.memory import MemoryStore

ONE = "0190a000-0000-7000-8000-000000000001"
NOW = 1_780_000_000_000
FULL = Internal("the disk is full")


class FailingStore(MemoryStore):
    """Fails the next calls of some methods, and counts the updates that it is sent."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.failures: dict[str, int] = {}
        self.updates: list[ThreadMetadataPatch] = []

    def fail(self, method: str, times: int = 1_000) -> None:
        self.failures[method] = times

    def update_thread_metadata(self, params: Any, /) -> StoredThread:
        self.updates.append(params.patch)
        self._perhaps_fail("update")
        return super().update_thread_metadata(params)

    def append_items(self, params: AppendThreadItemsParams, /) -> None:
        self._perhaps_fail("append")
        super().append_items(params)

    def shutdown_thread(self, params: Any, /) -> None:
        self._perhaps_fail("shutdown")
        super().shutdown_thread(params)

    def discard_thread(self, params: Any, /) -> None:
        self._perhaps_fail("discard")
        super().discard_thread(params)

    def _perhaps_fail(self, method: str) -> None:
        if self.failures.get(method, 0):
            self.failures[method] -= 1
            raise FULL


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def store(clock: ManualClock) -> FailingStore:
    return FailingStore(clock=clock)


def create(store: MemoryStore, clock: ManualClock, **more: Any) -> LiveThread:
    return LiveThread.create(store, CreateThreadParams(thread_id=ONE, originator="cli", **more), clock=clock)


def said(text: str) -> RolloutItem:
    return RolloutItem("event_msg", {"type": "user_message", "message": text})


def output(text: str) -> RolloutItem:
    return RolloutItem("event_msg", {"type": "agent_message", "message": text})


def read(store: MemoryStore) -> StoredThread:
    return store.read_thread(ReadThreadParams(thread_id=ONE, include_archived=True))


def messages(store: MemoryStore) -> list[str]:
    items = store.load_history(LoadThreadHistoryParams(thread_id=ONE, include_archived=True)).items
    return [item.payload["message"] for item in items if item.type == "event_msg"]


def test_metadata_follows_history(store: FailingStore, clock: ManualClock) -> None:
    """Ensure an append sends create facts and the items' facts in one update, and time by the clock."""
    live = create(store, clock)
    clock.advance(10)
    live.append_items([said("hi"), RolloutItem("event_msg", {"type": "agent_message_delta"})])
    stored = read(store)
    assert (stored.preview, stored.title, stored.updated_at, stored.recency_at) == ("hi", "hi", NOW + 10, NOW)
    assert (messages(store), len(store.updates), live.turns.count) == (["hi"], 1, 1)


@pytest.mark.parametrize("times", [1, 2])
def test_a_patch_that_fails_arrives_at_a_later_barrier(store: FailingStore, clock: ManualClock, times: int) -> None:
    """Ensure each failure reaches the caller, history is never doubled, and the facts arrive when the store can."""
    live = create(store, clock)
    store.fail("update", times)
    with pytest.raises(MetadataUpdateFailed) as raised:
        live.append_items([said("hi")])
    assert (raised.value.cause, raised.value.kind, raised.value.history_accepted) == (FULL, ErrorKind.INTERNAL, True)
    for _ in range(times - 1):
        with pytest.raises(MetadataUpdateFailed):
            live.flush()
    assert read(store).preview == ""
    live.flush()
    assert (read(store).preview, messages(store)) == ("hi", ["hi"])


def test_a_patch_that_always_fails_stops_every_barrier(store: FailingStore, clock: ManualClock) -> None:
    """Ensure persist, flush and shutdown report it and the writer stays; discard alone closes, and keeps history."""
    live = create(store, clock)
    store.fail("update")
    for step in (lambda: live.append_items([said("hi")]), live.persist, live.flush, live.shutdown):
        with pytest.raises(MetadataUpdateFailed):
            step()
    live.discard()
    assert messages(store) == ["hi"]
    with pytest.raises(ThreadNotFound):
        live.append_items([said("again")])


def test_an_append_that_fails_tells_nothing(store: FailingStore, clock: ManualClock) -> None:
    """Ensure items that the store did not take are not observed, nor ones that are no JSON or that none are kept of."""
    live = create(store, clock)
    live.persist()
    store.updates.clear()
    store.fail("append", 1)
    with pytest.raises(Internal):
        live.append_items([said("lost")])
    with pytest.raises(InvalidRequest, match="items"):
        live.append_items([RolloutItem("event_msg", {"type": "agent_message_delta", "x": float("nan")})])
    live.append_items([RolloutItem("event_msg", {"type": "agent_message_delta"})])
    live.flush()
    assert (store.updates, live.turns.count) == ([], 0)


def test_a_shutdown_that_fails_can_be_repeated(store: FailingStore, clock: ManualClock) -> None:
    """Ensure the thread is live after a failed shutdown."""
    live = create(store, clock)
    store.fail("shutdown", 1)
    with pytest.raises(Internal):
        live.shutdown()
    live.append_items([said("still here")])
    live.shutdown()
    assert messages(store) == ["still here"]


def test_create_facts_wait_for_an_item(clock: ManualClock) -> None:
    """Ensure flush and shutdown leave no trace of a thread that nobody wrote to, and persist does (SYNC-3)."""
    store = FailingStore(clock=clock, capabilities=Capabilities(lazy=True))
    live = create(store, clock)
    live.flush()
    live.shutdown()
    assert store.updates == []
    with pytest.raises(ThreadNotFound):
        read(store)
    create(store, clock).persist()
    assert len(store.updates) == 1
    assert read(store).thread_id == ONE


def test_touches_are_few_and_none_is_lost(store: FailingStore, clock: ManualClock) -> None:
    """Ensure appends without facts send one update in 5 s, and a barrier the last time (SYNC-5)."""
    live = create(store, clock)
    for number in range(100):
        live.append_items([output(str(number))])
        clock.advance(100)
    assert len(store.updates) == 2
    assert read(store).updated_at == NOW + 5_000
    live.flush()
    assert read(store).updated_at == NOW + 9_900
    live.flush()
    assert len(store.updates) == 3


def test_an_explicit_patch_and_what_is_pending_are_one_update(store: FailingStore, clock: ManualClock) -> None:
    """Ensure a refused patch changes nothing and keeps what is pending, and an accepted one wins (SYNC-2)."""
    live = create(store, clock)
    store.fail("update", 1)
    with pytest.raises(MetadataUpdateFailed):
        live.append_items([said("hi")])
    with pytest.raises(InvalidRequest):
        live.update_metadata(ThreadMetadataPatch(title="mine", history_mode="paginated"))
    assert (read(store).preview, read(store).title) == ("", None)
    stored = live.update_metadata(ThreadMetadataPatch(title="mine", name="n"))
    assert (stored.preview, stored.title, stored.name, live.name) == ("hi", "mine", "n", "n")
    live.append_items([said("later")])
    assert (read(store).title, read(store).name) == ("mine", "n")


def test_a_first_wins_field_that_was_set_stays(store: FailingStore, clock: ManualClock) -> None:
    """Ensure what a caller set before the first message is not taken from it."""
    live = create(store, clock)
    live.update_metadata(ThreadMetadataPatch(preview="mine", cwd="/mine"))
    live.append_items([said("hi"), RolloutItem("turn_context", {"cwd": "/other", "model": "m"})])
    stored = read(store)
    assert (stored.preview, stored.cwd, stored.title, stored.model) == ("mine", "/mine", "hi", "m")


def test_an_empty_patch_is_no_barrier(store: FailingStore, clock: ManualClock) -> None:
    """Ensure a patch that changes nothing sends nothing that is pending."""
    live = create(store, clock)
    live.append_items([output("1")])
    live.append_items([output("2")])
    live.update_metadata(ThreadMetadataPatch())
    assert store.updates[-1] == ThreadMetadataPatch()
    assert live.update_memory_mode("disabled").memory_mode == "disabled"


def test_what_is_observed_while_a_patch_is_sent_is_not_lost(store: FailingStore, clock: ManualClock) -> None:
    """Ensure an acknowledged update clears only what it carried: the generation that was sent."""

    class Reentrant(FailingStore):
        def update_thread_metadata(self, params: Any, /) -> StoredThread:
            if not self.updates:
                self.updates.append(params.patch)
                self.fail("update", 1)
                with pytest.raises(MetadataUpdateFailed):
                    live.append_items([said("meanwhile")])
            return super().update_thread_metadata(params)

    reentrant = Reentrant(clock=clock)
    live = create(reentrant, clock)
    live.append_items([output("1")])
    assert read(reentrant).preview == ""
    live.flush()
    assert read(reentrant).preview == "meanwhile"


def test_resuming_writes_nothing(store: FailingStore, clock: ManualClock) -> None:
    """Ensure what resuming found missing goes out with the first append, and never before (RESUME-2, SYNC-3)."""
    store.create_thread(CreateThreadParams(thread_id=ONE, originator="cli"))
    store.append_items(AppendThreadItemsParams(thread_id=ONE, items=[said("hi")]))
    store.archive_thread(ArchiveThreadParams(thread_id=ONE))
    resume = ResumeThreadParams(thread_id=ONE, include_archived=True)
    with pytest.raises(Conflict):
        LiveThread.resume(store, resume, clock=clock)
    MemoryStore.discard_thread(store, resume)  # type: ignore[arg-type]
    before = read(store)
    live = LiveThread.resume(store, resume, clock=clock)
    live.flush()
    live.shutdown()
    assert (read(store), store.updates) == (before, [])
    live = LiveThread.resume(store, resume, clock=clock)
    live.append_items([said("later")])
    assert (read(store).preview, live.turns.count) == ("hi", 2)


def test_what_persist_could_not_send_goes_out_at_the_next_barrier(store: FailingStore, clock: ManualClock) -> None:
    """Ensure create facts wait no longer once the store made their thread visible."""
    for barrier in (LiveThread.flush, LiveThread.shutdown):
        live = LiveThread.create(
            store, CreateThreadParams(thread_id=ONE, originator="cli"), clock=clock, cli_version="9"
        )
        store.fail("update", 1)
        with pytest.raises(MetadataUpdateFailed):
            live.persist()
        assert read(store).cli_version != "9"
        barrier(live)
        assert read(store).cli_version == "9"
        store.delete_thread(DeleteThreadParams(thread_id=ONE))


@pytest.mark.parametrize("error", [FULL, InvalidRequest("no")])
@pytest.mark.parametrize("discard_fails", [False, True])
def test_a_beginning_that_fails_leaves_no_writer(
    store: FailingStore, clock: ManualClock, error: ThreadStoreError, discard_fails: bool
) -> None:
    """Ensure the writer is discarded that a store opened before it failed, and its error is the one that is told."""
    live = create(store, clock)
    live.append_items([said("hi")])
    live.shutdown()
    discarded: list[str] = []

    class Late(MemoryStore):
        def create_thread(self, params: Any, /) -> None:
            raise error

        def resume_thread(self, params: Any, /) -> None:
            raise error

        def load_history(self, params: Any, /) -> Any:
            return store.load_history(params)

        def read_thread(self, params: Any, /) -> Any:
            return store.read_thread(params)

        def discard_thread(self, params: Any, /) -> None:
            discarded.append(params.thread_id)
            if discard_fails:
                raise RuntimeError("the discard")

    for begin in (
        lambda: create(Late(), clock),
        lambda: LiveThread.resume(Late(), ResumeThreadParams(thread_id=ONE), clock=clock),
    ):
        with pytest.raises(type(error)):
            begin()
    assert discarded == ([ONE, ONE] if error is FULL else [])


@pytest.mark.parametrize("discard_fails", [False, True])
def test_the_guard_discards_what_did_not_start(store: FailingStore, clock: ManualClock, discard_fails: bool) -> None:
    """Ensure the initialisation error is the one that is told, and the id is free again."""
    live = create(store, clock)
    store.fail("discard", int(discard_fails))
    with pytest.raises(RuntimeError, match="no sandbox"), InitGuard(live):
        raise RuntimeError("no sandbox")
    live.discard()
    LiveThread.resume(store, ResumeThreadParams(thread_id=ONE), clock=clock)


def test_the_guard_lets_go_when_it_is_committed(store: FailingStore, clock: ManualClock) -> None:
    """Ensure a committed guard does nothing, also twice, nor one of nothing; else it discards."""
    live = create(store, clock)
    with InitGuard(live) as guard:
        guard.commit()
        guard.commit()
    live.append_items([said("hi")])
    with InitGuard(None):
        pass
    with InitGuard(live):
        pass
    with pytest.raises(ThreadNotFound):
        live.append_items([said("hi")])
