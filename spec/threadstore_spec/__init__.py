"""The specification in prose: clauses, divergences, formats and JSON Schemas; read with `importlib.resources`."""
