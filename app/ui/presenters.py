"""The presenters of the window's pages, made from what a desk is made of. Shows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from app.services.ports import Caller, CardSafe
from app.services.rules.regions import RegionRules
from app.services.rules.speech_book import SpeechBook
from app.ui import printing
from app.ui.background import Background
from app.ui.contact import ContactPresenter
from app.ui.paper_maker import Opener
from app.ui.screens.call.presenter import CallPresenter
from app.ui.screens.drafts.presenter import DraftsPresenter
from app.ui.screens.order.identity import IdentityPresenter
from app.ui.screens.order.presenter import OrderPresenter
from app.ui.screens.orders.presenter import OrdersPresenter
from app.ui.screens.outbox.presenter import OutboxPresenter
from app.ui.screens.placed.presenter import PlacedPresenter
from app.ui.screens.protocol.presenter import ProtocolPresenter
from app.ui.screens.sign_in.presenter import SignInPresenter
from app.ui.screens.worklist.presenter import WorklistPresenter
from app.values.clock import Clock
from app.values.identity import DeviceId, Ids
from app.values.vocabulary import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What presenters work with."""

    caller: Caller
    background: Background
    regions: Mapping[Region, RegionRules]
    speech: Mapping[Region, SpeechBook]
    clock: Clock
    ids: Ids
    device_id: DeviceId
    safe: CardSafe | None
    opener: Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenters:
    """What the pages show."""

    sign_in: SignInPresenter
    call: CallPresenter
    drafts: DraftsPresenter
    placed: PlacedPresenter
    protocol: ProtocolPresenter
    outbox: OutboxPresenter
    order: OrderPresenter
    orders: OrdersPresenter
    worklist: WorklistPresenter
    contact: ContactPresenter
    identity: IdentityPresenter


def presenters_of(means: Means, parent: QObject) -> Presenters:
    """One of each; they end with `parent`."""
    caller, background, clock = means.caller, means.background, means.clock
    opener, printer = means.opener, printing.print_file
    return Presenters(
        sign_in=SignInPresenter(caller, background, parent),
        call=CallPresenter(
            caller,
            background,
            regions=means.regions,
            speech=means.speech,
            clock=clock,
            ids=means.ids,
            device_id=means.device_id,
            safe=means.safe,
            parent=parent,
        ),
        drafts=DraftsPresenter(caller, background, clock, parent),
        placed=PlacedPresenter(caller, background, opener, printer, clock, means.speech, parent),
        protocol=ProtocolPresenter(caller, background, opener, printer, means.regions, parent),
        outbox=OutboxPresenter(caller, background, opener, printer, clock, parent),
        order=OrderPresenter(caller, background, opener, printer, means.regions, clock, parent),
        orders=OrdersPresenter(caller, background, clock, parent),
        worklist=WorklistPresenter(caller, background, clock, means.ids, parent),
        contact=ContactPresenter(caller, background, clock, means.ids, parent),
        identity=IdentityPresenter(means.regions, means.speech, clock, parent),
    )
