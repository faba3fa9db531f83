"""Shows what a replica counts to Prometheus, on an address of its own.

Never on the service's own port, which a proxy may show to everyone. Plain HTTP without a password:
it holds counts and nothing else, and its address is to be one that only monitoring reaches.
"""

from __future__ import annotations

import threading
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

from app.transport.server import host_and_port
from app.values.errors import Refusal


class MetricsServer:
    """Answers every GET with the metrics, until it is closed; a thread of its own."""

    def __init__(self, address: str, registry: CollectorRegistry) -> None:
        """Listens at once. Raises Refusal `listen_malformed` or `listen_failed`."""
        host, port = host_and_port(address)
        self._server: WSGIServer
        self._thread: threading.Thread
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as cause:
            raise Refusal(
                "listen_failed", f"Cannot listen on {address}: {cause.strerror}."
            ) from cause
        self.port = int(self._server.server_port)

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
