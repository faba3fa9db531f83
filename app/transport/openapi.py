"""OpenAPI 3.1 of the centre, made from the table of operations; none of it is written by hand."""

from __future__ import annotations

from typing import Any

from app.wire import signed, webhook_signature
from app.wire.message import RefusalView, schema_of
from app.wire.operation import Kind, Operation, Signer

_JSON = "application/json"
_SIGNED = (signed.DEVICE, signed.TIME, signed.NONCE)
_BY_WAREHOUSE = (webhook_signature.ID, webhook_signature.TIME)


def openapi(table: tuple[Operation[Any, Any], ...], version: str) -> dict[str, Any]:
    """The document, ready for JSON."""
    kinds = [kind for row in table for kind in (row.request, row.response)]
    schemas, components = schema_of([*kinds, RefusalView])
    refusal = schemas[-1]
    pairs = zip(schemas[0:-1:2], schemas[1:-1:2], strict=True)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Readback central service", "version": version},
        "paths": {
            signed.path_of(row.name): {"post": _post(row, request, response, refusal)}
            for row, (request, response) in zip(table, pairs, strict=True)
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "seat": {
                    "type": "apiKey",
                    "in": "header",
                    "name": signed.SIGNATURE,
                    "description": "ECDSA P-256 over path, time, nonce, session, key and body.",
                },
                "person": {"type": "apiKey", "in": "header", "name": signed.SESSION},
                "warehouse": {
                    "type": "apiKey",
                    "in": "header",
                    "name": webhook_signature.SIGNATURE,
                    "description": "HMAC-SHA256 as in Standard Webhooks: docs/warehouse.md.",
                },
            },
        },
    }


def _post(
    row: Operation[Any, Any],
    request: dict[str, Any],
    response: dict[str, Any],
    refusal: dict[str, Any],
) -> dict[str, Any]:
    return {
        "operationId": row.name,
        "summary": _first_line(row.request),
        "x-kind": row.kind.value,
        "x-permission": row.permission.value if row.permission else None,
        "x-ownership": row.ownership.value,
        "security": _security(row),
        "parameters": _parameters(row),
        "requestBody": {"required": True, "content": {_JSON: {"schema": request}}},
        "responses": {
            "200": _answer(_first_line(row.response), response),
            "4XX": _answer("Refused; `code` says why, `sentence` may be read aloud.", refusal),
            "5XX": _answer("Broken; the outcome is unknown, the command may be repeated.", refusal),
        },
    }


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _first_line(kind: type[Any]) -> str:
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]


def _security(row: Operation[Any, Any]) -> list[dict[str, list[str]]]:
    match row.signer:
        case Signer.NOBODY:
            return []
        case Signer.DEVICE:
            return [{"seat": []}]
        case Signer.PERSON:
            return [{"seat": [], "person": []}]
        case Signer.WAREHOUSE:
            return [{"warehouse": []}]


def _parameters(row: Operation[Any, Any]) -> list[dict[str, Any]]:
    names: tuple[str, ...] = _SIGNED
    if row.signer is Signer.NOBODY:
        names = ()
    elif row.signer is Signer.WAREHOUSE:
        names = _BY_WAREHOUSE
    if row.kind is Kind.COMMAND and row.keyed:
        names = (*names, signed.KEY)
    return [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
