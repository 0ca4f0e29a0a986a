"""The model judged by laws that know nothing of it, on every program up to a depth; and what else the laws reject."""

from __future__ import annotations

import ast
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from threadstore import (
    UNSET,
    Backend,
    Capabilities,
    Clock,
    CreateThreadParams,
    ReferenceStore,
    ShutdownThreadParams,
    ThreadStoreError,
    UnarchiveThreadParams,
)
from threadstore.reference_store import REFERENCE_CAPABILITIES
from threadstore_backends.broken.passing import Mutant, Passing, mutant
from threadstore_backends.broken.stores import MUTANTS
from threadstore_backends.broken.unusual import STORES
from threadstore_backends.memory import MemoryStore
from threadstore_backends.memory.store import MEMORY_CAPABILITIES
from threadstore_conformance import laws
from threadstore_conformance.exhaustive.alphabet import deeds
from threadstore_conformance.exhaustive.driver import _programs
from threadstore_conformance.laws import LAWS, Law, Program, Trials, Violation, hold

LAZY = Capabilities(lazy=True, requires_cwd=True, hides_unpreviewed=True, page_cap=1, volatile=True)
LASTING = evolve(MEMORY_CAPABILITIES, volatile=False)

#: What the laws must say of the model: all that speak of a store that keeps nothing.
HELD = tuple(law for law in LAWS if not law.lasting)

_BY_NAME = {law.name: law for law in LAWS}
_BROKEN = {each.name: each for each in MUTANTS}


def model(capabilities: Capabilities = REFERENCE_CAPABILITIES) -> Backend:
    """The model as a store."""

    def opened(home: Path, *, clock: Clock) -> ReferenceStore:
        return ReferenceStore(capabilities, clock)

    return Backend(name="reference", open=opened, capabilities=capabilities)


def programs(threads: int, depth: int) -> list[Program]:
    """Every program of up to so many operations, of which one of the first two creates.

    Longer ones that begin otherwise begin with two refusals, and each is followed by everything here too.
    """
    by_thread = deeds(threads)
    operations = [deed for each in by_thread for deed in each]
    return [
        tuple(operations[number] for number in program)
        for length in range(1, depth + 1)
        for program in _programs(length, len(by_thread[0]), threads)
        if length < 3 or any(isinstance(operations[number], CreateThreadParams) for number in program[:2])
    ]


@pytest.mark.parametrize(
    ("threads", "depth", "variants"),
    [(1, 3, REFERENCE_CAPABILITIES), (2, 2, REFERENCE_CAPABILITIES), (1, 3, LAZY)],
    ids=["one thread", "two threads", "one lazy thread"],
)
def test_every_law_holds_of_the_model_for_every_program(threads: int, depth: int, variants: Capabilities) -> None:
    """Ensure the model, run as a store, agrees with itself whatever is done to one thread or two."""
    claims: Counter[str] = Counter()
    with Trials(model(variants)) as trials:
        for program in programs(threads, depth):
            for law in HELD:
                claims[law.name] += law.check(program, trials)
    # One thread commutes with no other and fills no two pages; two batches of a thread come after its creation.
    silent = {"commute", "page-size"} if threads == 1 else {"split-append"}
    assert {law.name for law in HELD if not claims[law.name]} == silent


@pytest.mark.parametrize("law", HELD, ids=lambda law: law.name)
@pytest.mark.parametrize("variants", [REFERENCE_CAPABILITIES, LAZY], ids=["eager", "lazy"])
def test_every_law_holds_of_the_model_for_generated_programs(law: Law, variants: Capabilities) -> None:
    """Ensure unusual values, batches and two threads at once make no difference to that."""
    assert hold(law, model(variants)).claims > 0


# --- What else the laws reject ----------------------------------------------------------------------------------


class ClosesWhatIsRead(Passing):
    """Shuts a thread down when it is read."""

    def read_thread(self, params: Any) -> Any:
        thread = self.good.read_thread(params)
        with suppress(ThreadStoreError):
            self.good.shutdown_thread(ShutdownThreadParams(thread_id=params.thread_id))
        return thread


class KeepsNoTitleOfOldIds(Passing):
    """Drops the titles of threads whose ids are of a certain time."""

    def update_thread_metadata(self, params: Any) -> Any:
        if params.thread_id.startswith("0190"):
            params = evolve(params, patch=evolve(params.patch, title=UNSET))
        return self.good.update_thread_metadata(params)


_OPENED = count()


class DropsNamesEverySecondTime(Passing):
    """Takes no name in every second store that the process opens."""

    def __init__(self, *made: Any) -> None:
        super().__init__(*made)
        self.drops = bool(next(_OPENED) % 2)

    def update_thread_metadata(self, params: Any) -> Any:
        if self.drops:
            params = evolve(params, patch=evolve(params.patch, name=UNSET))
        return self.good.update_thread_metadata(params)


_KEPT: dict[Path, MemoryStore] = {}


def lasting(home: Path, clock: Clock) -> MemoryStore:
    """Open a good store that outlives its closing, as one of files does."""
    return _KEPT.setdefault(home, MemoryStore(clock=clock, capabilities=LASTING))


class UnarchivesWhenOpened(Passing):
    """Moves every archived thread back when the store is opened."""

    def __init__(self, *made: Any) -> None:
        super().__init__(*made)
        for thread in self.walk(laws.trials.listing(archived=True)):
            self.good.unarchive_thread(UnarchiveThreadParams(thread_id=thread.thread_id))


#: Broken stores, and the law that rejects each.
TEETH: tuple[tuple[str, Mutant], ...] = (
    *(
        (law, _BROKEN[name])
        for law, names in {
            "split-append": ("loses-the-last-of-a-batch", "reverses-a-batch", "doubles-the-first-of-a-batch"),
            "commute": ("closes-the-others",),
            "page-size": ("skips-one-a-page", "loses-ties"),
            "merge-patches": ("takes-omit-for-clear", "answers-the-thread-as-it-was"),
            "leave-out": ("keeps-the-good-part-of-a-batch",),
            "one-thread": ("forgets-the-preview-with-history", "updates-when-read"),
            "one-side": ("hides-unpreviewed-in-secret", "reads-the-archived-unasked", "orders-ties-upwards"),
        }.items()
        for name in names
    ),
    ("observe", mutant(ClosesWhatIsRead)),
    ("rename", mutant(KeepsNoTitleOfOldIds)),
    ("repeat", mutant(DropsNamesEverySecondTime)),
    ("reopen", mutant(UnarchivesWhenOpened, declared=LASTING, inside=lasting)),
)


@pytest.mark.parametrize(("law", "broken"), TEETH, ids=[f"{broken.name} by {law}" for law, broken in TEETH])
def test_a_broken_store_falls_to_a_law(law: str, broken: Mutant) -> None:
    """Ensure each law alone rejects a store, without the model, and tells it in two programs."""
    with pytest.raises(Violation) as caught:
        hold(_BY_NAME[law], broken.backend(), examples=200)
    violation = caught.value
    assert (violation.law, violation.clauses) == (_BY_NAME[law], _BY_NAME[law].clauses)
    assert violation.first
    assert violation.second
    assert f"{broken.name} breaks the law {law!r}" in str(violation)


def test_every_law_has_teeth() -> None:
    """Ensure no law is without a store that falls to it."""
    assert {law for law, _ in TEETH} == _BY_NAME.keys()


@pytest.mark.parametrize("unusual", STORES, ids=lambda unusual: str(unusual.declared))
def test_a_store_that_does_what_the_spec_allows_breaks_no_law(unusual: Mutant) -> None:
    """Ensure short pages, odd cursors, own defaults and variants are right by every law too."""
    for law in HELD:
        hold(law, unusual.backend(), examples=5)


@pytest.mark.parametrize("law", ["split-append", "page-size", "reopen"])
def test_both_programs_run_as_python(law: str) -> None:
    """Ensure the text of a violation runs as it stands, page by page and opening by opening."""
    broken = next(broken for known, broken in TEETH if known == law).backend()
    with pytest.raises(Violation) as caught:
        hold(_BY_NAME[law], broken, examples=200)
    text = caught.value.python(broken.name)
    assert text.count("import *") == 2
    exec(text.replace(repr(broken.name), "BROKEN"), {"BROKEN": broken})


def test_no_law_knows_the_model() -> None:
    """Ensure the laws import nothing that answers, or judges, as the model does."""
    judging = {"model", "model_listing", "state", "outcomes", "reference_store", "lockstep", "references"}
    for module in Path(laws.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = {*(node.module or "").split("."), *(alias.name for alias in node.names)}
                assert not names & judging, f"{module.name} imports {names & judging}"
