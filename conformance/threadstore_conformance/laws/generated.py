"""Short programs to try laws on: a few threads, begun with something in them, and a few operations more.

No program lists or pages, and none names a cursor or a path: the laws look for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

import attrs
from hypothesis import strategies as st

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    CreateThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    Operation,
    PersistThreadParams,
    ResumeThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadMetadataPatch,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)

from .. import strategies as s
from ..lab import user_message
from .trials import Program

#: The threads, in an order that is not that of their creation.
THREADS = tuple(f"01900000-0000-7000-8000-00000000000{digit}" for digit in (2, 1, 3))

_Made = TypeVar("_Made")
_threads = st.sampled_from((*THREADS[:2] * 3, THREADS[2]))


def _of_thread(cls: Callable[..., _Made], **more: Any) -> st.SearchStrategy[_Made]:
    return st.builds(cls, thread_id=_threads, **more)


def _patch(changes: dict[str, Any], **params: Any) -> Operation:
    return UpdateThreadMetadataParams(patch=ThreadMetadataPatch(**changes), **params)


def _bad_append(payload: Any, before: list[RolloutItem], **params: Any) -> Operation:
    return AppendThreadItemsParams(items=[*before, RolloutItem("event_msg", payload)], **params)


def _create(facts: dict[str, Any], **params: Any) -> CreateThreadParams:
    return CreateThreadParams(**facts, **params)


_creates = _of_thread(
    _create,
    facts=s.creation_facts,
    source=st.sampled_from(s.SOURCES),
    parent_thread_id=st.sampled_from((None, None, *THREADS)),
)
_appends = _of_thread(AppendThreadItemsParams, items=s.batches)
_patches = _of_thread(_patch, changes=s.patch_changes, include_archived=st.sampled_from((True, True, False)))
_resumes = _of_thread(ResumeThreadParams, include_archived=st.booleans(), metadata=s.metadata)
_bad_changes: st.SearchStrategy[dict[str, Any]] = st.sampled_from(s.BAD_PATCHES)
_none: st.SearchStrategy[list[RolloutItem]] = st.just([])
#: Mostly something is said, so that a lazy thread shows.
_first_batches = st.one_of(_none, *(st.just([user_message("said")]),) * 3, s.batches)
_bad = st.one_of(
    _of_thread(_bad_append, payload=st.sampled_from(s.BAD_ITEMS), before=_first_batches),
    _of_thread(_patch, changes=_bad_changes),
)
_plain = st.one_of(
    *(
        _of_thread(cls)
        for cls in (
            PersistThreadParams, FlushThreadParams, ShutdownThreadParams, DiscardThreadParams, ArchiveThreadParams,
            UnarchiveThreadParams, ArchiveThreadParams, UnarchiveThreadParams, DeleteThreadParams,
        )
    )
)  # fmt: skip


def _alone(operation: Operation) -> Program:
    return (operation,)


def _two_patches(thread_id: str, one: dict[str, Any], other: dict[str, Any]) -> Program:
    return tuple(_patch(changes, thread_id=thread_id, include_archived=True) for changes in (one, other))


def _two_batches(thread_id: str, one: list[RolloutItem], other: list[RolloutItem]) -> Program:
    return tuple(AppendThreadItemsParams(thread_id=thread_id, items=items) for items in (one, other))


#: What programs are made of: operations, and pairs of which laws make one.
_steps: st.SearchStrategy[Program] = st.one_of(
    *(each.map(_alone) for each in (_appends, _patches, _plain, _plain, _resumes, _bad, _bad, _creates)),
    st.builds(_two_patches, _threads, s.patch_changes, s.patch_changes),
    st.builds(_two_batches, _threads, s.batches, s.batches),
)


def _beginning(
    thread_id: str, creation: CreateThreadParams, items: list[RolloutItem], changes: dict[str, Any]
) -> Program:
    return (
        attrs.evolve(creation, thread_id=thread_id),
        *((AppendThreadItemsParams(thread_id=thread_id, items=items),) if items else ()),
        *((_patch(changes, thread_id=thread_id, include_archived=True),) if changes else ()),
    )


_first_changes: st.SearchStrategy[dict[str, Any]] = st.sampled_from(({}, *s.COMPLETE_PATCHES * 2))
_beginnings = [
    st.builds(_beginning, st.just(thread_id), _creates, _first_batches, _first_changes) for thread_id in THREADS
]

#: Programs to try laws on.
programs: st.SearchStrategy[Program] = st.builds(
    lambda one, other, third, more: (*one, *other, *third, *chain.from_iterable(more)),
    _beginnings[0],
    st.one_of(st.just(()), *(_beginnings[1],) * 4),
    st.one_of(st.just(()), _beginnings[2]),
    st.lists(_steps, max_size=12),
)
