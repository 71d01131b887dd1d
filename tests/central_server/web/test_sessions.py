"""The page's session, and what HTTP asks of Host and Origin."""

import asyncio

import httpx
import pytest

from central_server.identity import staying
from shared.pb import security_pb2
from tests.central_server.running_server import Server, submit
from tests.central_server.web.events import stream

pytestmark = pytest.mark.asyncio(loop_scope="module")


def a_browser(server: Server, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.http, headers={"origin": server.http} | headers)


async def test_a_page_of_this_machine_gets_a_session_for_the_asking(shared_server: Server) -> None:
    await submit(shared_server, job_id="shown")
    async with a_browser(shared_server) as page:
        assert (await page.post("/api/v1/jobs/shown/cancel")).status_code == 401
        began = await page.post("/api/v1/session")
        assert began.json() == {"user": "local", "role": "submitter", "is_session": True}
        cookie = began.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await page.post("/api/v1/jobs/shown/cancel")).status_code == 200
        assert (await page.post("/api/v1/nodes/a/drain")).status_code == 403
        assert (await page.delete("/api/v1/session")).status_code == 204
        assert (await page.post("/api/v1/jobs/shown/cancel")).status_code == 401


async def test_a_page_that_signs_in_with_a_token_acts_for_its_owner(shared_server: Server) -> None:
    async with a_browser(shared_server) as page:
        refused = await page.post("/api/v1/session", json={"token": "cyx_" + "A" * 43})
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        began = await page.post("/api/v1/session", json={"token": shared_server.token})
        assert began.json()["role"] == "admin"
        assert (await page.post("/api/v1/nodes/nobody/drain")).status_code == 404
        assert (await page.get("/api/v1/session")).json()["role"] == "admin"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example:8080"])
async def test_a_page_of_a_stranger_changes_nothing(shared_server: Server, origin: str) -> None:
    async with a_browser(shared_server) as page:
        await page.post("/api/v1/session")
        for path in ("/api/v1/jobs/none/cancel", "/api/v1/session"):
            assert (await page.post(path, headers={"origin": origin})).status_code == 403
        with_token = shared_server.headers | {"origin": origin}
        assert (await page.post("/api/v1/jobs/none/cancel", headers=with_token)).status_code == 403


async def test_a_session_needs_an_origin_and_a_token_none(shared_server: Server) -> None:
    async with httpx.AsyncClient(base_url=shared_server.http) as client:
        await client.post("/api/v1/session")
        assert (await client.post("/api/v1/jobs/none/cancel")).status_code == 403
        assert (
            await client.post("/api/v1/jobs/none/cancel", headers={"sec-fetch-site": "cross-site"})
        ).status_code == 403
        assert (await client.post("/api/v1/jobs/none/cancel", headers=shared_server.headers)).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""])
async def test_a_name_that_was_pointed_here_is_refused(shared_server: Server, host: str) -> None:
    async with httpx.AsyncClient(base_url=shared_server.http, headers={"host": host}) as client:
        assert (await client.get("/api/v1/jobs")).status_code in {400, 403}
        assert (await client.post("/api/v1/jobs", headers=shared_server.headers)).status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "10.0.0.5:8080"])
async def test_an_address_and_this_machines_names_are_known(shared_server: Server, host: str) -> None:
    async with httpx.AsyncClient(base_url=shared_server.http, headers={"host": host}) as client:
        assert (await client.get("/api/v1/jobs")).status_code == 200


async def test_a_body_that_says_it_is_too_long_is_not_read(shared_server: Server) -> None:
    reader, writer = await asyncio.open_connection(shared_server.listening.http.host, shared_server.listening.http.port)
    writer.write(
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n"
        + f"Authorization: Bearer {shared_server.token}\r\n\r\n".encode()
    )
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()


async def test_a_page_is_signed_out_soon_after_its_token_is_revoked(
    shared_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "ASKED_EVERY_SECONDS", 0.05)
    made = await shared_server.security.CreateToken(security_pb2.CreateTokenRequest(role="viewer"))
    async with a_browser(shared_server) as page, asyncio.timeout(10):
        await page.post("/api/v1/session", json={"token": made.token})
        async with stream(page, "/api/v1/events", topics="jobs") as events:
            await shared_server.security.RevokeToken(security_pb2.RevokeTokenRequest(token_id=made.info.token_id))
            assert (await events.rest())[-1].name == "signed_out"
        assert (await page.get("/api/v1/jobs")).status_code == 401
        assert (await page.get("/api/v1/session")).json() == {"user": "", "role": "", "is_session": False}
