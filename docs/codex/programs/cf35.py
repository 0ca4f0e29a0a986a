# start_thread breaks ORIG-1 at originator: expected 'codex_cli_rs', got ''

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143', settings=ProcessSettings(environment={'CODEX_INTERNAL_ORIGINATOR_OVERRIDE': ''})) as manager:
    print(manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )))
