"""Directed checks of sub-agents: who they are, where they belong, and what they inherit (FORK-2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import ThreadId, ThreadPersistenceMetadata, ThreadRelationFilter
from threadstore.manager_params import SpawnParams
from threadstore.session import LoadedThread
from threadstore_conformance.lab import METADATA, clause, user_message
from threadstore_conformance.products import adds
from threadstore_conformance.session_items import session_meta, token_count, turn_context
from threadstore_conformance.session_lab import SessionLab

from .comparing import changed_look
from .conversations import MISSING_CLASSES, begun, own_meta, session_seen, turn
from .sessions import needs
from .unusual import GOOD_ID

#: Every way to spawn, those that copy nothing first.
_WAYS: tuple[dict[str, Any], ...] = (
    {"mode": "new"}, {"mode": "last_turns", "last": 0},
    {"mode": "last_turns", "last": 1}, {"mode": "full_history"},
)  # fmt: skip
_EMPTY, _COPYING = _WAYS[:2], _WAYS[2:]

_SAID = user_message("said")


@clause("FORK-2")
def test_a_sub_agent_s_session_meta_names_its_spawner(session_lab: SessionLab) -> None:
    """Ensure session and SessionMeta have parent, fork source by mode, session, and thread source."""
    lab = session_lab
    for state in ("loaded", "cold"):
        spawner = begun(lab, *turn("t1", "one"))
        if state == "cold":
            lab.close(spawner)
        for way in _WAYS:
            child = lab.spawn(spawner, **way)
            forked_from = None if way["mode"] == "new" else spawner
            expected = (spawner, forked_from, spawner, "subagent")
            meta = own_meta(lab, child.thread_id)
            assert meta.id == child.thread_id != spawner, (
                f"{child.thread_id} must be new, its SessionMeta is {meta.id}'s"
            )
            for where, shown in (("session", child), ("SessionMeta", meta)):
                actual = (shown.parent_thread_id, shown.forked_from_id, shown.session_id, shown.thread_source)
                assert expected == actual, f"of a {state} thread's sub-agent ({way}) the {where} says {actual}"


@clause("FORK-2")
def test_the_source_of_a_sub_agent(session_lab: SessionLab) -> None:
    """Ensure it has all five members, null where the caller gave none, and the facts of the agent are shown."""
    lab = session_lab
    spawner = begun(lab, *turn("t1", "one"), source="exec")
    for number, way in enumerate(_WAYS * 2):
        facts = dict.fromkeys(_AGENT) if number % 2 else {name: f"{name} of {number}" for name in _AGENT}
        child = lab.spawn(spawner, **way, **facts)
        spawn = {"parent_thread_id": spawner, "depth": 1, **facts}
        expected = {"subagent": {"thread_spawn": spawn}}
        meta = own_meta(lab, child.thread_id)
        shown = {"session": child.source, "SessionMeta": meta.source, "read": lab.read(child.thread_id).source}
        assert dict.fromkeys(shown, expected) == shown, f"the source of a sub-agent must be {expected}, is {shown}"
        for where, agent in (("session", child), ("SessionMeta", meta), ("read", lab.read(child.thread_id))):
            actual = {name: getattr(agent, name) for name in _AGENT}
            assert facts == actual, f"the {where} of a sub-agent with {facts} says {actual}"


@clause("FORK-2")
def test_the_depth_of_a_sub_agent(session_lab: SessionLab) -> None:
    """Ensure each generation is one deeper than the spawner's own source says, where an absent depth counts 0."""
    lab = session_lab
    thread = begun(lab, _SAID)
    for number, way in enumerate((*_WAYS, *_WAYS)):
        child = lab.spawn(thread, **way).thread_id
        actual = _depth(lab, child)
        assert number + 1 == actual, f"generation {number + 1} ({way}) has depth {actual}"
        lab.append(child, _SAID)
        if number % 3 == 0:
            lab.close(child)
        thread = child
    for source, expected in (
        ({"subagent": {"thread_spawn": {"parent_thread_id": GOOD_ID, "depth": 7}}}, 8),
        ({"subagent": {"thread_spawn": {"parent_thread_id": GOOD_ID}}}, 1),
        ({"subagent": "review"}, 1),
        ("cli", 1),
    ):
        actual = _depth(lab, lab.spawn(begun(lab, _SAID, source=source)).thread_id)
        assert expected == actual, f"a sub-agent of a thread from {source} has depth {actual}"


@clause("FORK-2")
def test_a_session_is_shared_by_all_generations(session_lab: SessionLab) -> None:
    """Ensure sub-agents have the root's session, of loaded and cold spawners, and a fork begins one of its own."""
    lab = session_lab
    root = begun(lab, _SAID)
    child = lab.spawn(root).thread_id
    lab.append(child, _SAID)
    fork = lab.fork(child).thread_id
    for state in ("loaded", "cold"):
        for way in _WAYS:
            for spawner, expected in ((root, root), (child, root), (fork, fork)):
                grandchild = lab.spawn(spawner, **way)
                shown = grandchild.session_id, own_meta(lab, grandchild.thread_id).session_id
                assert shown == (expected, expected), f"a {state} {spawner}'s sub-agent ({way}) has the session {shown}"
        if state == "loaded":
            for thread in (root, child, fork):
                lab.close(thread)


@clause("FORK-2")
def test_a_sub_agent_inherits_from_its_loaded_spawner(session_lab: SessionLab) -> None:
    """Ensure a sub-agent that copies no record has its loaded spawner's instructions, tools, roots and version."""
    lab = session_lab
    spawner = begun(lab, _SAID, **_FACTS)
    for way in _WAYS:
        child = lab.spawn(spawner, **way)
        _assert_inherits(lab, child, _FACTS, f"a sub-agent ({way})")
        _assert_inherits(lab, lab.spawn(child.thread_id), _FACTS, f"a sub-agent of a sub-agent ({way})")


@clause("FORK-2")
def test_a_cold_spawner_hands_on_what_is_copied_alone(session_lab: SessionLab) -> None:
    """Ensure a cold spawner's facts come with the full history, and not without."""
    lab = session_lab
    spawner = begun(lab, _SAID, turn_context(multi_agent_version="v3"), **_FACTS)
    lab.close(spawner)
    for way in _WAYS:
        expected = _FACTS if way["mode"] == "full_history" else _NOTHING
        _assert_inherits(lab, lab.spawn(spawner, **way), expected, f"a cold thread's sub-agent ({way})")


@clause("FORK-2")
def test_what_was_copied_goes_before_the_spawner(session_lab: SessionLab) -> None:
    """Ensure a full history hands on the version that it tells last, and the spawner what is not there."""
    lab = session_lab
    facts = {**_FACTS, "multi_agent_version": None}
    spawner = begun(lab, turn_context(multi_agent_version="v3"), _SAID, **facts)
    for way, version in ((_WAYS[0], None), (_WAYS[2], None), (_WAYS[3], "v3")):
        expected = {**facts, "multi_agent_version": version}
        _assert_inherits(lab, lab.spawn(spawner, **way), expected, f"a sub-agent ({way})")
    spawner = begun(lab, session_meta(GOOD_ID, multi_agent_version="v3"), _SAID, **_FACTS)
    for way, version in ((_WAYS[0], "v2"), (_WAYS[2], "v2"), (_WAYS[3], "v3")):
        expected = {**_FACTS, "multi_agent_version": version}
        _assert_inherits(lab, lab.spawn(spawner, **way), expected, f"a sub-agent ({way}) of two records")


@clause("FORK-2")
def test_a_sub_agent_s_metadata_is_told_anew(session_lab: SessionLab) -> None:
    """Ensure a sub-agent has no name, the caller's environment, and the facts of what was copied."""
    lab = session_lab
    spawner = begun(lab, turn_context(model="model-a", cwd="/context"), *turn("t1", "one", token_count(7)))
    lab.patch(spawner, name="named", title="titled", preview="previewed", model="model-z", memory_mode="disabled")
    metadata = ThreadPersistenceMetadata(cwd="/src/agent", model_provider="provider-b")
    for way in _WAYS:
        child = lab.spawn(spawner, **way, metadata=metadata)
        shown = lab.read(child.thread_id)
        told = way in _COPYING
        expected = (None, None, "/src/agent", "provider-b", "enabled", "one" if told else "", 7 if told else None)
        tokens = shown.token_usage.total_tokens if shown.token_usage else None
        actual = (
            child.name, shown.name, shown.cwd, shown.model_provider, shown.memory_mode, shown.preview, tokens,
        )  # fmt: skip
        assert expected == actual, f"a sub-agent ({way}) must show {expected}, shows {actual}"
        model = "model-a" if way["mode"] == "full_history" else None
        assert shown.model == model, f"a sub-agent ({way}) copied the model {model}, shows {shown.model}"


@clause("FORK-2")
def test_a_sub_agent_is_loaded_and_visible(session_lab: SessionLab) -> None:
    """Ensure a sub-agent is loaded and can be read when the call returns, and is still there after a restart."""
    lab = session_lab
    spawner = begun(lab, _SAID)
    children = [lab.spawn(spawner, **way).thread_id for way in _WAYS]
    assert sorted((spawner, *children)) == lab.loaded(), "spawner and sub-agents must be loaded, and nothing else"
    before = {child: session_seen(lab, child) for child in children}
    lab.restart()
    for child, seen in before.items():
        differences = changed_look(seen, session_seen(lab, child))
        assert differences == {}, f"what was stored of a sub-agent when the process ended differs in {differences}"


@clause("FORK-2")
def test_sub_agents_are_among_the_children(session_lab: SessionLab) -> None:
    """Ensure the relation filters show all generations at once, after a restart too, and forks and kin are left out."""
    lab = session_lab
    needs(lab, "relations")
    ways = _COPYING if lab.capabilities.hides_unpreviewed else _WAYS
    root = begun(lab, _SAID)
    other = begun(lab, _SAID)
    lab.fork(root)
    children = [lab.spawn(root, **way).thread_id for way in ways]
    lab.append(children[0], _SAID)
    lab.settle(children[0])
    grandchildren = [lab.spawn(children[0], **way).thread_id for way in ways]
    lab.fork(children[0])
    for restarted in (False, True):
        if restarted:
            lab.restart()
        for thread, near, far in (
            (root, children, [*children, *grandchildren]), (children[0], grandchildren, grandchildren), (other, [], []),
        ):  # fmt: skip
            direct = ThreadRelationFilter(kind="direct_children_of", thread_id=thread)
            below = ThreadRelationFilter(kind="descendants_of", thread_id=thread)
            for relation, expected in ((direct, near), (below, far)):
                actual = lab.listed(relation_filter=relation, model_providers=())
                assert sorted(expected) == sorted(actual), f"{relation} must show {expected}, shows {actual}"


@clause("FORK-2")
def test_spawners_of_every_kind(session_lab: SessionLab) -> None:
    """Ensure loaded, cold and archived threads can spawn, and are not changed by it."""
    lab = session_lab
    spawner = begun(lab, *turn("t1", "one"))
    # A spawner may spawn in a turn of its own.
    moved = ("updated_at", "recency_at") if adds(lab.backend) else ()
    states: tuple[tuple[str, Callable[[ThreadId], object]], ...] = (
        ("loaded", lab.resume), ("cold", lab.close), ("archived", lab.archive), ("archived and loaded", lab.resume),
    )  # fmt: skip
    for state, act in states:
        act(spawner)
        before = session_seen(lab, spawner)
        for way in _WAYS:
            lab.clock.advance(60_000)
            child = lab.spawn(spawner, **way)
            assert child.parent_thread_id == spawner, f"a sub-agent of a {state} thread names another parent"
            differences = changed_look(before, session_seen(lab, spawner), but=moved)
            assert differences == {}, f"spawning ({way}) changed its {state} spawner: {differences}"


@clause("FORK-2")
def test_unknown_spawners_are_missing(session_lab: SessionLab) -> None:
    """Ensure a thread that was never made, or was deleted, cannot spawn, and nothing is left of the attempt."""
    lab = session_lab
    deleted = begun(lab, _SAID)
    lab.delete(deleted)
    for spawner in (GOOD_ID, deleted):
        for way in _WAYS:
            lab.refused(SpawnParams(thread_id=spawner, metadata=METADATA, **way), MISSING_CLASSES)
            assert (lab.loaded(), lab.listed(model_providers=())) == ([], []), "a spawn that was refused left a thread"


@clause("FORK-2")
def test_a_hidden_spawner(session_lab: SessionLab) -> None:
    """Ensure a loaded thread that nothing was kept of can spawn, and is missing where its history is asked for."""
    lab = session_lab
    hidden = lab.start(**_FACTS).thread_id
    for way in _EMPTY:
        child = lab.spawn(hidden, **way)
        assert child.parent_thread_id == hidden, f"a sub-agent ({way}) names another parent"
        _assert_inherits(lab, child, _FACTS, f"a hidden thread's sub-agent ({way})")
    if not lab.capabilities.lazy:
        return
    before = lab.loaded()
    for way in _COPYING:
        lab.refused(SpawnParams(thread_id=hidden, metadata=METADATA, **way), MISSING_CLASSES)
        assert before == lab.loaded(), "a spawn that was refused is loaded, or unloaded its spawner"


@clause("FORK-2")
def test_an_ephemeral_spawner(session_lab: SessionLab) -> None:
    """Ensure an ephemeral thread can spawn, and copying from it is an error that names it."""
    lab = session_lab
    ephemeral = lab.start(ephemeral=True, **_FACTS).thread_id
    lab.append(ephemeral, _SAID)
    for way in _EMPTY:
        child = lab.spawn(ephemeral, **way)
        actual = child.parent_thread_id, child.session_id, child.ephemeral
        assert actual == (ephemeral, ephemeral, False), f"parent, session and kind of a sub-agent ({way}) are {actual}"
        _assert_inherits(lab, child, _FACTS, f"an ephemeral thread's sub-agent ({way})")
    before = lab.loaded()
    for way in _COPYING:
        error = lab.refused(SpawnParams(thread_id=ephemeral, metadata=METADATA, **way), ("refused",))
        assert ephemeral in str(error), f"the error must name {ephemeral}, it says {str(error)!r}"
        assert before == lab.loaded(), "a spawn that was refused is loaded, or unloaded its spawner"


_AGENT = ("agent_nickname", "agent_role", "agent_path")
_FACTS: dict[str, Any] = {
    "base_instructions": {"text": "be brief"}, "dynamic_tools": ({"name": "tool"},),
    "selected_capability_roots": ("/roots/a",), "multi_agent_version": "v2",
}  # fmt: skip
_NOTHING: dict[str, Any] = {
    "base_instructions": None, "dynamic_tools": (), "selected_capability_roots": (), "multi_agent_version": None,
}  # fmt: skip


def _depth(lab: SessionLab, thread: ThreadId) -> Any:
    source: Any = own_meta(lab, thread).source
    return source["subagent"]["thread_spawn"]["depth"]


def _assert_inherits(lab: SessionLab, child: LoadedThread, expected: dict[str, Any], what: str) -> None:
    for where, shown in (("session", child), ("SessionMeta", own_meta(lab, child.thread_id))):
        actual = {name: getattr(shown, name) for name in expected}
        assert expected == actual, f"{what} must have {expected}, its {where} says {actual}"
