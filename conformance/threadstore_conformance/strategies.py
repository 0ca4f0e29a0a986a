"""What generated programs are made of: ids by the state of their thread, and values that stores get wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from threadstore import (
    GitInfoPatch,
    RolloutItem,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    TokenUsage,
)
from threadstore import params as p
from threadstore.fields import MAX_TIMESTAMP
from threadstore.jsonvalue import INT_MAX, INT_MIN

#: States of a thread that ids are drawn from; ``fresh`` was never used.
POOLS = ("live", "closed", "archived", "hidden", "deleted", "fresh", "any")

#: Texts that look alike, compare alike, fold alike, or end early in the wrong hands.
TEXTS = (
    "", "a", "A", "name", "Name", " padded ", "é", "e\u0301", "ß", "SS", "İ", "\x00", "a\x00b", "line\nbreak",
    "tab\t", "\u2028", "\ufeff", "🧵", "你好", "%", "_", "a%b_c", "'; --", "\\", '"', "null", "0", "x" * 300,
)  # fmt: skip

#: Numbers at the edges of what other types can hold.
NUMBERS = (0, 1, -1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, INT_MAX, INT_MIN, 0.0, -0.0, 1.0, 0.1, 1e308, 5e-324)

#: Instants close to each other, so that ties are common, and the two ends.
TIMES = (0, 1, 9, 1_780_000_000_000, 1_780_000_000_001, 1_780_000_000_999, 1_780_000_001_000, MAX_TIMESTAMP)

SOURCES: tuple[Any, ...] = (
    "cli", "vscode", "exec", {"custom": "tool"}, {"custom": "Tool"}, {"subagent": "review"},
)  # fmt: skip
PROVIDERS = ("provider-a", "provider-b", "Provider-A", "")
CWDS = ("/src/project", "/src/project/", "/src/PROJECT", "/src", "/src/é", "/src/e\u0301")
ORIGINATORS = ("codex_cli_rs", "Codex Desktop", "", "originator é")

texts = st.sampled_from(TEXTS)
shown_texts = st.sampled_from([text for text in TEXTS if text.strip()])
times = st.sampled_from(TIMES)
leaves: st.SearchStrategy[Any] = st.one_of(texts, st.sampled_from(NUMBERS), st.sampled_from((None, True, False)))
json_values: st.SearchStrategy[Any] = st.one_of(
    leaves,
    st.lists(leaves, max_size=3),
    st.dictionaries(texts, leaves, max_size=3),
    st.builds(lambda inner: {"deep": [[{"er": inner}]]}, leaves),
)


#: Kinds that the policy keeps, drops, and does not know. What people say comes most often.
_KINDS: tuple[tuple[str, str | None], ...] = (
    *(("event_msg", "user_message"),) * 8,
    *(("event_msg", "agent_message"),) * 6,
    ("event_msg", "token_count"), ("event_msg", "task_started"), ("event_msg", "thread_rolled_back"),
    ("response_item", "message"), ("response_item", "function_call_output"), ("turn_context", None),
    ("compacted", None), ("world_state", None), ("inter_agent_communication", None), ("session_meta", None),
    ("event_msg", "exec_command_begin"), ("event_msg", "error"), ("event_msg", "no_such_event"),
    ("event_msg", "item_completed"), ("response_item", "compaction_trigger"), ("response_item", None),
    ("no_such_type", "message"),
)  # fmt: skip


def _item(kind: tuple[str, str | None], text: str, extra: Any) -> RolloutItem:
    item_type, inner = kind
    if item_type == "session_meta":
        return RolloutItem(item_type, {"id": "01900000-0000-7000-8000-00000000ffff", "originator": text})
    payload: dict[str, Any] = {"message": text, "extra": extra}
    return RolloutItem(item_type, payload if inner is None else {"type": inner, **payload})


items: st.SearchStrategy[RolloutItem] = st.builds(_item, st.sampled_from(_KINDS), texts, json_values)
batches = st.lists(items, max_size=4)

metadata = st.builds(
    ThreadPersistenceMetadata,
    cwd=st.sampled_from((*CWDS, None)),
    model_provider=st.sampled_from(PROVIDERS),
    memory_mode=st.sampled_from(("enabled", "disabled")),
)

creation_facts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"originator": st.sampled_from(ORIGINATORS), "metadata": metadata},
    optional={
        "thread_source": texts,
        "base_instructions": st.sampled_from(({"text": "be brief"}, {"text": ""})),
        "dynamic_tools": st.lists(st.dictionaries(texts, leaves, max_size=2), max_size=2),
        "selected_capability_roots": st.lists(texts, max_size=2),
        "multi_agent_version": st.sampled_from(("v1", "v2", "disabled")),
        "initial_window_id": texts,
        "session_id": st.just("01900000-0000-7000-8000-0000000000aa"),
    },
)

git_patches = st.builds(
    lambda parts: GitInfoPatch(**parts),
    st.dictionaries(st.sampled_from(("sha", "branch", "origin_url")), st.one_of(st.none(), texts)),
)
usages = st.builds(TokenUsage, total_tokens=st.sampled_from((0, 1, 2**53 + 1, 2**63 - 1)), input_tokens=st.just(3))

#: Every field of a patch that generated programs set; rollout_path and history_mode have clauses of their own.
PATCH_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.one_of(st.none(), shown_texts),
    "preview": texts,
    "title": texts,
    "model_provider": st.sampled_from(PROVIDERS),
    "model": texts,
    "reasoning_effort": texts,
    "created_at": times,
    "updated_at": times,
    "advance_recency_at": times,
    "source": st.sampled_from(SOURCES),
    "thread_source": st.one_of(st.none(), texts),
    "agent_nickname": st.one_of(st.none(), texts),
    "agent_role": st.one_of(st.none(), texts),
    "agent_path": st.one_of(st.none(), texts),
    "cwd": st.sampled_from(CWDS),
    "cli_version": texts,
    "approval_mode": texts,
    "permission_profile": st.dictionaries(texts, leaves, max_size=2),
    "token_usage": usages,
    "first_user_message": texts,
    "git_info": git_patches,
    "memory_mode": st.sampled_from(("enabled", "disabled")),
}


def _complete(word: str, time: int) -> dict[str, Any]:
    """Make a patch that sets every field to a value of its own."""
    words = ("name", "preview", "title", "model", "thread_source", "agent_nickname", "agent_role", "agent_path")
    return {
        **{name: f"{word} {name}" for name in (*words, "reasoning_effort", "cli_version", "approval_mode")},
        "first_user_message": f"{word} first message",
        "model_provider": "provider-b",
        "cwd": "/src",
        "source": {"custom": word},
        "created_at": time,
        "updated_at": time + 1,
        "advance_recency_at": time + 2,
        "permission_profile": {"type": word},
        "token_usage": TokenUsage(1, 2, 3, 4, 5),
        "git_info": GitInfoPatch(sha=word, branch="main", origin_url="url"),
        "memory_mode": "disabled",
    }


#: Patches that leave nothing at its default, so that what is lost later was there.
COMPLETE_PATCHES = (_complete("one", 1_700_000_000_000), _complete("two", 1_790_000_000_000))

#: Patches that tell omitted from cleared, part from whole, empty from absent, and back from forward.
TELLING_PATCHES: tuple[dict[str, Any], ...] = (
    {"name": None},
    {"git_info": GitInfoPatch(sha="other")},
    {"git_info": GitInfoPatch(branch=None)},
    {"git_info": GitInfoPatch(sha=None, branch=None, origin_url=None)},
    {"thread_source": None, "agent_nickname": None},
    {"agent_role": None, "agent_path": None, "title": "title"},
    {"preview": "", "title": "", "model": ""},
    {"first_user_message": "", "cli_version": "", "approval_mode": "", "thread_source": "", "agent_role": ""},
    {"advance_recency_at": 1},
    {"updated_at": 0},
)

patch_changes: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.lists(st.one_of([st.tuples(st.just(name), values) for name, values in PATCH_FIELDS.items()]), max_size=3).map(
        dict
    ),
    st.sampled_from((*COMPLETE_PATCHES, *TELLING_PATCHES)),
)

#: The threads that a program begins with, so that it is about something.
beginnings = st.lists(
    st.fixed_dictionaries(
        {
            "facts": creation_facts,
            "items": batches,
            "parent": st.sampled_from((None, 0, 0, 1)),
            "changes": st.sampled_from(({}, *COMPLETE_PATCHES)),
            "then": st.sampled_from(
                (
                    *((),) * 6,
                    (p.ShutdownThreadParams,),
                    (p.ShutdownThreadParams,),
                    (p.ArchiveThreadParams,),
                    (p.DeleteThreadParams,),
                )
            ),
        }
    ),
    min_size=3,
    max_size=6,
)

#: Most queries show something: half have no filter, the rest one or two.
FILTERS: tuple[dict[str, Any], ...] = (
    *({},) * 12,
    {"allowed_sources": ["cli"]},
    {"allowed_sources": ["vscode", "exec"]},
    {"allowed_sources": [{"custom": "tool"}]},
    {"allowed_sources": []},
    {"model_providers": ["provider-a"]},
    {"model_providers": ["provider-b", ""]},
    {"model_providers": []},
    {"cwd_filters": ["/src/project"]},
    {"cwd_filters": ["/src", "/src/\u00e9"]},
    {"cwd_filters": []},
    {"search_term": ""},
    {"search_term": "name"},
    {"search_term": "A"},
    {"search_term": "%"},
    {"use_state_db_only": True},
    {"model_providers": ["provider-b"], "cwd_filters": ["/src"], "search_term": "preview"},
    {"allowed_sources": ["cli"], "model_providers": ["provider-a"]},
    {"allowed_sources": ["cli", "vscode"], "cwd_filters": ["/src/project"]},
    {"search_term": " padded"},
)
queries: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda filters, **query: {**query, **filters},
    st.sampled_from(FILTERS),
    sort_key=st.sampled_from(("created_at", "updated_at", "recency_at")),
    sort_direction=st.sampled_from(("asc", "desc")),
    archived=st.sampled_from((False, False, True)),
    page_size=st.sampled_from((1, 1, 2, 3, 50)),
)
#: Queries without a filter of their own, for what selects enough already.
plain_queries: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "sort_direction": st.sampled_from(("asc", "desc")),
        "archived": st.sampled_from((False, False, False, True)),
        "page_size": st.sampled_from((50, 50, 1)),
    }
)
#: What a stray cursor's query differs in.
STRAYS: tuple[dict[str, Any], ...] = (
    {"archived": True},
    {"archived": False},
    {"sort_key": "recency_at"},
    {"sort_direction": "asc"},
    {"sort_direction": "desc"},
    {"allowed_sources": ["cli"]},
    {"model_providers": ["provider-b"]},
    {"cwd_filters": ["/src"]},
    {"search_term": "name"},
)
search_terms = st.sampled_from(("", "a", "A", "name", "🧵", "%", "é", "e\u0301", "\x00", "absent"))
relations = st.sampled_from(("descendants_of", "descendants_of", "direct_children_of"))

#: What no field may hold, by operation: the name of the field, and the value.
BAD_IDS = ("", "not-an-id", "../../etc/passwd", "01900000-0000-7000-8000-00000000FFFF", "\x00", 7, None)
BAD_ITEMS = (
    {"type": "user_message", "message": float("nan")},
    {"type": "user_message", "message": float("inf")},
    {"type": "user_message", "message": 2**64},
    {"type": "user_message", "message": -(2**63) - 1},
    {"type": "user_message", "message": "\ud800"},
    {"type": "user_message", "\udfff": 1},
)
BAD_PATCHES = (
    {"created_at": -1},
    {"updated_at": MAX_TIMESTAMP + 1},
    {"advance_recency_at": 2**80},
    {"updated_at": 1.5},
    {"name": "\ud800"},
    {"preview": 5},
    {"memory_mode": "sometimes"},
    {"permission_profile": {"x": float("nan")}},
    {"token_usage": TokenUsage(total_tokens=2**63)},
)


BAD_CURSORS = ("", "garbage", "eyJhIjoxfQ==", "\x00", "@cursor:9999", "'; --")


def relation(kind: str, thread_id: str) -> ThreadRelationFilter:
    """Make a relation filter."""
    return ThreadRelationFilter(kind=kind, thread_id=thread_id)  # type: ignore[arg-type]
