"""Starts the processes of a local cluster in order, says when it can be used, and stops them in the other order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cyxwiz.local_cluster.free_ports import refuse_taken_port
from cyxwiz.local_cluster.settings import LOOPBACK, ClusterSettings, threads_of_each_node
from cyxwiz.local_cluster.state_lock import locked_state_dir
from cyxwiz.local_cluster.supervised_child import Say, SupervisedChild


@dataclass(frozen=True, slots=True)
class LocalCluster:
    """A cluster that runs.

    Attributes:
        grpc: `HOST:PORT` for clients.
        http: the address of its pages and JSON.
        nodes: how many nodes can take work.
    """

    grpc: str
    http: str
    nodes: int

    @property
    def ready_line(self) -> str:
        """The line by which scripts know that a job can be submitted."""
        return f"ready grpc={self.grpc} http={self.http} nodes={self.nodes}"


@asynccontextmanager
async def running_cluster(settings: ClusterSettings, *, say: Say) -> AsyncIterator[LocalCluster]:
    """Run a cluster for the length of the `async with`; entered when a job can be submitted and run.

    A process of it that dies is started again, and `say` is told. On the way out the nodes stop first, so that
    they can save their work, then the central server.

    Raises:
        WrongState: the state directory or a port is taken.
        ChildFailed: a process could not be started; the message has its last words.
    """
    refuse_taken_port(LOOPBACK, settings.grpc_port, option="--port")
    refuse_taken_port(LOOPBACK, settings.http_port, option="--http-port")
    with locked_state_dir(settings.state_dir):
        (settings.state_dir / "logs").mkdir(exist_ok=True)
        try:
            async with asyncio.TaskGroup() as group, _started(group, settings, say) as cluster:
                yield cluster
        except BaseExceptionGroup as failures:
            raise _cause(failures) from failures


@asynccontextmanager
async def _started(group: asyncio.TaskGroup, settings: ClusterSettings, say: Say) -> AsyncIterator[LocalCluster]:
    running: list[list[asyncio.Task[None]]] = []
    try:
        server = _server(settings, say)
        running.append([group.create_task(server.run())])
        facts = await server.first_ready
        nodes = [_node(number, facts["grpc"], settings, say) for number in range(1, settings.nodes + 1)]
        running.append([group.create_task(node.run()) for node in nodes])
        for node in nodes:
            await node.first_ready
        yield LocalCluster(grpc=facts["grpc"], http=facts["http"], nodes=len(nodes))
    finally:
        for tasks in reversed(running):
            await _cancelled(tasks)


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _cause(failures: BaseExceptionGroup) -> BaseException:
    # Who used the cluster must see what he raised himself, or why a process failed, not how the tasks were grouped.
    first = failures.exceptions[0]
    return _cause(first) if isinstance(first, BaseExceptionGroup) else first


def _server(settings: ClusterSettings, say: Say) -> SupervisedChild:
    def command() -> list[str]:
        # A server that is started again listens where it listened.
        facts = child.first_ready.result() if child.first_ready.done() else {}
        return [
            "central_server",
            "--listen",
            facts.get("grpc", f"{LOOPBACK}:{settings.grpc_port}"),
            "--http-listen",
            facts.get("http", f"{LOOPBACK}:{settings.http_port}").removeprefix("http://"),
            "--state-dir",
            str(settings.state_dir / "server"),
            *settings.server_flags,
        ]

    child = SupervisedChild("server", command, log_path=_log_path(settings, "server"), say=say)
    return child


def _node(number: int, server: str, settings: ClusterSettings, say: Say) -> SupervisedChild:
    name = f"node-{number}"
    threads = threads_of_each_node(settings.nodes)
    command = ["server_node", "--server", server, "--name", name, "--state-dir", str(settings.state_dir / name)]
    command += ["--listen", f"{LOOPBACK}:0", "--http-listen", f"{LOOPBACK}:0"]
    for root in settings.data_roots:
        command += ["--data-root", str(root)]
    if settings.allow_user_code:
        command += ["--allow-user-code"]
    if threads is not None:
        command += ["--threads", str(threads)]
    command += settings.node_flags
    return SupervisedChild(name, lambda: command, log_path=_log_path(settings, name), say=say)


def _log_path(settings: ClusterSettings, name: str) -> Path:
    return settings.state_dir / "logs" / f"{name}.log"
