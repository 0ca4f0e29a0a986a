"""Params, results and errors through JSON and back (what traces and wires carry)."""

from __future__ import annotations

import json
from typing import Any, get_args

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from threadstore import UNSET, RolloutItem, check_fields
from threadstore.codec import (
    error_from_json,
    error_to_json,
    from_json,
    operation_from_json,
    operation_to_json,
    to_json,
)
from threadstore.errors import ERROR_TYPES, ErrorKind, InvalidRequest, ThreadNotFound
from threadstore.params import (
    AppendThreadItemsParams,
    CreateThreadParams,
    ListThreadsParams,
    Operation,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    UpdateThreadMetadataParams,
)
from threadstore.patch import GitInfoPatch, ThreadMetadataPatch
from threadstore.store import METHODS
from threadstore.thread import (
    GitInfo,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadPage,
    ThreadSearchPage,
    TokenUsage,
    TurnPage,
)

ONE = "0190a000-0000-7000-8000-000000000001"

ids = st.uuids().map(str)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
times = st.integers(0, 253_402_300_799_999)
flags = st.booleans()
json_values = st.recursive(
    st.none() | flags | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, json_values, max_size=2)
items = st.builds(RolloutItem, texts, objects)
usages = st.builds(TokenUsage, *[st.integers(-(2**63), 2**63 - 1)] * 5)
optional = st.none().__or__

#: What a field of this name holds, in whichever class it stands; ``None`` where it may be absent is added below.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        [
            "originator",
            "cli_version",
            "model_provider",
            "model",
            "preview",
            "title",
            "reasoning_effort",
            "approval_mode",
            "search_term",
            "first_user_message",
            "rollout_path",
            "name",
            "thread_source",
            "agent_nickname",
            "agent_role",
            "agent_path",
            "cwd",
            "sha",
            "branch",
            "origin_url",
            "next_cursor",
            "backwards_cursor",
            "cursor",
            "turn_id",
            "multi_agent_version",
            "initial_window_id",
        ],
        texts,
    ),
    **dict.fromkeys(["thread_id", "session_id", "forked_from_id", "parent_thread_id"], ids),
    **dict.fromkeys(["created_at", "updated_at", "recency_at", "advance_recency_at", "archived_at"], times),
    **dict.fromkeys(["include_archived", "include_history", "archived", "use_state_db_only"], flags),
    **dict.fromkeys(["dynamic_tools", "selected_capability_roots", "turns"], st.lists(json_values, max_size=2)),
    **dict.fromkeys(["model_providers", "cwd_filters"], st.lists(texts, max_size=2)),
    "source": texts | objects,
    "permission_profile": objects,
    "base_instructions": json_values,
    "allowed_sources": st.lists(texts | objects, max_size=2),
    "page_size": st.integers(0, 99),
    "memory_mode": st.sampled_from(["enabled", "disabled"]),
    "history_mode": st.sampled_from(["legacy", "paginated"]),
    "sort_key": st.sampled_from(["created_at", "updated_at", "recency_at"]),
    "sort_direction": st.sampled_from(["asc", "desc"]),
    "items_view": st.sampled_from(["not_loaded", "summary", "full"]),
    "kind": st.sampled_from(["direct_children_of", "descendants_of"]),
    "token_usage": usages,
}


def shapes(cls: type, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances of an attrs class with any of its optional fields given."""
    required, given = {}, {}
    for attribute in attrs.fields(cls):
        value = more[attribute.name] if attribute.name in more else VALUES[attribute.name]
        if attribute.default is attrs.NOTHING:
            required[attribute.name] = value
        else:
            clearable = attribute.default is None or attribute.metadata.get("clearable")
            given[attribute.name] = optional(value) if clearable else value
    return st.fixed_dictionaries(required, optional=given).map(lambda fields: cls(**fields))


patches = shapes(ThreadMetadataPatch, git_info=shapes(GitInfoPatch))
parts: dict[str, st.SearchStrategy[Any]] = {
    "metadata": shapes(ThreadPersistenceMetadata),
    "relation_filter": shapes(ThreadRelationFilter),
    "patch": patches,
    "items": st.lists(items, max_size=2),
    "history": st.lists(items, max_size=2),
}
operations = {cls: shapes(cls, **parts) for cls in METHODS}
histories = shapes(StoredThreadHistory, items=st.lists(items, max_size=2).map(tuple))
threads = shapes(StoredThread, git_info=shapes(GitInfo), history=histories)
tuples_of = {
    ThreadPage: threads,
    ThreadSearchPage: st.builds(StoredThreadSearchResult, threads, texts),
    ItemPage: json_values,
}
results = {
    StoredThread: threads,
    StoredThreadHistory: histories,
    TurnPage: shapes(TurnPage, turns=st.lists(json_values, max_size=2).map(tuple)),
    **{cls: shapes(cls, items=st.lists(row, max_size=2).map(tuple)) for cls, row in tuples_of.items()},
}


def through_text(value: Any) -> Any:
    return json.loads(json.dumps(value))


NO_OBJECTS: list[Any] = [None, 5, [], "list_threads"]
NO_NAMES: list[Any] = ["drop_all", None, 5, ["x"]]
NOT_OPERATIONS: list[Any] = [
    *(*NO_OBJECTS, {}),
    *({"operation": bad} for bad in NO_NAMES),
    *({"operation": "list_threads", "params": bad} for bad in NO_OBJECTS),
    {"operation": "create_thread", "params": {"thread_id": ONE, "originator": "o", "metadata": []}},
    {"operation": "read_thread", "params": {}},
    *({"operation": "append_items", "params": {"thread_id": ONE, "items": [bad]}} for bad in [*NO_OBJECTS, {}]),
]


class TestOperations:
    @pytest.mark.parametrize("cls", METHODS, ids=lambda cls: cls.__name__)
    @given(data=st.data())
    def test_every_operation_comes_back(self, cls: type, data: st.DataObject) -> None:
        """Ensure an operation of any shape is the same after a journey through JSON text, and is valid."""
        operation = data.draw(operations[cls])
        written = through_text(operation_to_json(operation))
        assert written["operation"] == METHODS[cls]
        assert operation_from_json(written) == operation
        assert repr(operation_from_json(written)) == repr(operation)
        check_fields(operation)

    @pytest.mark.parametrize("cls", METHODS, ids=lambda cls: cls.__name__)
    @given(data=st.data())
    def test_wrong_scalars_come_back_as_wrong_as_they_were(self, cls: type, data: st.DataObject) -> None:
        """Ensure a trace can carry what a store must refuse: a bad text, id, number, flag or word."""
        operation = data.draw(operations[cls])
        scalar = [a.name for a in attrs.fields(cls) if a.name in VALUES and "Sequence" not in str(a.type)]
        wrong = st.sampled_from(["", "../x", "\x00", -1, 10**20, 1.5, [1], {"a": 1}])
        bad = data.draw(st.dictionaries(st.sampled_from(scalar), wrong)) if scalar else {}
        operation = evolve(operation, **bad)
        again = operation_from_json(through_text(operation_to_json(operation)))
        assert again == operation
        assert repr(again) == repr(operation)

    @given(patch=patches, bad=st.sampled_from([5, "", "nonsense", ["x"], {"sha": 1}]))
    def test_a_patch_carries_wrong_values_too(self, patch: ThreadMetadataPatch, bad: Any) -> None:
        """Ensure a patch comes back with the wrong value that it had."""
        wrong: dict[str, Any] = dict.fromkeys(["name", "memory_mode", "created_at", "permission_profile"], bad)
        patch = evolve(patch, **wrong)
        assert from_json(through_text(to_json(patch)), ThreadMetadataPatch) == patch

    def test_every_operation_has_its_line(self) -> None:
        """Ensure the operations are the members of the union, each under the name of its method."""
        assert set(METHODS) == set(get_args(Operation)) == set(operations)

    def test_defaults_are_left_out(self) -> None:
        """Ensure what is written is what was said."""
        written = operation_to_json(ListThreadsParams(archived=True, cwd_filters=[]))
        assert written == {"operation": "list_threads", "params": {"archived": True, "cwd_filters": []}}

    @pytest.mark.parametrize("value", NOT_OPERATIONS, ids=str)
    def test_what_is_no_operation_is_refused_in_words(self, value: Any) -> None:
        """Ensure JSON that is no operation is a `ValueError` with a sentence, never a default operation."""
        with pytest.raises(ValueError, match=r"no ThreadStore operation is called|not a "):
            operation_from_json(value)


class TestPatches:
    def test_missing_and_null_are_told_apart(self) -> None:
        """Ensure an omitted field is a missing member and a cleared one is null, in git's parts too."""
        patch = ThreadMetadataPatch(name=None, git_info=GitInfoPatch(sha=None, branch="b"))
        written = to_json(patch)
        assert written == {"name": None, "git_info": {"sha": None, "branch": "b"}}
        assert from_json(written, ThreadMetadataPatch) == patch
        assert from_json({}, ThreadMetadataPatch).name is UNSET

    @pytest.mark.parametrize(
        "field", [a.name for a in attrs.fields(ThreadMetadataPatch) if not a.metadata.get("clearable")]
    )
    def test_null_on_a_field_that_cannot_be_cleared_reads_as_omitted(self, field: str) -> None:
        """Ensure such a null changes nothing (PATCH-1)."""
        assert from_json({field: None}, ThreadMetadataPatch) == ThreadMetadataPatch()

    def test_an_empty_git_patch_stays(self) -> None:
        """Ensure a git patch without parts comes back as one."""
        patch = ThreadMetadataPatch(git_info=GitInfoPatch())
        assert to_json(patch) == {"git_info": {}}
        assert from_json({"git_info": {}}, ThreadMetadataPatch) == patch

    @pytest.mark.parametrize("member", ["git_info", "token_usage"])
    @pytest.mark.parametrize("value", [5, "x", [], ["sha"], True])
    def test_a_part_that_is_no_object_is_refused(self, member: str, value: Any) -> None:
        """Ensure a nested patch that is no object is an error, not an empty patch."""
        written = {"operation": "update_thread_metadata", "params": {"thread_id": ONE, "patch": {member: value}}}
        with pytest.raises(ValueError, match="ThreadMetadataPatch"):
            operation_from_json(written)


class TestResults:
    @pytest.mark.parametrize("cls", results, ids=lambda cls: cls.__name__)
    @given(data=st.data())
    def test_every_result_comes_back(self, cls: type, data: st.DataObject) -> None:
        """Ensure a result of any shape is the same after a journey through JSON text."""
        result = data.draw(results[cls])
        again = from_json(through_text(to_json(result)), cls)
        assert again == result
        assert repr(again) == repr(result)

    def test_the_end_of_a_listing_is_written(self) -> None:
        """Ensure the absence of a next page can be seen in a trace."""
        assert to_json(ThreadPage(())) == {"items": [], "next_cursor": None}

    def test_what_is_written_is_apart_from_the_operation(self) -> None:
        """Ensure params with a source that is an object are not shared with what was written of them."""
        params = CreateThreadParams(thread_id=ONE, originator="o", source={"custom": ["a"]})
        to_json(params)["source"]["custom"].append("b")
        assert params.source == {"custom": ["a"]}


class TestErrors:
    @pytest.mark.parametrize("cls", list(ERROR_TYPES.values()), ids=lambda cls: cls.__name__)
    def test_every_error_comes_back(self, cls: Any) -> None:
        """Ensure an error comes back with its kind and its data."""
        for data in ([""], ["a \U0001f701 text"]):
            error = cls(*data)
            written = through_text(error_to_json(error))
            again = error_from_json(written)
            assert written["kind"] == error.kind.value
            assert (type(again), attrs.asdict(again), str(again)) == (cls, attrs.asdict(error), str(error))  # type: ignore[arg-type]

    def test_the_field_of_an_invalid_request_comes_back(self) -> None:
        """Ensure the field that an error names is carried."""
        again = error_from_json(error_to_json(InvalidRequest("no", "patch.name")))
        assert isinstance(again, InvalidRequest)
        assert again.field == "patch.name"

    @pytest.mark.parametrize(
        "value", [None, 5, [], "x", {}, {"kind": "odd"}, {"kind": "conflict", "more": 1}, {"kind": []}]
    )
    def test_what_is_no_error_is_refused_in_words(self, value: Any) -> None:
        """Ensure JSON that is no error is a `ValueError` that lists the kinds."""
        with pytest.raises(ValueError, match="thread_not_found"):
            error_from_json(value)

    def test_every_kind_has_one_class(self) -> None:
        """Ensure the six kinds and the six classes are one to one."""
        assert {cls.kind for cls in list(ERROR_TYPES.values())} == set(ErrorKind)
        assert len(list(ERROR_TYPES.values())) == len(ErrorKind) == 6
        assert isinstance(error_from_json({"kind": "thread_not_found", "thread_id": ONE}), ThreadNotFound)


def test_unknown_members_of_items_survive() -> None:
    """Ensure a payload is carried whole."""
    item = RolloutItem("event_msg", {"type": "unheard_of", "deep": [{"x": None}, 1.0, True]})
    operation = AppendThreadItemsParams(thread_id=ONE, items=[item])
    again = operation_from_json(through_text(operation_to_json(operation)))
    assert isinstance(again, AppendThreadItemsParams)
    assert again.items == (item,)


def test_an_update_carries_its_patch() -> None:
    """Ensure the patch of an update is written as a patch."""
    operation = UpdateThreadMetadataParams(thread_id=ONE, patch=ThreadMetadataPatch(name=None))
    assert operation_to_json(operation)["params"] == {"thread_id": ONE, "patch": {"name": None}}
