"""What of a batch of items can be said, and what the turns in it are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import RolloutItem
from threadstore_backends.codex.spoken import Message, Turn, TurnNames, is_sendable, parts_of
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.session_items import (
    assistant_response,
    developer_response,
    event,
    response,
    rolled_back,
    turn_aborted,
    turn_complete,
    turn_started,
    user_response,
)

A, B = user_message("a"), user_message("b")
ANSWER = agent_message("so")
BY_HAND = user_response("by hand")


@pytest.mark.parametrize(
    ("items", "parts"),
    [
        ([], []),
        ([A], [Turn("a")]),
        ([A, ANSWER, agent_message("and"), B], [Turn("a", ("so", "and")), Turn("b")]),
        ([turn_started("t"), A, ANSWER, turn_complete("t")], [Turn("a", ("so",), "t")]),
        ([turn_started("t", "turn_started"), A, turn_complete("t", "turn_complete")], [Turn("a", (), "t")]),
        ([turn_started("t"), A, turn_complete("u")], [Turn("a")]),
        ([turn_started("t"), A], [Turn("a")]),
        ([A, turn_complete("t")], [Turn("a")]),
        ([turn_started(), A, turn_complete()], [Turn("a")]),
        ([turn_started("t"), turn_started("u"), A, turn_complete("u")], [Turn("a", (), "u")]),
        ([turn_started("t"), A, turn_started("u"), B, turn_complete("u")], [Turn("a"), Turn("b", (), "u")]),
        # A turn of two prompts is none of one name.
        ([turn_started("t"), A, B, turn_complete("t")], [Turn("a"), Turn("b")]),
        ([turn_started("t"), turn_complete("t"), ANSWER], []),
        ([BY_HAND], [Message(BY_HAND)]),
        ([A, BY_HAND, ANSWER], [Turn("a"), Message(BY_HAND)]),
        ([A, assistant_response("done")], [Turn("a"), Message(assistant_response("done"))]),
        # Nothing can be put into a turn while it runs.
        ([turn_started("t"), A, BY_HAND, turn_complete("t"), BY_HAND], [Turn("a", (), "t"), Message(BY_HAND)]),
        ([developer_response("be kind"), response("reasoning"), rolled_back(1), turn_aborted("t"), ANSWER], []),
        ([RolloutItem("event_msg", {"type": "user_message", "message": "a", "images": []})], []),
        ([event("user_message"), event("user_message", message=1), user_message(" \n"), user_message("\ud800")], []),
        ([A, agent_message(" "), agent_message("\udfff")], [Turn("a")]),
    ],
)
def test_items_are_turns_and_messages_between_them(items: list[RolloutItem], parts: list[Turn | Message]) -> None:
    """Ensure what can be said is found in its order, and the rest is left out."""
    assert list(parts_of(items)) == parts


@given(
    st.lists(
        st.sampled_from(
            (A, B, ANSWER, BY_HAND, turn_started("t"), turn_started(), turn_complete("t"), turn_complete("u"))
        )
    )
)
def test_what_is_said_is_said_again_in_the_same_words(items: list[RolloutItem]) -> None:
    """Ensure the items of the parts are those parts, so that what is asked can be asked."""
    parts = list(parts_of(items))
    assert list(parts_of([item for part in parts for item in part.items()])) == parts


@pytest.mark.parametrize(
    ("text", "sendable"), [("", True), ("🧵\x00", True), ("\ud7ff\ue000", True), ("a\udc00", False)]
)
def test_a_lone_surrogate_cannot_be_sent(text: str, sendable: bool) -> None:
    """Ensure every other text can."""
    assert is_sendable(text) == sendable


def test_turns_are_called_as_their_callers_call_them(tmp_path: Path) -> None:
    """Ensure a turn with two names has the caller's in every item, and others keep the one that they have."""
    names = TurnNames(tmp_path / "turns.json")
    items = [turn_started("theirs"), A, turn_complete("theirs"), turn_started("other")]
    assert names.named(items) == tuple(items)
    names.keep("theirs", "mine")
    assert names.named(items) == (turn_started("mine"), A, turn_complete("mine"), turn_started("other"))
    assert items[0] == turn_started("theirs")
    assert (names.theirs("mine"), names.theirs("other")) == ("theirs", "other")


def test_the_last_turn_of_a_name_is_meant(tmp_path: Path) -> None:
    """Ensure a name that was given twice leads to the later turn."""
    names = TurnNames(tmp_path / "turns.json")
    names.keep("first", "mine")
    names.keep("second", "mine")
    assert names.theirs("mine") == "second"


def test_names_outlive_the_process(tmp_path: Path) -> None:
    """Ensure another one on the same home knows them."""
    TurnNames(tmp_path / "turns.json").keep("theirs", "mine")
    names = TurnNames(tmp_path / "turns.json")
    names.keep("others", "yours")
    assert TurnNames(tmp_path / "turns.json").theirs("mine") == "theirs"
    assert TurnNames(tmp_path / "turns.json").theirs("yours") == "others"
