"""Every broken session layer there is: name, clauses, story and what is swapped."""

from __future__ import annotations

from . import (
    alone_layers,
    disguise_layers,
    layers_cascades,
    layers_consumers,
    layers_facts,
    layers_fork,
    layers_fork_facts,
    layers_guard,
    layers_loaded,
    layers_originator,
    layers_pending,
    layers_resume,
    layers_routing,
    layers_spawn,
    layers_turns,
    museum_layers,
)
from .swapped import Layer

LAYERS: tuple[Layer, ...] = (
    *layers_originator.LAYERS,
    *layers_consumers.LAYERS,
    *layers_turns.LAYERS,
    *layers_fork.LAYERS,
    *layers_fork_facts.LAYERS,
    *layers_spawn.LAYERS,
    *layers_resume.LAYERS,
    *layers_facts.LAYERS,
    *layers_pending.LAYERS,
    *layers_guard.LAYERS,
    *layers_routing.LAYERS,
    *layers_loaded.LAYERS,
    *layers_cascades.LAYERS,
    *museum_layers.LAYERS,
    *disguise_layers.LAYERS,
    *alone_layers.LAYERS,
)
