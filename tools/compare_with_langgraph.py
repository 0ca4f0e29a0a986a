"""Compare what LangGraph's conformance suite rejects with what this one does, of the same faults.

Run it from an environment in which ``threadstore[suite]`` is installed, in a checkout of this project::

    python tools/compare_with_langgraph.py              # as text
    python tools/compare_with_langgraph.py --markdown   # as Markdown

It makes a virtual environment in a temporary folder and installs LangGraph's suite there with pip; ``--python`` names
an interpreter that has it already instead. A fault goes by one name in `langgraph_savers.py` and in
`langgraph_stores.py`, or in the library of mutants. A saver is judged by all of their tests that apply to it. A store
is judged by the directed checks of this suite at its port, and, where they find nothing, by a whole certification of
core and query, generated programs included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from langgraph_stores import STORES
from rich.console import Console
from rich.progress import track
from rich.table import Table

from threadstore_conformance.certificate import overall
from threadstore_conformance.certify import Request, certify
from threadstore_conformance.directed import Check, all_checks, failures, rejects
from threadstore_conformance.results import Run

PACKAGES = ("langgraph-checkpoint-conformance==0.0.2", "langgraph-checkpoint==4.3.2")

#: The levels that a store without a failed check is certified for.
LEVELS = ("core", "query")

#: Faults that need an unusual operation, value or moment to show.
SUBTLE: Mapping[str, str] = {
    "ForgetsAfterTwoHundred": "forgets everything after 200 writes",
    "NormalisesText": "keeps texts in Unicode's composed form",
    "RoundsLargeIntegers": "rounds integers above 2^53",
    "KeepsEmptyTextAsNull": "keeps an empty text as null",
    "DropsMembersBeyondSixtyFour": "drops an object's members beyond the 64th",
    "FoldsIds": "folds thread ids to lower case",
    "DeletesByPrefix": "deletes every thread whose id begins with the same eight characters",
    "WipesAtAnUnknownDelete": "deletes everything when an unknown thread is deleted",
    "SwallowsWhatFollowsADelete": "swallows what is written to an id after its deletion",
    "LosesConcurrentUpdates": "loses one of two updates that overlap",
    "RaisesOnOverlap": "raises when operations overlap",
    "DropsEveryTwentiethWrite": "drops every 20th write",
    "ListsTheWrongWayRound": "lists the wrong way round",
    "IgnoresTheLimit": "ignores the limit of a list",
    "WritesIntoTheCallersObject": "writes into the caller's object",
}

#: Faults that are plain to state; most of them show in ordinary use.
PLAIN: Mapping[str, str] = {
    "LosesEveryWrite": "loses every write",
    "DoublesEveryWrite": "keeps every write twice",
    "ReversesABatch": "keeps the writes of a batch in reverse order",
    "TellsOfAnotherThread": "answers with another thread's data",
    "DeletesNothing": "deletes nothing",
    "DeletesEverything": "deletes every thread with one",
    "IgnoresTheFilter": "ignores the filters of a list",
    "IgnoresTheCursor": "ignores the cursor of a list",
    "ListsAllButTheNewest": "lists all but the newest",
    "DropsMetadata": "drops metadata",
    "KeepsTheCallersObject": "keeps the caller's object instead of a copy",
    "ReadsStale": "answers a repeated read as it did the first time",
    "RevivesTheDeleted": "brings deleted data back when its id is used again",
    "KeepsNumbersAsText": "keeps numbers as text",
    "RaisesNotImplemented": "raises NotImplementedError in every operation",
}

#: No fault of a store: what the grades themselves are worth.
CONTROLS: Mapping[str, str] = {
    "Good": "no fault",
    "Empty": "implements no operation",
    "Nothing": "no fault, and nothing of the suite was executed",
}


@frozen
class Verdict:
    """What a suite says of a fault."""

    rejected: bool
    told: str


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.add_argument("--python", metavar="PATH", help="an interpreter that has LangGraph's suite")
    options = parser.parse_args()
    measured = _measure(options.python)
    versions = ", ".join(f"{name} {number}" for name, number in measured["versions"].items())
    titles = {"Subtle faults": SUBTLE, "Plain faults": PLAIN, "Controls": CONTROLS}
    for title, faults in titles.items():
        theirs = {name: _theirs(measured["found"][name]) for name in faults}
        ours = {name: _ours(name) for name in track(faults, title, console=Console(stderr=True), transient=True)}
        rows = [(words, theirs[name].told, ours[name].told) for name, words in faults.items()]
        show = _as_markdown if options.markdown else _as_text
        show(title, ("fault", "LangGraph's suite", "this suite"), rows)
        if faults is not CONTROLS:
            print(_summary(theirs, ours), end="\n\n")
    print(f"Measured: {versions}.")


def _measure(python: str | None) -> dict[str, Any]:
    """Return what LangGraph's suite says of its savers."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            interpreter = python or _installed(Path(folder))
            command = [interpreter, str(Path(__file__).with_name("langgraph_judge.py")), *SUBTLE, *PLAIN, *CONTROLS]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"LangGraph's suite does not run here: {error}") from error
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _installed(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    interpreter = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    command = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return interpreter


def _theirs(found: Mapping[str, Any]) -> Verdict:
    """Return what LangGraph's suite said of a saver."""
    tests = found["failed"]
    ran = found["passed"] + len(tests)
    told = f"{len(tests)} of {ran} tests fail: {_some(tests)}" if tests else f"{ran} tests pass"
    return Verdict(bool(tests), f"{found['grade']} ({told})")


def _ours(name: str) -> Verdict:
    """Return what this suite says of a store."""
    if name == "Nothing":
        return Verdict(False, _worded(*overall((), Run(), narrowed=False)))
    backend = STORES[name].backend()
    checks = [check for check in all_checks() if check.port == "store"]
    found = {check: error for check, error in failures(backend, checks).items() if rejects(error)}
    if found:
        clauses = _by_share(found, checks)
        return Verdict(True, f"rejected ({len(found)} of {len(checks)} checks fail: {_some(clauses)})")
    certificate = certify(Request(target=f"langgraph_stores:{backend.name}", levels=LEVELS)).certificate
    reason = certificate.reason or f"{len(checks)} checks and {certificate.programs} programs pass"
    return Verdict(certificate.verdict == "failed", _worded(certificate.verdict, reason))


def _worded(verdict: str, reason: str) -> str:
    return f"{verdict} ({reason})"


def _by_share(found: Iterable[Check], checks: Iterable[Check]) -> list[str]:
    """Return the clauses of checks that failed, those first of which the largest share of all checks did."""
    failed, all_of = (Counter(each for check in some for each in check.clauses) for some in (found, checks))
    return sorted(failed, key=lambda clause_id: (-failed[clause_id] / all_of[clause_id], -failed[clause_id]))


def _some(names: Sequence[str]) -> str:
    """Return the first two names, and how many more there are."""
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _summary(theirs: Mapping[str, Verdict], ours: Mapping[str, Verdict]) -> str:
    def lines() -> Iterator[str]:
        for suite, verdicts in (("LangGraph's suite", theirs), ("This suite", ours)):
            yield f"{suite} rejects {sum(each.rejected for each in verdicts.values())} of {len(verdicts)}."
        missed = sum(theirs[name].rejected and not ours[name].rejected for name in theirs)
        yield f"Rejected by LangGraph's suite alone: {missed}."

    return " ".join(lines())


def _as_text(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", show_lines=True)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table, markup=False)


def _as_markdown(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"### {title}\n")
    for row in (headings, ["---"] * len(headings), *rows):
        print(f"| {' | '.join(row)} |")
    print()


if __name__ == "__main__":
    main()
