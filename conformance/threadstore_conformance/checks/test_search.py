"""Directed checks of SEARCH-1: threads by what was said in them."""

from __future__ import annotations

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    ResumeThreadParams,
    RolloutItem,
    SearchThreadsParams,
    UnarchiveThreadParams,
)
from threadstore_conformance.checks.listing import (
    LATER,
    environment,
    found,
    listable,
    said,
)
from threadstore_conformance.checks.refusing import assert_names
from threadstore_conformance.checks.unusual import TEXTS
from threadstore_conformance.checks.verbs import put_aside
from threadstore_conformance.lab import INVALID, METADATA, Lab, agent_message, clause, user_message


@clause("SEARCH-1")
def test_a_thread_is_found_by_what_was_said(lab: Lab) -> None:
    """Ensure any message of the user or of the agent finds its thread once, and no other."""
    user, agent, both, silent = (listable(lab) for _ in range(4))
    lab.append(user, user_message("where is the needle"), agent_message("no idea"))
    lab.append(agent, user_message("hello"), agent_message("here is the needle, in the hay"))
    lab.append(both, user_message("needle"), agent_message("needle needle"), user_message("needle"))
    lab.append(silent, user_message("nee"), agent_message("dle"))
    assert sorted([user, agent, both]) == sorted(found(lab, "needle"))
    assert [agent] == found(lab, "needle, in")
    assert found(lab, "nobody said this") == []


@clause("SEARCH-1")
def test_what_was_appended_is_found_at_once(lab: Lab) -> None:
    """Ensure each append is found as soon as it returned, also after a search, a resume and an archive."""
    thread = listable(lab)
    for number in range(3):
        assert found(lab, f"needle {number}") == []
        lab.append(thread, user_message(f"needle {number}"))
        assert [thread] == found(lab, f"needle {number}"), f"append {number}"
    lab.close(thread)
    lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
    lab.append(thread, agent_message("needle after the resume"))
    assert [thread] == found(lab, "needle after the resume")
    put_aside(lab, thread)
    lab.append(thread, agent_message("needle in the archive"))
    assert [thread] == found(lab, "needle in the archive", archived=True)


@clause("SEARCH-1")
def test_every_one_of_many_messages_is_found(lab: Lab) -> None:
    """Ensure no message is too late or too many to be looked through, whether appended in one batch or in many."""
    whole, split = listable(lab), listable(lab)
    messages = [user_message(f"<{number}>") for number in range(300)]
    lab.append(whole, *messages)
    for start in range(0, len(messages), 7):
        lab.append(split, *messages[start : start + 7])
    for number in (0, 1, 9, 10, 11, 99, 100, 255, 256, 299):
        assert sorted([whole, split]) == sorted(found(lab, f"<{number}>")), f"message {number + 1} of 300"


@clause("SEARCH-1")
def test_what_people_do_not_see_is_not_found(lab: Lab) -> None:
    """Ensure instructions, reasoning, tool calls, settings and metadata find nothing."""
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": lab.new_id(), "agent_nickname": "needle"}}}
    thread = listable(
        lab,
        source=spawn,
        originator="needle",
        base_instructions={"text": "needle"},
        dynamic_tools=({"name": "needle"},),
        metadata=environment(cwd="/needle", model_provider="needle"),
    )
    lab.append(thread, user_message("hay", note="needle", images=["needle"]), *_UNSEEN)
    lab.patch(thread, name="needle", preview="needle", title="needle", first_user_message="needle", model="needle")
    assert found(lab, "needle") == []
    assert [thread] == found(lab, "hay")


@clause("SEARCH-1")
def test_a_term_is_looked_for_in_the_text_and_not_in_its_encoding(lab: Lab) -> None:
    """Ensure quotes, escapes, line breaks and other scripts are found as written, and JSON's own words are not."""
    said = 'say "hi" \\ back\\nslash\nline\ttab é e\u0301 🧵 \u2028 \u0001 100% a_c [x] .* end'
    thread = listable(lab)
    lab.append(thread, agent_message(said))
    for term in (
        '"hi"',
        "\\ ",
        "\\n",
        "\nline",
        "line\ttab",
        "é",
        "e\u0301",
        "🧵",
        "\u2028",
        "\u0001",
        "%",
        "a_c",
        "[x]",
        ".*",
        " ",
    ):
        assert [thread] == found(lab, term), f"search_term {term!r}"
    assert [thread] == found(lab, said), "the whole message"
    for term in ('\\"', "\\t", "\\u", "u00e9", "agent_message", "payload", '":', "a%c", "a.c", "[a-z]", "abc", "  "):
        assert found(lab, term) == [], f"search_term {term!r} is nowhere in {said!r}"


@clause("SEARCH-1")
def test_a_term_is_found_as_it_was_said(lab: Lab) -> None:
    """Ensure a message is found by each unusual text in it, with that in the snippet, and by no text like it."""
    texts = {what: text for what, text in TEXTS.items() if text.strip() and what != "long"}
    threads = {what: listable(lab) for what in texts}
    for what, text in texts.items():
        lab.append(threads[what], user_message(f"said: {text}."))
    for what, text in texts.items():
        assert threads[what] in found(lab, text), f"{what}: {text!r} was said, and is not found"
        for row in lab.store.search_threads(SearchThreadsParams(search_term=text)).items:
            assert text.casefold() in row.snippet.casefold(), f"{what}: the snippet {row.snippet!r} has no {text!r}"
    assert threads["NFC"] not in found(lab, texts["NFD"]), "what was said composed is found decomposed"


@clause("SEARCH-1")
def test_a_searched_term_minds_case_unless_declared(lab: Lab) -> None:
    """Ensure a term of another case finds nothing, or the same where search_ignores_case is declared."""
    thread = listable(lab)
    lab.append(thread, user_message("The Needle"))
    ignores = lab.capabilities.search_ignores_case
    for term in ("needle", "NEEDLE", "the"):
        assert ([thread] if ignores else []) == found(lab, term), f"{term!r}; search_ignores_case is {ignores}"
    assert [thread] == found(lab, "Needle")


@clause("SEARCH-1")
def test_a_result_carries_the_thread_and_a_snippet(lab: Lab) -> None:
    """Ensure each result shows the thread as a read does, and some of its text that contains the term."""
    thread = listable(lab)
    lab.append(thread, user_message("hay " * 5_000 + "the Needle" + " hay" * 5_000), agent_message("no more of it"))
    lab.patch(thread, name="a name", preview="a preview of many words " * 200)
    for term in ("Needle", "hay the Needle hay", "no more", "hay " * 100):
        results = lab.store.search_threads(SearchThreadsParams(search_term=term)).items
        assert [thread] == [result.thread.thread_id for result in results], f"search_term {term[:20]!r}"
        assert lab.read(thread) == results[0].thread, "the thread of the result, and as read"
        assert term.casefold() in results[0].snippet.casefold(), f"snippet {results[0].snippet[:80]!r} lacks {term!r}"


@clause("SEARCH-1")
def test_an_empty_term_is_refused(lab: Lab) -> None:
    """Ensure an empty term is refused by name, with threads to find and without."""
    for _ in range(2):
        error = lab.refused(SearchThreadsParams(search_term=""), INVALID)
        assert_names(error, "search_term")
        said(lab, LATER)


@clause("SEARCH-1")
def test_a_deleted_thread_is_not_found(lab: Lab) -> None:
    """Ensure a search shows nothing of a deleted thread, nor of its text under a new thread of the same id."""
    thread, other = (said(lab, LATER + place) for place in range(2))
    lab.store.delete_thread(DeleteThreadParams(thread_id=thread))
    assert [other] == found(lab, "needle")
    listable(lab, thread)
    assert [other] == found(lab, "needle"), "the id was created afresh"


@clause("SEARCH-1")
def test_side_and_sources_filter_a_search(lab: Lab) -> None:
    """Ensure a search shows the side and the sources asked for, and finds threads that changed sides."""
    cli, exec_, spawned = (said(lab, LATER, source=source) for source in ("cli", "exec", {"subagent": "review"}))
    assert [spawned] == found(lab, "needle", allowed_sources=({"subagent": "review"},))
    assert sorted([cli, exec_]) == sorted(found(lab, "needle", allowed_sources=("cli", "exec", "nobody")))
    assert found(lab, "needle", archived=True) == []
    lab.store.archive_thread(ArchiveThreadParams(thread_id=exec_))
    assert sorted([cli, spawned]) == sorted(found(lab, "needle"))
    assert [exec_] == found(lab, "needle", archived=True)
    assert found(lab, "needle", archived=True, allowed_sources=("cli",)) == []
    lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=exec_))
    assert sorted([cli, exec_, spawned]) == sorted(found(lab, "needle"))


_UNSEEN = (
    RolloutItem(
        "response_item",
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "needle"}]},
    ),
    RolloutItem(
        "response_item",
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "needle"}]},
    ),
    RolloutItem("response_item", {"type": "reasoning", "summary": [{"type": "summary_text", "text": "needle"}]}),
    RolloutItem("response_item", {"type": "function_call", "name": "needle", "arguments": "needle", "call_id": "c"}),
    RolloutItem("response_item", {"type": "function_call_output", "call_id": "c", "output": "needle"}),
    RolloutItem("response_item", {"type": "agent_message", "message": "needle"}),
    RolloutItem("event_msg", {"type": "agent_reasoning", "text": "needle", "message": "needle"}),
    RolloutItem("event_msg", {"type": "task_complete", "turn_id": "t", "last_agent_message": "needle"}),
    RolloutItem("event_msg", {"type": "user_message", "message": ["needle"]}),
    RolloutItem("turn_context", {"cwd": "/needle", "model": "needle", "message": "needle"}),
    RolloutItem("compacted", {"message": "needle"}),
    RolloutItem("world_state", {"full": True, "state": {"message": "needle"}}),
)
