"""What params may hold: every bad value is refused with its field's name (READ-3)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from threadstore import (
    UNSET,
    AppendThreadItemsParams,
    CreateThreadParams,
    GitInfoPatch,
    InvalidRequest,
    ListThreadsParams,
    ReadThreadParams,
    ResumeThreadParams,
    RolloutItem,
    SearchThreadsParams,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    TokenUsage,
    UpdateThreadMetadataParams,
    check_fields,
)
from threadstore.fields import MAX_TIMESTAMP
from threadstore.store import METHODS

ONE = "0190a000-0000-7000-8000-000000000001"
CREATE = CreateThreadParams(thread_id=ONE, originator="cli")
LIST = ListThreadsParams()
SEARCH = SearchThreadsParams(search_term="x")
READ = ReadThreadParams(thread_id=ONE)
NAN = float("nan")
RELATION_ID = "relation_filter.thread_id"


def wrong(cls: Any, **values: Any) -> Any:
    """An object that no type checker would let through."""
    return cls(**values)


HUGE = 10**5000

#: Values that a field may not hold, by the operation and the field; the error names the field.
PLAIN: list[tuple[Any, str, list[Any]]] = [
    (CREATE, "thread_id", ["", "x", ONE.upper(), f"{ONE}/..", None, 5, HUGE, b"", "\ud800", [HUGE]]),
    (CREATE, "session_id", ["x", 5, ""]),
    (CREATE, "forked_from_id", ["x", 5, ""]),
    (CREATE, "parent_thread_id", ["x", 5, ""]),
    (CREATE, "originator", [None, 5, b"cli", ["cli"], "\ud800"]),
    (CREATE, "source", [None, 5, ["cli"], "\udfff"]),
    (CREATE, "dynamic_tools", [None, "tools", b"tools", 5, {"a": 1}]),
    (CREATE, "history_mode", ["", "LEGACY", None, 5, [], HUGE, "x" * 10**6]),
    (CREATE, "metadata", [None, {}, "x"]),
    (LIST, "page_size", [-1, 1.0, "1", None, True, 2**63, HUGE]),
    (LIST, "cursor", [5, b"x", "\ud800"]),
    (LIST, "archived", [0, 1, None, "true"]),
    (LIST, "model_providers", ["openai", b"openai", 5]),
    (LIST, "relation_filter", ["x", {}, 5]),
    (SEARCH, "search_term", [None, 5, "\ud800"]),
]

#: The same, where what is wrong lies deeper.
DEEP: list[tuple[Any, str, Any, str]] = [
    (CREATE, "source", {"a": {"b": NAN}}, "source.a.b"),
    (CREATE, "dynamic_tools", [1, {"a": NAN}], "dynamic_tools[1].a"),
    (CREATE, "base_instructions", [2**64], "base_instructions[0]"),
    (CREATE, "metadata", wrong(ThreadPersistenceMetadata, cwd=5), "metadata.cwd"),
    (CREATE, "metadata", wrong(ThreadPersistenceMetadata, memory_mode="off"), "metadata.memory_mode"),
    (LIST, "cwd_filters", ["/a", 5], "cwd_filters[1]"),
    (LIST, "allowed_sources", ["cli", {"a": NAN}], "allowed_sources[1].a"),
    (LIST, "relation_filter", wrong(ThreadRelationFilter, kind="cousins", thread_id=ONE), "relation_filter.kind"),
    (LIST, "relation_filter", wrong(ThreadRelationFilter, kind="descendants_of", thread_id=""), RELATION_ID),
]

BAD_ITEMS: list[tuple[Any, str]] = [
    (5, "items[1]"),
    ({"type": "x", "payload": {}}, "items[1]"),
    (wrong(RolloutItem, type=5, payload={}), "items[1].type"),
    (RolloutItem("\ud800", {}), "items[1].type"),
    (wrong(RolloutItem, type="world_state", payload=[]), "items[1].payload"),
    (RolloutItem("world_state", {"a": [NAN]}), "items[1].payload.a[0]"),
    (RolloutItem("world_state", {"a": 2**64}), "items[1].payload.a"),
    (RolloutItem("world_state", {"a": (1,)}), "items[1].payload.a"),
    (wrong(RolloutItem, type="world_state", payload={5: 1}), "items[1].payload"),
]

BAD_TIMES: list[Any] = [-1, MAX_TIMESTAMP + 1, 1.5, "now", True]

BAD_PATCHES: list[tuple[str, Any, str]] = [
    *(("created_at", bad, "created_at") for bad in BAD_TIMES),
    ("name", 5, "name"),
    ("name", "\ud800", "name"),
    ("source", 5, "source"),
    ("permission_profile", "x", "permission_profile"),
    ("permission_profile", {"a": NAN}, "permission_profile.a"),
    ("memory_mode", "off", "memory_mode"),
    ("git_info", {}, "git_info"),
    ("git_info", wrong(GitInfoPatch, sha=5), "git_info.sha"),
    ("token_usage", {}, "token_usage"),
    ("token_usage", TokenUsage(input_tokens=2**63), "token_usage.input_tokens"),
    ("token_usage", TokenUsage(total_tokens=True), "token_usage.total_tokens"),
]


def refused(params: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        check_fields(params)
    assert caught.value.field is not None
    assert caught.value.message.startswith(caught.value.field)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("params", "field", "values"), PLAIN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_bad_field_is_refused_by_name(params: Any, field: str, values: list[Any]) -> None:
    """Ensure each bad value is refused in one short sentence that begins with the field."""
    for bad in values:
        assert refused(evolve(params, **{field: bad})).field == field


@pytest.mark.parametrize(("params", "field", "bad", "named"), DEEP)
def test_what_is_wrong_inside_a_field_is_named_with_its_place(params: Any, field: str, bad: Any, named: str) -> None:
    """Ensure a bad value inside a field is refused by its path."""
    assert refused(evolve(params, **{field: bad})).field == named


@pytest.mark.parametrize(("item", "named"), BAD_ITEMS)
def test_a_bad_item_is_refused_by_place(item: Any, named: str) -> None:
    """Ensure a bad item is named by its place, in an append and in a resume's history."""
    good = RolloutItem("world_state", {"a": 1})
    assert refused(AppendThreadItemsParams(thread_id=ONE, items=[good, item])).field == named
    history = ResumeThreadParams(thread_id=ONE, history=[good, item])
    assert refused(history).field == named.replace("items", "history")


@pytest.mark.parametrize(("field", "bad", "named"), BAD_PATCHES)
def test_a_bad_patch_is_refused_by_field(field: str, bad: Any, named: str) -> None:
    """Ensure a bad value in a patch is named by its field under ``patch``."""
    values: dict[str, Any] = {field: bad}
    params = UpdateThreadMetadataParams(thread_id=ONE, patch=ThreadMetadataPatch(**values))
    assert refused(params).field == f"patch.{named}"


@pytest.mark.parametrize("bad", [{}, None, "x", GitInfoPatch()])
def test_a_patch_is_a_patch(bad: Any) -> None:
    """Ensure anything else in a patch's place is refused."""
    assert refused(UpdateThreadMetadataParams(thread_id=ONE, patch=bad)).field == "patch"


@pytest.mark.parametrize("cls", METHODS)
def test_unset_belongs_in_patches_alone(cls: type) -> None:
    """Ensure no field of an operation may be UNSET: it says something of a patch's field and of no other."""
    required: dict[str, Any] = {
        "thread_id": ONE, "originator": "", "items": (), "rollout_path": "", "search_term": "x",
        "patch": ThreadMetadataPatch(),
    }  # fmt: skip
    names = [attribute.name for attribute in attrs.fields(cls)]
    good = cls(**{a.name: required[a.name] for a in attrs.fields(cls) if a.default is attrs.NOTHING})
    check_fields(good)
    for name in names:
        refused(evolve(good, **{name: UNSET}))


@given(
    bad=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(UNSET),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text() | st.integers(), inner, max_size=2),
        max_leaves=4,
    ),
    params=st.sampled_from([CREATE, LIST, SEARCH, READ]),
    data=st.data(),
)
def test_no_value_escapes_as_another_error(bad: Any, params: Any, data: st.DataObject) -> None:
    """Ensure whatever stands in a field either passes or is an InvalidRequest that names the field."""
    field = data.draw(st.sampled_from([attribute.name for attribute in attrs.fields(type(params))]))
    try:
        check_fields(evolve(params, **{field: bad}))
    except InvalidRequest as error:
        named = error.field or ""
    else:
        named = field
    assert named.startswith(field)


def test_unset_is_false_and_one() -> None:
    """Ensure UNSET is no value: it is false, prints as its name, and survives copying."""
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert evolve(ThreadMetadataPatch(), name=UNSET).name is UNSET
