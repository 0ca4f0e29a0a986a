"""The reference store: the model, with the choices that the spec leaves made."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from attrs import evolve

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    Conflict,
    CreateThreadParams,
    DeleteThreadParams,
    InvalidRequest,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ManualClock,
    ReadThreadParams,
    ReferenceStore,
    ResourceExhausted,
    RolloutItem,
    SearchThreadsParams,
    SessionMeta,
    ShutdownThreadParams,
    StoredThread,
    ThreadMetadataPatch,
    ThreadNotFound,
    ThreadStoreError,
    UnarchiveThreadParams,
    Unsupported,
    UpdateThreadMetadataParams,
    perform,
)
from threadstore.model import bind, step
from threadstore.outcomes import Either, Err, Open, Rows
from threadstore.state import State

NOW = 1_780_000_000_000
CAPABILITIES = Capabilities(relations=True, search=True)


def thread_id(number: int) -> str:
    return f"0190a000-0000-7000-8000-{number:012x}"


ONE = thread_id(1)


@pytest.fixture
def store() -> ReferenceStore:
    return ReferenceStore(CAPABILITIES, ManualClock(NOW))


def create(store: ReferenceStore, number: int = 1, **more: Any) -> None:
    store.create_thread(CreateThreadParams(thread_id=thread_id(number), originator="cli", **more))


def said(text: str) -> RolloutItem:
    return RolloutItem("event_msg", {"type": "user_message", "message": text})


class TestAgainstTheModel:
    """A mixed program, run on the store and on the bare model side by side."""

    def test_a_mixed_program(self, store: ReferenceStore) -> None:
        """Ensure every answer is the model's, with its open values as first seen."""
        state = State(CAPABILITIES)
        for operation in program():
            before = state
            state, outcome = step(state, operation)
            outcome = outcome.outcomes[0] if isinstance(outcome, Either) else outcome
            if isinstance(outcome, Err):
                assert state is before
                with pytest.raises(ThreadStoreError) as caught:
                    perform(store, operation)
                assert caught.value.kind is outcome.kinds[0]
                assert outcome.about in f"{caught.value} {getattr(caught.value, 'field', '')}"
                continue
            answer = perform(store, operation)
            if isinstance(outcome.value, Rows):
                rows = outcome.value.due + outcome.value.touched
                answered = [getattr(row, "thread", row).thread_id for row in answer.items]
                assert sorted(answered) == sorted(row.thread_id for row in rows)
            elif isinstance(outcome.value, StoredThread):
                state = observed(state, answer)
                assert answer == evolve(step(state, reading(answer))[1].value, history=answer.history)  # type: ignore[union-attr]
            else:
                assert (answer is None) == (outcome.value is None)

    def test_a_refusal_changes_nothing(self, store: ReferenceStore) -> None:
        """Ensure a thread reads the same after each kind of refusal."""
        create(store)
        before = store.read_thread(ReadThreadParams(thread_id=ONE, include_history=True))
        for refused in (
            CreateThreadParams(thread_id=ONE, originator="other"),
            AppendThreadItemsParams(thread_id=ONE, items=[RolloutItem("session_meta", {"id": ONE})]),
            AppendThreadItemsParams(
                thread_id=ONE, items=[said("kept?"), RolloutItem("world_state", {"n": float("nan")})]
            ),
            UnarchiveThreadParams(thread_id=ONE),
        ):
            with pytest.raises(ThreadStoreError):
                perform(store, refused)
            assert store.read_thread(ReadThreadParams(thread_id=ONE, include_history=True)) == before


class TestChoices:
    def test_open_values_are_chosen_once(self, store: ReferenceStore) -> None:
        """Ensure the three instants of a new thread are one, and its SessionMeta states what create said."""
        create(store, source={"custom": 1}, dynamic_tools=[{"name": "t"}])
        thread = store.read_thread(ReadThreadParams(thread_id=ONE))
        assert thread.created_at == thread.updated_at == thread.recency_at == NOW
        (first,) = store.load_history(LoadThreadHistoryParams(thread_id=ONE)).items
        meta = SessionMeta.of(first.payload)
        assert (meta.id, meta.session_id, meta.source, meta.originator) == (ONE, ONE, {"custom": 1}, "cli")
        assert meta.dynamic_tools == ({"name": "t"},)

    def test_archived_at_is_the_clock(self) -> None:
        """Ensure the instant of archiving is read from the clock, and gone after unarchive."""
        clock = ManualClock(NOW)
        store = ReferenceStore(CAPABILITIES, clock)
        create(store)
        clock.advance(5)
        store.archive_thread(ArchiveThreadParams(thread_id=ONE))
        clock.advance(5)
        archived = store.read_thread(ReadThreadParams(thread_id=ONE, include_archived=True))
        assert archived.archived_at == NOW + 5
        assert store.unarchive_thread(UnarchiveThreadParams(thread_id=ONE)).archived_at is None

    def test_files_are_refused(self) -> None:
        """Ensure a store without files cannot be asked to have paths, in one sentence."""
        with pytest.raises(ValueError, match="keeps no files"):
            ReferenceStore(Capabilities(paths=True))

    def test_refusals_name_what_they_are_about(self, store: ReferenceStore) -> None:
        """Ensure each category carries its data (READ-3)."""
        with pytest.raises(ThreadNotFound) as absent:
            store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
        assert absent.value.thread_id == ONE
        create(store)
        with pytest.raises(Conflict, match=ONE):
            create(store)
        with pytest.raises(Unsupported) as lacking:
            perform(ReferenceStore(Capabilities()), SearchThreadsParams(search_term="x"))
        assert lacking.value.operation == "thread/search"
        small = ReferenceStore(Capabilities(max_item_bytes=2**24))
        create(small)
        with pytest.raises(ResourceExhausted):
            small.append_items(AppendThreadItemsParams(thread_id=ONE, items=[said("x" * 2**24)]))

    def test_a_field_that_cannot_be_read_is_named(self, store: ReferenceStore) -> None:
        """Ensure bad params are refused with their field, however deep they go."""
        deep: list[Any] = []
        for _ in range(50_000):
            deep = [deep]
        with pytest.raises(InvalidRequest) as caught:
            store.append_items(AppendThreadItemsParams(thread_id=ONE, items=[RolloutItem("world_state", {"a": deep})]))
        assert (caught.value.field or "").startswith("items[0].payload.a")


class TestIsolation:
    def test_results_and_params_are_values(self, store: ReferenceStore) -> None:
        """Ensure neither the caller's objects nor returned ones reach into the store."""
        source, item = {"custom": ["a"]}, RolloutItem("world_state", {"state": ["a"]})
        create(store, source=source)
        store.append_items(AppendThreadItemsParams(thread_id=ONE, items=[item]))
        source["custom"].append("b")
        item.payload["state"].append("b")
        for _ in range(2):
            thread = store.read_thread(ReadThreadParams(thread_id=ONE, include_history=True))
            assert thread.source == {"custom": ["a"]}
            assert thread.history is not None
            assert thread.history.items[1].payload == {"state": ["a"]}
            thread.source.clear()
            thread.history.items[1].payload.clear()
            store.list_threads(ListThreadsParams()).items[0].source.clear()


class TestWalks:
    @pytest.mark.parametrize("direction", ["asc", "desc"])
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
    def test_a_walk_reaches_the_end(self, store: ReferenceStore, direction: Any, size: int) -> None:
        """Ensure a walk of any page size shows every thread once, in order, ties by id."""
        for number in range(7):
            create(store, number)
            patch = ThreadMetadataPatch(updated_at=number % 3)
            store.update_thread_metadata(UpdateThreadMetadataParams(thread_id=thread_id(number), patch=patch))
        seen = walk(store, page_size=size, sort_key="updated_at", sort_direction=direction)
        expected = sorted(range(7), key=lambda number: (number % 3, number), reverse=direction == "desc")
        assert seen == [thread_id(number) for number in expected]

    def test_page_sizes_may_change(self, store: ReferenceStore) -> None:
        """Ensure the pages of one walk may differ in size."""
        for number in range(6):
            create(store, number)
        first = store.list_threads(ListThreadsParams(page_size=1))
        rest = store.list_threads(ListThreadsParams(page_size=50, cursor=first.next_cursor))
        assert rest.next_cursor is None
        assert len({row.thread_id for row in (*first.items, *rest.items)}) == 6

    @pytest.mark.parametrize("seed", range(10))
    def test_untouched_threads_are_shown_once_while_others_change(self, seed: int) -> None:
        """Ensure threads come, go and move during a walk and the rest are shown once each (LIST-3)."""
        chance = random.Random(seed)
        store = ReferenceStore(CAPABILITIES, ManualClock(NOW, tick=1))
        for number in range(20):
            create(store, number)
        still = {thread_id(number) for number in range(0, 20, 2)}
        moving = [number for number in range(20) if number % 2]
        seen: list[str] = []
        query = ListThreadsParams(page_size=3, sort_key="recency_at", sort_direction="asc")
        page = store.list_threads(query)
        while True:
            seen += [row.thread_id for row in page.items]
            if page.next_cursor is None:
                break
            disturb(store, chance, moving)
            page = store.list_threads(evolve(query, cursor=page.next_cursor))
        assert sorted(name for name in seen if name in still) == sorted(still)

    def test_a_search_walks_too(self, store: ReferenceStore) -> None:
        """Ensure search results come in pages, each with a snippet that holds the term."""
        for number in range(5):
            create(store, number)
            item = said("a needle" if number % 2 else "hay")
            store.append_items(AppendThreadItemsParams(thread_id=thread_id(number), items=[item]))
        first = store.search_threads(SearchThreadsParams(search_term="needle", page_size=1))
        second = store.search_threads(SearchThreadsParams(search_term="needle", cursor=first.next_cursor))
        rows = (*first.items, *second.items)
        assert [row.thread.thread_id for row in rows] == [thread_id(3), thread_id(1)]
        assert all("needle" in row.snippet for row in rows)

    @pytest.mark.parametrize("cursor", ["", "x", "🜁", "bnVsbA==", base64.b64encode(b"[1,2,3,4]").decode()])
    def test_garbage_is_refused(self, store: ReferenceStore, cursor: str) -> None:
        """Ensure what was never a cursor is refused."""
        with pytest.raises(InvalidRequest, match="cursor"):
            store.list_threads(ListThreadsParams(cursor=cursor))

    def test_a_cursor_belongs_to_its_query(self, store: ReferenceStore) -> None:
        """Ensure a cursor is refused by a query that differs in anything but its page size."""
        for number in range(3):
            create(store, number)
        cursor = store.list_threads(ListThreadsParams(page_size=1)).next_cursor
        for other in (ListThreadsParams(sort_direction="asc"), ListThreadsParams(cwd_filters=["/x"])):
            with pytest.raises(InvalidRequest, match="cursor"):
                store.list_threads(evolve(other, cursor=cursor))
        assert json.loads(base64.urlsafe_b64decode(cursor or ""))[0] == "ListThreadsParams"


def program() -> list[Any]:
    """A program that reaches every operation, and every category but Internal."""
    one, two, gone = thread_id(1), thread_id(2), thread_id(9)
    steps: list[Any] = [
        CreateThreadParams(thread_id=one, originator="cli", parent_thread_id=two),
        CreateThreadParams(thread_id=one, originator="cli"),
        CreateThreadParams(thread_id="../x", originator="cli"),
        CreateThreadParams(thread_id=two, originator="cli", history_mode="paginated"),
        CreateThreadParams(thread_id=two, originator="cli"),
        AppendThreadItemsParams(thread_id=one, items=[said("hello"), RolloutItem("unheard_of", {})]),
        AppendThreadItemsParams(thread_id=gone, items=[said("hello")]),
        AppendThreadItemsParams(thread_id=gone, items=[]),
        LoadThreadHistoryParams(thread_id=one),
        ReadThreadParams(thread_id=one, include_history=True),
        ReadThreadParams(thread_id=gone),
        UpdateThreadMetadataParams(thread_id=one, patch=ThreadMetadataPatch(name="n", advance_recency_at=NOW + 9)),
        UpdateThreadMetadataParams(thread_id=gone, patch=ThreadMetadataPatch(name="ghost")),
        ArchiveThreadParams(thread_id=one),
        ArchiveThreadParams(thread_id=one),
        ReadThreadParams(thread_id=one),
        LoadThreadHistoryParams(thread_id=one, include_archived=True),
        ListThreadsParams(),
        ListThreadsParams(archived=True),
        ListThreadsParams(page_size=0),
        SearchThreadsParams(search_term="hello", archived=True),
        SearchThreadsParams(search_term=""),
        UnarchiveThreadParams(thread_id=one),
        ShutdownThreadParams(thread_id=one),
        ShutdownThreadParams(thread_id=one),
        DeleteThreadParams(thread_id=two),
        DeleteThreadParams(thread_id=two),
        ListThreadsParams(),
    ]
    return steps


def reading(thread: StoredThread) -> ReadThreadParams:
    return ReadThreadParams(thread_id=thread.thread_id, include_archived=True)


def observed(state: State, answer: StoredThread) -> State:
    """The state with the open values of a thread bound to what was read of it."""
    record = state.threads[answer.thread_id].record
    for name in ("created_at", "cli_version", "archived_at", "approval_mode", "permission_profile"):
        value = getattr(record, name)
        if isinstance(value, Open):
            state = bind(state, value, getattr(answer, name))
    return state


def disturb(store: ReferenceStore, chance: random.Random, moving: list[int]) -> None:
    """Create, move, archive or delete some thread that may be touched."""
    number = chance.choice(moving)
    later = ThreadMetadataPatch(advance_recency_at=NOW + chance.randrange(2_000))
    operation: Any = chance.choice([
        CreateThreadParams(thread_id=thread_id(100 + chance.randrange(10)), originator="cli"),
        UpdateThreadMetadataParams(thread_id=thread_id(number), patch=later, include_archived=True),
        ArchiveThreadParams(thread_id=thread_id(number)),
        DeleteThreadParams(thread_id=thread_id(number)),
    ])  # fmt: skip
    try:
        perform(store, operation)
    except (ThreadNotFound, Conflict, InvalidRequest):
        assert number in moving  # it was deleted, archived or created before: nothing changes


def walk(store: ReferenceStore, **query: Any) -> list[str]:
    seen: list[str] = []
    page = store.list_threads(ListThreadsParams(**query))
    while True:
        seen += [row.thread_id for row in page.items]
        if page.next_cursor is None:
            return seen
        page = store.list_threads(ListThreadsParams(**query, cursor=page.next_cursor))
