"""The laws without a model, as their users run them."""

from __future__ import annotations

import pytest

from support.command import threadstore
from threadstore_conformance.laws import LAWS
from threadstore_conformance.spec_text import load_clauses


def test_every_law_has_one_name_and_speaks_of_clauses() -> None:
    """Ensure no name is there twice, every clause exists, and each law is said in one sentence."""
    names = [law.name for law in LAWS]
    assert len(set(names)) == len(names)
    for law in LAWS:
        assert law.says.endswith(".")
        assert law.clauses
        assert set(law.clauses) <= load_clauses().keys()


def test_laws_judges_a_store() -> None:
    """Ensure each law has its verdict, and a good store exits 0."""
    done = threadstore("laws", "memory", "--examples", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines() if line[:1].strip()}
    assert verdicts == {law.name: "skipped" if law.lasting else "held" for law in LAWS}


def test_laws_tells_both_programs_of_a_broken_store() -> None:
    """Ensure a broken law exits 1 and shows two programs as Python."""
    done = threadstore("laws", "support.faulty:FORGETFUL", "--law", "split-append")
    assert done.returncode == 1, done.stdout + done.stderr
    for part in ("broken", "one program", "the other", "from threadstore import *"):
        assert part in done.stdout


def test_a_run_without_a_verdict_is_inconclusive() -> None:
    """Ensure a law that does not speak of the store is no pass."""
    assert threadstore("laws", "memory", "--law", "reopen").returncode == 2


@pytest.mark.parametrize("arguments", [("nowhere",), ("memory", "--law", "no-such-law"), ("no.such:thing",)])
def test_a_wrong_call_is_an_error(arguments: tuple[str, ...]) -> None:
    """Ensure a target or a law that does not exist exits 3."""
    assert threadstore("laws", *arguments).returncode == 3


@pytest.mark.parametrize(
    ("store", "says"),
    [("EXITING", "the process that ran the backend ended with"), ("HANGING", "did not end in 5 s; a call hangs")],
)
def test_a_store_that_ends_or_never_answers_gets_no_verdict(store: str, says: str) -> None:
    """Ensure a process that vanishes and a call that never returns are told, and exit 3."""
    done = threadstore("laws", f"support.faulty:{store}", "--examples", "2", "--timeout", "5")
    assert done.returncode == 3, done.stdout + done.stderr
    assert says in done.stderr
