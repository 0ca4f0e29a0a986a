"""Preparing the suite once, in the process from which all trials are forked, so that none of them does it again."""

from __future__ import annotations

import gc

from threadstore import Backend, ReferenceStore
from threadstore.reference_store import REFERENCE_CAPABILITIES

from ..certify import scratch
from ..directed import all_checks
from ..generation import Generation
from ..ports import ports_of
from ..results import Run

#: A store that does nothing wrong, and that no mutant is made of.
_STORE = Backend(
    name="reference", open=lambda home, *, clock: ReferenceStore(clock=clock), capabilities=REFERENCE_CAPABILITIES
)
#: How many objects are made before those that refer to each other are looked for; a trial is short, and makes many.
_BETWEEN_COLLECTIONS = 20_000


def warm() -> None:
    """Load every check, and run a few programs: strategies, and what else is made at its first use, are made then."""
    all_checks()
    with scratch():
        for port in ports_of(_STORE):
            Generation(backend=_STORE, run=Run(), port=port.name, examples=3).check()
    # What is loaded stays: no collection has to look at it.
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS)
