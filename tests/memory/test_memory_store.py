"""What is particular to the memory store: isolation, threads of the process, cursors, and cost."""

from __future__ import annotations

import ast
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import threadstore_backends.memory as memory_package
from threadstore import (
    AppendThreadItemsParams,
    Capabilities,
    CreateThreadParams,
    DeleteThreadParams,
    InvalidRequest,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ManualClock,
    ReadThreadParams,
    RolloutItem,
    SearchThreadsParams,
    SessionMeta,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
    perform,
)
from threadstore_backends.memory import BACKEND, MemoryStore
from threadstore_backends.memory.listing import Index
from threadstore_backends.memory.threads import MemoryThread

ONE = "0190a000-0000-7000-8000-000000000001"
TWO = "0190a000-0000-7000-8000-000000000002"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(clock=ManualClock())


def thread_id(number: int) -> str:
    return f"0190a000-0000-7000-8000-{number:012x}"


def create(store: MemoryStore, thread_id: str = ONE, **more: Any) -> None:
    store.create_thread(CreateThreadParams(thread_id=thread_id, originator="cli", **more))


def said(text: str) -> RolloutItem:
    return RolloutItem("event_msg", {"type": "agent_message", "message": text})


def append(store: MemoryStore, *items: RolloutItem, thread_id: str = ONE) -> None:
    store.append_items(AppendThreadItemsParams(thread_id=thread_id, items=items))


def loaded(store: MemoryStore, thread_id: str = ONE) -> tuple[RolloutItem, ...]:
    return store.load_history(LoadThreadHistoryParams(thread_id=thread_id)).items


def patched(store: MemoryStore, thread_id: str = ONE, **changes: Any) -> None:
    patch = ThreadMetadataPatch(**changes)
    store.update_thread_metadata(UpdateThreadMetadataParams(thread_id=thread_id, patch=patch))


def test_imports_nothing_of_the_model() -> None:
    """Ensure the store shares no code with the model, so that comparing the two proves something."""
    forbidden = {"model", "model_listing", "state", "outcomes", "history", "reference_store"}
    folder = Path(memory_package.__file__).parent
    for node in (node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("threadstore"):
            names = {alias.name for alias in node.names}
            assert not forbidden & {*node.module.split("."), *names}
            assert not (node.module == "threadstore.patch" and names & {"apply", "merge", "is_empty"})


def test_every_open_is_a_new_store(tmp_path: Path) -> None:
    """Ensure a second open of the same home shows nothing of the first, as ``volatile`` declares."""
    first, second = (BACKEND.open(tmp_path, clock=ManualClock()) for _ in range(2))
    first.create_thread(CreateThreadParams(thread_id=ONE, originator="cli"))
    second.create_thread(CreateThreadParams(thread_id=ONE, originator="cli"))
    assert BACKEND.capabilities.volatile


def test_refuses_a_capability_that_it_cannot_have() -> None:
    """Ensure a store without files is not made to promise paths."""
    with pytest.raises(ValueError, match="paths"):
        MemoryStore(capabilities=Capabilities(paths=True))


class TestIsolation:
    def test_items_are_apart_from_the_caller_and_from_each_load(self, store: MemoryStore) -> None:
        """Ensure a change of an appended or a loaded payload shows nowhere."""
        create(store)
        item = RolloutItem("world_state", {"state": {"list": [1]}})
        append(store, item)
        item.payload["state"]["list"].append(2)
        loaded(store)[1].payload["state"].clear()
        assert loaded(store)[1] == RolloutItem("world_state", {"state": {"list": [1]}})

    def test_create_facts_are_apart_from_the_caller(self, store: MemoryStore) -> None:
        """Ensure a change of a source or a tool list after create shows neither in a read nor in the history."""
        source, tools = {"custom": ["a"]}, [{"name": "tool"}]
        create(store, source=source, dynamic_tools=tools)
        source["custom"].append("b")
        tools[0]["name"] = "other"
        assert store.read_thread(ReadThreadParams(thread_id=ONE)).source == {"custom": ["a"]}
        meta = SessionMeta.of(loaded(store)[0].payload)
        assert (meta.source, meta.dynamic_tools) == ({"custom": ["a"]}, ({"name": "tool"},))

    def test_patched_values_are_apart_from_the_caller_and_from_each_read(self, store: MemoryStore) -> None:
        """Ensure a change of a patch's or a read's source or permission profile shows nowhere."""
        create(store)
        source, profile = {"custom": ["a"]}, {"rules": ["a"]}
        patched(store, source=source, permission_profile=profile)
        source["custom"].append("b")
        profile["rules"].append("b")
        reads = [
            store.read_thread(ReadThreadParams(thread_id=ONE)),
            store.list_threads(ListThreadsParams()).items[0],
            store.update_thread_metadata(UpdateThreadMetadataParams(thread_id=ONE, patch=ThreadMetadataPatch())),
        ]
        for read in reads:
            assert (read.source, read.permission_profile) == ({"custom": ["a"]}, {"rules": ["a"]})
            read.source.clear()
            read.permission_profile["rules"].clear()

    def test_a_read_stays_as_it_was(self, store: MemoryStore) -> None:
        """Ensure a thread that was read does not follow later patches."""
        create(store)
        before = store.read_thread(ReadThreadParams(thread_id=ONE))
        patched(store, name="later")
        assert before.name is None


class TestCursors:
    def test_every_changed_character_of_a_cursor_is_noticed(self, store: MemoryStore) -> None:
        """Ensure a cursor that was tampered with is refused and the field named."""
        for number in range(3):
            create(store, thread_id(number))
        cursor = store.list_threads(ListThreadsParams(page_size=1)).next_cursor
        assert cursor is not None
        for position, character in enumerate(cursor):
            other = chr(ord(character) ^ 1)
            changed = [cursor[:position] + other + cursor[position + 1 :], cursor[:position], cursor + "="]
            for text in changed:
                with pytest.raises(InvalidRequest) as caught:
                    store.list_threads(ListThreadsParams(cursor=text))
                assert caught.value.field == "cursor"

    @pytest.mark.parametrize("cursor", ["", "x", "nonsense", "🜁", "AAAAAAAA", "\x00", "=" * 8])
    def test_garbage_is_refused(self, store: MemoryStore, cursor: str) -> None:
        """Ensure text that was never a cursor is refused and the field named."""
        for operation in (ListThreadsParams(cursor=cursor), SearchThreadsParams(cursor=cursor, search_term="x")):
            with pytest.raises(InvalidRequest) as caught:
                perform(store, operation)
            assert caught.value.field == "cursor"

    def test_a_cursor_says_all_that_another_store_needs(self, store: MemoryStore) -> None:
        """Ensure a cursor holds the place itself: the thread that it names may be gone."""
        for number in range(3):
            create(store, thread_id(number))
        query = ListThreadsParams(page_size=1, sort_direction="asc")
        page = store.list_threads(query)
        store.delete_thread(DeleteThreadParams(thread_id=page.items[0].thread_id))
        rest = walked(store, cursor=page.next_cursor, sort_direction="asc")
        assert [row.thread_id for row in rest] == [thread_id(1), thread_id(2)]
        assert page.next_cursor == base64.urlsafe_b64encode(base64.urlsafe_b64decode(page.next_cursor or "")).decode()

    def test_member_order_of_a_source_does_not_make_another_query(self, store: MemoryStore) -> None:
        """Ensure a filter stated again with its members in another order is the same query."""
        source = {"a": 1, "b": 2}
        for number in range(2):
            create(store, thread_id(number), source=source)
        page = store.list_threads(ListThreadsParams(page_size=1, allowed_sources=[source]))
        again = ListThreadsParams(cursor=page.next_cursor, allowed_sources=[dict(reversed(source.items()))])
        assert len(store.list_threads(again).items) == 1
        other = ListThreadsParams(cursor=page.next_cursor, allowed_sources=[{"a": True, "b": 2}])
        with pytest.raises(InvalidRequest, match="another query"):
            store.list_threads(other)


class TestSearch:
    def test_a_snippet_is_cut_from_around_the_term(self, store: MemoryStore) -> None:
        """Ensure a snippet holds the term and not the whole of a long message."""
        create(store)
        append(store, said("nothing here"), said("a" * 500 + "NEEDLE" + "b" * 500))
        (found,) = store.search_threads(SearchThreadsParams(search_term="NEEDLE")).items
        assert found.snippet == "a" * 40 + "NEEDLE" + "b" * 40

    @pytest.mark.parametrize(
        ("message", "term"),
        [("before NEEDLE after", "needle"), ("in der Straße", "STRASSE"), ("İstanbul, then a needle", "NEEDLE")],
    )
    def test_a_snippet_holds_the_term_in_any_case(self, message: str, term: str) -> None:
        """Ensure the snippet holds the term also where folding case changes the length of the text."""
        store = MemoryStore(capabilities=Capabilities(search=True, search_ignores_case=True))
        create(store)
        append(store, said(message))
        (found,) = store.search_threads(SearchThreadsParams(search_term=term)).items
        assert term.casefold() in found.snippet.casefold()
        assert found.snippet in message


class TestCost:
    def test_a_page_looks_at_the_threads_it_shows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ensure a page of two among three hundred threads looks at no more than three."""
        store = MemoryStore(clock=ManualClock(tick=1))
        for number in range(300):
            create(store, thread_id(number))
        looked: list[str] = []
        walk = Index.walk

        def counted(*arguments: Any) -> Iterator[str]:
            for name in walk(*arguments):
                looked.append(name)
                yield name

        monkeypatch.setattr(Index, "walk", counted)
        page = store.list_threads(ListThreadsParams(page_size=2))
        store.list_threads(ListThreadsParams(page_size=2, cursor=page.next_cursor))
        assert looked == [thread_id(number) for number in (299, 298, 297, 297, 296, 295)]


def test_a_batch_that_cannot_be_kept_whole_is_not_kept() -> None:
    """Ensure nothing of a batch stays when a later item of it cannot be written."""
    thread = MemoryThread(ONE, {})
    thread.append([said("kept")])
    with pytest.raises(TypeError):
        thread.append([said("lost"), RolloutItem("world_state", {"n": object()})])
    assert [item.payload["message"] for item in thread.history().items] == ["kept"]


def test_the_first_item_says_when_and_by_which_version() -> None:
    """Ensure the store's own SessionMeta has an RFC 3339 time in milliseconds and the store's version."""
    store = MemoryStore(clock=ManualClock(now=1_780_000_000_007))
    create(store)
    meta = SessionMeta.of(loaded(store)[0].payload)
    assert meta.timestamp == "2026-05-28T20:26:40.007Z"
    assert meta.cli_version == store.read_thread(ReadThreadParams(thread_id=ONE)).cli_version == BACKEND.version


def walked(store: MemoryStore, **query: Any) -> Iterator[Any]:
    params = ListThreadsParams(**query)
    while True:
        page = store.list_threads(params)
        yield from page.items
        if page.next_cursor is None:
            return
        params = ListThreadsParams(**{**query, "cursor": page.next_cursor})
