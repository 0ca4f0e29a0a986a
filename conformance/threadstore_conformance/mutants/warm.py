"""Preparing the suite once, in the process from which all trials are forked, so that none of them does it again."""

from __future__ import annotations

import gc

from ..certify import scratch
from ..directed import all_checks
from ..ports import PORTS
from ..spec_text import load_clauses
from .programs import drawn_programs

#: How many objects are made before those that refer to each other are looked for; a trial is short, and makes many.
_BETWEEN_COLLECTIONS = 20_000


def warm() -> None:
    """Load every check and clause, and draw the programs of every port."""
    all_checks()
    load_clauses()
    with scratch():
        for port in PORTS:
            drawn_programs(port)
    # What is loaded stays: no collection has to look at it.
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS)
