"""The group of commands, the suite's own and those that other packages add."""

from __future__ import annotations

from importlib.metadata import entry_points, version

import click

from .backends import backends_command
from .bench import bench_command
from .certify import certify_command
from .laws import laws_command
from .mutants import mutants_command
from .replay import replay_command
from .soak import soak_command
from .spec import spec_command

#: The entry-point group in which packages add commands.
GROUP = "threadstore.commands"


class _Commands(click.Group):
    """Loads an added command only when it is called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group=GROUP))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        points = {point.name: point for point in entry_points(group=GROUP)}
        if own is not None or cmd_name not in points:
            return own
        try:
            command = points[cmd_name].load()
        except ImportError as error:
            raise click.ClickException(f"the command {cmd_name} does not load: {error}") from error
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("threadstore"), prog_name="threadstore")
def cli() -> None:
    """Certify stores of Codex threads, and read the specification that they are held to."""


_COMMANDS = (
    backends_command,
    bench_command,
    certify_command,
    laws_command,
    mutants_command,
    replay_command,
    soak_command,
    spec_command,
)
for _command in _COMMANDS:
    cli.add_command(_command)
