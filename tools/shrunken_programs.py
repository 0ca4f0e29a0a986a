"""Say how short the programs are that show mutants, once they are shrunk.

Run it on what ``threadstore mutants`` left::

    threadstore mutants --out .threadstore/mutants
    python tools/shrunken_programs.py .threadstore/mutants/kill_matrix.json

It prints the median, the 90th percentile and the longest, of generated and of exhaustive programs, and names the
mutants whose programs are longer than six operations. It ends with status 1 when the median is more than that.
"""

from __future__ import annotations

import json
import sys
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

#: The most operations that the median of shrunken programs may have.
BAR = 6


def main() -> None:
    """Read a kill matrix, and print what it says of programs."""
    if len(sys.argv) != 2:
        sys.exit("say which kill_matrix.json")
    try:
        rows: list[dict[str, Any]] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["mutants"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{sys.argv[1]} is no kill matrix: {error}")
    # Exhaustive programs are tried in the order of their length, and so are not shrunk.
    medians = [_told(kind, rows) for kind in ("generated", "exhaustive")]
    sys.exit(int(medians[0] > BAR))


def _told(kind: str, rows: list[dict[str, Any]]) -> float:
    """Print the figures of programs of one kind, and return their median."""
    lengths: dict[str, int] = {row["name"]: row[kind]["operations"] for row in rows if row[kind]["operations"]}
    if not lengths:
        print(f"{kind}: no mutant was shown by a program")
        return 0
    ordered = sorted(lengths.values())
    middle, most = median(ordered), ordered[ceil(len(ordered) * 0.9) - 1]
    print(
        f"{kind}: {len(ordered)} of {len(rows)} mutants; median {middle:g}, 90th percentile {most}, most {ordered[-1]}"
    )
    for name, length in sorted(lengths.items(), key=lambda each: -each[1]):
        if length > BAR:
            print(f"    {length:>3}  {name}")
    return middle


if __name__ == "__main__":
    main()
