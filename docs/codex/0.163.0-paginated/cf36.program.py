# expected a refusal (missing or refused), got the result None

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/project', model_provider='provider-a'),
    )).thread_id
    print(manager.archive_thread(ArchiveThreadParams(thread_id=thread_1)))
