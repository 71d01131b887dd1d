"""The routes of deployments. They pass the same commands on as gRPC does; predictions are asked of the nodes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from central_server.web.deployment_json import json_from_deployment
from central_server.web.deployment_models import DeploymentModel, DeployModel
from central_server.web.errors import problems
from central_server.web.json_answer import json_answer
from central_server.web.parts import WebParts
from central_server.web.permissions import Changing
from shared.pb import deployment_pb2

_ANSWERS = problems(400, 401, 403, 404, 409, 413, 422, 429, 503)


def deployment_routes(parts: WebParts) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/api/v1/deployments", tags=["deployments"])
    deployments = parts.deployments

    @routes.get("", response_model=list[DeploymentModel], responses=problems(503))
    async def list_deployments() -> Response:
        """Return every deployment, the oldest first, and where each replica answers."""
        parts.election.refuse_elsewhere()
        return json_answer([json_from_deployment(view) for view in deployments.all()])

    @routes.post("", status_code=201, response_model=DeploymentModel, responses=_ANSWERS)
    async def deploy(request: Request, body: DeployModel, caller: Changing) -> Response:
        """Deploy a model; under a name that is taken, replace its model without dropping a request."""
        parts.election.refuse_elsewhere()
        view = await deployments.create(_config(body), caller)
        request.state.subject = view.record.deployment_id
        return json_answer(json_from_deployment(view), status=201)

    @routes.get("/{name}", response_model=DeploymentModel, responses=problems(404, 422, 503))
    async def deployment(name: str) -> Response:
        """Return one deployment, by its name or its id."""
        parts.election.refuse_elsewhere()
        return json_answer(json_from_deployment(deployments.find(name)))

    @routes.post("/{name}/stop", response_model=DeploymentModel, responses=_ANSWERS)
    async def stop(name: str, caller: Changing) -> Response:
        """End a deployment's replicas, and keep it."""
        parts.election.refuse_elsewhere()
        return json_answer(json_from_deployment(await deployments.stop(name, caller)))

    @routes.delete("/{name}", status_code=204, responses=_ANSWERS)
    async def delete(name: str, caller: Changing) -> Response:
        """End a deployment's replicas and forget it."""
        parts.election.refuse_elsewhere()
        await deployments.delete(name, caller)
        return Response(status_code=204)

    return routes


def _config(body: DeployModel) -> deployment_pb2.DeploymentConfig:
    form = deployment_pb2.MODEL_FORMAT_ONNX if body.format == "onnx" else deployment_pb2.MODEL_FORMAT_SAFETENSORS
    return deployment_pb2.DeploymentConfig(
        name=body.name,
        replicas=body.replicas,
        batch_size=body.largest_batch,
        model=deployment_pb2.ModelInfo(
            job_id=body.job,
            source_url=body.weights,
            format=form,
            model_definition=body.model_definition,
            input_shape=body.input_shape,
        ),
    )
