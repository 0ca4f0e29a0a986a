# fork_thread breaks ROUTE-1b at error.kind: expected Err(kinds=[<ErrorKind.INVALID_REQUEST: 'invalid_request'>], about='01a20566-5502-70a2-adf6-f3a846c07a3f', clause='ROUTE-1b'), got ThreadNotFound(thread_id='01a20566-5502-70a2-adf6-f3a846c07a3f')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
        ephemeral=True,
    )).thread_id
    print(manager.fork_thread(ForkParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )))
