"""Mutants of LIFE-1: threads whose first item does not say who they are."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import RolloutItem, ThreadId, check_fields
from threadstore.jsonvalue import JSON

from .passing import Mutant, Passing, Telling, mutant


class Stating(Telling):
    """States other facts in the first item than the good store does."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> tuple[RolloutItem, ...]:
        return (RolloutItem("session_meta", self.stated(dict(items[0].payload))), *items[1:])

    def stated(self, facts: dict[str, JSON]) -> dict[str, JSON]:
        """Return what is stated instead."""
        return facts


class AnswersACreate(Passing):
    """Answers create_thread with the thread."""

    def create_thread(self, params: Any) -> Any:
        self.good.create_thread(params)
        return self.peek(params.thread_id)


class MakesUpAThreadSource(Stating):
    """States that a thread is a user's when nobody said so."""

    def stated(self, facts: dict[str, JSON]) -> dict[str, JSON]:
        return {"thread_source": "user", **facts}


class ForgetsTheAgentsPath(Stating):
    """States no agent_path."""

    def stated(self, facts: dict[str, JSON]) -> dict[str, JSON]:
        return {name: value for name, value in facts.items() if name != "agent_path"}


class StatesItselfTwice(Telling):
    """Ends every history with the thread's own session_meta again."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> tuple[RolloutItem, ...]:
        return (*items, items[0])


class StampsTheFirstItemAnew(Stating):
    """States the time of the reading as that of the creation."""

    def stated(self, facts: dict[str, JSON]) -> dict[str, JSON]:
        return {**facts, "timestamp": str(self.clock())}


class ForgetsTheWindowWhenResumed(Stating):
    """States no context window of a thread that was resumed."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.__dict__.setdefault("resumed", set()).add(params.thread_id)

    def stated(self, facts: dict[str, JSON]) -> dict[str, JSON]:
        resumed = facts["id"] in self.__dict__.get("resumed", ())
        return {name: value for name, value in facts.items() if not resumed or name != "context_window"}


class SharesTheSessionOfTheParent(Passing):
    """Takes the parent's id for the session's where none is given."""

    def create_thread(self, params: Any) -> None:
        check_fields(params)
        self.good.create_thread(evolve(params, session_id=params.session_id or params.parent_thread_id))


class CopiesTheToolsOfAForksSource(Passing):
    """Gives a fork the dynamic tools that its source was created with."""

    def create_thread(self, params: Any) -> None:
        check_fields(params)
        tools = self.__dict__.setdefault("tools", {})
        params = evolve(params, dynamic_tools=params.dynamic_tools or tools.get(params.forked_from_id, ()))
        self.good.create_thread(params)
        tools[params.thread_id] = params.dynamic_tools


MUTANTS: tuple[Mutant, ...] = (
    mutant(AnswersACreate, "LIFE-1"),
    mutant(MakesUpAThreadSource, "LIFE-1"),
    mutant(ForgetsTheAgentsPath, "LIFE-1"),
    mutant(StatesItselfTwice, "LIFE-1"),
    mutant(StampsTheFirstItemAnew, "LIFE-1"),
    mutant(ForgetsTheWindowWhenResumed, "LIFE-1"),
    mutant(SharesTheSessionOfTheParent, "LIFE-1"),
    mutant(CopiesTheToolsOfAForksSource, "LIFE-1"),
)
