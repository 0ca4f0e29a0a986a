"""The scripted conversation: what the model says, prompt by prompt.

A `Script` maps the prompt of a turn to the replies that its requests get, in order; a turn that asks more often than
that, or whose prompt is not in the script, gets the script's ``otherwise``. So a script needs no thread's id, and a
sub-agent is scripted by the message that it is spawned with. A `Reply` is what one request gets: items, what they
cost, and how the stream ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import orjson
from attrs import field, frozen

from threadstore.jsonvalue import JSON

#: How a reply's stream ends: whole, with an error event, torn off, or not before the other side leaves.
Ending: TypeAlias = Literal["completed", "failed", "cut", "hangs"]

#: The items of the conversation that a request carries.
Heard: TypeAlias = Sequence[JSON]

#: The namespaces of the tools that make and drive sub-agents: of the feature ``multi_agent``, and of
#: ``multi_agent_v2``, which takes its place where it is on.
AGENT_TOOLS = "multi_agent_v1"
NAMED_AGENT_TOOLS = "collaboration"

#: How the answer to ``spawn_agent`` names the agent.
_AGENT_ID = re.compile(r'"agent_id"\s*:\s*"([^"]+)"')


@frozen
class Say:
    """The model says something to the user."""

    text: str

    def item(self, tag: str, heard: Heard) -> JSON:
        """Return the response item, with ids made of a tag."""
        content = [{"type": "output_text", "text": self.text}]
        return {"type": "message", "role": "assistant", "id": f"msg_{tag}", "content": content}


@frozen
class Think:
    """The model reasons, and shows a summary of it."""

    summary: str
    #: What only the service can read, and is sent back to it.
    encrypted: str | None = None

    def item(self, tag: str, heard: Heard) -> JSON:
        """Return the response item, with ids made of a tag."""
        summary = [{"type": "summary_text", "text": self.summary}]
        return {"type": "reasoning", "id": f"rs_{tag}", "summary": summary, "encrypted_content": self.encrypted}


@frozen
class Call:
    """The model calls a tool; what comes of it is in the next request of the turn."""

    name: str
    #: The arguments, or what makes them of the conversation so far.
    arguments: Mapping[str, JSON] | Callable[[Heard], Mapping[str, JSON]] = field(factory=dict)
    namespace: str | None = None

    def item(self, tag: str, heard: Heard) -> JSON:
        """Return the response item, with ids made of a tag."""
        arguments = self.arguments(heard) if callable(self.arguments) else self.arguments
        called = {"name": self.name, "arguments": orjson.dumps(dict(arguments)).decode()}
        namespace = {} if self.namespace is None else {"namespace": self.namespace}
        return {"type": "function_call", "id": f"fc_{tag}", "call_id": f"call_{tag}", **called, **namespace}


Output: TypeAlias = Say | Think | Call


@frozen(kw_only=True)
class Usage:
    """What a reply costs, in tokens."""

    input: int = 100
    cached: int = 0
    output: int = 10
    reasoning: int = 0

    def body(self) -> JSON:
        """Return it as the service tells it."""
        return {
            "input_tokens": self.input,
            "input_tokens_details": {"cached_tokens": self.cached},
            "output_tokens": self.output,
            "output_tokens_details": {"reasoning_tokens": self.reasoning},
            "total_tokens": self.input + self.output,
        }


@frozen
class Reply:
    """What one request gets."""

    output: Sequence[Output] = ()
    usage: Usage = field(factory=Usage, kw_only=True)
    ending: Ending = field(default="completed", kw_only=True)

    def events(self, tag: str, heard: Heard = ()) -> list[JSON]:
        """Return the events of the stream, its ending included where that is one."""
        response = f"resp_{tag}"
        items = [output.item(f"{tag}_{number}", heard) for number, output in enumerate(self.output)]
        return [
            {"type": "response.created", "response": {"id": response}},
            *({"type": "response.output_item.done", "output_index": n, "item": item} for n, item in enumerate(items)),
            *self._last(response),
        ]

    def _last(self, response: str) -> list[JSON]:
        if self.ending == "completed":
            return [{"type": "response.completed", "response": {"id": response, "usage": self.usage.body()}}]
        if self.ending == "failed":
            error = {"code": "server_error", "message": "the scripted reply fails"}
            return [{"type": "response.failed", "response": {"id": response, "status": "failed", "error": error}}]
        return []


@frozen(kw_only=True)
class Script:
    """Which replies the turns get."""

    #: By a turn's prompt, the replies to its requests in order.
    turns: Mapping[str, Sequence[Reply]] = field(factory=dict)
    #: What a request gets that ``turns`` says nothing of.
    otherwise: Reply = Reply((Say("Done."),))
    #: What a request to summarise a conversation gets.
    compaction: Reply = Reply((Say("Summary."),))

    def reply(self, prompt: str, nth: int) -> Reply:
        """Return the reply to a turn's nth request, counted from 0."""
        replies = self.turns.get(prompt, ())
        return replies[nth] if nth < len(replies) else self.otherwise


def says(text: str) -> Reply:
    """Return a reply that is one message."""
    return Reply((Say(text),))


def calls(name: str, arguments: Mapping[str, JSON], namespace: str | None = None) -> Reply:
    """Return a reply that is one call of a tool."""
    return Reply((Call(name, arguments, namespace),))


def runs(command: str) -> Reply:
    """Return a reply that runs a shell command."""
    return calls("exec_command", {"cmd": command})


def spawns(message: str, *, whole_history: bool = False) -> Reply:
    """Return a reply that starts a sub-agent, whose prompt is the message, with the spawner's history or none."""
    return calls("spawn_agent", {"message": message, "fork_context": whole_history}, AGENT_TOOLS)


def spawns_named(name: str, message: str, *, last_turns: int | None = 0) -> Reply:
    """Return a reply that starts a named sub-agent with the spawner's last turns, or all for ``None``.

    It needs the feature ``multi_agent_v2``.
    """
    turns = "all" if last_turns is None else "none" if last_turns == 0 else str(last_turns)
    return calls("spawn_agent", {"task_name": name, "message": message, "fork_turns": turns}, NAMED_AGENT_TOOLS)


def waits() -> Reply:
    """Return a reply that waits for the sub-agent that was spawned last."""
    return Reply((Call("wait_agent", _last_agent, AGENT_TOOLS),))


def _last_agent(heard: Heard) -> Mapping[str, JSON]:
    outputs = [item.get("output") for item in heard if item.get("type") == "function_call_output"]
    named = [agent for output in outputs if type(output) is str for agent in _AGENT_ID.findall(output)]
    return {"targets": named[-1:]}


def event_bytes(event: JSON) -> bytes:
    """Return an event as it travels in a stream of server-sent events."""
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), orjson.dumps(event))
