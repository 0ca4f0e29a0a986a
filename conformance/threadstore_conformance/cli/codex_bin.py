"""The option that names the binary which the targets ``codex`` are, for the commands that run programs on one."""

from __future__ import annotations

import os
from pathlib import Path

import click

#: How the backend, which is found by its registration, and the processes of a run are told of it.
_VARIABLE = "THREADSTORE_CODEX_BIN"


def _name(_: click.Context, __: click.Parameter, given: Path | None) -> None:
    if given is not None:
        os.environ[_VARIABLE] = str(given.absolute())


codex_bin_option = click.option(
    "--codex-bin",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    expose_value=False,
    callback=_name,
    help="The binary that the target codex is, in place of the installed one.",
)
