"""Directed checks of READ-3b: a field that holds what its type forbids is refused by its name, before all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from threadstore import (
    CreateThreadParams,
    GitInfoPatch,
    ListItemsParams,
    ListThreadsParams,
    ListTurnsParams,
    LoadThreadHistoryParams,
    Operation,
    ReadThreadByRolloutPathParams,
    ReadThreadParams,
    ResumeThreadParams,
    SearchThreadsParams,
    ThreadId,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    TokenUsage,
    UpdateThreadMetadataParams,
)
from threadstore.fields import MAX_TIMESTAMP
from threadstore_conformance.lab import INVALID, MISSING, Lab, clause, user_message

from .comparing import changed_look, look
from .refusing import assert_names
from .unusual import LONE_SURROGATES, UNSTORABLE, any_value
from .verbs import archive, reading

_WRONG_TEXTS: tuple[Any, ...] = (5, True, ["a"], {"a": 1}, *LONE_SURROGATES)
_WRONG_FLAGS: tuple[Any, ...] = ("true", 1, None, [])
_WRONG_WORDS: tuple[Any, ...] = ("Enabled", "of the future", "", 5, [], "\ud800")
_WRONG_INTEGERS: tuple[Any, ...] = ("5", 1.5, True, 2**63, -(2**63) - 1, 10**400, float("nan"), [5], None)
_WRONG_SIZES: tuple[Any, ...] = (-1, -(2**63), *_WRONG_INTEGERS)
_WRONG_TIMES: tuple[Any, ...] = (
    -1, -(2**62), MAX_TIMESTAMP + 1, 2**62, 1_780_000_000_000.5, "2026-07-01T00:00:00Z", True, float("inf"), 10**400,
)  # fmt: skip
_WRONG_SOURCES: tuple[Any, ...] = (5, ["cli"], True, {"a": float("nan")}, *LONE_SURROGATES)
_WRONG_LISTS: tuple[Any, ...] = ("cli", 5, {"a": 1})

#: Wrong values of the fields of a patch, by field.
_PATCHES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        (
            "name", "rollout_path", "preview", "title", "model_provider", "model", "reasoning_effort",
            "thread_source", "agent_nickname", "agent_role", "agent_path", "cwd", "cli_version", "approval_mode",
            "first_user_message",
        ),
        (5, True, *LONE_SURROGATES),
    ),
    **dict.fromkeys(("created_at", "updated_at", "advance_recency_at"), _WRONG_TIMES),
    "source": _WRONG_SOURCES,
    "permission_profile": ("read-only", 5, ["a"], *({"a": [{"b": bad}]} for bad in UNSTORABLE.values())),
    "token_usage": (
        5, {"input_tokens": 1}, *(TokenUsage(total_tokens=bad) for bad in _WRONG_INTEGERS), TokenUsage(any_value("1")),
    ),
    "git_info": (
        5, {"sha": "a"}, GitInfoPatch(sha=any_value(5)), GitInfoPatch(sha="good", branch="\ud800"),
        GitInfoPatch(origin_url=any_value(["x"])),
    ),
    "memory_mode": _WRONG_WORDS,
    "history_mode": _WRONG_WORDS,
}  # fmt: skip

#: Wrong values of the fields of create.
_CREATES: dict[str, tuple[Any, ...]] = {
    "originator": (None, *_WRONG_TEXTS),
    **dict.fromkeys(("thread_source", "multi_agent_version", "initial_window_id"), _WRONG_TEXTS),
    "source": (None, *_WRONG_SOURCES),
    "base_instructions": tuple({"text": bad} for bad in UNSTORABLE.values()),
    "dynamic_tools": (*_WRONG_LISTS, *([{"name": "good"}, {"a": bad}] for bad in UNSTORABLE.values())),
    "selected_capability_roots": (*_WRONG_LISTS, *([bad] for bad in UNSTORABLE.values())),
    "history_mode": _WRONG_WORDS,
}

#: Wrong values of what create and resume say of the environment.
_ENVIRONMENTS: dict[str, tuple[Any, ...]] = {
    "cwd": _WRONG_TEXTS, "model_provider": (None, *_WRONG_TEXTS), "memory_mode": (None, *_WRONG_WORDS)
}  # fmt: skip

#: Wrong values of the fields of a listing.
_LISTINGS: dict[str, tuple[Any, ...]] = {
    "page_size": _WRONG_SIZES,
    "cursor": (5, True, *LONE_SURROGATES),
    "sort_key": ("name", "Created_At", "", 5, None),
    "sort_direction": ("DESC", "up", "", 5, None),
    "allowed_sources": (*_WRONG_LISTS, *([bad] for bad in _WRONG_SOURCES)),
    "archived": _WRONG_FLAGS,
    "search_term": _WRONG_TEXTS,
}


@clause("READ-3b")
def test_a_malformed_patch_is_refused_whole(lab: Lab) -> None:
    """Ensure a wrong value in any field is refused by the field's name, and no other field is applied."""
    thread = lab.create()
    lab.patch(thread, name="named", preview="shown", updated_at=5_000)
    before = look(lab, thread)
    for field, wrong in _PATCHES.items():
        for value in wrong:
            more = {} if field == "title" else {"title": "never applied"}
            _assert_refused(lab, _patch(thread, **more, **{field: value}), field, value)
    differences = changed_look(before, look(lab, thread))
    assert differences == {}, f"malformed patches changed {differences}"


@clause("READ-3b")
def test_a_malformed_create_makes_no_thread(lab: Lab) -> None:
    """Ensure a wrong value in any field is refused by the field's name, and the id is as free as before."""
    for thread, field, value, params in _creations(lab):
        _assert_refused(lab, params, field, value)
        lab.refused(reading(thread), MISSING)
    actual = lab.listed() + lab.listed(archived=True)
    assert actual == [], f"malformed creates left the threads {actual}"
    lab.create(thread)


@clause("READ-3b")
def test_a_malformed_resume_opens_no_writer(lab: Lab) -> None:
    """Ensure a wrong value is refused by the field's name, and the thread is no more live than before."""
    thread = lab.create()
    lab.close(thread)
    for field, wrong in _ENVIRONMENTS.items():
        for value in wrong:
            metadata = ThreadPersistenceMetadata(**{"cwd": "/x", field: value})
            _assert_refused(lab, ResumeThreadParams(thread_id=thread, metadata=metadata), field, value)
    for field, wrong in (
        ("rollout_path", (5, True, *LONE_SURROGATES)),
        ("include_archived", _WRONG_FLAGS),
        ("metadata", ("x", None, 5)),
        ("history", ("x", 5, [user_message("\ud800")], [5])),
    ):
        for value in wrong:
            params = any_value(ResumeThreadParams)(**{"thread_id": thread, field: value})
            _assert_refused(lab, params, field, value)
    lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=ThreadPersistenceMetadata(cwd="/x")))


@clause("READ-3b")
def test_a_malformed_query_is_refused(lab: Lab) -> None:
    """Ensure listings, searches, turns and items refuse wrong values by the field's name, declared or not."""
    thread = lab.create()
    for field, wrong in _LISTINGS.items():
        for value in wrong:
            _assert_refused(lab, ListThreadsParams(**{field: value}), field, value)
            _assert_refused(lab, SearchThreadsParams(**{"search_term": "x", field: value}), field, value)
    for field, wrong in (
        ("model_providers", (*_WRONG_LISTS, [5], ["good", "\ud800"], [None])),
        ("cwd_filters", (*_WRONG_LISTS, [5], ["good", "\ud800"], [None])),
        ("relation_filter", ("x", 5, ThreadRelationFilter(kind=any_value("siblings_of"), thread_id=thread))),
        ("use_state_db_only", _WRONG_FLAGS),
    ):
        for value in wrong:
            _assert_refused(lab, any_value(ListThreadsParams)(**{field: value}), field, value)
    _assert_refused(lab, SearchThreadsParams(search_term=any_value(None)), "search_term", None)
    for params in (ListTurnsParams, ListItemsParams):
        for field in ("page_size", "cursor", "sort_direction"):
            for value in _LISTINGS[field]:
                _assert_refused(lab, params(**{"thread_id": thread, field: value}), field, value)


@clause("READ-3b")
def test_a_malformed_read_is_refused(lab: Lab) -> None:
    """Ensure reads refuse flags that are none, and paths that are no text."""
    thread = lab.create()
    for value in _WRONG_FLAGS:
        for params in (LoadThreadHistoryParams, ReadThreadParams, UpdateThreadMetadataParams):
            more = {"patch": ThreadMetadataPatch()} if params is UpdateThreadMetadataParams else {}
            operation = any_value(params)(thread_id=thread, include_archived=value, **more)
            _assert_refused(lab, operation, "include_archived", value)
        _assert_refused(lab, ReadThreadParams(thread_id=thread, include_history=value), "include_history", value)
    for value in (5, None, *LONE_SURROGATES):
        _assert_refused(lab, ReadThreadByRolloutPathParams(rollout_path=any_value(value)), "rollout_path", value)
    for value in (None, 5, {"title": "x"}):
        update = UpdateThreadMetadataParams(thread_id=thread, patch=any_value(value))
        _assert_refused(lab, update, "patch", value)


@clause("READ-3b")
def test_a_malformed_field_is_judged_first(lab: Lab) -> None:
    """Ensure the answer is about the field where the thread is unknown, archived, closed or taken as well."""
    unknown, archived, live = lab.new_id(), lab.create(), lab.create()
    lab.close(archived)
    archive(lab, archived)
    for thread in (unknown, archived):
        _assert_refused(lab, _patch(thread, name="\ud800"), "name", "\ud800")
        _assert_refused(lab, _patch(thread, updated_at=-1), "updated_at", -1)
        _assert_refused(lab, ReadThreadParams(thread_id=thread, include_history=any_value("x")), "include_history", "x")
        resume = ResumeThreadParams(thread_id=thread, metadata=ThreadPersistenceMetadata(cwd=any_value(5)))
        _assert_refused(lab, resume, "cwd", 5)
    _assert_refused(lab, lab.creation(live, originator="\ud800"), "originator", "\ud800")
    _assert_refused(lab, lab.creation(live, history_mode="of the future"), "history_mode", "of the future")


def _creations(lab: Lab) -> Iterator[tuple[ThreadId, str, Any, CreateThreadParams]]:
    for field, wrong in _CREATES.items():
        for value in wrong:
            thread = lab.new_id()
            yield thread, field, value, lab.creation(thread, **{field: value})
    for field, wrong in _ENVIRONMENTS.items():
        for value in wrong:
            thread = lab.new_id()
            metadata = ThreadPersistenceMetadata(**{"cwd": "/x", field: value})
            yield thread, field, value, lab.creation(thread, metadata=metadata)
    for value in (None, "x", 5):
        thread = lab.new_id()
        yield thread, "metadata", value, lab.creation(thread, metadata=value)


def _patch(thread: ThreadId, **fields: Any) -> UpdateThreadMetadataParams:
    return UpdateThreadMetadataParams(thread_id=thread, patch=ThreadMetadataPatch(**fields))


def _assert_refused(lab: Lab, operation: Operation, field: str, value: Any) -> None:
    error = lab.refused(operation, INVALID)
    assert_names(error, field, f"{type(operation).__name__} with {field}={str(value)!a:.60}")
