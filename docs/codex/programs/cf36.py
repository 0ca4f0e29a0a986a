# expected a refusal (missing or refused), got the result None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-0.143') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    print(manager.delete_thread(DeleteThreadParams(thread_id=thread_1)))
