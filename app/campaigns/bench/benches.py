"""Every bench by its name. A new one is a small module and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from app.campaigns.bench.answers import answers
from app.campaigns.bench.call_screen import HUGE, key_echo, line_200, order_1114
from app.campaigns.bench.cards import card_entry, renewals
from app.campaigns.bench.confusables import confusables
from app.campaigns.bench.figures import Figure
from app.campaigns.bench.finder import finder
from app.campaigns.bench.given import Given
from app.campaigns.bench.holds import holds
from app.campaigns.bench.importing import import_rows
from app.campaigns.bench.load.amending import previews
from app.campaigns.bench.load.following import feed_delay, many_waiting
from app.campaigns.bench.load.intake import catch_up, in_batches, one_by_one
from app.campaigns.bench.load.stored import stored_orders
from app.campaigns.bench.mishearing import mishearing
from app.campaigns.bench.papers import confirmation_pdf
from app.campaigns.bench.programs import desk_memory, desk_start
from app.campaigns.bench.read_back import stale_marks
from app.campaigns.bench.storing import draft_save, place


@dataclass(frozen=True, slots=True)
class Bench:
    """What it measures, in a line, and how."""

    words: str
    measure: Callable[[Given], tuple[Figure, ...]]


BENCHES: Mapping[str, Bench] = {
    "finder-4000": Bench(
        "keystroke to rows among 4,000 products, beside bare tantivy", partial(finder, count=4_000)
    ),
    "finder-100000": Bench("the same among 100,000", partial(finder, count=100_000, most_ms=8)),
    "finder-1000000": Bench("the same among 1,000,000", partial(finder, count=1_000_000)),
    "confusables-4000": Bench(
        "finding what a product can be taken for among 4,000, and how many are missed",
        partial(confusables, count=4_000, compared=400, rounds=3),
    ),
    "confusables-100000": Bench(
        "the same among 100,000", partial(confusables, count=100_000, compared=20)
    ),
    "key-echo-5": Bench(
        "key press to painted with an order of 5 lines, beside a single field",
        partial(key_echo, lines=5),
    ),
    "key-echo-1114": Bench("the same with an order of 1,114 lines", partial(key_echo, lines=HUGE)),
    "line-200": Bench("adding line 200, beside line 2 of the same order", line_200),
    "order-1114": Bench("adding, changing and undoing in an order of 1,114 lines", order_1114),
    "draft-save-100": Bench(
        "saving a draft of 100 lines, beside a bare write", partial(draft_save, lines=100)
    ),
    "draft-save-1114": Bench("the same with 1,114 lines", partial(draft_save, lines=HUGE)),
    "place": Bench("placing an order, beside two bare writes", place),
    "read-back-5": Bench(
        "checkpoints and stale marks after an edit of 5 lines",
        partial(stale_marks, lines=5, most_ms=2),
    ),
    "read-back-1114": Bench(
        "the same with 1,114 lines", partial(stale_marks, lines=HUGE, most_ms=30)
    ),
    "readback": Bench(
        "errors that reading back leaves, and its seconds, with modelled callers", mishearing
    ),
    "confirmation-pdf": Bench("making the confirmation of 10 lines", confirmation_pdf),
    "card": Bench("from F9 to open fields, and to a card that is authorised", card_entry),
    "renewals": Bench("renewals of pauses that one service answers", renewals),
    "holds": Bench(
        "holds a second on one product that all want, beside a bare conditional UPDATE", holds
    ),
    "answers": Bench("finding the answer to a caller's question, and how many are missed", answers),
    "desk-start": Bench("launching the desk until painted, beside an empty window", desk_start),
    "desk-memory": Bench("memory of a desk with 100,000 products", desk_memory),
    "intake-1": Bench(
        "orders one by one from one desk, beside a bare endpoint", partial(one_by_one, desks=1)
    ),
    "intake-8": Bench("the same from 8 desks at once", partial(one_by_one, desks=8)),
    "intake-32": Bench("the same from 32 desks at once", partial(one_by_one, desks=32)),
    "intake-batches": Bench(
        "orders in batches of an outbox from 8 desks, beside PostgreSQL alone", in_batches
    ),
    "catch-up": Bench("10,000 orders that waited, sent at once by 8 desks", catch_up),
    "feed": Bench("from the commit of a change to 20 desks that have it", feed_delay),
    "long-polls": Bench("threads, connections and memory while 200 desks wait", many_waiting),
    "stored": Bench("look-ups among 10,000, 100,000 and 1,000,000 stored orders", stored_orders),
    "amend-1114": Bench(
        "what a change of an order of 1,114 lines would come to, at the service",
        partial(previews, lines=HUGE),
    ),
    "import-541909": Bench("importing 541,909 rows, beside a bare COPY", import_rows),
}
