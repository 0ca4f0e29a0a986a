# spawn_thread breaks ROUTE-1b at error.kind: expected Err(kinds=[<ErrorKind.INVALID_REQUEST: 'invalid_request'>], about='01a20560-73b0-71a1-9ccf-173351012421', clause='ROUTE-1b'), got ThreadNotFound(thread_id='01a20560-73b0-71a1-9ccf-173351012421')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
        ephemeral=True,
    )).thread_id
    print(manager.spawn_thread(SpawnParams(
        thread_id=thread_1,
        mode='full_history',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )))
