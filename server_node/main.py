"""The node's process: settings, signals, the event loop, the line that says it is ready, and the exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import metadata

import uvloop

from server_node.connection.secure_link import CertificateFiles, open_link
from server_node.node import Node
from server_node.settings import NodeSettings, settings_from_arguments
from server_node.shutdown import end_process
from server_node.state_folder import StateFolder
from server_node.training.host_memory import keep_freed_memory
from server_node.training.runtime_flags import set_runtime_flags
from shared.clock import SystemClock
from shared.errors import CyxWizError, InvalidField
from shared.log_lines import add_to_every_line, configure_logging, log_event
from shared.node_messages import NodeDescription
from shared.otlp_spans import OtlpSpans, open_spans

_LOG = logging.getLogger("server_node")
SWITCH_INTERVAL_SECONDS = 0.001
"""How long a training thread may keep the interpreter while the event loop waits for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a node until it is told to stop; return 0 then, 2 for wrong settings, 1 when it cannot go on."""
    try:
        settings = settings_from_arguments(sys.argv[1:] if arguments is None else arguments)
    except InvalidField as mistake:
        return _fail(mistake, 2)
    configure_logging(level=settings.log_level, as_json=settings.log_json)
    _set_up_process(settings)
    code = 0
    spans: OtlpSpans | None = None
    try:
        folder = StateFolder(settings.state_dir)
        add_to_every_line(node_id=folder.node_id)
        spans = open_spans(
            settings.otlp_endpoint, service="cyxwiz-node", instance=folder.node_id, version=metadata.version("cyxwiz")
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(settings, folder, spans))
    except* (CyxWizError, OSError) as failures:
        code = _fail(_first(failures), 1, as_json=settings.log_json)
    if spans is not None:
        spans.close()
    if threading.active_count() > 1:
        end_process(code)  # a thread may be inside a compile that nothing can stop
    return code


async def _run(settings: NodeSettings, folder: StateFolder, spans: OtlpSpans | None) -> None:
    link = await open_link(
        settings.state_dir,
        folder.node_id,
        settings.servers,
        ca=settings.ca,
        shown=CertificateFiles(settings.cert, settings.key) if settings.cert and settings.key else None,
        join_token_file=settings.join_token_file,
        uniform=random.Random().random,  # noqa: S311 - the jitter of waits is no secret
        clock=SystemClock(),
    )
    node = Node(settings, folder, on_ready=_say_ready, link=link, spans=spans)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, node.stop)
    await node.run()


def _set_up_process(settings: NodeSettings) -> None:
    """Set what must be set before JAX or gRPC load, or start threads."""
    if settings.platform:
        os.environ["JAX_PLATFORMS"] = settings.platform
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # a failed handshake is in our log already
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    set_runtime_flags(settings.threads)
    keep_freed_memory()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)


def _say_ready(node_id: str, description: NodeDescription) -> None:
    devices = ",".join(device.device_id for device in description.devices)
    print(f"ready node={node_id} devices={devices}", flush=True)  # noqa: T201 - scripts wait for this line


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _fail(failure: BaseException, code: int, *, as_json: bool = False) -> int:
    if as_json:
        log_event(_LOG, "node_failed", is_error=True, message=str(failure))
    else:
        print(f"error: {failure}", file=sys.stderr, flush=True)  # noqa: T201 - for whoever started the process
    return code
