"""Directed checks of what a patch sets, clears, and answers: PATCH-1, 1b and 3."""

from __future__ import annotations

from typing import Any

from threadstore import GitInfo, GitInfoPatch, ThreadId, ThreadMetadataPatch, TokenUsage, UpdateThreadMetadataParams
from threadstore_conformance.lab import INVALID, ORIGINATOR, Lab, clause

from .comparing import TIMES, changed, same
from .patches import FIRST, PATCHES, SECOND, patch_field, patched_thread, places
from .refusing import assert_names
from .unusual import NUMBERS, TEXTS
from .verbs import archive

#: The fields of a patch that hold text, but for those of which the spec leaves a part open.
_TEXT_FIELDS = (
    "preview", "title", "model_provider", "model", "reasoning_effort", "thread_source", "agent_nickname",
    "agent_role", "agent_path", "cwd", "cli_version", "approval_mode", "first_user_message", "source",
)  # fmt: skip
_CLEARABLE = ("name", "thread_source", "agent_nickname", "agent_role", "agent_path")


@clause("PATCH-1")
def test_each_field_is_set_to_the_value_given(lab: Lab) -> None:
    """Ensure a patch of one field sets that field, on a new thread, whether live, closed or archived."""
    for place, thread in places(lab):
        for field, value in FIRST.items():
            patch_field(lab, thread, field, value)
            actual = getattr(lab.read(thread), field)
            assert same(value, actual), f"{field} was set to {value!r}, and reads {actual!r} ({place} thread)"


@clause("PATCH-1")
def test_each_field_is_set_again_and_alone(lab: Lab) -> None:
    """Ensure a patch of one field replaces the former value and leaves every other field."""
    for place, thread in places(lab):
        patched_thread(lab, thread)
        for field, value in SECOND.items():
            before = lab.read(thread)
            patch_field(lab, thread, field, value)
            after = lab.read(thread)
            actual = getattr(after, field)
            assert same(value, actual), f"{field} was set to {value!r}, and reads {actual!r} ({place} thread)"
            differences = changed(before, after, but=(field, *_judged_elsewhere(field)))
            assert differences == {}, f"a patch of {field} changed {differences} as well ({place} thread)"


@clause("PATCH-1")
def test_many_fields_are_set_together(lab: Lab) -> None:
    """Ensure one patch sets all of its fields."""
    for place, thread in places(lab):
        patched_thread(lab, thread)
        lab.patch(thread, **SECOND)
        after = lab.read(thread)
        wrong = {field: getattr(after, field) for field in SECOND if not same(SECOND[field], getattr(after, field))}
        assert wrong == {}, f"a patch of every field left {wrong} ({place} thread)"


@clause("PATCH-1")
def test_null_clears_each_clearable_field(lab: Lab) -> None:
    """Ensure a cleared field reads as absent and stays so, whether it was set, never set, or cleared before."""
    for place, thread in places(lab):
        for field in _CLEARABLE:
            for former in ("set", "", None):
                patch_field(lab, thread, field, former)
                before = lab.read(thread)
                patch_field(lab, thread, field, None)
                after = lab.read(thread)
                actual = getattr(after, field)
                assert actual is None, f"{field} was cleared, and reads {actual!r} ({place} thread)"
                differences = changed(before, after, but=(field, *_judged_elsewhere(field)))
                assert differences == {}, f"clearing {field} changed {differences} as well ({place} thread)"


@clause("PATCH-1")
def test_create_facts_can_be_cleared_and_replaced(lab: Lab) -> None:
    """Ensure a field that create set is as literal as any other."""
    spawn = {"parent_thread_id": lab.new_id(), "depth": 1, "agent_nickname": "Ada", "agent_role": "r"}
    thread = lab.create(source={"subagent": {"thread_spawn": spawn}}, thread_source="subagent")
    for field in ("agent_nickname", "agent_role", "thread_source"):
        patch_field(lab, thread, field, None)
        actual = getattr(lab.read(thread), field)
        assert actual is None, f"{field} was cleared, and reads {actual!r} of what create was given"
    before = lab.read(thread)
    lab.patch(thread, source="exec")
    assert lab.read(thread).source == "exec"
    differences = changed(before, lab.read(thread), but=("source", *TIMES))
    assert differences == {}, f"a patch of source changed {differences} as well"


@clause("PATCH-1")
def test_texts_are_kept_exactly(lab: Lab) -> None:
    """Ensure no text is trimmed, folded or normalised, and an empty one is set, not cleared."""
    thread = lab.create()
    for what, text in TEXTS.items():
        fields: dict[str, Any] = dict.fromkeys(_TEXT_FIELDS, text)
        lab.patch(thread, **fields, git_info=GitInfoPatch(sha=text, branch=text))
        actual = lab.read(thread)
        for field in _TEXT_FIELDS:
            kept = getattr(actual, field)
            assert same(text, kept), f"{field}: the text {text[:80]!r} ({what}) became {str(kept)[:80]!r}"
        assert actual.git_info == GitInfo(text, text, None), (
            f"git_info: {text[:80]!r} ({what}): {actual.git_info!r:.200}"
        )
        if text.strip():
            lab.patch(thread, name=text)
            name = lab.read(thread).name
            assert same(text, name), f"name: the text {text[:80]!r} ({what}) became {str(name)[:80]!r}"


@clause("PATCH-1")
def test_json_fields_are_kept_exactly(lab: Lab) -> None:
    """Ensure source and permission_profile come back as the same JSON, and are replaced whole."""
    thread = lab.create()
    values: list[dict[str, Any]] = [
        {"a": {"b": 1, "c": [1, {"d": None}]}},
        {"a": {"c": 2}},
        {},
        {"numbers": list(NUMBERS)},
        {"texts": list(TEXTS.values()), **{text: what for what, text in TEXTS.items()}},
        {"true": True, "one": 1, "null": None},
    ]
    for field in ("permission_profile", "source"):
        for value in values:
            patch_field(lab, thread, field, value)
            actual = getattr(lab.read(thread), field)
            assert same(value, actual), f"{field} was set to {value!r:.300}, and reads {actual!r:.300}"


@clause("PATCH-1")
def test_token_usage_is_kept_exactly_and_replaced_whole(lab: Lab) -> None:
    """Ensure the five integers come back at the edges of 64 signed bits, and none of a former usage is left."""
    thread = lab.create()
    for usage in (
        TokenUsage(1, 2, 3, 4, 5), TokenUsage(), TokenUsage(total_tokens=2**53 + 1), TokenUsage(2**63 - 1, -(2**63)),
        TokenUsage(output_tokens=7),
    ):  # fmt: skip
        lab.patch(thread, token_usage=usage)
        actual = lab.read(thread).token_usage
        assert same(usage, actual), f"token_usage was set to {usage}, and reads {actual}"


@clause("PATCH-1")
def test_git_information_is_patched_part_by_part(lab: Lab) -> None:
    """Ensure parts that a git patch omits stay, cleared parts go, and no part left is no git information."""
    for place, thread in places(lab):
        for patch, expected in (
            (GitInfoPatch(sha="a", branch="b", origin_url="c"), GitInfo("a", "b", "c")),
            (GitInfoPatch(branch="B"), GitInfo("a", "B", "c")),
            (GitInfoPatch(sha=None), GitInfo(None, "B", "c")),
            (GitInfoPatch(sha="", origin_url=None), GitInfo("", "B", None)),
            (GitInfoPatch(sha=None, branch=None), None),
            (GitInfoPatch(origin_url=None), None),
            (GitInfoPatch(origin_url="o"), GitInfo(None, None, "o")),
            (GitInfoPatch(sha=None, branch=None, origin_url=None), None),
            (GitInfoPatch(branch="again"), GitInfo(None, "again", None)),
        ):
            lab.patch(thread, git_info=patch)
            actual = lab.read(thread).git_info
            assert expected == actual, f"after {patch} git_info reads {actual}, not {expected} ({place} thread)"


@clause("PATCH-1")
def test_each_part_of_git_is_set_and_cleared_alone(lab: Lab) -> None:
    """Ensure a patch of one part, a clear too, leaves the two others, whichever part it is."""
    whole = {"sha": "a", "branch": "b", "origin_url": "c"}
    for place, thread in places(lab):
        for part in whole:
            for value in ("other", "", None):
                lab.patch(thread, git_info=GitInfoPatch(**whole))
                lab.patch(thread, git_info=GitInfoPatch(**{part: value}))
                expected, actual = GitInfo(**{**whole, part: value}), lab.read(thread).git_info
                assert expected == actual, f"{part} was set to {value!r}, git_info reads {actual} ({place} thread)"


@clause("PATCH-1")
def test_no_patch_changes_who_the_thread_is(lab: Lab) -> None:
    """Ensure originator, parent, fork source, archived_at and id stay, whatever a source or a provider says."""
    parent, fork, other = lab.new_id(), lab.new_id(), lab.new_id()
    thread = lab.create(parent_thread_id=parent, forked_from_id=fork)
    archive(lab, thread)
    before = lab.read(thread)
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": other, "depth": 1, "agent_nickname": "Zoe"}}}
    for patch in (SECOND, {"source": spawn}, {"thread_source": "subagent", "model_provider": "provider-z"}):
        lab.patch(thread, **patch)
        after = lab.read(thread)
        assert after.originator == ORIGINATOR, f"a patch changed the originator to {after.originator!r}"
        for field in ("thread_id", "parent_thread_id", "forked_from_id", "archived_at"):
            expected, actual = getattr(before, field), getattr(after, field)
            assert expected == actual, f"a patch changed {field} from {expected!r} to {actual!r}"


@clause("PATCH-1")
def test_a_rollout_path_is_text_where_there_are_no_paths(lab: Lab) -> None:
    """Ensure a store without paths keeps the field literally, and one with paths shows its own."""
    thread = lab.create()
    if lab.capabilities.paths:
        lab.patch(thread, rollout_path=lab.read(thread).rollout_path, title="titled")
        assert lab.read(thread).title == "titled"
        return
    for text in ("/kept/as/text.jsonl", "../x", "", "caf\u00e9"):
        lab.patch(thread, rollout_path=text)
        actual = lab.read(thread).rollout_path
        assert text == actual, f"rollout_path was set to {text!r}, and reads {actual!r}"


@clause("PATCH-1b")
def test_a_path_that_is_not_the_threads_own_is_refused(lab: Lab) -> None:
    """Ensure it is InvalidRequest that names rollout_path, and nothing else of the patch is applied."""
    thread, other = lab.create(), lab.create()
    before = lab.read(thread)
    own = str(before.rollout_path)
    for path in (str(lab.read(other).rollout_path), "/nowhere/rollout.jsonl", "", "../x", own + "x", own.upper()):
        error = lab.refused(_with_path(thread, path), INVALID)
        assert_names(error, "rollout_path")
        differences = changed(before, lab.read(thread))
        assert differences == {}, f"a refused patch changed {differences}"


@clause("PATCH-1b")
def test_a_threads_own_path_is_accepted_and_changes_nothing(lab: Lab) -> None:
    """Ensure the path that a read returned can be sent back, on either side."""
    thread = lab.create()
    for _ in range(2):
        before = lab.read(thread)
        lab.patch(thread, rollout_path=before.rollout_path)
        differences = changed(before, lab.read(thread))
        assert differences == {}, f"a patch of a thread's own rollout_path changed {differences}"
        lab.patch(thread, rollout_path=before.rollout_path, title="titled")
        if before.archived_at is None:
            archive(lab, thread)


@clause("PATCH-3")
def test_a_patch_answers_what_a_read_then_answers(lab: Lab) -> None:
    """Ensure the thread that a patch returns equals the one that is read directly afterwards, field by field."""
    for place, thread in places(lab):
        for patch in PATCHES:
            lab.clock.advance(1_000)
            answer = lab.patch(thread, **patch)
            differences = changed(answer, lab.read(thread))
            assert differences == {}, f"after {patch}: answered and read differ in {differences} ({place} thread)"
            assert answer.history is None, "a patch answers without history"


@clause("PATCH-3")
def test_the_answer_of_a_first_patch_is_what_is_read(lab: Lab) -> None:
    """Ensure it holds for a thread that nobody read before, and that the patch itself makes visible."""
    for patch in PATCHES:
        thread = lab.create(visible=False)
        if patch and patch != {"git_info": GitInfoPatch()}:
            answer = lab.patch(thread, **patch)
            differences = changed(answer, lab.read(thread))
            assert differences == {}, f"after {patch}: answered and read differ in {differences}"


def _judged_elsewhere(field: str) -> tuple[str, ...]:
    # Times are PATCH-4's; what becomes of the name when a derived text is set is PATCH-7's.
    return (*TIMES, "name") if field in ("title", "preview", "first_user_message") else TIMES


def _with_path(thread: ThreadId, path: str) -> UpdateThreadMetadataParams:
    patch = ThreadMetadataPatch(rollout_path=path, title="never applied", git_info=GitInfoPatch(branch="never"))
    return UpdateThreadMetadataParams(thread_id=thread, patch=patch)
