"""Generated programs for mutants: drawn once, then run on each of them.

What a rule draws does not depend on what was answered before, so Hypothesis would make the same programs for every
mutant. They are drawn against a store that does nothing wrong, in the process from which all trials are forked.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache

from threadstore import Backend, ReferenceStore
from threadstore.reference_store import REFERENCE_CAPABILITIES

from ..discovery import Registered
from ..drawn import Drawn, DrawnMachine
from ..generation import Generation
from ..lockstep import Difference
from ..machine import store_machine
from ..ports import PortName
from ..results import Run
from ..session_machine import session_machine
from ..shrink import smallest

#: How many programs are generated for a mutant, and how many are run at most to make one small.
PROGRAMS = 10
BUDGET = 200

#: A store that does nothing wrong, and that no mutant is made of.
_STORE = Backend(
    name="reference", open=lambda home, *, clock: ReferenceStore(clock=clock), capabilities=REFERENCE_CAPABILITIES
)


@cache
def drawn_programs(port: PortName) -> tuple[Sequence[Drawn], ...]:
    """Return what the programs of a port do, and what they draw for it."""
    run = Run(drawn=[])
    Generation(backend=_STORE, run=run, port=port, examples=PROGRAMS).check()
    return tuple(run.drawn or ())


def run_programs(backend: Registered, port: PortName) -> None:
    """Run generated programs in lockstep; raise the `Difference` of the smallest that shows one."""
    for program in drawn_programs(port):
        machine = _machine(backend, port)
        try:
            _run(machine, program)
        except Difference as found:
            raise smallest(found, backend, BUDGET) or found from None


def _machine(backend: Registered, port: PortName) -> DrawnMachine:
    if port == "manager":
        return session_machine(backend)()
    assert isinstance(backend, Backend)
    return store_machine(backend)()


def _run(machine: DrawnMachine, program: Sequence[Drawn]) -> None:
    try:
        for act, drawn in program:
            act(machine, **copy.deepcopy(drawn))
    finally:
        machine.teardown()
