"""Archiving, unarchiving, deleting: what becomes of files, rows and names, in an order that can be repeated."""

from __future__ import annotations

import os

from attrs import evolve

from threadstore.errors import Conflict, InvalidRequest
from threadstore.ids import ThreadId
from threadstore.thread import StoredThread

from . import codex_state
from .catalog import Catalog
from .layout import COMPRESSED
from .rows import Row
from .writers import Writer


def archive(catalog: Catalog, row: Row, writer: Writer | None, now: int) -> None:
    """Move a thread to the archived side; its live writer goes on in the same file (ARCH-3)."""
    if row.archived:
        raise InvalidRequest(f"thread {row.thread.thread_id} is archived already; unarchive_thread brings it back")
    moved = evolve(row.thread, rollout_path=catalog.layout.archived_path(row.path), archived_at=now)
    _move(catalog, row, moved, writer)


def unarchive(catalog: Catalog, row: Row, writer: Writer | None) -> None:
    """Move a thread back to the active side, to the folder of its day."""
    if not row.archived:
        raise InvalidRequest(f"thread {row.thread.thread_id} is not archived")
    moved = evolve(row.thread, rollout_path=catalog.layout.active_path(row.path), archived_at=None)
    _move(catalog, row, moved, writer)


def delete(catalog: Catalog, thread_id: ThreadId) -> None:
    """Remove every file of a thread, then its names and rows; what a failure left can be deleted again (DEL-1)."""
    for found in sorted(catalog.layout.files(thread_id), key=lambda found: found.precedence):
        # The one that counts goes last: killed before that, the thread is as it was.
        catalog.layout.absolute(found.file).unlink(missing_ok=True)
    if catalog.codex is not None:
        catalog.codex.delete(thread_id)
    catalog.names.forget(thread_id)
    catalog.index.remove(thread_id)
    catalog.unreadable.discard(thread_id)


def _move(catalog: Catalog, row: Row, moved: StoredThread, writer: Writer | None) -> None:
    target = catalog.layout.absolute(moved.rollout_path or "")
    catalog.layout.make_parent(target)
    catalog.physical(row)
    if target.exists():
        raise Conflict(f"thread {moved.thread_id}: {target} is there already; look which of the two files is to stay")
    for suffix in ("", COMPRESSED):
        part = catalog.layout.absolute(row.path + suffix)
        if part.exists():
            os.rename(part, target.with_name(target.name + suffix))
    if writer is not None:
        writer.recorder.moved(moved.rollout_path or "")
        writer.ready = True
    if catalog.index.lasting:
        catalog.index.place(moved.thread_id, moved.rollout_path or "", moved.archived_at)
    if catalog.codex is not None:
        columns = codex_state.columns(moved, {"archived_at"})
        catalog.codex.update(moved.thread_id, {**columns, "rollout_path": str(target)})
