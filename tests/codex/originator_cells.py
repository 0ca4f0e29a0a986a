"""The matrix of originators: what a profile predicts of every thread that is made, and of every one that is resumed.

A *cell* is a thread that came about in one way, from a service name, in one process or in a process after another. It
is seen in several places. What is predicted follows from the profile alone, and what is known to be otherwise from it
and from what two divergences say (DIV-56, DIV-57): nothing here is expected by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Literal, TypeAlias

from attrs import evolve, frozen

from threadstore.originator import PROFILES, Offers, OriginatorProfile, resolve
from threadstore_conformance.profiles import load_profiles, numbers_of, profile_of

End: TypeAlias = Literal["graceful", "killed"]
#: The service name that the first thread was started with, and how this one came about.
Cell: TypeAlias = tuple[str | None, str]
#: The same, and where it is seen.
Place: TypeAlias = tuple[str | None, str, str]

#: The first release that was measured whose thread objects tell the originator.
SHOWN_IN_THREADS = "0.163.0"


@frozen
class Process:
    """What a process says of itself."""

    #: The value of the variable that overrides originators; not set when there is none.
    environment: str | None
    client: str

    def __str__(self) -> str:
        environment = "no environment" if self.environment is None else f"environment {self.environment!r}"
        return f"{environment} client {self.client!r}"


@frozen
class Attribution:
    """Whom a loaded thread is attributed to: by its session, and in its first SessionMeta."""

    effective: str
    written: str


#: White space; and how it is written where it counts as any text does.
BLANK, COUNTED = " ", "\u2423"

#: The processes that threads are started in; the last one says nothing at all.
FIRST = (*(Process(said, "the first") for said in (None, "from the environment", "", BLANK)), Process(None, ""))
#: The processes that go on with what those left.
SECOND = tuple(Process(said, "the second") for said in (None, "from another environment", BLANK))
ENDS: tuple[End, ...] = ("graceful", "killed")


def service_names() -> tuple[str | None, ...]:
    """Return no service name, unusual spellings of all that any profile recognises, one that none does, and a blank."""
    known = dict.fromkeys(name for profile in PROFILES.values() for name in profile.service_names)
    odd = [f"  {spelled(name)}\t\n" for name, spelled in zip(known, cycle((str.upper, str.title)), strict=False)]
    return (None, *odd, "codex_work_webx", "  ")


def profile_for(release: str) -> OriginatorProfile | None:
    """Return the profile that describes a release of Codex; none for one that was not measured."""
    found = load_profiles()[profile_of(release)]
    of = found.releases
    described = of is not None and (of.last is None or numbers_of(release) <= numbers_of(of.last))
    return PROFILES[found.name] if described else None


def cells_of(profile: OriginatorProfile, process: Process) -> dict[Cell, Attribution]:
    """Return the cells of threads that are made in one process."""
    return dict(_made(profile, process))


def later_cells_of(
    profile: OriginatorProfile, first: Process, second: Process, end: End = "graceful"
) -> dict[Cell, Attribution]:
    """Return the cells of threads that one process made, and another one goes on with after its end."""
    cells = dict(_gone_on_with(profile, first, second))
    return cells if end == "graceful" else {cell: each for cell, each in cells.items() if cell[1] != "spawned"}


def predicted(cells: Mapping[Cell, Attribution], release: str, end: End = "graceful") -> dict[Place, str]:
    """Return what is to be seen of cells, by place: in the rollout what was written, elsewhere what is effective."""
    return {
        (name, how, place): attribution.written if place == "rollout" else attribution.effective
        for (name, how), attribution in cells.items()
        for place in _seen_in(how, end)
        if place != "thread" or numbers_of(release) >= numbers_of(SHOWN_IN_THREADS)
    }


def known(cells: Mapping[Cell, Attribution], release: str, end: End = "graceful") -> dict[Place, str]:
    """Return what is seen of the cells of known processes: thread objects tell what was written, unless it is empty.

    And no header has white space around it.
    """
    seen: dict[Place, str] = {}
    for (name, how, place), originator in predicted(cells, release, end).items():
        told = cells[name, how].written if place == "thread" else originator
        told = told.replace(COUNTED, BLANK)
        if place not in ("thread", "rollout"):
            told = told.strip()
        if told or place != "thread":
            seen[name, how, place] = told
    return seen


def as_known(process: Process) -> Process:
    """Return what a process is known to be taken for: any override counts, and so does white space that was written."""
    if process.environment is None or process.environment.strip():
        return process
    return Process(None, process.environment.replace(BLANK, COUNTED))


def _seen_in(how: str, end: End) -> Iterator[str]:
    """Yield where a thread is seen that came about in some way: its object, its rollout, its requests by kind."""
    yield from ("thread", "rollout", "prewarm", "turn")
    if how in ("started", "resumed") and end == "graceful":
        yield "compaction"


def _made(profile: OriginatorProfile, process: Process) -> Iterator[tuple[Cell, Attribution]]:
    for name in service_names():
        root = _created(profile, process, service_name=name)
        child = _created(profile, process, live_parent=root.effective)
        copy = _created(profile, process, live_parent=root.effective, persisted=root.written)
        yield (name, "started"), root
        yield (name, "forked"), copy
        yield (name, "spawned"), child
        yield (name, "spawned by the spawned"), _created(profile, process, live_parent=child.effective)
        yield (name, "spawned with the history"), copy


def _gone_on_with(profile: OriginatorProfile, first: Process, second: Process) -> Iterator[tuple[Cell, Attribution]]:
    for name in service_names():
        left = _created(profile, first, service_name=name)
        offers = Offers(environment=second.environment, persisted=left.written, default=second.client)
        resumed = evolve(left, effective=resolve(profile, "resume", offers))
        yield (name, "forked"), _created(profile, second, persisted=left.written)
        yield (name, "resumed"), resumed
        yield (name, "spawned"), _created(profile, second, live_parent=resumed.effective)


def _created(profile: OriginatorProfile, process: Process, **offered: str | None) -> Attribution:
    offers = Offers(environment=process.environment, default=process.client, **offered)
    originator = resolve(profile, "creation", offers)
    return Attribution(effective=originator, written=originator)
