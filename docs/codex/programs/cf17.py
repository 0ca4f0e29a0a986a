# load_history breaks FORK-1 at items[11:]: expected [], got [RolloutItem('response_item', {'type': 'message', 'id': 'msg_01a2055f-9f6c-7bc1-b698-6d913312adda', 'role': 'user', 'content': [], 'internal_chat_message_metadata_passthrough': {'turn_id': 'auto-compact-0', 'create_time': 1795386482.540963, 'content_item_kinds': []}}), RolloutItem('response_item', {'type': 'message', 'id': 'msg_01a2055f-9f79-7bf2-bac6-9ae0ec813135', 'role': 'us… (853 characters)

from threadstore import *
from threadstore_conformance import fresh_manager

with fresh_manager('codex@upstream-later') as manager:
    thread_1 = manager.start_thread(StartParams(
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-a'),
    )).thread_id
    manager.append_items(AppendThreadItemsParams(
        thread_id=thread_1,
        items=[RolloutItem('event_msg', {'type': 'task_started', 'turn_id': 'turn-2'}), RolloutItem('event_msg', {'type': 'user_message', 'message': 'a'}), RolloutItem('event_msg', {'type': 'task_complete', 'turn_id': 'turn-2'}), RolloutItem('response_item', {'type': 'message', 'role': 'user', 'content': []})],
    ))
    thread_2 = manager.fork_thread(ForkParams(
        thread_id=thread_1,
        cut='after_turn',
        turn_id='turn-2',
        metadata=ThreadPersistenceMetadata(cwd='/', model_provider='provider-b'),
    )).thread_id
    print(manager.load_history(LoadThreadHistoryParams(thread_id=thread_2, include_archived=True)))
