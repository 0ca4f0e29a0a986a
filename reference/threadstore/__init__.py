"""ThreadStore: the storage boundary of Codex threads, specified by a model that runs.

`threadstore.model` is the specification; `threadstore.store` the protocol that a backend implements;
`threadstore.registration` how it makes itself known. The names below are what a backend needs.
"""

from .aio import AsyncThreadStore, Blocking
from .clock import ManualClock, system_clock
from .errors import (
    Conflict,
    ErrorKind,
    Internal,
    InvalidRequest,
    MetadataUpdateFailed,
    ResourceExhausted,
    ThreadNotFound,
    ThreadStoreError,
    Unsupported,
)
from .fields import UNSET, Unset, check_fields
from .ids import Clock, ThreadId, is_thread_id, new_thread_id
from .init_guard import InitGuard
from .items import ItemType, RolloutItem
from .live_thread import LiveThread
from .manager import ManagerPort, manage
from .manager_params import (
    ForkParams,
    ListLoadedParams,
    ManagerOperation,
    OutboundParams,
    ResumeParams,
    SpawnParams,
    StartParams,
)
from .params import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    CreateThreadParams,
    DefaultHistoryModeParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    ListItemsParams,
    ListThreadsParams,
    ListTurnsParams,
    LoadThreadHistoryParams,
    Operation,
    PersistThreadParams,
    ReadThreadByRolloutPathParams,
    ReadThreadParams,
    ResumeThreadParams,
    SearchThreadsParams,
    ShutdownThreadParams,
    ThreadPersistenceMetadata,
    ThreadRelationFilter,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)
from .patch import GitInfoPatch, ThreadMetadataPatch
from .policy import canonical_items, keeps
from .reference_store import ReferenceStore
from .registration import Backend, Capabilities, ManagerBackend, SessionCapabilities
from .session import LoadedThread, LoadedThreads, OutboundRequest, ProcessSettings
from .store import ThreadStore, perform
from .thread import (
    GitInfo,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadPage,
    ThreadSearchPage,
    TokenUsage,
    TurnPage,
)
from .thread_manager import ThreadManager
from .views import SessionMeta

#: The version of the specification, as certificates record it.
SPEC_VERSION = "0.1"

__all__ = [
    "SPEC_VERSION",
    "UNSET",
    "AppendThreadItemsParams",
    "ArchiveThreadParams",
    "AsyncThreadStore",
    "Backend",
    "Blocking",
    "Capabilities",
    "Clock",
    "Conflict",
    "CreateThreadParams",
    "DefaultHistoryModeParams",
    "DeleteThreadParams",
    "DiscardThreadParams",
    "ErrorKind",
    "FlushThreadParams",
    "ForkParams",
    "GitInfo",
    "GitInfoPatch",
    "InitGuard",
    "Internal",
    "InvalidRequest",
    "ItemPage",
    "ItemType",
    "ListItemsParams",
    "ListLoadedParams",
    "ListThreadsParams",
    "ListTurnsParams",
    "LiveThread",
    "LoadThreadHistoryParams",
    "LoadedThread",
    "LoadedThreads",
    "ManagerBackend",
    "ManagerOperation",
    "ManagerPort",
    "ManualClock",
    "MetadataUpdateFailed",
    "Operation",
    "OutboundParams",
    "OutboundRequest",
    "PersistThreadParams",
    "ProcessSettings",
    "ReadThreadByRolloutPathParams",
    "ReadThreadParams",
    "ReferenceStore",
    "ResourceExhausted",
    "ResumeParams",
    "ResumeThreadParams",
    "RolloutItem",
    "SearchThreadsParams",
    "SessionCapabilities",
    "SessionMeta",
    "ShutdownThreadParams",
    "SpawnParams",
    "StartParams",
    "StoredThread",
    "StoredThreadHistory",
    "StoredThreadSearchResult",
    "ThreadId",
    "ThreadManager",
    "ThreadMetadataPatch",
    "ThreadNotFound",
    "ThreadPage",
    "ThreadPersistenceMetadata",
    "ThreadRelationFilter",
    "ThreadSearchPage",
    "ThreadStore",
    "ThreadStoreError",
    "TokenUsage",
    "TurnPage",
    "UnarchiveThreadParams",
    "Unset",
    "Unsupported",
    "UpdateThreadMetadataParams",
    "canonical_items",
    "check_fields",
    "is_thread_id",
    "keeps",
    "manage",
    "new_thread_id",
    "perform",
    "system_clock",
]
