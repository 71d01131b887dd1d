"""The callers of `bench_inference`, in a process of their own: one command a line, one answer a line, both JSON."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import httpx
import numpy as np
import uvloop

from shared.pb import common_pb2, inference_pb2, inference_pb2_grpc

Call = Callable[[], Awaitable[str]]
"""One request; returns what became of it."""


async def main(grpc_address: str, own_url: str, handler_url: str) -> None:
    """Do what each line says, until there are no more."""
    options = (("grpc.max_receive_message_length", -1),)
    async with grpc.aio.insecure_channel(grpc_address, options) as channel, httpx.AsyncClient(timeout=30) as web:
        stub = inference_pb2_grpc.InferenceServiceStub(channel)
        while line := await asyncio.to_thread(sys.stdin.readline):
            said = json.loads(line)
            name, shape = said["deployment"], tuple(said["shape"])
            match said["door"]:
                case "grpc":
                    call = _by_grpc(stub, name, shape)
                case "http":
                    call = _by_own_http(web, f"{own_url}/v1/predict?deployment={name}", shape)
                case _:
                    call = _by_handler(web, f"{handler_url}/{name}", shape)
            match said["how"]:
                case "one by one":
                    answer: Any = await _one_by_one(call, **said["of"])
                case "at once":
                    answer = await _at_once(call, **said["of"])
                case _:
                    answer = await _at_a_rate(call, **said["of"])
            print(json.dumps(answer), flush=True)


def _by_grpc(stub: Any, deployment: str, shape: tuple[int, ...]) -> Call:
    rows = np.random.default_rng(0).standard_normal(shape, np.float32).tobytes()
    tensor = inference_pb2.TensorData(shape=shape, dtype=common_pb2.DATA_TYPE_FLOAT32, data=rows)
    request = inference_pb2.InferRequest(deployment_id=deployment, inputs=[tensor])

    async def call() -> str:
        try:
            await stub.Infer(request, timeout=30)
        except grpc.aio.AioRpcError as refusal:
            return str(refusal.code().name)
        return "OK"

    return call


def _by_own_http(web: httpx.AsyncClient, url: str, shape: tuple[int, ...]) -> Call:
    file = io.BytesIO()
    np.save(file, np.random.default_rng(0).standard_normal(shape, np.float32))
    return _by_post(web, url, file.getvalue(), {"Content-Type": "application/x-npy"})


def _by_handler(web: httpx.AsyncClient, url: str, shape: tuple[int, ...]) -> Call:
    return _by_post(web, url, np.random.default_rng(0).standard_normal(shape, np.float32).tobytes(), {})


def _by_post(web: httpx.AsyncClient, url: str, content: bytes, headers: dict[str, str]) -> Call:
    async def call() -> str:
        answer = await web.post(url, content=content, headers=headers)
        return "OK" if answer.status_code == httpx.codes.OK else str(answer.status_code)

    return call


async def _one_by_one(call: Call, times: int) -> list[float]:
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        assert await call() == "OK"
        seconds.append(time.perf_counter() - begun)
    return seconds


async def _at_once(call: Call, callers: int, seconds: float) -> dict[str, float]:
    """Let so many callers ask again and again; return answers a second, those of the first quarter left out."""
    begun, done = time.perf_counter(), Counter[str]()

    async def ask() -> None:
        while time.perf_counter() - begun < seconds:
            became = await call()
            done[became] += seconds / 4 < time.perf_counter() - begun <= seconds

    async with asyncio.TaskGroup() as tasks:
        for _ in range(callers):
            tasks.create_task(ask())
    return {became: count / (seconds * 3 / 4) for became, count in done.items()}


async def _at_a_rate(call: Call, rate: float, seconds: float) -> dict[str, int]:
    """Ask so many times a second, whether earlier ones were answered or not; return what became of all."""
    begun, became, sent = time.perf_counter(), Counter[str](), 0

    async def ask() -> None:
        became[await call()] += 1

    async with asyncio.TaskGroup() as tasks:
        while (now := time.perf_counter() - begun) < seconds:
            while sent < now * rate:
                tasks.create_task(ask())
                sent += 1
            await asyncio.sleep(0.002)
    return {"sent": sent, **became}


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
