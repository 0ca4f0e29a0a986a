# load_history breaks FORK-1 at items[7:]: expected [], got [RolloutItem('response_item', {'type': 'message', 'id': 'msg_01a20564-afc6-7091-ac7e-5221c196f0f5', 'role': 'user', 'content': [{'type': 'input_text', 'text': '<turn_aborted>\nThe user interrupted the previous turn on purpose. Any running unified exec processes may still be running in the background. If any tools/commands were aborted, they may have partially executed.\n</turn_… (584 characters)

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex-paginated@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        history_mode='paginated',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': []})],
    ))
    thread_2 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_2, include_archived=True)))
