"""Order numbers in stock: leased from the centre in advance, so that placing needs no network."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select

from app.models.desk.tables import NumberRow
from app.services.desk import memory
from app.services.ports import Centre
from app.store.desk import DeskStore
from app.values.clock import Clock
from app.values.order_number import OrderNumber
from app.wire.operations import LEASE_NUMBERS
from app.wire.sync import LeaseNumbers, Policy

KEPT = 200
LEASED_MOST = 1_000
_FEW = 5
_FEW_SHARE = 10
"""With a tenth of what is kept, or five, people are told: there is time to do something about it.
"""


class Numbers:
    """The numbers of one seat. One thread tops up, any counts."""

    def __init__(self, store: DeskStore, centre: Centre, clock: Clock) -> None:
        self._store = store
        self._centre = centre
        self._clock = clock

    def left(self) -> int:
        """How many orders can be placed without hearing from the centre."""
        query = select(func.count()).where(NumberRow.order_id.is_(None))
        with self._store.read() as connection:
            return connection.execute(query).scalar_one()

    def newest(self) -> OrderNumber | None:
        """The one that was leased last; None before there was any."""
        query = select(NumberRow.number).order_by(NumberRow.position.desc()).limit(1)
        with self._store.read() as connection:
            number = connection.execute(query).scalar_one_or_none()
        return OrderNumber(number) if number is not None else None

    def kept(self) -> int:
        """How many there are when all is well."""
        with self._store.read() as connection:
            policy = memory.recalled(connection, memory.POLICY, Policy)
        return policy.numbers_kept if policy else KEPT

    def shortage(self, left: int, away_since: datetime | None) -> str:
        """What to tell people of the `left` numbers; empty while there are enough.

        Nobody is told while the centre answers: then more are on their way.
        """
        if away_since is None or left > max(_FEW, self.kept() // _FEW_SHARE):
            return ""
        since = f"the central service has been away since {self._when(away_since)}"
        if not left:
            return (
                f"No order numbers are left; {since}. Orders can be drafted and read back, and "
                "placed as soon as it is back."
            )
        counted = "1 order number" if left == 1 else f"{left} order numbers"
        return f"Only {counted} left; {since}."

    def _when(self, instant: datetime) -> str:
        """`14:02` on the clock of this desk, with the day where it is another one."""
        here, today = instant.astimezone(), self._clock.now().astimezone()
        same_day = here.date() == today.date()
        return f"{here:%H:%M}" if same_day else f"{here:%H:%M on %d %B}"

    def top_up(self) -> None:
        """Lease as many as policy keeps, once a quarter of them is gone.

        Raises Refusal or Unreachable; numbers of a lost answer are never used by anyone.
        """
        kept = self.kept()
        lacking = kept - self.left()
        if lacking * 4 < kept or lacking < 1:
            return
        leased = self._centre.call(
            LEASE_NUMBERS, LeaseNumbers(count=min(lacking, LEASED_MOST), newest=self.newest())
        )
        self._keep(leased.numbers)

    def _keep(self, numbers: tuple[OrderNumber, ...]) -> None:
        now = self._clock.now()
        with self._store.write() as connection:
            last = connection.execute(select(func.max(NumberRow.position))).scalar_one() or 0
            rows = [
                {"number": number, "position": last + at, "leased_at": now, "order_id": None}
                for at, number in enumerate(numbers, start=1)
            ]
            if rows:
                connection.execute(insert(NumberRow), rows)
