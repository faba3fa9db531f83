"""What crosses a wire or a thread: frozen messages, strict on the way in, tolerant on the way out.

A Request refuses fields it does not know; a View ignores them, so that an older desk can talk to a
newer centre. JSON by msgspec; names, sizes and ranges are checked while decoding.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from app.values.errors import Refusal

LARGEST_BODY_BYTES = 8 * 1024 * 1024
"""An order of 5,000 lines with the record of its read-back takes 5.6 MB."""

PAGE_ROWS_MOST = 500

Instant = Annotated[datetime, Meta(tz=True)]
ShortText = Annotated[str, Meta(max_length=200)]
FreeText = Annotated[str, Meta(max_length=10_000)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
PageRows = Annotated[int, Meta(ge=1, le=PAGE_ROWS_MOST)]

T = TypeVar("T")


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked; an unknown field is refused."""


class View(Struct, frozen=True, kw_only=True):
    """What is answered or kept; an unknown field is passed over."""


class Nothing(View, frozen=True, kw_only=True):
    """An answer that only says: done."""


class RefusalView(View, frozen=True, kw_only=True):
    """A Refusal or Fault on the wire."""

    code: str
    sentence: str
    field: str | None = None
    incident: str | None = None


_encoder = msgspec.json.Encoder(decimal_format="string")


def encode(message: object) -> bytes:
    """JSON of a message; the same message always gives the same bytes."""
    return _encoder.encode(message)


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """What reads messages of a kind; made once.

    WORKAROUND: msgspec (0.22.0) keeps what it works out about a class in the class itself, and not
    yet whole: two threads that read the first message of their lives at once end the process with a
    segmentation fault. So one thread at a time works out, and whoever reads finds it whole.
    """
    made = _decoders.get(kind)
    if made is None:
        with _making:
            made = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return made


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The message in a JSON body. Raises Refusal `malformed` naming the place that is wrong."""
    try:
        return decoder_of(kind).decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Refusal("malformed", f"The request could not be read: {cause}.") from cause


def read_document(document: object, kind: type[T]) -> T:
    """The message in what the JSON of a database was read as. Raises msgspec.ValidationError."""
    decoder_of(kind)
    return msgspec.convert(document, kind)


def require_keepable(message: object, kind: type[Any]) -> None:
    """Hold what crosses no wire to the same sizes and ranges: it is kept or sent on later.

    Raises Refusal `malformed` with the field.
    """
    try:
        decoder_of(kind).decode(encode(message))
    except msgspec.ValidationError as cause:
        field = str(cause).partition(" - at `$")[2].strip("`.").removeprefix("document.")
        raise Refusal(
            "malformed",
            f"What stands in {field} is longer or larger than can be kept. Please shorten it.",
            field,
        ) from cause
    except UnicodeEncodeError as cause:
        raise Refusal("malformed", "A text holds a sign that cannot be kept.") from cause


def schema_of(kinds: list[Any]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """JSON schemas of message types and the components they share, for OpenAPI."""
    return msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
