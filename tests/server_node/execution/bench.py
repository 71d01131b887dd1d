"""An open executor with everything it told, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server_node.execution.engine import TrainingEngine
from server_node.execution.graces import Graces
from server_node.execution.job_executor import Callbacks, JobExecutor
from server_node.execution.memory_ledger import MemoryLedger
from server_node.execution.progress_mailbox import Progress
from server_node.execution.training_thread import ThreadTools
from server_node.folders import AttemptFolders
from shared.clock import SystemClock
from shared.identifiers import AttemptKey
from shared.node_messages import AttemptEnded, OfferAttempt, PlanAnswer


@dataclass
class Bench:
    """What the executor told, in order; `news` wakes whoever waits."""

    ledger: MemoryLedger
    folders: AttemptFolders
    told: list[Progress | AttemptEnded] = field(default_factory=list)
    wedged: list[AttemptKey] = field(default_factory=list)
    plans: list[PlanAnswer] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    on_progress: Callable[[Progress], None] = lambda _: None
    on_completion: Callable[[AttemptEnded], None] = lambda _: None
    executor: Any = None

    def progress(self, item: Progress) -> None:
        self.told.append(item)
        self.news.set()
        self.on_progress(item)

    def completion(self, ended: AttemptEnded) -> None:
        self.told.append(ended)
        self.news.set()
        self.on_completion(ended)

    def ends(self) -> dict[AttemptKey, AttemptEnded]:
        return {item.key: item for item in self.told if isinstance(item, AttemptEnded)}

    async def until(self, holds: Callable[[], Any]) -> Any:
        async with asyncio.timeout(20):
            while not (found := holds()):
                self.news.clear()
                try:
                    async with asyncio.timeout(0.02):
                        await self.news.wait()
                except TimeoutError:
                    continue
        return found

    async def end_of(self, key: AttemptKey) -> AttemptEnded:
        ended: AttemptEnded = await self.until(lambda: self.ends().get(key))
        return ended


async def nothing_to_bring(_: OfferAttempt) -> None:
    return


@asynccontextmanager
async def a_bench(
    tmp_path: Path,
    engine: TrainingEngine,
    *,
    capacity_bytes: int = 2**30,
    checkpoint_seconds: float = 1000.0,
    graces: Graces | None = None,
    bring_dataset: Any = nothing_to_bring,
) -> AsyncIterator[Bench]:
    bench = Bench(MemoryLedger({"cpu:0": capacity_bytes}), AttemptFolders(tmp_path))

    def tools(put: Callable[[Progress], None]) -> ThreadTools:
        return ThreadTools(engine, bench.ledger, bench.folders, put, SystemClock(), "node", checkpoint_seconds, 0.0)

    callbacks = Callbacks(
        on_progress=bench.progress,
        on_completion=bench.completion,
        on_wedged=lambda key, _: bench.wedged.append(key),
        on_plan=bench.plans.append,
    )
    async with JobExecutor(tools, bring_dataset=bring_dataset, callbacks=callbacks, graces=graces) as executor:
        bench.executor = executor
        yield bench
