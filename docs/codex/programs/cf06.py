# spawn_thread breaks FORK-2 at session_id: expected '01a2055b-03db-7632-b224-743ccc9c2ec1', got '01a2055b-0483-76a1-bc40-ff64da8d1502'

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    print(manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )))
