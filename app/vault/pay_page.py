"""The HTML of the sandbox's pay page: two buttons, no card field, no script.

Pure. Everything that came from outside is escaped; HEADERS forbid the page to load anything.
"""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass

from app.values.money import Money

PATH = "/pay"
_STYLE = (
    "body{font:18px/1.5 sans-serif;max-width:26em;margin:3em auto;padding:0 1em}"
    "button{font:inherit;padding:.6em 1.2em;margin:0 1em 0 0}form{display:inline}"
    ".trial{color:#8a4b00}"
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser is shown."""

    status: int
    html: str


@dataclass(frozen=True, slots=True)
class ToPay:
    """What the page is about."""

    token: str
    amount: Money
    payee: str
    order: str


def asking(about: ToPay, notice: str = "") -> Page:
    """The page with its two buttons."""
    amount, order = html.escape(str(about.amount)), html.escape(about.order)
    address = html.escape(f"{PATH}/{about.token}")
    body = (
        f"<h1>{html.escape(about.payee)}</h1>"
        f"<p>Order reference {order}</p><p>Amount to pay: <strong>{amount}</strong></p>"
        + (f"<p role='alert'>{html.escape(notice)}</p>" if notice else "")
        + f"<form method='post' action='{address}/pay'><button>Pay {amount}</button></form>"
        f"<form method='post' action='{address}/decline'><button>Decline</button></form>"
        "<p class='trial'>This is a trial page. No card is asked for and no money moves.</p>"
    )
    return Page(200, _document(f"Pay {about.payee}", body))


def saying(status: int, sentence: str) -> Page:
    """A page that only says something."""
    return Page(status, _document("Payment", f"<p>{html.escape(sentence)}</p>"))


def _document(title: str, body: str) -> str:
    return (
        "<!doctype html><html lang='en-GB'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
