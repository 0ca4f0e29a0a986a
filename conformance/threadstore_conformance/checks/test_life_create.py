"""Directed checks of create_thread: LIFE-1, and LIFE-2 with its part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from threadstore import CreateThreadParams, ErrorKind, Operation, RolloutItem, ThreadId, ThreadPersistenceMetadata
from threadstore_conformance.lab import BUSY, METADATA, ORIGINATOR, Lab, clause, user_message

from .comparing import brief, changed_look, look
from .unusual import TEXTS
from .verbs import archive, attempt, flush, persist, resume, resumption, written

_SPAWN = {"parent_thread_id": "0190aaaa-0000-7000-8000-000000000001", "depth": 1}

#: Create facts that are no default, by field.
_FACTS: dict[str, Any] = {
    "session_id": "0190aaaa-0000-7000-8000-000000000002",
    "forked_from_id": "0190aaaa-0000-7000-8000-000000000003",
    "parent_thread_id": "0190aaaa-0000-7000-8000-000000000004",
    "originator": "codex_work_local",
    "source": "exec",
    "thread_source": "subagent",
    "base_instructions": {"text": "Be brief.\n\n“Quoted”, and caf\u00e9."},
    "dynamic_tools": [{"name": "look", "description": "looks", "inputSchema": {"type": "object", "properties": {}}}],
    "selected_capability_roots": [{"id": "root-1", "path": "/skills"}, {"id": "root-2", "path": "/plugins"}],
    "multi_agent_version": "v2",
    "initial_window_id": "0190aaaa-0000-7000-8000-000000000005",
}
_METADATA = ThreadPersistenceMetadata(cwd="/src/elsewhere", model_provider="provider-b", memory_mode="disabled")


@clause("LIFE-1")
def test_create_answers_nothing_and_opens_a_writer(lab: Lab) -> None:
    """Ensure a created thread takes an append at once."""
    params = lab.creation()
    answer: Any = lab.store.create_thread(params)  # type: ignore[func-returns-value]
    assert answer is None, f"create_thread answers nothing, got {answer!r}"
    lab.append(params.thread_id, user_message("first"))


@clause("LIFE-1")
def test_the_first_item_states_every_create_fact(lab: Lab) -> None:
    """Ensure the first session_meta has each fact that create was given, under its own name."""
    for how, first in _first_items(lab, lambda: lab.creation(**_FACTS, metadata=_METADATA)):
        expected = {**_FACTS, "cwd": "/src/elsewhere", "model_provider": "provider-b", "memory_mode": "disabled"}
        window = expected.pop("initial_window_id")
        for member, value in expected.items():
            actual = first.payload.get(member)
            assert actual == value, f"session_meta.{member} must be {value!r}, is {actual!r} ({how})"
        actual = first.payload.get("context_window")
        named = isinstance(actual, dict) and actual.get("window_id") == window
        assert named, f"session_meta.context_window.window_id must be {window!r}, context_window is {actual!r} ({how})"


@clause("LIFE-1")
def test_facts_that_were_not_given_are_absent_or_default(lab: Lab) -> None:
    """Ensure the first session_meta makes nothing up: what create was not given is absent, empty, or the default."""

    def bare() -> CreateThreadParams:
        return CreateThreadParams(thread_id=lab.new_id(), originator=ORIGINATOR, metadata=METADATA)

    for how, first in _first_items(lab, bare):
        for member in _ABSENT_BY_DEFAULT:
            actual = first.payload.get(member)
            assert not actual, f"session_meta.{member} was not given, and is {actual!r} ({how})"
        for member, default in (("source", "vscode"), ("memory_mode", "enabled"), ("history_mode", "legacy")):
            actual = first.payload.get(member)
            assert actual in (None, "", default), f"session_meta.{member} must be {default!r}, is {actual!r} ({how})"
        window = first.payload.get("context_window") or {}
        assert not window.get("window_id"), f"session_meta names a window that was not given: {window!r} ({how})"
        actual = first.payload.get("session_id")
        assert actual in (None, first.payload["id"]), f"session_id must be the thread's own id, is {actual!r} ({how})"


@clause("LIFE-1")
def test_a_forks_first_item_states_no_fact_of_its_source(lab: Lab) -> None:
    """Ensure a fork and a child take nothing from the thread that they name but its id."""
    source = lab.create(**_FACTS, metadata=_METADATA)
    for member in ("forked_from_id", "parent_thread_id"):
        for how, first in _first_items(lab, lambda member=member: lab.creation(**{member: source})):  # type: ignore[misc]
            taken = {name: first.payload.get(name) for name in _OF_A_SOURCE if first.payload.get(name)}
            assert taken == {}, f"a thread whose {member} is another took {taken} from it ({how})"
            actual = first.payload.get("session_id")
            assert actual in (None, first.payload["id"]), f"session_id must be its own id, is {actual!r} ({how})"
            told = tuple(first.payload.get(name) for name in ("originator", "cwd", "model_provider"))
            assert told == (ORIGINATOR, METADATA.cwd, METADATA.model_provider), f"its own facts are {told} ({how})"


@clause("LIFE-1")
def test_a_spawned_threads_first_item_says_who_it_is(lab: Lab) -> None:
    """Ensure agent nickname, role and path come from the source's thread_spawn."""
    agent = {"agent_nickname": "Ada", "agent_role": "explorer", "agent_path": "/agents/ada"}
    source = {"subagent": {"thread_spawn": {**_SPAWN, **agent}}}
    for how, first in _first_items(lab, lambda: lab.creation(source=source)):
        for member, value in agent.items():
            actual = first.payload.get(member)
            assert actual == value, f"session_meta.{member} must be {value!r}, is {actual!r} ({how})"
        assert first.payload.get("source") == source, f"session_meta.source is {first.payload.get('source')!r} ({how})"


@clause("LIFE-1")
def test_the_originator_is_kept_exactly(lab: Lab) -> None:
    """Ensure the first session_meta has the originator as it was given, whatever text it is."""
    for what, text in TEXTS.items():
        thread = lab.create(originator=text)
        actual = lab.history(thread)[0].payload.get("originator")
        expected = (text,) if text else (text, None)
        assert actual in expected, f"the originator {text[:80]!r} ({what}) became {str(actual)[:80]!r}"


@clause("LIFE-1")
def test_the_first_item_is_the_threads_only_own_session_meta(lab: Lab) -> None:
    """Ensure history starts with one session_meta of the thread's own id, and holds no second one."""
    for how, thread in _made(lab, lab.creation):
        metas = [item.payload.get("id") for item in lab.history(thread) if item.type == "session_meta"]
        assert metas == [thread], f"history must have one session_meta, of {thread}; it has those of {metas} ({how})"
        assert lab.history(thread)[0].type == "session_meta", f"history starts with a {lab.history(thread)[0].type}"


@clause("LIFE-1")
def test_the_first_item_does_not_change_once_seen(lab: Lab) -> None:
    """Ensure every fact, and what the store filled in, is the same at every later load, of a resumed thread too."""
    for how, thread in _made(lab, lambda: lab.creation(**_FACTS, metadata=_METADATA)):
        first = lab.history(thread)[0]
        lab.clock.advance(90_000)
        lab.close(thread)
        assert first == lab.history(thread)[0], (
            f"session_meta changed: {brief([first, lab.history(thread)[0]])} ({how})"
        )
        resume(lab, thread)
        assert first == lab.history(thread)[0], (
            f"session_meta changed: {brief([first, lab.history(thread)[0]])} ({how})"
        )


@clause("LIFE-2")
def test_an_id_that_is_taken_is_busy(lab: Lab) -> None:
    """Ensure a second create is refused with the id in the text, whatever became of the first."""
    for how, thread in _taken(lab):
        error = lab.refused(lab.creation(thread), BUSY)
        assert thread in str(error), f"the error must name {thread}, it says {str(error)!r} ({how})"


@clause("LIFE-2")
def test_a_refused_create_changes_nothing(lab: Lab) -> None:
    """Ensure the thread that has the id stays what it was, and as live as it was."""
    for how, thread in _taken(lab):
        hidden = lab.capabilities.lazy and how == "hidden"
        before = None if hidden else look(lab, thread)
        lab.refused(lab.creation(thread, originator="second", thread_source="second", metadata=_METADATA), BUSY)
        if before is not None:
            differences = changed_look(before, look(lab, thread))
            assert differences == {}, f"a refused create changed {differences} ({how})"
        if how in ("live", "hidden"):
            lab.append(thread, user_message("the writer is still open"))
            assert written(lab, thread) == [user_message("the writer is still open")], f"the writer is lost ({how})"
        else:
            resume(lab, thread)
        assert lab.history(thread)[0].payload.get("originator") != "second", f"the second originator is in ({how})"


@clause("LIFE-2b")
def test_busy_is_a_conflict(lab: Lab) -> None:
    """Ensure create and resume of what is taken is a Conflict."""
    operations: list[Operation] = [lab.creation(thread) for _, thread in _taken(lab)]
    for operation in (*operations, resumption(lab.create())):
        error = attempt(lab, operation)
        # Whether it is refused is LIFE-2's and LIFE-4's.
        assert error is None or error.kind is ErrorKind.CONFLICT, f"what is busy is a Conflict, not {error!r}"


#: Members of a session_meta that are absent, null or empty unless create was given them.
_ABSENT_BY_DEFAULT = (
    "forked_from_id", "parent_thread_id", "thread_source", "agent_nickname", "agent_role", "agent_path",
    "base_instructions", "dynamic_tools", "selected_capability_roots", "multi_agent_version",
)  # fmt: skip


#: Members that a fork or child would have of its source, and was not given itself.
_OF_A_SOURCE = (
    "thread_source", "base_instructions", "dynamic_tools", "selected_capability_roots", "multi_agent_version",
    "context_window",
)  # fmt: skip


def _made(lab: Lab, creation: Callable[[], CreateThreadParams]) -> Iterator[tuple[str, ThreadId]]:
    """Create a thread that becomes visible empty, and one that does by its first item."""
    empty, begun = creation(), creation()
    lab.store.create_thread(empty)
    persist(lab, empty.thread_id)
    yield "empty", empty.thread_id
    lab.store.create_thread(begun)
    lab.append(begun.thread_id, user_message("first"))
    flush(lab, begun.thread_id)
    yield "with an item", begun.thread_id


def _first_items(lab: Lab, creation: Callable[[], CreateThreadParams]) -> Iterator[tuple[str, RolloutItem]]:
    for how, thread in _made(lab, creation):
        yield how, lab.history(thread)[0]


def _taken(lab: Lab) -> list[tuple[str, ThreadId]]:
    """Return threads whose ids are taken, each with what became of it."""
    live, closed, archived, hidden = lab.create(), lab.create(), lab.create(), lab.create(visible=False)
    lab.close(closed)
    lab.close(archived)
    archive(lab, archived)
    return [("live", live), ("closed", closed), ("archived", archived), ("hidden", hidden)]
