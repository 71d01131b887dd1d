"""Writes the pictures of docs/images: the page of a real cluster, with real jobs, in Chromium.

    make screenshots

It starts a cluster of its own, trains a few small models, and takes the pictures while one of them is still running.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from cyxwiz.local_cluster import ClusterSettings, running_cluster

IMAGES = Path(__file__).parents[2] / "docs/images"
LARGEST_BYTES = 200_000
DIGITS_CNN = {
    "layers": [
        {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"},
        {"type": "max_pool2d", "pool_size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 64, "activation": "relu"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 10},
    ]
}
ENDED = {"succeeded", "failed", "cancelled"}


class Api:
    """The cluster's HTTP API."""

    def __init__(self, address: str, token: str) -> None:
        self._root = f"{address}/api/v1"
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def ask(self, path: str, body: object = None) -> Any:
        """Return what a path answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._root + path, data, self._headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def submit(self, name: str, *, epochs: int = 12, learning_rate: float = 0.002, **changes: object) -> str:
        """Submit a job on the handwritten digits and return its id."""
        job: dict[str, object] = {
            "name": name,
            "model": DIGITS_CNN,
            "dataset": "builtin://digits",
            "batch_size": 64,
            "epochs": epochs,
            "hyperparameters": {
                "optimizer": "adam",
                "learning_rate": learning_rate,
                "validation_split": 0.1,
                "seed": 7,
            },
            "labels": {"team": "vision"},
        }
        job_id: str = self.ask("/jobs", job | changes)["job_id"]
        return job_id

    async def until(self, job_id: str, *, step: int | None = None) -> None:
        """Wait until a job has ended, or has come to a step."""
        deadline = time.monotonic() + 240
        while True:
            job = await asyncio.to_thread(self.ask, f"/jobs/{job_id}")
            if job["state"] in ENDED or (step is not None and job["step"] >= step):
                return
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"job {job_id} has not come so far in four minutes: {job['state']}, step {job['step']}"
                )
            await asyncio.sleep(0.3)


async def fill(api: Api) -> Mapping[str, str]:
    """Put jobs of every kind into the cluster and return their ids by what they are in the pictures."""
    rates = [api.submit(f"digits-cnn lr {rate}", learning_rate=rate, epochs=30) for rate in (0.01, 0.002, 0.0003)]
    resnet = api.submit("digits-resnet", model={"architecture": "resnet", "depth": 18, "width": 8}, epochs=3)
    api.submit("lost-table", dataset="https://data.invalid/table.csv")
    stopped = api.submit("digits-cnn too slow", learning_rate=0.00001)
    api.ask(f"/jobs/{stopped}/cancel", {"reason": "the rate is too small"})
    for job_id in (*rates, resnet, stopped):
        await api.until(job_id)
    api.submit("mlp-large", resources={"device": "cuda"}, priority="high", labels={"team": "tables"})
    long = api.submit("digits-cnn long", epochs=4000, batch_size=32, learning_rate=0.0005)
    await api.until(long, step=4000)
    return {"long": long, "resnet": resnet, "rates": "&".join(f"job={job_id}" for job_id in rates)}


async def take(browser: Browser, address: str, ids: Mapping[str, str]) -> None:
    """Take every picture."""
    await picture(browser, address, "jobs", "/", shown=".job-row")
    await picture(browser, address, "job", f"/jobs/{ids['long']}", shown="canvas")
    await picture(browser, address, "job-dark", f"/jobs/{ids['long']}", shown="canvas", is_dark=True)
    await picture(browser, address, "model", f"/jobs/{ids['resnet']}/model", shown=".graph-node")
    await picture(browser, address, "compare", f"/compare?{ids['rates']}", shown="canvas")
    await picture(browser, address, "nodes", "/nodes", shown=".node", height=520)
    await picture(browser, address, "submit", "/submit", shown="textarea", shows_plan=True)


async def picture(
    browser: Browser,
    address: str,
    name: str,
    path: str,
    *,
    shown: str,
    is_dark: bool = False,
    height: int = 860,
    shows_plan: bool = False,
) -> None:
    """Write docs/images/NAME.png."""
    context = await browser.new_context(
        viewport={"width": 1320, "height": height},
        color_scheme="dark" if is_dark else "light",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(address + path)
    await page.locator(shown).first.wait_for()
    if shows_plan:
        await see_plan(page)
    await page.evaluate("document.fonts.ready.then(() => true)")
    await page.wait_for_timeout(1500)
    target = IMAGES / f"{name}.png"
    await page.screenshot(path=target)
    await context.close()
    size = target.stat().st_size
    sys.stdout.write(f"{target.name} {size:,} bytes\n")
    if size > LARGEST_BYTES:
        raise SystemExit(f"{target} has {size:,} bytes, more than {LARGEST_BYTES:,}: show less on it")


async def see_plan(page: Page) -> None:
    """Let the page of submission show a plan."""
    await page.get_by_role("button", name="See the plan").click()
    await page.locator(".plan .fits").first.wait_for(timeout=120_000)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


async def main() -> None:
    """Start a cluster, fill it, and take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        settings = ClusterSettings(state_dir=Path(folder) / "state", nodes=2, grpc_port=0, http_port=0)
        async with running_cluster(settings, say=_say) as cluster:
            ids = await fill(Api(cluster.http, (settings.state_dir / "server" / "admin-token").read_text().strip()))
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                await take(browser, cluster.http, ids)
                await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
