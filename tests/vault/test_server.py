"""The vault's socket with a certificate."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.values.clock import SystemClock
from app.vault.server import VaultAddress, VaultServer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """One for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = SystemClock().now()
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(hours=1),
        not_valid_after=now + timedelta(hours=1),
    )
    made = builder.add_extension(here, critical=False).sign(key, SHA256())
    paths = tmp_path / "vault.pem", tmp_path / "vault-key.pem"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


async def hello(request: Request) -> Response:
    return Response(request.url.scheme)


def test_with_a_certificate_it_speaks_tls(certificate: tuple[Path, Path]) -> None:
    address = VaultAddress(
        address="127.0.0.1:0", certificate=certificate[0], certificate_key=certificate[1]
    )
    server = VaultServer(address)
    application = Starlette(routes=[Route("/", hello)])
    serving = threading.Thread(target=server.run, args=(application,))
    serving.start()
    assert server.is_up.wait(20)
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx2.Client(verify=trusted, trust_env=False) as line:
        assert line.get(server.url).text == "https"
    server.stop()
    serving.join()
    server.close()


def test_told_to_stop_before_it_runs_it_does_not() -> None:
    server = VaultServer(VaultAddress(address="127.0.0.1:0"))
    server.stop()
    server.run(Starlette())
    server.close()
    assert not server.is_up.is_set()
