"""`python -m ... PORT`: a bare Starlette endpoint with one raw statement per order.

The database's URL comes in READBACK_DATABASE_URL; it ends with its standard input. As many
connections as the service has threads.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.adapters.child_program import end_with_input
from app.campaigns.bench.load.bare_orders import ONE_STATEMENT

CONNECTIONS = 12


class Endpoint:
    """The application."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
        self._made = 0
        self.application = Starlette(
            routes=[
                Route("/order", self._take, methods=["POST"]),
                Route("/readyz", self._ready, methods=["GET"]),
            ]
        )

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        if self._free.empty() and self._made < CONNECTIONS:
            self._made += 1
            connection = await psycopg.AsyncConnection.connect(self._url)
        else:
            connection = await self._free.get()
        try:
            await connection.execute(ONE_STATEMENT, {"order": body.decode()})
            await connection.commit()
        finally:
            self._free.put_nowait(connection)
        return Response(b"{}", media_type="application/json")

    async def _ready(self, request: Request) -> Response:
        del request
        return Response(b"{}", media_type="application/json")


def main(port: int) -> None:
    """Serve on loopback until the input ends."""
    endpoint = Endpoint(os.environ["READBACK_DATABASE_URL"])
    config = uvicorn.Config(
        endpoint.application,
        host="127.0.0.1",
        port=port,
        http="httptools",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    end_with_input(_end)
    uvicorn.Server(config).run()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]))
