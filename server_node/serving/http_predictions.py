"""Predictions over HTTP, and whether any model answers: routes over the same `Predicting` as the gRPC service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from server_node.own_http.connection import Answering
from server_node.own_http.door import BodyLimit, Door, Entry, RouteKey
from server_node.own_http.hosts import KnownHosts
from server_node.own_http.messages import JSON, HttpAnswer, HttpRequest, json_answer
from server_node.own_services.addresses import is_loopback
from server_node.own_services.own_server import MESSAGE_BYTES
from server_node.ports import CallerPort
from server_node.serving.http_rows import (
    NPY,
    answer_of,
    answer_type,
    check_answer,
    json_object,
    rows_from_json,
    rows_from_npy,
)
from server_node.serving.predicting import Predicting
from server_node.serving.replica import Replica
from shared.errors import CyxWizError, DeadlinePassed, InvalidField
from shared.permissions import Permission

JSON_BYTES = 4 * 1024 * 1024
"""Reading JSON holds up everything else in the process; NPY is only looked at."""
TIMEOUT_SECONDS = 30.0
MOST_SECONDS = 300.0


class HttpPredictions:
    """The routes.

    Args:
        callers: tells whether a caller of `/health` may know names.
    """

    def __init__(self, predicting: Predicting, callers: CallerPort) -> None:
        self._predicting = predicting
        self._callers = callers

    async def predict(self, request: HttpRequest, body: bytes) -> HttpAnswer:
        """Answer rows with what the model gives for them."""
        seconds, kind = _seconds(request), answer_type(request)
        said = json_object(body) if request.content_type == JSON else {}
        replica = self._predicting.find(_deployment(request, said))
        check_answer(replica.face, kind)
        if request.content_type == JSON:
            inputs = rows_from_json(replica.face, said.get("inputs"))
        else:
            inputs = rows_from_npy(replica.face, body)
        try:
            async with asyncio.timeout(seconds):
                outputs = await self._predicting.predict(replica, inputs, seconds)
        except TimeoutError:
            raise DeadlinePassed(f"not all rows were computed within {seconds:g} seconds") from None
        return answer_of(replica.face, outputs, kind)

    async def health(self, request: HttpRequest, _body: bytes) -> HttpAnswer:
        """Tell whether any replica answers here, and whoever may read, which."""
        replicas = self._predicting.replicas()
        is_ready = any(replica.is_ready for replica in replicas)
        value: dict[str, Any] = {"status": "ready" if is_ready else "not_ready"}
        if await self._may_read(request):
            value["replicas"] = [_told(replica) for replica in replicas]
        return json_answer(200 if is_ready else 503, value)

    async def _may_read(self, request: HttpRequest) -> bool:
        authorization = request.headers.get("authorization", "")
        # A probe that shows nothing is no attempt to get in: the server need not be asked, and writes nothing down.
        if not authorization and not is_loopback(request.caller_host):
            return False
        try:
            await self._callers.check(authorization, request.caller_host, Permission.READ, "GET /health")
        except CyxWizError:
            return False
        return True


def http_predictions(predicting: Predicting, callers: CallerPort, hosts: KnownHosts) -> Answering:
    """Return what answers the node's HTTP."""
    routes = HttpPredictions(predicting, callers)
    table: Mapping[RouteKey, Entry] = {
        ("POST", "/v1/predict"): Entry(routes.predict, BodyLimit({JSON: JSON_BYTES, NPY: MESSAGE_BYTES})),
        ("GET", "/health"): Entry(routes.health, BodyLimit({})),
    }
    return Door(table, callers=callers, hosts=hosts).answer


def _told(replica: Replica) -> dict[str, Any]:
    return {"deployment": replica.name, "ready": replica.is_ready, "queue_rows": replica.queue_rows}


def _deployment(request: HttpRequest, said: Mapping[str, Any]) -> str:
    """Return the name in the query or in the body."""
    name = request.query.get("deployment") or said.get("deployment")
    if not isinstance(name, str) or not name:
        raise InvalidField(
            "deployment must name a deployment: ask POST /v1/predict?deployment=NAME, or say it in the JSON body",
            field="deployment",
        )
    return name


def _seconds(request: HttpRequest) -> float:
    text = request.query.get("timeout_seconds", "")
    try:
        seconds = float(text) if text else TIMEOUT_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:
        raise InvalidField(
            f"timeout_seconds must be more than 0 and at most {MOST_SECONDS:g}, got {text[:50]!r}",
            field="timeout_seconds",
        )
    return seconds
