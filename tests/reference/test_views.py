"""Typed views of payloads: read leniently, written exactly (LIFE-1)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import SessionMeta, TokenUsage
from threadstore.jsonvalue import same_json
from threadstore.views import USER_MESSAGE_BEGIN, ThreadSpawn, TurnContext, UserMessage, goal_of, token_usage_of

ONE = "0190a000-0000-7000-8000-000000000001"
TWO = "0190a000-0000-7000-8000-000000000002"
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

texts = st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "source": texts | st.dictionaries(texts, values, max_size=2),
    "base_instructions": values,
    "git": st.none() | st.dictionaries(texts, values, max_size=2),
    "dynamic_tools": st.lists(values, max_size=2).map(tuple),
    "selected_capability_roots": st.lists(values, max_size=2).map(tuple),
    "memory_mode": st.sampled_from(["enabled", "disabled"]),
    "history_mode": st.sampled_from(["legacy", "paginated"]),
    "id": st.just(ONE),
    "session_id": st.just(TWO),
    "originator": texts,
}
FIELDS = [attribute.name for attribute in attrs.fields(SessionMeta)]
metas = st.builds(SessionMeta, **{name: OTHERS.get(name, st.none() | texts) for name in FIELDS})


class TestSessionMeta:
    @given(meta=metas)
    def test_what_is_written_is_read_back(self, meta: SessionMeta) -> None:
        """Ensure the payload of any facts states exactly those facts."""
        payload = json.loads(json.dumps(meta.payload()))
        assert SessionMeta.of(payload) == meta
        assert same_json(SessionMeta.of(payload).payload(), payload)

    @given(meta=metas)
    def test_defaults_and_nulls_are_not_written(self, meta: SessionMeta) -> None:
        """Ensure no null, no empty list of tools or roots, and no enabled memory is written."""
        payload = meta.payload()
        assert None not in payload.values()
        assert payload.get("memory_mode") in (None, "disabled")
        assert not any(payload.get(name) == [] for name in ("dynamic_tools", "selected_capability_roots"))

    @given(meta=metas)
    def test_absent_null_and_default_mean_the_same(self, meta: SessionMeta) -> None:
        """Ensure a payload that states every null reads the same."""
        nulls = dict.fromkeys([*FIELDS, "agent_type", "context_window"])
        assert SessionMeta.of({**nulls, **meta.payload()}) == meta

    @given(payload=st.fixed_dictionaries({}, optional=dict.fromkeys([*FIELDS, "context_window"], values)))
    def test_members_of_an_unexpected_type_count_as_absent(self, payload: dict[str, Any]) -> None:
        """Ensure any JSON is read without a fault, and no field holds what its type does not."""
        meta = SessionMeta.of({**payload, "id": ONE})
        for attribute in attrs.fields(SessionMeta):
            value = getattr(meta, attribute.name)
            if str(attribute.type) in ("str | None", "str", "ThreadId", "ThreadId | None"):
                assert value is None or type(value) is str
        assert type(meta.dynamic_tools) is type(meta.selected_capability_roots) is tuple
        assert isinstance(meta.source, str | dict)

    @pytest.mark.parametrize("bad", [{}, {"id": None}, {"id": 5}, {"session_id": ONE}])
    def test_a_record_without_an_id_is_refused(self, bad: dict[str, Any]) -> None:
        """Ensure a session_meta that names no thread raises and says so."""
        with pytest.raises(ValueError, match="names no thread id"):
            SessionMeta.of(bad)

    def test_a_record_of_an_old_version(self) -> None:
        """Ensure a file without ``session_id``, with ``agent_type`` and no source reads as that version meant it."""
        meta = SessionMeta.of({"id": ONE, "agent_type": "explorer", "timestamp": "2025-05-07T17-24-21"})
        assert meta == SessionMeta(
            id=ONE, session_id=ONE, agent_role="explorer", source="vscode", timestamp="2025-05-07T17-24-21"
        )
        assert SessionMeta.of({"id": ONE, "agent_type": "old", "agent_role": "new"}).agent_role == "new"

    def test_the_window_is_one_level_down(self) -> None:
        """Ensure the initial window's id is read from and written to ``context_window``."""
        meta = SessionMeta(id=ONE, session_id=ONE, initial_window_id="w")
        assert meta.payload()["context_window"] == {"window_id": "w"}
        assert SessionMeta.of(meta.payload()) == meta
        assert "initial_window_id" not in meta.payload()

    def test_the_payload_is_left_as_it_was(self) -> None:
        """Ensure reading changes nothing, unknown members included."""
        payload = {"id": ONE, "unheard_of": [1], "dynamic_tools": [{"name": "t"}], "git": {"branch": "main"}}
        before = copy.deepcopy(payload)
        SessionMeta.of(payload)
        assert payload == before

    @pytest.mark.skipif(not CORPUS.is_dir(), reason="the folder of real Codex homes is not beside this repository")
    def test_real_records_are_stated_again(self) -> None:
        """Ensure what real files state of a thread survives reading and writing, member by member."""
        payloads = [
            record["payload"]
            for path in sorted(CORPUS.rglob("*.jsonl"))
            for record in map(json.loads, path.read_text().splitlines())
            if record.get("type") == "session_meta"
        ]
        assert payloads
        for payload in payloads:
            again = SessionMeta.of(payload).payload()
            assert again.pop("session_id") == payload.get("session_id", payload["id"])
            stated = {name: value for name, value in payload.items() if name in again and value is not None}
            assert {name: again[name] for name in stated} == stated
            assert again["originator"]


class TestThreadSpawn:
    def test_the_spawn_of_a_sub_agent(self) -> None:
        """Ensure parent, nickname, role and path are read, and what is no text is absent."""
        spawn = {"parent_thread_id": ONE, "depth": 1, "agent_path": None, "agent_nickname": "Dewey", "agent_role": 5}
        assert ThreadSpawn.of({"subagent": {"thread_spawn": spawn}}) == ThreadSpawn(ONE, agent_nickname="Dewey")

    @given(source=values)
    def test_anything_else_is_no_spawn(self, source: Any) -> None:
        """Ensure any other source is no spawn, and no fault."""
        assert ThreadSpawn.of(source) is None
        assert ThreadSpawn.of({"subagent": source}) is None
        assert ThreadSpawn.of({"subagent": {"thread_spawn": source}}) is None


class TestTurnContext:
    def test_a_real_one(self) -> None:
        """Ensure the settings of a turn are read from among the others."""
        payload = {
            "turn_id": "t", "cwd": "/home/dev/project", "approval_policy": "never", "model": "gpt-5.1-codex",
            "sandbox_policy": {"type": "danger-full-access"}, "permission_profile": {"type": "disabled"},
            "collaboration_mode": {"settings": {"reasoning_effort": None}}, "summary": "auto",
        }  # fmt: skip
        assert TurnContext.of(payload) == TurnContext(
            cwd="/home/dev/project",
            model="gpt-5.1-codex",
            effort=None,
            approval_policy="never",
            permission_profile={"type": "disabled"},
        )

    @given(payload=st.fixed_dictionaries({}, optional=dict.fromkeys(["cwd", "model", "effort"], values)))
    def test_members_of_an_unexpected_type_count_as_absent(self, payload: dict[str, Any]) -> None:
        """Ensure a text is a text or absent."""
        context = TurnContext.of(payload)
        for name in ("cwd", "model", "effort"):
            given_value = payload.get(name)
            assert getattr(context, name) == (given_value if isinstance(given_value, str) else None)


class TestUserMessage:
    @pytest.mark.parametrize(
        ("message", "text"),
        [
            ("  plain \n", "plain"),
            (f"context\n{USER_MESSAGE_BEGIN}\nDo it ", "Do it"),
            (f"{USER_MESSAGE_BEGIN} one {USER_MESSAGE_BEGIN} two", f"one {USER_MESSAGE_BEGIN} two"),
            (f"context {USER_MESSAGE_BEGIN}  ", ""),
            (f"context {USER_MESSAGE_BEGIN.lower()} x", f"context {USER_MESSAGE_BEGIN.lower()} x"),
            ("", ""),
            ("x" * 100_000, "x" * 100_000),
        ],
    )
    def test_the_text_is_what_the_user_wrote(self, message: str, text: str) -> None:
        """Ensure the text is what follows the first marker, or all of it, without surrounding white space."""
        assert UserMessage.of({"message": message}).text == text
        assert UserMessage.of({"message": message}).preview == (text or None)

    @pytest.mark.parametrize("images", [{"images": ["data:"]}, {"local_images": ["/a.png"], "images": []}])
    def test_images_alone_have_a_preview_of_their_own(self, images: dict[str, Any]) -> None:
        """Ensure a message of images is shown as such, and only when it has no text."""
        assert UserMessage.of({"message": " ", **images}).preview == "[Image]"
        assert UserMessage.of({"message": " ", **images}).text == ""
        assert UserMessage.of({"message": "look", **images}).preview == "look"
        assert UserMessage.of({"message": 5, "images": [], "local_images": None}).preview is None


def test_token_usage_is_the_running_total() -> None:
    """Ensure the total is read, not the last turn's, and that what is no number counts as none."""
    total = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "cached_input_tokens": "many"}
    last = {"input_tokens": 1, "total_tokens": 1}
    info = {"total_token_usage": total, "last_token_usage": last}
    assert token_usage_of({"info": info}) == TokenUsage(input_tokens=10, output_tokens=5, total_tokens=15)
    infos: list[Any] = [None, {}, {"total_token_usage": None}, {"total_token_usage": {}}, [total], 5]
    assert [token_usage_of({"info": info}) for info in infos] == [None] * len(infos)
    assert token_usage_of({}) is None


def test_a_goal_is_its_objective() -> None:
    """Ensure a goal's objective is read without white space, and a blank one is none."""
    assert goal_of({"goal": {"objective": " ship it \n"}}) == "ship it"
    goals: list[Any] = [None, {}, {"objective": "  "}, {"objective": 5}, ["ship it"], "ship it"]
    assert [goal_of({"goal": goal}) for goal in goals] == [None] * len(goals)
    assert goal_of({}) is None
