"""Which clause a difference breaks: one table from (operation, where) to clause ids.

A refusal names its clause in the model itself. For a value, what matters is what was asked and, when it was only
looked at, which operation before it could have changed it: a field that differs after an append is APPEND-3's, the
same field after a patch is PATCH-1's.
"""

from __future__ import annotations

from threadstore import params as p
from threadstore.ids import ThreadId

from .compare_values import Mismatch

#: The clause of an operation whose own answer differs.
ANSWERS: dict[type, str] = {
    p.CreateThreadParams: "LIFE-1",
    p.ResumeThreadParams: "LIFE-4",
    p.AppendThreadItemsParams: "APPEND-1",
    p.PersistThreadParams: "LIFE-7",
    p.FlushThreadParams: "LIFE-7",
    p.ShutdownThreadParams: "LIFE-7",
    p.DiscardThreadParams: "LIFE-7",
    p.LoadThreadHistoryParams: "APPEND-1",
    p.ReadThreadParams: "READ-1",
    p.ReadThreadByRolloutPathParams: "READ-4",
    p.ListThreadsParams: "LIST-1",
    p.SearchThreadsParams: "SEARCH-1",
    p.ListTurnsParams: "LIFE-8",
    p.ListItemsParams: "LIFE-8",
    p.UpdateThreadMetadataParams: "PATCH-1",
    p.ArchiveThreadParams: "ARCH-1",
    p.UnarchiveThreadParams: "ARCH-1",
    p.DeleteThreadParams: "DEL-1",
    p.DefaultHistoryModeParams: "LIFE-8",
}

#: The clause of a thread's field that differs after a patch, or before anything touched it.
FIELDS = {
    "name": "PATCH-7",
    "recency_at": "PATCH-4",
    "updated_at": "PATCH-4",
    "created_at": "PATCH-4",
    "archived_at": "ARCH-1",
    "originator": "LIFE-1",
}

#: What an operation must leave alone: the clause of a field, and of the history, that differs after it.
CAUSES: dict[type, tuple[str | None, str]] = {
    p.CreateThreadParams: ("READ-1", "LIFE-1"),
    p.AppendThreadItemsParams: ("APPEND-3", "APPEND-1"),
    p.UpdateThreadMetadataParams: (None, "PATCH-5"),
    p.ArchiveThreadParams: ("ARCH-1", "ARCH-1"),
    p.UnarchiveThreadParams: ("ARCH-1", "ARCH-1"),
    p.ResumeThreadParams: ("LIFE-5", "LIFE-5"),
    p.DiscardThreadParams: ("LIFE-7", "LIFE-7"),
    p.ShutdownThreadParams: ("LIFE-7", "LIFE-7"),
    p.PersistThreadParams: ("LIFE-7", "LIFE-7"),
    p.FlushThreadParams: ("LIFE-7", "LIFE-7"),
    p.DeleteThreadParams: ("DEL-1", "DEL-1"),
}


def clause_of_answer(operation: p.Operation, path: str) -> str:
    """Return the clause that an operation's own answer breaks at a path."""
    if isinstance(operation, p.UpdateThreadMetadataParams):
        return FIELDS.get(path.split(".")[0], "PATCH-1")
    return ANSWERS[type(operation)]


def clause_of_sight(cause: p.Operation, refused: str | None, seen: ThreadId, mismatch: Mismatch) -> str:
    """Return the clause that ``cause`` broke, judged by what a look at thread ``seen`` showed.

    ``refused`` is the clause of the refusal when the cause was refused: it changed something all the same.
    """
    if getattr(cause, "thread_id", None) != seen:
        return "APPEND-6"
    if refused:
        return refused
    if mismatch.path.startswith("error") or mismatch.path == "":
        # The thread exists when it should not, or the other way round.
        return clause_of_answer(cause, "")
    of_field, of_history = CAUSES.get(type(cause), ("READ-1", "APPEND-1"))
    if "items" in mismatch.path:
        altered = isinstance(cause, p.AppendThreadItemsParams) and mismatch.clause
        return altered or of_history
    return of_field or FIELDS.get(mismatch.path.split(".")[0], "PATCH-1")
