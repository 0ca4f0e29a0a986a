"""The bug museum: its page and the mutants say the same, and every mutant has one name."""

from __future__ import annotations

import re
from collections import Counter

from spec.tables import page, tables
from threadstore_backends.broken.layers import LAYERS
from threadstore_backends.broken.stores import MUTANTS
from threadstore_conformance.mutants.library import find_mutants

#: The issues of a row, what people saw, and the mutants that are modelled on them, or why there is none.
ROWS = [
    (re.findall(r"(?:PR )?#\d+", issues), symptom, shown)
    for table in tables(page("museum.md"))
    for issues, symptom, shown in table[1:]
]
EVERY = (*MUTANTS, *LAYERS)

#: The issues that each mutant names, as the page writes them.
ISSUES = {
    each.name: [issue.removeprefix("openai/codex").strip() for issue in each.issue.split(", ")]
    for each in EVERY
    if each.issue is not None
}


def test_every_known_issue_is_in_one_row() -> None:
    """Ensure the page has the 69 issues and five pull requests that are known, none of them twice."""
    numbers = [issue for issues, *_ in ROWS for issue in issues]
    assert [issue for issue, times in Counter(numbers).items() if times > 1] == []
    pull_requests = [issue for issue in numbers if issue.startswith("PR")]
    assert (len(numbers), len(pull_requests)) == (74, 5)


def test_an_issue_is_written_in_one_way() -> None:
    """Ensure a mutant names issues as ``openai/codex#1`` or ``openai/codex PR#1``, separated by a comma."""
    one = r"openai/codex( PR)?#[1-9]\d*"
    written = [each.issue for each in EVERY if each.issue is not None]
    assert [issue for issue in written if not re.fullmatch(rf"{one}(, {one})*", issue)] == []


def test_page_and_mutants_name_each_other() -> None:
    """Ensure a row names the mutants that are modelled on its issues, each of these has one, and none is left out."""
    for issues, _, shown in ROWS:
        of_row = {_plain(issue) for issue in issues}
        modelled = {name for name, named in ISSUES.items() if of_row & set(named)}
        assert set(re.findall(r"`([a-z-]+)`", shown)) == modelled, f"the row of {', '.join(issues)}"
        named = {issue for name in modelled for issue in ISSUES[name]}
        assert not modelled or of_row <= named, f"no mutant names {', '.join(sorted(of_row - named))}"
    on_page = {_plain(issue) for issues, *_ in ROWS for issue in issues}
    assert {issue for named in ISSUES.values() for issue in named} <= on_page


def test_a_row_says_what_was_seen_and_why_nothing_shows_it() -> None:
    """Ensure each row tells of a fault in a sentence, and either names mutants or says which level would show it."""
    for issues, symptom, shown in ROWS:
        assert symptom.endswith("."), f"the row of {', '.join(issues)} has no sentence"
        assert re.fullmatch(r"`[a-z-]+`(, `[a-z-]+`)*|\*not yet\*: .+, level (durable|concurrent)", shown), issues


def test_most_of_the_museum_is_shown() -> None:
    """Ensure no less than fifty issues have a mutant, at both ports and in stores of files."""
    shown = {issue for named in ISSUES.values() for issue in named}
    assert len(shown) >= 50
    found = [each for each in find_mutants() if getattr(each.mutant, "issue", None)]
    assert {each.port for each in found} == {"store", "manager"}
    assert any(each.slow for each in found)


def test_no_store_has_the_name_of_a_session_layer() -> None:
    """Ensure a name asks for one mutant, whatever its port."""
    assert [name for name, times in Counter(each.name for each in EVERY).items() if times > 1] == []


def _plain(issue: str) -> str:
    return issue.replace("PR #", "PR#")
