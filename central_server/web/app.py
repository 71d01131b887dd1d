"""The HTTP application: every route under `/api/v1` and their description. The routes are in modules of their own."""

from __future__ import annotations

from importlib import metadata

from fastapi import FastAPI

from central_server.web.convert_routes import convert_routes
from central_server.web.curve_routes import curve_routes
from central_server.web.deployment_routes import deployment_routes
from central_server.web.door import Door
from central_server.web.errors import add_error_answers
from central_server.web.event_routes import event_routes
from central_server.web.file_routes import file_routes
from central_server.web.health import health_routes
from central_server.web.jobs_changing import jobs_changing_routes
from central_server.web.jobs_reading import jobs_reading_routes
from central_server.web.metrics_routes import CountRequests, metrics_routes
from central_server.web.model_routes import model_routes
from central_server.web.nodes import node_routes
from central_server.web.page_files import add_page
from central_server.web.parts import WebParts
from central_server.web.permissions import check_every_route
from central_server.web.session_routes import session_routes
from central_server.web.summary import Summary, summary_routes


def build_app(parts: WebParts) -> FastAPI:
    """Return the application."""
    app = FastAPI(
        title="CyxWiz central server",
        version=metadata.version("cyxwiz"),
        description="Jobs, their curves, logs and files, and the nodes that run them.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    add_error_answers(app)
    app.add_middleware(Door, authenticator=parts.authenticator, audit=parts.audit)
    app.add_middleware(CountRequests, measures=parts.measures)
    summary = Summary(parts)
    routers = (
        health_routes(parts),
        metrics_routes(parts.measures),
        summary_routes(parts, summary),
        event_routes(parts, summary),
        jobs_reading_routes(parts),
        curve_routes(parts),
        model_routes(parts),
        file_routes(parts),
        jobs_changing_routes(parts),
        convert_routes(),
        node_routes(parts),
        deployment_routes(parts),
        session_routes(parts),
    )
    for routes in routers:
        app.include_router(routes)
    add_page(app)
    check_every_route(app, routers)
    return app
