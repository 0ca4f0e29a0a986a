"""Every law there is."""

from __future__ import annotations

from . import between, within
from .law import Law

LAWS: tuple[Law, ...] = (
    Law("split-append", ("APPEND-1", "APPEND-2"),
        "a batch cut anywhere, or joined with the next, leaves the same history.", between.split_append),
    Law("commute", ("APPEND-6", "DEL-1c"),
        "operations on different threads may come in either order.", between.commute),
    Law("reopen", ("READ-1", "LIFE-5"),
        "a store that was closed and opened again goes on as if it had not been.", between.reopen, lasting=True),
    Law("page-size", ("LIST-3", "SEARCH-1"),
        "a walk shows the same whatever the size of its pages.", within.any_page_size),
    Law("merge-patches", ("PATCH-1", "PATCH-2", "PATCH-3"),
        "two patches do what the one that merges them does.", between.merge_patches),
    Law("rename", ("ID-1", "LIST-2"),
        "ids mean nothing but their order: other ids in the same order leave the same threads.", between.rename),
    Law("observe", ("READ-1",),
        "reading anywhere changes nothing.", between.observe),
    Law("leave-out", ("READ-3b", "LIFE-6", "PATCH-6", "APPEND-5b"),
        "an operation that was refused might as well not have been asked for.", between.leave_out),
    Law("one-thread", ("READ-1", "PATCH-3", "LIST-1"),
        "a read, a read with history, a row of a list and the answer to a patch show the same thread.",
        within.one_thread),
    Law("one-side", ("ARCH-2", "LIST-1", "LIST-2", "READ-2"),
        "what can be read is listed once, on the side that it is on, and both ways.", within.one_side),
    Law("repeat", ("READ-1",),
        "the same program, on another store, does the same.", between.repeat),
)  # fmt: skip
