"""The JSON Schemas: as committed, true of what the codec writes, and refusing what the checks refuse."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from threadstore import codec, errors, params, session, thread
from threadstore.errors import InvalidRequest
from threadstore.fields import MAX_TIMESTAMP, UNSET, check_fields
from threadstore.items import RolloutItem
from threadstore.manager import MANAGER_METHODS
from threadstore.patch import GitInfoPatch, ThreadMetadataPatch
from threadstore.session import CONSUMERS
from threadstore.store import METHODS
from threadstore.views import SessionMeta
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.schema import schemas, write_schemas

COMMITTED = files("threadstore_spec") / "schemas"
ID = "019eb9f0-0000-7000-8000-000000000001"

#: Every operation's schema: those that the manager alone has are told by a prefix.
OWN_OF_MANAGER = {cls: f"manager_{method}" for cls, method in MANAGER_METHODS.items() if cls not in METHODS}
OPERATIONS = METHODS | OWN_OF_MANAGER


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((COMMITTED / f"{name}.schema.json").read_text(encoding="utf-8")))


def wire(value: Any) -> Any:
    """Return what a reader of the JSON text sees."""
    return json.loads(json.dumps(value))


def problems(name: str, value: Any) -> list[str]:
    return [error.message for error in validator(name).iter_errors(value)]


# --- What the classes can hold, by the type that each field declares ---------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
thread_ids = st.uuids().map(str)
timestamps = st.integers(0, MAX_TIMESTAMP)
integers = st.integers(-(2**63), 2**63 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(text, json_values, max_size=3)
items = st.builds(RolloutItem, text, objects)
modes = st.sampled_from(["legacy", "paginated"])
memory = st.sampled_from(["enabled", "disabled"])
directions = st.sampled_from(["asc", "desc"])
keys = st.sampled_from(["created_at", "updated_at", "recency_at"])
kinds = st.sampled_from(["direct_children_of", "descendants_of"])
views = st.sampled_from(["not_loaded", "summary", "full"])


def lists(element: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(element, max_size=3).map(tuple)


def built(cls: type) -> st.SearchStrategy[Any]:
    """Make instances in which any field with a default may be left at it."""
    required = {a.name: field_values(cls, a.name) for a in attrs.fields(cls) if a.default is attrs.NOTHING}
    optional = {a.name: field_values(cls, a.name) for a in attrs.fields(cls) if a.default is not attrs.NOTHING}
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: cls(**values))


def field_values(cls: type, name: str) -> st.SearchStrategy[Any]:
    if name in BY_NAME:
        return BY_NAME[name]
    words = cls.__annotations__[name].split(" | ")
    strategy = BY_TYPE[words[0]]
    if "Unset" in words:
        strategy |= st.just(UNSET)
    return strategy | st.none() if "None" in words else strategy


BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "source": text | objects,
    "allowed_sources": lists(text | objects),
    "page_size": st.integers(0, 2**63 - 1),
    "permission_profile": objects,
    "payload": objects,
    "kind": kinds,
    "items_view": views,
    "nth": st.integers(0, 2**63 - 1),
    "last": st.integers(0, 2**63 - 1),
}
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": text,
    "bool": st.booleans(),
    "int": integers,
    "JSON": json_values,
    "ThreadId": thread_ids,
    "Timestamp": timestamps,
    "HistoryMode": modes,
    "MemoryMode": memory,
    "SortKey": keys,
    "SortDirection": directions,
    "Cut": st.sampled_from(["whole", "before_user_message", "after_turn", "interrupted"]),
    "SpawnMode": st.sampled_from(["new", "full_history", "last_turns"]),
    "Consumer": st.sampled_from(CONSUMERS),
    "Mapping[str, str]": st.dictionaries(text, text, max_size=3),
    "tuple[ThreadId, ...]": lists(thread_ids),
    "p.ThreadPersistenceMetadata": st.deferred(lambda: built(params.ThreadPersistenceMetadata)),
    "Sequence[JSON]": lists(json_values),
    "Sequence[str]": lists(text),
    "Sequence[RolloutItem]": lists(items),
    "tuple[JSON, ...]": lists(json_values),
    "tuple[RolloutItem, ...]": lists(items),
    "tuple[StoredThread, ...]": st.deferred(lambda: lists(built(thread.StoredThread))),
    "tuple[StoredThreadSearchResult, ...]": st.deferred(lambda: lists(built(thread.StoredThreadSearchResult))),
    "ThreadPersistenceMetadata": st.deferred(lambda: built(params.ThreadPersistenceMetadata)),
    "ThreadRelationFilter": st.deferred(lambda: built(params.ThreadRelationFilter)),
    "ThreadMetadataPatch": st.deferred(lambda: built(ThreadMetadataPatch)),
    "GitInfoPatch": st.deferred(lambda: built(GitInfoPatch)),
    "GitInfo": st.deferred(lambda: built(thread.GitInfo)),
    "TokenUsage": st.deferred(lambda: built(thread.TokenUsage)),
    "StoredThread": st.deferred(lambda: built(thread.StoredThread)),
    "StoredThreadHistory": st.deferred(lambda: built(thread.StoredThreadHistory)),
}

RESULTS = {
    "stored_thread": thread.StoredThread,
    "stored_thread_history": thread.StoredThreadHistory,
    "thread_page": thread.ThreadPage,
    "thread_search_page": thread.ThreadSearchPage,
    "turn_page": thread.TurnPage,
    "item_page": thread.ItemPage,
    "loaded_thread": session.LoadedThread,
    "loaded_threads": session.LoadedThreads,
    "outbound_request": session.OutboundRequest,
}


def test_committed_schemas_are_what_is_generated(tmp_path: Path) -> None:
    """Ensure no schema was edited by hand, left behind, or not made anew after a change of the classes."""
    written = {path.name: path.read_text(encoding="utf-8") for path in write_schemas(tmp_path)}
    committed = {entry.name: entry.read_text(encoding="utf-8") for entry in COMMITTED.iterdir()}
    assert committed == written, "run: python -m threadstore_conformance.schema spec/threadstore_spec/schemas"


def test_there_is_a_schema_for_everything() -> None:
    """Ensure each operation and each result has one."""
    others = {
        "history_mode",
        "rollout_item",
        "thread_metadata_patch",
        "session_meta",
        "operation",
        "manager_operation",
        "restart",
        "wait",
        "error",
        "profile",
        "certificate",
    }
    assert set(schemas()) == set(OPERATIONS.values()) | RESULTS.keys() | others


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_one(name: str) -> None:
    """Ensure each schema satisfies its own, says what it is, and has an address of its own."""
    schema = validator(name).schema
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f":{name}")
    assert schema["title"]
    assert schema["description"].endswith(".")


@pytest.mark.parametrize(("cls", "name"), OPERATIONS.items())
@given(data=st.data())
def test_operations_satisfy_their_schemas(cls: type, name: str, data: st.DataObject) -> None:
    """Ensure what the codec writes of any operation that the checks pass is valid, alone and with its name."""
    operation = data.draw(built(cls))
    check_fields(operation)
    assert problems(name, wire(codec.to_json(operation))) == []
    if cls in METHODS:
        assert problems("operation", wire(codec.operation_to_json(operation))) == []
    if cls in MANAGER_METHODS:
        assert problems("manager_operation", wire(codec.manager_operation_to_json(operation))) == []
        assert codec.manager_operation_from_json(wire(codec.manager_operation_to_json(operation))) == operation


@pytest.mark.parametrize(("name", "cls"), RESULTS.items())
@given(data=st.data())
def test_results_satisfy_their_schemas(name: str, cls: type, data: st.DataObject) -> None:
    """Ensure what the codec writes of any result is valid, with members that this version does not know too."""
    value = wire(codec.to_json(data.draw(built(cls))))
    assert problems(name, value) == []
    assert problems(name, value | {"later": True}) == []


@given(item=items, patch=built(ThreadMetadataPatch), mode=modes)
def test_parts_satisfy_their_schemas(item: RolloutItem, patch: ThreadMetadataPatch, mode: str) -> None:
    """Ensure items, patches and history modes have schemas that hold."""
    assert problems("rollout_item", wire(codec.to_json(item))) == []
    assert problems("thread_metadata_patch", wire(codec.to_json(patch))) == []
    assert problems("history_mode", mode) == []


def test_a_restart_satisfies_its_schema() -> None:
    """Ensure the suite's own operation has a schema that holds."""
    assert problems("restart", {}) == []
    assert (
        problems("restart", wire(codec.to_json(RestartParams(environment_override="x", default_originator="")))) == []
    )
    assert problems("restart", {"environment_override": 1})


def test_a_wait_satisfies_its_schema() -> None:
    """Ensure the suite's other operation has a schema that holds."""
    assert problems("wait", wire(codec.to_json(WaitParams(milliseconds=1)))) == []
    assert problems("wait", {})


def test_session_meta_satisfies_its_schema() -> None:
    """Ensure a full payload and the smallest one are valid, and what a payload may not be is not."""
    full = SessionMeta(
        id=ID, session_id=ID, forked_from_id=ID, originator="codex_work_local", source={"subagent": "review"},
        dynamic_tools=({"name": "t"},), memory_mode="disabled", initial_window_id="w", git={"branch": "main"},
    )  # fmt: skip
    assert problems("session_meta", wire(full.payload())) == []
    assert problems("session_meta", wire(SessionMeta(id=ID).payload())) == []
    assert validator("session_meta").schema["properties"].keys() >= full.payload().keys()
    for wrong in ({}, {"id": "x"}, {"id": ID, "source": 1}, {"id": ID, "context_window": {"window_id": 1}}):
        assert problems("session_meta", wrong)


@pytest.mark.parametrize(
    "error",
    [
        errors.ThreadNotFound(ID),
        errors.InvalidRequest("no", "cursor"),
        errors.InvalidRequest("no"),
        errors.Conflict("taken"),
        errors.Unsupported("list_turns"),
        errors.ResourceExhausted("full"),
        errors.Internal("disk"),
        errors.MetadataUpdateFailed(errors.Internal("disk"), history_accepted=True),
    ],
)
def test_errors_satisfy_their_schema(error: errors.ThreadStoreError) -> None:
    """Ensure each category is valid with its own data and with no other."""
    value = codec.error_to_json(error)
    assert problems("error", value) == []
    assert codec.error_to_json(codec.error_from_json(value)) == value
    assert problems("error", value | {"kind": "timeout"})
    assert problems("error", value | {"traceback": "…"})
    assert problems("error", {"kind": value["kind"]})


ODD_VALUES = [
    None, True, 0, -1, 5, 2**63, MAX_TIMESTAMP + 1, "", "x", ID, ID.upper(), ID + "\n", "asc", "legacy", [], [1],
    ["a"], [None], {}, {"a": 1}, [{"type": "event_msg", "payload": {}}], [{"type": "event_msg", "payload": []}],
    [{"type": 1, "payload": {}}], [{"type": "event_msg"}], {"cwd": 1}, {"model_provider": "p"},
    {"memory_mode": "on"}, {"name": 1}, {"git_info": {"sha": None}}, {"git_info": {"sha": 1}},
    {"created_at": -1}, {"token_usage": {"total_tokens": "1"}}, {"kind": "descendants_of", "thread_id": ID},
    {"kind": "cousins_of", "thread_id": ID}, {"kind": "descendants_of", "thread_id": "x"},
]  # fmt: skip

#: The smallest params of each operation.
SMALLEST: dict[str, dict[str, Any]] = {
    "create_thread": {"thread_id": ID, "originator": "o"},
    "append_items": {"thread_id": ID, "items": []},
    "read_thread_by_rollout_path": {"rollout_path": "p"},
    "list_threads": {},
    "search_threads": {"search_term": "t"},
    "update_thread_metadata": {"thread_id": ID, "patch": {}},
    "default_history_mode": {},
    "manager_start_thread": {},
    "manager_list_loaded": {},
}


@pytest.mark.parametrize(("cls", "method"), OPERATIONS.items())
def test_a_schema_refuses_what_the_checks_refuse(cls: type, method: str) -> None:
    """Ensure for every field and many odd values that schema, codec and checks are of one mind."""
    smallest = SMALLEST.get(method, {"thread_id": ID})
    assert problems(method, smallest) == []
    for attribute in attrs.fields(cls):
        for odd in ODD_VALUES:
            value = smallest | {attribute.name: odd}
            if unknown_members(cls, value):
                continue
            accepted = problems(method, value) == []
            assert accepted == passes_checks(cls, smallest, attribute.name, odd), (attribute.name, odd)


@pytest.mark.parametrize("field", list(attrs.fields(ThreadMetadataPatch)), ids=lambda a: a.name)
def test_a_patch_schema_refuses_what_the_checks_refuse(field: attrs.Attribute[Any]) -> None:
    """Ensure the same for every field of a patch; null passes exactly where the field can be cleared."""
    for odd in ODD_VALUES:
        if unknown_members(ThreadMetadataPatch, {field.name: odd}):
            continue
        accepted = problems("thread_metadata_patch", {field.name: odd}) == []
        assert accepted == passes_checks(ThreadMetadataPatch, {}, field.name, odd), odd
    cleared = problems("thread_metadata_patch", {field.name: None}) == []
    assert cleared == bool(field.metadata.get("clearable"))


@pytest.mark.parametrize("method", METHODS.values())
def test_unknown_and_missing_members_are_refused(method: str) -> None:
    """Ensure a misspelt member is not taken for an absent one, nor a request for whole without its required ones."""
    smallest = SMALLEST.get(method, {"thread_id": ID})
    assert problems(method, smallest | {"tread_id": ID})
    for name in smallest:
        assert problems(method, {key: value for key, value in smallest.items() if key != name})
    assert problems("operation", {"operation": method, "params": smallest}) == []
    assert problems("operation", {"operation": "rename_thread", "params": smallest})
    assert problems("operation", {"operation": method})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("stored_thread", {"thread_id": ID}),
        ("stored_thread", {"thread_id": ID, "created_at": 1.5, "updated_at": 1, "recency_at": 1}),
        ("stored_thread", {"thread_id": ID, "created_at": 1, "updated_at": 1, "recency_at": 1, "preview": None}),
        ("stored_thread_history", {"thread_id": ID}),
        ("stored_thread_history", {"thread_id": ID, "items": [{"type": "event_msg", "payload": {}, "ordinal": 1}]}),
        ("thread_page", {"next_cursor": None}),
        ("thread_page", {"items": [], "next_cursor": 7}),
        ("thread_search_page", {"items": [{"snippet": "s"}]}),
        ("turn_page", {"turns": {}}),
        ("item_page", {}),
        ("history_mode", "modern"),
        ("rollout_item", {"type": "event_msg", "payload": "text"}),
    ],
)
def test_wrong_results_are_refused(name: str, wrong: Any) -> None:
    """Ensure a schema of a result is no formality."""
    assert problems(name, wrong)


def passes_checks(cls: type, smallest: dict[str, Any], name: str, odd: Any) -> bool:
    """Tell whether the checks let a field hold a value: as it is, or read by the codec where it is an object's."""
    nested = NESTED.get(name)
    try:
        if isinstance(odd, dict) and nested:
            odd = codec.from_json(odd, nested)
        elif isinstance(odd, list) and name in ("items", "history"):
            odd = [codec.from_json(item, RolloutItem) for item in odd]
        check_fields(attrs.evolve(codec.from_json(smallest, cls), **{name: odd}))
    except (ValueError, InvalidRequest):
        return False
    return True


NESTED: dict[str, type] = {
    "metadata": params.ThreadPersistenceMetadata,
    "patch": ThreadMetadataPatch,
    "relation_filter": params.ThreadRelationFilter,
    "git_info": GitInfoPatch,
    "token_usage": thread.TokenUsage,
}


def unknown_members(cls: type, value: dict[str, Any]) -> bool:
    """Tell whether a nested object has a member that its class does not; the codec passes those over."""
    known = {a.name for a in attrs.fields(cls)}
    return bool(value.keys() - known) or any(
        unknown_members(NESTED[name], member)
        for name, member in value.items()
        if name in NESTED and isinstance(member, dict)
    )
