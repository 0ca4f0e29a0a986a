"""Directed checks of APPEND-5d: what passes the boundary is a value, not somebody's object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    ListThreadsParams,
    RolloutItem,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
)
from threadstore_conformance.lab import Lab, clause, user_message
from threadstore_conformance.values import copied, spoil

from .comparing import brief, changed
from .listing import listable
from .unusual import any_value, carrying
from .verbs import archive, flush, read_whole, unarchive


@clause("APPEND-5d")
def test_what_the_caller_does_to_its_objects_shows_nowhere(lab: Lab) -> None:
    """Ensure items, create facts and patches are values once they are passed."""
    creation = lab.creation(
        source={"subagent": {"other": "x"}}, dynamic_tools=[{"name": "t"}], base_instructions={"text": "b"}
    )
    lab.store.create_thread(creation)
    thread = creation.thread_id
    append = AppendThreadItemsParams(thread_id=thread, items=[carrying({"a": [1, {"b": []}]})])
    lab.store.append_items(append)
    patch = ThreadMetadataPatch(permission_profile={"a": [1]}, source={"custom": {"a": [1]}})
    update = UpdateThreadMetadataParams(thread_id=thread, patch=patch)
    lab.store.update_thread_metadata(update)
    flush(lab, thread)
    before, history = copied(lab.read(thread)), copied(tuple(lab.history(thread)))
    for given in (creation, append, update):
        spoil(given)
    differences = changed(before, lab.read(thread))
    assert differences == {}, f"the thread changed with its caller's objects: {differences}"
    actual = lab.history(thread)
    assert list(history) == list(actual), f"the history changed with its caller's objects: {brief(actual)}"


@clause("APPEND-5d")
def test_what_is_passed_is_not_changed(lab: Lab) -> None:
    """Ensure a store leaves its caller's objects as they were."""
    creation = lab.creation(source={"subagent": {"other": "x"}}, dynamic_tools=[{"name": "t"}])
    items = [
        carrying({"a": [1, {"b": None}]}),
        RolloutItem("event_msg", {"type": "warning"}),
        user_message("x", a=None),
    ]
    append = AppendThreadItemsParams(thread_id=creation.thread_id, items=items)
    patch = ThreadMetadataPatch(permission_profile={"a": [1]}, source={"custom": {}})
    update = UpdateThreadMetadataParams(thread_id=creation.thread_id, patch=patch)
    for operation, act in (
        (creation, lab.store.create_thread),
        (append, lab.store.append_items),
        (update, lab.store.update_thread_metadata),
    ):
        before = copied(operation)
        any_value(act)(operation)
        assert before == operation, f"{type(operation).__name__} was {before!r} and is {operation!r}"


@clause("APPEND-5d")
def test_what_a_reader_does_to_its_objects_shows_nowhere(lab: Lab) -> None:
    """Ensure answers are values: spoiling one changes no later one, and none given before."""
    thread = listable(lab, source={"custom": {"a": [1]}})
    lab.append(thread, carrying({"a": [1, {"b": []}]}))
    lab.patch(thread, permission_profile={"a": [1]})
    flush(lab, thread)
    answers: dict[str, Callable[[], Any]] = {
        "a read": lambda: lab.read(thread),
        "a read with history": lambda: read_whole(lab, thread),
        "load_history": lambda: tuple(lab.history(thread)),
        "a listing": lambda: lab.store.list_threads(ListThreadsParams()).items,
    }
    expected = {what: copied(ask()) for what, ask in answers.items()}
    for what, ask in answers.items():
        given_before, given = ask(), ask()
        spoil(given)
        assert expected[what] == given_before, f"spoiling the answer of {what} changed one given before"
        for other, again in answers.items():
            assert expected[other] == again(), f"spoiling the answer of {what} changed that of {other}"


@clause("APPEND-5d")
def test_what_a_patch_answers_is_nobodys_object(lab: Lab) -> None:
    """Ensure spoiling the answer of a patch or an unarchive changes nothing that is read."""
    thread = lab.create()
    patched = lab.patch(thread, permission_profile={"a": [1]}, source={"custom": {"a": [1]}})
    archive(lab, thread)
    unarchived = unarchive(lab, thread)
    for answer in (patched, unarchived):
        before = copied(lab.read(thread))
        spoil(answer)
        differences = changed(before, lab.read(thread))
        assert differences == {}, f"the thread changed with an answer: {differences}"
