"""Directed checks of ID-1: what is a thread id, and what is done with anything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    ListItemsParams,
    ListThreadsParams,
    ListTurnsParams,
    LoadThreadHistoryParams,
    Operation,
    PersistThreadParams,
    ReadThreadParams,
    ResumeThreadParams,
    ShutdownThreadParams,
    ThreadMetadataPatch,
    ThreadRelationFilter,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from threadstore_conformance.lab import INVALID, MISSING, Lab, clause, user_message

from .refusing import assert_names
from .unusual import BAD_IDS, GOOD_ID
from .verbs import reading


@clause("ID-1")
def test_every_uuid_version_is_an_id(lab: Lab) -> None:
    """Ensure a UUID of any version, the nil and the greatest among them, names a thread."""
    versions = [f"0190abcd-ef01-{version}abc-8def-0123456789ab" for version in "12345678"]
    for thread in [*versions, GOOD_ID.replace("8def", "cdef"), NIL_ID, MAX_ID]:
        lab.create(thread)
        assert thread == lab.read(thread).thread_id, f"thread {thread} reads under another id"


@clause("ID-1")
def test_nothing_else_is_an_id_at_any_operation(lab: Lab) -> None:
    """Ensure every operation refuses what only looks like the id of an existing thread, and names the field."""
    lab.create(GOOD_ID)
    for what, bad in BAD_IDS.items():
        for operation in _operations_on(bad):
            _assert_refused(lab, operation, "thread_id", what)


@clause("ID-1")
def test_nothing_else_is_an_id_in_any_field_of_create(lab: Lab) -> None:
    """Ensure every id that create takes is refused by its field's name when it is none, and no thread comes of it."""
    for what, bad in BAD_IDS.items():
        for field in ("session_id", "forked_from_id", "parent_thread_id"):
            thread = lab.new_id()
            _assert_refused(lab, lab.creation(thread, **{field: bad}), field, what)
            lab.refused(reading(thread), MISSING)


@clause("ID-1")
def test_nothing_else_is_an_id_in_a_relation_filter(lab: Lab) -> None:
    """Ensure a relation filter refuses what is no id."""
    for what, bad in BAD_IDS.items():
        relation = ThreadRelationFilter(kind="direct_children_of", thread_id=bad)
        _assert_refused(lab, ListThreadsParams(relation_filter=relation), "relation_filter", what)


@clause("ID-1")
def test_a_refused_id_is_not_converted(lab: Lab) -> None:
    """Ensure creating a thread under what is no id makes no thread, under that text or the id it resembles."""
    for what, bad in BAD_IDS.items():
        _assert_refused(lab, attrs.evolve(lab.creation(), thread_id=bad), "thread_id", what)
        answer = lab.listed() + lab.listed(archived=True)
        assert answer == [], f"creating a thread with a malformed id ({what}) left the threads {answer}"
        lab.refused(reading(GOOD_ID), MISSING)


@clause("ID-1")
def test_ids_that_differ_in_one_digit_are_two_threads(lab: Lab) -> None:
    """Ensure no part of an id is ignored."""
    ids = [GOOD_ID[:place] + "7" + GOOD_ID[place + 1 :] for place in range(36) if GOOD_ID[place] not in "-7"]
    for number, thread in enumerate(ids):
        lab.create(thread, originator=f"originator {number}")
    for number, thread in enumerate(ids):
        actual = lab.read(thread).originator
        assert actual == f"originator {number}", f"a read of {thread} shows the thread of {actual!r}"


NIL_ID = "00000000-0000-0000-0000-000000000000"
MAX_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def _operations_on(thread: Any) -> Iterator[Operation]:
    for params in (
        ResumeThreadParams, PersistThreadParams, FlushThreadParams, ShutdownThreadParams, DiscardThreadParams,
        LoadThreadHistoryParams, ReadThreadParams, ListTurnsParams, ListItemsParams, ArchiveThreadParams,
        UnarchiveThreadParams, DeleteThreadParams,
    ):  # fmt: skip
        yield params(thread_id=thread)
    yield AppendThreadItemsParams(thread_id=thread, items=[user_message("kept by nobody")])
    yield AppendThreadItemsParams(thread_id=thread, items=[])
    yield UpdateThreadMetadataParams(thread_id=thread, patch=ThreadMetadataPatch(title="of nobody"))
    yield UpdateThreadMetadataParams(thread_id=thread, patch=ThreadMetadataPatch())


def _assert_refused(lab: Lab, operation: Operation, field: str, what: str) -> None:
    error = lab.refused(operation, INVALID)
    assert_names(error, field, f"{type(operation).__name__} with a malformed id ({what})")
