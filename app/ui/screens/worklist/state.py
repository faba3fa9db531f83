"""What the screen of what needs a person shows: frozen values, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from app.values.worklist import WorkAct, WorkKind
from app.wire.clashes import CustomerTask
from app.wire.order_changes import ChangePreview, ChangeView, RefundView
from app.wire.order_page import OrderPage
from app.wire.payments import PayLink
from app.wire.worklist import WorkItem, WorkItemId

KINDS = tuple(WorkKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What else is known of an item: the page of its order, or the task about its customers.

    `rejecting` is what it would come to if the order were cancelled whole.
    """

    item: WorkItemId
    page: OrderPage | None = None
    rejecting: ChangePreview | None = None
    task: CustomerTask | None = None

    @property
    def change(self) -> ChangeView | None:
        """The change that waits, where that is what the item is about."""
        changes = self.page.changes if self.page is not None else ()
        return next((one for one in changes if one.change_id == self.item.subject), None)

    @property
    def refund(self) -> RefundView | None:
        """The money to be sent, where that is what the item is about."""
        refunds = self.page.refunds if self.page is not None else ()
        return next((one for one in refunds if one.refund_id == self.item.subject), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A decision that is being made. `choice` is one of what the form offers, `take` some of it.

    `problem`: why it was not taken. `sending`: nobody knows yet.
    """

    act: WorkAct
    choice: str = ""
    note: str = ""
    take: frozenset[str] = frozenset()
    problem: str = ""
    sending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was decided last; a pay link is still to be given to the customer."""

    sentence: str
    link: PayLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkState:
    """What the screen shows.

    `kind` is the only kind that is listed, None all. `chosen` is the item beside the list, with
    `detail` once it is known and `problem` where it cannot be. `mine`: the one claimed here. `away`
    says why the list is not of now.
    """

    items: tuple[WorkItem, ...] = ()
    counts: tuple[tuple[WorkKind, int], ...] = ()
    more: bool = False
    kind: WorkKind | None = None
    loaded: bool = False
    away: str = ""
    chosen: WorkItem | None = None
    detail: Detail | None = None
    problem: str = ""
    mine: WorkItemId | None = None
    claiming: bool = False
    form: Form | None = None
    done: Done | None = None

    @property
    def acts(self) -> tuple[WorkAct, ...]:
        """What can be done now; nothing while a colleague is at it."""
        return self.chosen.acts if self.chosen is not None and not self.taken_by else ()

    @property
    def taken_by(self) -> str:
        """The colleague who is at the chosen one; empty: nobody else is."""
        claimed = self.chosen.claimed if self.chosen is not None else None
        return claimed.by if claimed is not None and not claimed.mine else ""

    @property
    def waiting(self) -> int:
        """How much waits altogether."""
        return sum(count for _, count in self.counts)
