"""Broken session layers of TURN and FORK-1b: turns are miscounted, and forks are cut in the wrong place."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import RolloutItem

from .swapped import layer, layers_in


@layer("TURN-1", part="turns.is_injected")
def counts_what_the_client_injected(good: Any, message: Any) -> Any:
    """Counts a message that the client put in the user's mouth."""
    return False


@layer("TURN-1", part="turns.is_injected")
def looks_for_injected_text_at_the_very_beginning(good: Any, message: Any) -> Any:
    """Does not know an injected message by leading white space."""
    texts = [part["text"] for part in message.get("content") or [] if isinstance(part, dict) and "text" in part]
    return good(message) and not texts[0][:1].isspace()


@layer("TURN-1", part="turns.is_injected")
def looks_for_injected_text_in_every_part(good: Any, message: Any) -> Any:
    """Takes a message for injected when any of its parts begins so."""
    return any(good({"content": [part]}) for part in message.get("content") or [])


@layer("TURN-1", part="turns.TurnScan._observe_event")
def counts_echoes(good: Any, turns: Any, event: Any, payload: Any) -> Any:
    """Counts a user message twice that is there as response item and as event."""
    turns._echo_expected = False
    good(turns, event, payload)


@layer("TURN-1", part="turns.TurnScan._observe_event")
def takes_every_event_for_an_echo(good: Any, turns: Any, event: Any, payload: Any) -> Any:
    """Takes every user_message event after the first response item for its echo."""
    expected = turns._echo_expected
    good(turns, event, payload)
    turns._echo_expected = expected


@layer("TURN-1", part="turns.TurnScan._roll_back")
def counts_what_was_taken_back(good: Any, turns: Any, num_turns: Any) -> Any:
    """Does not apply rollback markers."""


@layer("TURN-1", part="turns.TurnScan._roll_back")
def ignores_a_rollback_of_too_many(good: Any, turns: Any, num_turns: Any) -> Any:
    """Ignores a rollback of more turns than there are."""
    if type(num_turns) is int and num_turns <= turns.count:
        good(turns, num_turns)


@layer("TURN-1", part="turns.TurnScan._roll_back")
def takes_one_turn_back_at_least(good: Any, turns: Any, num_turns: Any) -> Any:
    """Takes a turn back when a rollback says 0, or nothing that is a number."""
    good(turns, num_turns if type(num_turns) is int and num_turns > 0 else 1)


@layer("TURN-1", part="turns.TurnScan._roll_back")
def rolls_back_to_the_turn_alone(good: Any, turns: Any, num_turns: Any) -> Any:
    """Leaves a turn active when it is taken back."""
    active = turns.active
    good(turns, num_turns)
    turns.active = active


@layer("FORK-1b", part="turns.TurnScan._roll_back")
def keeps_ended_turns_that_were_taken_back(good: Any, turns: Any, num_turns: Any) -> Any:
    """Lets a turn be forked after that was taken back."""
    ended = turns.ended
    good(turns, num_turns)
    turns.ended = ended


@layer("TURN-1", part="turns.TurnScan._end")
def ends_a_turn_by_any_id(good: Any, turns: Any, turn_id: Any) -> Any:
    """Closes the active turn when another one ends."""
    good(turns, None)


@layer("TURN-1", part="turns.TurnScan._observe_event")
def knows_one_name_of_turn_starts(good: Any, turns: Any, event: Any, payload: Any) -> Any:
    """Does not know turn_started and turn_complete."""
    if event not in ("turn_started", "turn_complete"):
        good(turns, event, payload)


@layer("FORK-1b", part="thread_manager.cut")
def cuts_behind_the_message(good: Any, items: Any, params: Any) -> Any:
    """Copies the message too before which a fork is cut."""
    copied = good(items, params)
    return items[: len(copied) + 1] if params.cut == "before_user_message" else copied


@layer("FORK-1b", part="thread_manager.cut")
def counts_messages_from_one(good: Any, items: Any, params: Any) -> Any:
    """Cuts before message 1 where message 0 is asked for, and so on."""
    return good(items, evolve(params, nth=params.nth + 1))


@layer("FORK-1b", part="fork.scan")
def counts_raw_messages(good: Any, items: Any, **how: Any) -> Any:
    """Cuts forks by every user message that there ever was."""
    raw = [RolloutItem("no_marker", {}) if item.kind[1] == "thread_rolled_back" else item for item in items]
    return good(raw, **how)


@layer("FORK-1b", part="thread_manager.cut")
def copies_the_unfinished_turn(good: Any, items: Any, params: Any) -> Any:
    """Copies everything when there are no more messages, mid-turn too."""
    copied = good(items, params)
    is_asked = params.cut == "before_user_message"
    return items if is_asked and good(items, evolve(params, nth=params.nth + 1)) == copied else copied


@layer("FORK-1b", part="turns.TurnScan.unfinished")
def knows_no_turn_without_a_start(good: Any, turns: Any) -> Any:
    """Takes a history without turn starts for finished."""
    return turns.active.position if turns.active else None


@layer("FORK-1b", part="turns.TurnScan.unfinished")
def cuts_the_unfinished_turn_at_its_message(good: Any, turns: Any) -> Any:
    """Takes the last message for the beginning of the unfinished turn."""
    return turns.positions[-1] if good(turns) is not None and turns.positions else good(turns)


@layer("FORK-1b", part="thread_manager.cut")
def cuts_before_the_end_of_the_turn(good: Any, items: Any, params: Any) -> Any:
    """Leaves out the item that ends the turn after which a fork is cut."""
    copied = good(items, params)
    return copied[:-1] if params.cut == "after_turn" else copied


@layer("FORK-1b", part="fork._end_of_turn")
def copies_all_after_an_unknown_turn(good: Any, turns: Any, turn_id: Any) -> Any:
    """Copies everything when the turn is unknown after which a fork is cut."""
    end = None if turn_id is None else turns.end_of(turn_id)
    return turns.length if end is None else end


@layer("FORK-1b", part="turns.TurnScan.end_of")
def cuts_after_an_active_turn(good: Any, turns: Any, turn_id: Any) -> Any:
    """Lets a turn be forked after that has not ended."""
    is_active = turns.active is not None and turns.active.turn_id == turn_id
    return turns.length - 1 if is_active else good(turns, turn_id)


@layer("FORK-1b", part="thread_manager.cut")
def interrupts_finished_turns(good: Any, items: Any, params: Any) -> Any:
    """Adds the end of a turn when none was unfinished."""
    copied = good(items, params)
    ended = RolloutItem("event_msg", {"type": "turn_aborted", "reason": "interrupted"})
    return (*copied, ended) if params.cut == "interrupted" and len(copied) == len(items) else copied


@layer("FORK-1b", part="thread_manager.cut")
def interrupts_twice(good: Any, items: Any, params: Any) -> Any:
    """Ends an interrupted turn twice."""
    copied = good(items, params)
    return (*copied, *copied[len(items) :])


@layer("FORK-1b", part="thread_manager.cut")
def interrupts_silently(good: Any, items: Any, params: Any) -> Any:
    """Copies an interrupted turn and does not end it."""
    return good(items, params)[: len(items)]


@layer("FORK-1b", part="fork._interruption")
def interrupts_nameless(good: Any, turns: Any) -> Any:
    """Leaves the turn's id out of the end of an interrupted turn."""
    return RolloutItem("event_msg", {"type": "turn_aborted", "reason": "interrupted"})


LAYERS = layers_in(globals())
