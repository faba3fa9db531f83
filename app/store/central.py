"""The central database: engine, pool, short transactions and their retries.

Knows nothing of what the tables mean. Runs on the service's threads; the pool has one connection
for each. There is no statement timeout: a COMMIT that is cancelled while it waits for a standby is
committed here and lost there (patroni#1412), so only idle transactions are cut off, and waits for a
lock. A server that is gone is noticed by TCP within seconds, and the whole pool is made anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from app.values.errors import Fault, Refusal

T = TypeVar("T")

SERVICE_ROLE = "readback_service"
OWNER_ROLE = "readback_owner"
TRIES_MOST = 5
IDLE_SECONDS = 5
LOCK_SECONDS = 10
"""So long a statement waits for a row or table that another has; COMMIT waits for no lock."""
CONNECT_SECONDS = 5
"""For each host that is named: after a promotion the next one is asked."""
SILENCE_SECONDS = 12
"""A server that acknowledges nothing for so long is taken to be gone."""
POOL_SECONDS = 10
"""How long a thread waits for a connection before it says that the service is busy."""

_TO_BE_TRIED_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
_BUSY = (*_TO_BE_TRIED_AGAIN, errors.LockNotAvailable)
_TCP = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENCE_SECONDS * 1_000,
}
"""libpq's: a probe after five seconds of silence, and gone after three that nobody answers."""
_HOSTS = re.compile(r"^(postgres(?:ql)?(?:\+psycopg)?://(?:[^@/]*@)?)([^/?]*,[^/?]*)(.*)$")


def database_url(given: str) -> URL:
    """The SQLAlchemy URL of a `postgresql://` URL, also one with a socket folder in `?host=`.

    Several hosts may be named as libpq has them: `postgresql://one:5432,two:5432/orders`. Raises
    Refusal `database_url_malformed`.
    """
    several = _HOSTS.match(given)
    try:
        url = make_url(several[1] + several[3] if several else given)
    except (ArgumentError, ValueError) as cause:
        raise Refusal("database_url_malformed", "The database URL cannot be read.") from cause
    if url.drivername not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise Refusal("database_url_malformed", "The database URL must begin with postgresql://.")
    if several:
        url = url.update_query_dict({"host": tuple(several[2].split(","))}, append=True)
    return url.set(drivername="postgresql+psycopg")


_SERVING = "-c enable_seqscan=off -c jit=off"
"""The service looks rows up by themselves, and keeps plans for long, foreign keys' too: one that
reads a whole table was made while that was small, and costs more with every row. (Where there is no
other way, whole tables are read all the same; before PostgreSQL 18 at a price that calls for JIT.)
"""


def _connecting(address: URL, idle_seconds: int, *, serving: bool) -> dict[str, Any]:
    """What the driver is told beside the URL, which has the last word."""
    given = address.query.get("options", "")
    cut_off = f"-c idle_in_transaction_session_timeout={idle_seconds}s"
    ours = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "readback",
        "target_session_attrs": "read-write",
        **_TCP,
    }
    left = {name: value for name, value in ours.items() if name not in address.query}
    plans = f" {_SERVING}" if serving else ""
    options = f"{cut_off} -c lock_timeout={LOCK_SECONDS}s{plans} {given}".strip()
    return left | {"options": options}


class CentralStore:
    """Opens short transactions. Every connection takes on `role`; None keeps the login's own."""

    def __init__(
        self,
        url: str,
        connections: int,
        role: str | None = SERVICE_ROLE,
        idle_seconds: int = IDLE_SECONDS,
    ) -> None:
        """A transaction that does nothing for `idle_seconds` is cut off; 0 lets it be.

        Unless the URL says otherwise, a server that only reads is no server: it is a standby, or a
        primary that is just being replaced.
        """
        self._role = role
        address = database_url(url)
        self.engine: Engine = create_engine(
            address,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            connect_args=_connecting(address, idle_seconds, serving=role == SERVICE_ROLE),
        )
        self._reading = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._writing = self.engine.execution_options(isolation_level="READ COMMITTED")
        self._glancing = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine, "connect", self._take_role)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run in one read-only snapshot."""
        return _with_retries(self._reading, work)

    def glance(self, work: Callable[[Connection], T]) -> T:
        """Run outside any transaction; for one statement that reads, without BEGIN and COMMIT."""
        return _with_retries(self._glancing, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run and commit; again from the start after a deadlock or a serialization failure.

        Raises Fault `outcome_unknown` when the connection broke during the commit.
        """
        return _with_retries(self._writing, work)

    def connections_in_use(self) -> int:
        """How many of the pool's are with somebody just now."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    def ping(self) -> None:
        """Raises Fault `database_away` when the database does not answer."""
        self.read(_nothing)

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()

    def _take_role(self, connection: psycopg.Connection, record: object) -> None:
        del record
        if self._role is None:
            return
        connection.autocommit = True
        try:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(self._role)))
        except (errors.InsufficientPrivilege, errors.InvalidParameterValue) as cause:
            login = connection.info.user
            connection.close()
            raise Fault(
                "role_missing",
                f"The login {login} cannot take on the role {self._role}. Run readback admin"
                f" migrate, and GRANT {self._role} TO {login}.",
            ) from cause
        connection.autocommit = False


def require_service_role(connection: Connection) -> None:
    """Raises Fault `role_wrong` when this connection could do more than the service may."""
    role, superuser = connection.execute(
        text("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
    ).one()
    if role != SERVICE_ROLE or superuser:
        raise Fault("role_wrong", f"The service must run as {SERVICE_ROLE}, not as {role}.")


def _nothing(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def _with_retries(engine: Engine, work: Callable[[Connection], T]) -> T:
    for left in reversed(range(TRIES_MOST)):
        try:
            return _once(engine, work)
        except DBAPIError as cause:
            if cause.connection_invalidated or isinstance(cause.orig, errors.OperationalError):
                _give_up_unless(left > 0 and _worth_another_try(cause), cause)
            else:
                raise
        except PoolTimeout as cause:
            raise Fault("service_busy", "The service is busy. Please try again.") from cause
    raise AssertionError


def _worth_another_try(cause: DBAPIError) -> bool:
    return cause.connection_invalidated or isinstance(cause.orig, _TO_BE_TRIED_AGAIN)


def _give_up_unless(again: bool, cause: DBAPIError) -> None:  # noqa: FBT001 - private
    if again:
        return
    if isinstance(cause.orig, _BUSY):
        raise Fault("service_busy", "The service is busy. Please try again.") from cause
    raise Fault("database_away", "The central database does not answer.") from cause


def _once(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        transaction = connection.begin()
        outcome = work(connection)
        try:
            transaction.commit()
        except DBAPIError as cause:
            if cause.connection_invalidated:
                raise Fault(
                    "outcome_unknown", "The database did not say whether this was kept."
                ) from cause
            raise
        return outcome
