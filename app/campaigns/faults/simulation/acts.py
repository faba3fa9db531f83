"""What happens at the centre meanwhile: prices, products, stock counts and the policy change.

Some of it in transactions that stay open while others commit, so that the feed's rows commit out of
order; and now and then the database is restored from a backup of a few minutes ago.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import psycopg
from msgspec.structs import replace

from app.campaigns.faults.simulation.orders import CODES, TRACKED
from app.campaigns.faults.simulation.scenery import Scenery
from app.campaigns.faults.simulation.schedule import SeededIds
from app.campaigns.faults.simulation.stage import LOGINS, POLICY
from app.services.central.installation import Installations
from app.services.central.transaction import Transactions
from app.store.central import OWNER_ROLE, CentralStore

_RESTORED_IN_THOUSAND = 60
_EVERY_MS = (1_000, 9_000)


class Acts:
    """The administrator and the machine room of one simulation."""

    def __init__(self, world: Scenery) -> None:
        self._world = world
        self._schedule = world.schedule
        self._chance = world.chance
        self._store = CentralStore(world.url, 1, role=OWNER_ROLE, idle_seconds=0)
        ids = SeededIds(world.schedule, 30, world.seed)
        self.owner = Transactions(self._store, world.clock, ids)
        self._open: dict[str, psycopg.Connection] = {}
        self._kept: psycopg.Connection | None = None
        self._backup: str | None = None
        self._products = 0
        self._is_over = False
        self.when_restored: list[Callable[[], None]] = []

    def begin(self) -> None:
        """From now on until `end`."""
        self._later(self._act, *_EVERY_MS)
        if self._chance.happens(_RESTORED_IN_THOUSAND):
            self._later(self._back_up, 5_000, 40_000)

    def end(self) -> None:
        """Nothing changes any more; what is open is committed."""
        self._is_over = True
        for code in list(self._open):
            self._commit(code)

    def close(self) -> None:
        """Let go of the database."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        self._store.close()
        self._close_kept()
        if self._backup is not None:
            self._world.stage.drop(self._backup)

    def people(self) -> list[UUID]:
        """Who may sign in, by their names."""
        rows = self.connection().execute("SELECT person_id FROM person ORDER BY login").fetchall()
        return [row[0] for row in rows]

    def connection(self) -> psycopg.Connection:
        """A connection of the owner's that commits each statement by itself."""
        if self._kept is None:
            self._kept = psycopg.connect(self._world.url, autocommit=True)
        return self._kept

    def _close_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _act(self) -> None:
        if self._is_over:
            return
        kind = self._chance.below(100)
        if self._world.network.restoring:
            pass
        elif kind < 35:
            self._reprice()
        elif kind < 50:
            self._withdraw()
        elif kind < 60:
            self._add_product()
        elif kind < 75:
            self._set_policy()
        elif kind < 88:
            self._count_stock()
        else:
            self._let_person_go()
        self._later(self._act, *_EVERY_MS)

    def _reprice(self) -> None:
        """A new price; half of the time in a transaction that stays open for a while."""
        code = self._chance.one_of(CODES)
        if code in self._open:
            return
        pence = self._chance.between(50, 900)
        self._schedule.note(f"{code} costs {pence}")
        if self._chance.happens(500):
            self._run(_REPRICE, _TELL, code=code, price=pence * 100, at=self._now())
            return
        connection = psycopg.connect(self._world.url)
        connection.execute(_REPRICE, {"code": code, "price": pence * 100, "at": self._now()})
        connection.execute(_TELL, {"code": code})
        self._open[code] = connection
        self._later(partial(self._commit, code), 500, 30_000)

    def _commit(self, code: str) -> None:
        connection = self._open.pop(code, None)
        if connection is not None:
            self._schedule.note(f"{code} committed")
            connection.commit()
            connection.close()

    def _withdraw(self) -> None:
        code = self._chance.one_of(CODES)
        if code not in self._open:
            self._schedule.note(f"{code} withdrawn or back")
            self._run(_WITHDRAW, _TELL, code=code, at=self._now())

    def _add_product(self) -> None:
        self._products += 1
        code = f"NEW-{self._products}"
        self._schedule.note(f"{code} is new")
        self._run(_ADD, _TELL, code=code, at=self._now())

    def _set_policy(self) -> None:
        policy = replace(
            POLICY,
            numbers_kept=self._chance.between(1, 6),
            hold_seconds=self._chance.between(60, 180),
            duplicate_minutes=self._chance.between(1, 40),
        )
        self._schedule.note(f"policy: {policy.numbers_kept} numbers")
        self.owner.write(partial(Installations().set_policy, policy=policy))

    def _count_stock(self) -> None:
        code = self._chance.one_of(tuple(TRACKED))
        if code not in self._open:
            pieces = self._chance.between(0, 25)
            self._schedule.note(f"{code} counted: {pieces}")
            self._run(_COUNT, code=code, pieces=pieces, at=self._now())

    def _let_person_go(self) -> None:
        """The last one stays, so that somebody can sign in."""
        login = self._chance.one_of(LOGINS[:-1])
        self._schedule.note(f"{login} is let go or comes back")
        self._run(_LET_GO, login=login, at=self._now())

    def _back_up(self) -> None:
        if self._is_over:
            return
        self._schedule.note("backup")
        self._let_all_go()
        self._backup = self._world.stage.database(self._world.database)
        self._later(self._break_database, 5_000, 60_000)

    def _break_database(self) -> None:
        """The database is lost; the service is away until it is restored."""
        if self._is_over:
            return
        self._schedule.note("the database is lost")
        self._world.network.restoring = True
        self._let_all_go()
        self._later(self._restore, 2_000, 20_000)

    def _restore(self) -> None:
        if self._backup is None:
            return
        world = self._world
        self._let_all_go()
        world.stage.drop(world.database)
        world.stage.restore(self._backup, world.database)
        self.owner.write(Installations().restored)
        for replica in world.replicas:
            if replica.is_alive:
                replica.die()
            replica.start()
        world.seen.restored()
        world.seen.counts["restores"] += 1
        world.network.restoring = False
        self._schedule.note("restored")
        for told in self.when_restored:
            told()

    def _let_all_go(self) -> None:
        for code in list(self._open):
            self._commit(code)
        self._store.close()
        self._close_kept()
        for replica in self._world.replicas:
            replica.let_go()

    def _run(self, *statements: str, **values: object) -> None:
        connection = self.connection()
        with connection.transaction():
            for statement in statements:
                connection.execute(statement, values)

    def _now(self) -> datetime:
        return self._world.clock.now()

    def _later(self, act: Callable[[], None], least_ms: int, most_ms: int) -> None:
        self._schedule.after(self._chance.between(least_ms, most_ms), "acts", act)


_TELL = """
    INSERT INTO change (kind, key, revision, deleted)
    SELECT 'product', code, revision, false FROM product WHERE code = %(code)s
"""
_REPRICE = """
    WITH r AS (
        INSERT INTO price (code, version, currency, from_at)
        SELECT code, price_version + 1, 'GBP', %(at)s FROM product WHERE code = %(code)s
        RETURNING code, version
    ), b AS (
        INSERT INTO price_break (code, version, from_quantity, unit_price)
        SELECT code, version, 1, %(price)s FROM r
    )
    UPDATE product SET price_version = price_version + 1, revision = revision + 1
    WHERE code = %(code)s
"""
_WITHDRAW = """
    UPDATE product SET withdrawn = NOT withdrawn, revision = revision + 1 WHERE code = %(code)s
"""
_ADD = """
    WITH p AS (
        INSERT INTO product (code, description, kind, tax_category, price_version, withdrawn,
                             revision, updated_at)
        VALUES (%(code)s, 'A new product', 'goods', 'standard', 1, false, 1, %(at)s)
        ON CONFLICT DO NOTHING RETURNING code
    ), r AS (
        INSERT INTO price (code, version, currency, from_at)
        SELECT code, 1, 'GBP', %(at)s FROM p
    )
    INSERT INTO price_break (code, version, from_quantity, unit_price)
    SELECT code, 1, 1, 12300 FROM p
"""
_COUNT = """
    UPDATE stock_level SET on_hand = %(pieces)s, counted_at = %(at)s WHERE code = %(code)s
"""
_LET_GO = """
    UPDATE person SET disabled_at = CASE WHEN disabled_at IS NULL THEN %(at)s END
    WHERE login = %(login)s
"""
