# list_threads breaks ROUTE-2 at items, which shows others: expected [], got ['01a20565-471d-72c3-b134-4c90c74a1496']

from threadstore import *
from threadstore_conformance import fresh_process

with fresh_process('codex-paginated@upstream-later') as process:
    manager = process.manager
    thread_1 = manager.start_thread(StartParams(
        thread_source='automation',
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/b', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'user_message', 'message': 'of a turn without id'})],
    ))
    manager = process.restart(ProcessSettings(default_originator=''))
    manager.resume_thread(ResumeParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/src/nowhere/a', model_provider='provider-b'),
    ))
    print(manager.list_threads(ListThreadsParams(page_size=100, sort_direction='asc')))
