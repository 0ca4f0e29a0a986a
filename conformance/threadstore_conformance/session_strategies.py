"""What generated programs of the session layer are made of: turns, what stands between them, and facts to inherit."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from threadstore import GitInfoPatch, RolloutItem, ThreadPersistenceMetadata

from . import session_items as i
from .lab import agent_message, user_message

#: States of a thread that threads are drawn from; ``fresh`` was never made, ``shelved`` is loaded and archived.
POOLS = ("loaded", "loaded", "cold", "archived", "shelved", "ephemeral", "deleted", "fresh", "any")

#: Names that choose an originator in one table, in the other, or in none.
SERVICE_NAMES = (
    None, None, None, "CODEX_WORK_LOCAL", "CODEX_WORK_CLOUD", " codex_work_cloud\n", "Codex_Work_Desktop",
    "chatgpt_cca", "codex_work_localx", "", "  ", "\u212aodex", "unknown service",
)  # fmt: skip
OVERRIDES = (None, None, None, "env override", "", " ", " padded override ")
DEFAULTS = ("codex_cli_rs", "another client", "")

#: Where threads work: none of these is a repository, or there at all.
metadata = st.builds(
    ThreadPersistenceMetadata,
    cwd=st.sampled_from(("/src/nowhere/a", "/src/nowhere/b")),
    model_provider=st.sampled_from(("provider-a", "provider-b")),
    memory_mode=st.sampled_from(("enabled", "enabled", "disabled")),
)
#: What a start or a fork may say of its thread; most say little, so that there is something to inherit.
facts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"metadata": metadata},
    optional={
        "service_name": st.sampled_from(SERVICE_NAMES),
        "thread_source": st.sampled_from(("user", "automation")),
        "base_instructions": st.sampled_from(({"text": "be brief"}, {"text": "be thorough"})),
        "dynamic_tools": st.sampled_from(([{"name": "tool-1"}], [{"name": "tool-2"}, {"name": "tool-3"}])),
        "selected_capability_roots": st.sampled_from((["root-1"], ["root-2"])),
        "multi_agent_version": st.sampled_from(("v1", "v2")),
        "history_mode": st.sampled_from(("legacy",) * 9 + ("paginated",)),
    },
)
agents: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"agent_nickname": st.just("nick")},
    optional={"agent_role": st.sampled_from(("reviewer", "")), "agent_path": st.just("/agents/nick")},
)

_WORDS = (
    "fix the tests", "  padded  ", "a\nb", "## My request for Codex:\n do it ", "context ## My request for Codex: go",
    "## My request for Codex:", "## My request for Codex: a ## My request for Codex: b", "",
    "🧵 thread", "<environment_context>x</environment_context>", "x" * 300,
)  # fmt: skip
_words = st.sampled_from(_WORDS)

#: A thread that is none of the program's.
_OTHER = "01900000-0000-7000-8000-00000000ffff"

#: What stands between turns, or where a turn was expected.
_STRAYS: tuple[tuple[RolloutItem, ...], ...] = (
    (i.rolled_back(1),), (i.rolled_back(1),), (i.rolled_back(2),), (i.rolled_back(0),), (i.rolled_back(9),),
    (i.event("user_message", message="", images=["data:x"]),),
    (i.event("user_message", message=" ", local_images=["/a.png"]),),
    (i.goal("  reach the goal "),), (i.goal(" "),),
    (i.token_count(7), i.token_count(11, output=3)),
    (i.turn_context(model="model-9", effort="low", approval_policy="never", cwd="/src/elsewhere"),),
    (i.turn_context(model="model-8", multi_agent_version="v3", permission_profile={"type": "strict"}),),
    (i.agent_communication("go", trigger_turn=True),), (i.agent_communication("note"),),
    (i.compacted("summary", [i.user_response("kept"), i.response("reasoning"), i.assistant_response("not kept")]),),
    (i.compacted("summary"),), (i.world_state(state="known"),),
    (i.session_meta(_OTHER, originator="of another thread", memory_mode="disabled"),),
    (i.turn_aborted(None),), (i.turn_complete("no such turn"),),
    (i.turn_started("taken back"), user_message("one"), i.rolled_back(1), i.turn_complete("taken back")),
    (i.turn_started("ended by another"), user_message("two"), i.turn_complete("another turn")),
    (i.turn_started(), user_message("of a turn without id"), i.turn_complete("some id")),
    (i.goal("the goal first"), user_message("the words second")),
    (i.developer_response("be kind"), i.user_response("<skill>s</skill>"), i.assistant_response("no phase")),
    (
        i.session_meta(_OTHER, base_instructions={"text": "another's"}, dynamic_tools=[{"name": "another's"}]),
        i.session_meta(_OTHER, selected_capability_roots=["another's"], multi_agent_version="v9", agent_role="r"),
    ),
    (i.user_response("<environment_context>here</environment_context>"), i.user_response("# AGENTS.md instructions")),
    (i.user_response("said to the model alone"),),
    (RolloutItem("event_msg", {"type": "error", "message": "dropped"}),), (RolloutItem("no_such_type", {}),),
)  # fmt: skip

strays = st.sampled_from(_STRAYS)

#: A turn, as names of its parts; the machine gives it an id of its own.
turns: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "words": _words,
        "started": st.sampled_from(("task_started", "task_started", "turn_started", None)),
        "as_response": st.booleans(),
        "as_event": st.sampled_from((True, True, True, False)),
        "context": st.sampled_from(
            (
                None,
                {"model": "model-1"},
                {"model": "model-2", "effort": "high"},
                {"model": "model-3", "multi_agent_version": "v7"},
            )
        ),
        "work": st.booleans(),
        "end": st.sampled_from(("complete", "complete", "complete", "aborted", "other", None)),
    }
)
#: Turns that began, were spoken in, and ended.
whole_turns: st.SearchStrategy[dict[str, Any]] = turns.map(
    lambda turn: {**turn, "started": turn["started"] or "task_started", "as_event": True, "end": "complete"}
)
batches = st.lists(st.one_of(turns, turns, strays), min_size=1, max_size=3)


def turn_items(turn: dict[str, Any], turn_id: str) -> list[RolloutItem]:
    """Return the items of a turn."""
    items = [i.turn_started(turn_id, turn["started"])] if turn["started"] else []
    if turn["context"]:
        items.append(i.turn_context(cwd="/src/turn", approval_policy="on-request", **turn["context"]))
    if turn["as_response"]:
        items.append(i.user_response(turn["words"]))
    if turn["as_event"]:
        items.append(user_message(turn["words"]))
    if turn["work"]:
        items += [
            i.response("reasoning", summary=[]),
            i.response("function_call", name="shell", arguments="{}", call_id="1"),
            i.assistant_response("thinking aloud", "commentary"),
            i.assistant_response("done", "final_answer"),
            agent_message("done"),
            i.token_count(100, output=10),
        ]
    ends = {
        "complete": [
            i.turn_complete(turn_id, "turn_complete" if turn["started"] == "turn_started" else "task_complete")
        ],
        "aborted": [i.turn_aborted(turn_id)],
        "other": [i.turn_complete("another turn")],
    }
    return items + ends.get(turn["end"], [])


#: Patches that users make, of facts and of the rest.
patches: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    (
        {"name": "a name"}, {"name": "another name"}, {"name": None}, {"title": "own title"},
        {"preview": "own preview"}, {"memory_mode": "disabled"}, {"cwd": "/src/patched"}, {"model": "own model"},
        {"first_user_message": "own first"},
        {"updated_at": 1_700_000_000_000}, {"advance_recency_at": 1_790_000_000_000}, {"thread_source": None},
        {"name": "named", "title": "titled", "agent_nickname": "nick"}, {"preview": ""}, {"title": ""},
        {"git_info": GitInfoPatch(sha="abc", branch="main")}, {"git_info": GitInfoPatch(branch=None)},
        {"agent_role": "role", "source": {"custom": "patched"}},
    )
)  # fmt: skip

#: Patches that are empty, or that no thread takes.
ODD_PATCHES: tuple[dict[str, Any], ...] = ({}, {"updated_at": -1}, {"memory_mode": "sometimes"}, {"name": "\ud800"})

#: What is no JSON, in an item that the policy would keep.
BAD_ITEM = RolloutItem("event_msg", {"type": "user_message", "message": float("nan")})

#: The threads that a program begins with.
beginnings = st.lists(
    st.fixed_dictionaries(
        {
            "facts": facts,
            "batch": st.one_of(st.lists(whole_turns, min_size=2, max_size=4), batches),
            "changes": st.sampled_from(({}, {"name": "first name"})),
            "close": st.sampled_from((False, False, True)),
        }
    ),
    min_size=1,
    max_size=3,
)
