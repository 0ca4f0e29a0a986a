"""The memory store under every variant, step by step beside the reference store."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from threadstore import (
    UNSET,
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    CreateThreadParams,
    DefaultHistoryModeParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    GitInfoPatch,
    ListItemsParams,
    ListThreadsParams,
    ListTurnsParams,
    LoadThreadHistoryParams,
    ManualClock,
    PersistThreadParams,
    ReadThreadByRolloutPathParams,
    ReadThreadParams,
    ReferenceStore,
    ResumeThreadParams,
    RolloutItem,
    SearchThreadsParams,
    SessionMeta,
    ShutdownThreadParams,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadMetadataPatch,
    ThreadPage,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    ThreadSearchPage,
    ThreadStoreError,
    TokenUsage,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
    perform,
)
from threadstore_backends.memory import BACKEND, MemoryStore

VARIANTS = {
    "registered": BACKEND.capabilities,
    "lazy": Capabilities(relations=True, search=True, lazy=True),
    "requires_cwd": Capabilities(relations=True, search=True, requires_cwd=True),
    "hides_unpreviewed": Capabilities(relations=True, search=True, hides_unpreviewed=True),
    "search_ignores_case": Capabilities(relations=True, search=True, search_ignores_case=True),
    "default_provider": Capabilities(relations=True, search=True, default_provider="openai"),
    "page_cap": Capabilities(relations=True, search=True, page_cap=2),
    "paginated": Capabilities(relations=True, search=True, paginated=True),
    "max_item_bytes": Capabilities(relations=True, search=True, max_item_bytes=2**24),
    "nothing optional": Capabilities(),
}

IDS = [f"0190a000-0000-7000-8000-00000000000{digit}" for digit in "0123a"]
SPAWNED = {"subagent": {"thread_spawn": {"parent_thread_id": IDS[0], "agent_role": "scout"}}}


def item(kind: str, inner: str, **payload: Any) -> RolloutItem:
    return RolloutItem(kind, {"type": inner, **payload})


ITEMS = [
    item("event_msg", "user_message", message="Straße nach Süden"),
    item("event_msg", "agent_message", message="the Answer"),
    item("event_msg", "agent_message", message=7),
    item("event_msg", "error", message="dropped"),
    item("response_item", "message", content=[{"text": "x" * 100}]),
    RolloutItem("session_meta", {"id": IDS[1], "cwd": "/copied"}),
    RolloutItem("world_state", {"full": True, "n": [1, 1.0, True, None]}),
    RolloutItem("unheard_of", {}),
    RolloutItem("world_state", {"n": float("nan")}),
]

ids = st.sampled_from([*IDS[:2], *IDS, *IDS, "../escape"])
words = st.sampled_from(["", "a", "A", "answer", "Süd", "strasse"])
rarely_garbage = st.sampled_from([*[None] * 12, "garbage", "", "🜁"])
times = st.sampled_from([0, 1_780_000_000_000, 1_780_000_000_003, 10**15])
sources: st.SearchStrategy[Any] = st.sampled_from(["cli", "vscode", SPAWNED, {"custom": 1}, {"custom": True}])
flags = st.booleans()
queries = {
    "page_size": st.sampled_from([1, 1, 2, 3, 9, 0]),
    "sort_key": st.sampled_from(["created_at", "updated_at", "recency_at"]),
    "sort_direction": st.sampled_from(["asc", "desc"]),
    "allowed_sources": st.just(()) | st.lists(sources, max_size=2),
    "archived": st.sampled_from([False, False, True]),
    "cursor": rarely_garbage,
}
patches = st.builds(
    ThreadMetadataPatch,
    name=st.just(UNSET) | st.none() | words,
    preview=st.just(UNSET) | words,
    created_at=st.just(UNSET) | times,
    updated_at=st.just(UNSET) | times,
    advance_recency_at=st.just(UNSET) | times,
    source=st.just(UNSET) | sources,
    permission_profile=st.just(UNSET) | st.just({"network": ["on"]}),
    cwd=st.just(UNSET) | words,
    token_usage=st.just(UNSET) | st.just(TokenUsage(input_tokens=3)),
    history_mode=st.just(UNSET) | st.sampled_from(["legacy", "paginated"]),
    rollout_path=st.just(UNSET) | st.just("elsewhere"),
    git_info=st.just(UNSET)
    | st.builds(
        GitInfoPatch,
        sha=st.just(UNSET) | st.none() | words,
        branch=st.just(UNSET) | st.none() | words,
        origin_url=st.just(UNSET) | st.none() | words,
    ),
)
environments = st.builds(
    ThreadPersistenceMetadata,
    cwd=st.none() | words,
    model_provider=st.sampled_from(["openai", "other"]),
    memory_mode=st.sampled_from(["enabled", "disabled"]),
)
creations = st.builds(
    CreateThreadParams,
    thread_id=ids,
    parent_thread_id=st.none() | st.sampled_from(IDS),
    forked_from_id=st.none() | st.sampled_from(IDS),
    source=sources,
    originator=words,
    dynamic_tools=st.just(()) | st.just([{"name": "t"}]),
    base_instructions=st.none() | st.just({"text": "be brief"}),
    initial_window_id=st.none() | st.just("w"),
    history_mode=st.sampled_from([*["legacy"] * 5, "paginated"]),
    metadata=environments,
)
appends = st.builds(AppendThreadItemsParams, thread_id=ids, items=st.lists(st.sampled_from(ITEMS), max_size=3))
updates = st.builds(UpdateThreadMetadataParams, thread_id=ids, patch=patches, include_archived=flags)
lists = st.builds(
    ListThreadsParams,
    **queries,
    model_providers=st.none() | st.lists(st.sampled_from(["openai", "other"]), max_size=1),
    cwd_filters=st.none() | st.lists(words, min_size=2, max_size=4) | st.just([]),
    search_term=st.none() | words,
    relation_filter=st.none()
    | st.builds(ThreadRelationFilter, kind=st.sampled_from(["direct_children_of", "descendants_of"]), thread_id=ids),
)
searches = st.builds(SearchThreadsParams, search_term=words, **queries)
operations = st.one_of(
    creations,
    appends,
    appends,
    updates,
    updates,
    lists,
    searches,
    st.builds(ListThreadsParams, page_size=st.just(2)),
    st.builds(ListThreadsParams, page_size=st.just(2)),
    st.builds(ResumeThreadParams, thread_id=ids, include_archived=flags, metadata=environments),
    st.builds(PersistThreadParams, thread_id=ids),
    st.builds(FlushThreadParams, thread_id=ids),
    st.builds(ShutdownThreadParams, thread_id=ids),
    st.builds(DiscardThreadParams, thread_id=ids),
    st.builds(LoadThreadHistoryParams, thread_id=ids, include_archived=flags),
    st.builds(ReadThreadParams, thread_id=ids, include_archived=flags, include_history=flags),
    st.builds(ReadThreadByRolloutPathParams, rollout_path=words),
    st.builds(ListTurnsParams, thread_id=ids),
    st.builds(ListItemsParams, thread_id=ids),
    st.builds(ArchiveThreadParams, thread_id=ids),
    st.builds(UnarchiveThreadParams, thread_id=ids),
    st.builds(DeleteThreadParams, thread_id=ids),
    st.builds(DefaultHistoryModeParams),
)


def prelude(created: list[CreateThreadParams]) -> list[tuple[Any, bool]]:
    spoken = [AppendThreadItemsParams(thread_id=params.thread_id, items=ITEMS[:2]) for params in created[::2]]
    return [(operation, False) for operation in (*created, *spoken)]


#: A few threads, and then anything; each step may take up the cursor that the last page gave.
programs = st.builds(
    lambda created, steps: prelude(created) + steps,
    st.lists(creations, min_size=3, max_size=5, unique_by=lambda params: params.thread_id),
    st.lists(st.tuples(operations, flags), min_size=5, max_size=25),
)


class Walker:
    """One of the two stores, and the cursor that its last page gave."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.cursor: str | None = None

    def step(self, operation: Any, *, follow: bool) -> Any:
        if follow and hasattr(operation, "cursor") and self.cursor:
            operation = evolve(operation, cursor=self.cursor)
        try:
            answer = perform(self.store, operation)
        except ThreadStoreError as error:
            return error.kind, getattr(error, "thread_id", getattr(error, "operation", None))
        if isinstance(answer, ThreadPage | ThreadSearchPage):
            self.cursor = answer.next_cursor
            return self.comparable(answer.items), self.cursor is None
        return self.comparable(answer)

    def comparable(self, answer: Any) -> Any:
        if isinstance(answer, tuple):
            return [self.comparable(row) for row in answer]
        if isinstance(answer, StoredThread):
            history = answer.history and self.comparable(answer.history)
            # Read as text, a source of 1 is none of True.
            return evolve(answer, cli_version="", history=None), repr(answer.source), history
        if isinstance(answer, StoredThreadHistory):
            meta = evolve(SessionMeta.of(answer.items[0].payload), timestamp=None, cli_version=None)
            return answer.thread_id, meta, answer.items[1:]
        return self.comparable(answer.thread) if isinstance(answer, StoredThreadSearchResult) else answer


@pytest.mark.parametrize("capabilities", VARIANTS.values(), ids=VARIANTS)
@given(program=programs)
def test_every_variant_answers_as_the_reference_store(
    capabilities: Capabilities, program: list[tuple[Any, bool]]
) -> None:
    """Ensure that every answer of a program, under every variant, is the reference store's."""
    clock = ManualClock()
    reference = Walker(ReferenceStore(capabilities, clock))
    memory = Walker(MemoryStore(clock=clock, capabilities=capabilities))
    for operation, follow in program:
        expected = reference.step(operation, follow=follow)
        assert expected == memory.step(operation, follow=follow), operation
        clock.advance(1)
