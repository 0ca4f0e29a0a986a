# refused: ThreadNotFound(thread_id='01a20563-a27f-7f30-a9e3-23e911d2475d')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        thread_source='user',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    try:
        print(manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
        )))
    except ThreadStoreError as error:
        print(repr(error))
