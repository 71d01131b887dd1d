"""`/healthz`: whether the control loop works and the store commits."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, HTTPException

from central_server.web.errors import problems
from central_server.web.models import HealthModel
from central_server.web.parts import WebParts

PROOF_SECONDS = 2.0
"""A store that takes longer to commit one small row counts as not working."""


def health_routes(parts: WebParts) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["server"])

    @routes.get("/healthz", responses=problems(503), response_model_exclude_defaults=True)
    async def healthz() -> HealthModel:
        """Tell whether the server works, or that another one decides and this one stands by."""
        if decider := parts.election.decider:
            return HealthModel(status="standing by", decider=decider)
        if not parts.is_working():
            raise HTTPException(503, "the control loop is not working")
        try:
            async with asyncio.timeout(PROOF_SECONDS):
                await parts.store.prove_writable()
        except TimeoutError:
            raise HTTPException(503, f"the store did not commit within {PROOF_SECONDS:g} s") from None
        return HealthModel(status="ok")

    return routes
