# refused: ThreadNotFound(thread_id='01a2055e-2f34-7632-98ea-77d0d029e06d')

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        thread_source='user',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    try:
        print(manager.resume_thread(ResumeParams(
            thread_id=thread_1,
            metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
        )))
    except ThreadStoreError as error:
        print(repr(error))
