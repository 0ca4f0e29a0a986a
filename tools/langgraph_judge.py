"""Print as JSON what LangGraph's conformance suite says of the savers named, and the versions that it was asked in.

`compare_with_langgraph.py` runs this with the Python of an environment in which that suite is installed; neither this
nor `langgraph_savers.py` imports anything of this project.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

import langgraph_savers
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability


def main(names: list[str]) -> None:
    """Print what the suite says of each saver, by name."""
    logging.disable()
    packages = ("langgraph-checkpoint-conformance", "langgraph-checkpoint")
    versions = {name: version(name) for name in packages}
    print(json.dumps({"versions": versions, "found": {name: judged(name) for name in names}}))


def judged(name: str) -> dict[str, Any]:
    """Return the grade that a saver gets, how many tests it passed, and which it failed."""
    saver = getattr(langgraph_savers, name)
    skipped = {capability.value for capability in Capability} if name == "Nothing" else set()

    async def made() -> AsyncIterator[Any]:
        yield saver()

    report = asyncio.run(validate(checkpointer_test(name, skip_capabilities=skipped)(made)))
    return {
        "grade": report.conformance_level(),
        "passed": sum(result.tests_passed for result in report.results.values()),
        "failed": [failure.partition(":")[0] for result in report.results.values() for failure in result.failures],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
