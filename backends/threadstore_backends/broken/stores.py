"""Every mutant there is: name, clauses, story and store."""

from __future__ import annotations

from . import (
    alone_files,
    alone_stores,
    disguise_errors,
    disguise_local,
    disguise_stores,
    museum_local,
    museum_stores,
    stores_create,
    stores_database,
    stores_filters,
    stores_history,
    stores_life,
    stores_listing,
    stores_local,
    stores_patch,
    stores_read,
    stores_rows,
    stores_search,
    stores_values,
)
from .passing import Mutant

MUTANTS: tuple[Mutant, ...] = (
    *stores_create.MUTANTS,
    *stores_life.MUTANTS,
    *stores_read.MUTANTS,
    *stores_history.MUTANTS,
    *stores_values.MUTANTS,
    *stores_patch.MUTANTS,
    *stores_listing.MUTANTS,
    *stores_filters.MUTANTS,
    *stores_rows.MUTANTS,
    *stores_search.MUTANTS,
    *stores_local.MUTANTS,
    *stores_database.MUTANTS,
    *museum_stores.MUTANTS,
    *museum_local.MUTANTS,
    *disguise_stores.MUTANTS,
    *disguise_errors.MUTANTS,
    *disguise_local.MUTANTS,
    *alone_files.MUTANTS,
    *alone_stores.MUTANTS,
)
