"""Editions of checklists, scripts and answers at the centre: each is kept, the newest holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import psycopg
import pytest

from app.central import prepare_database
from app.services.central.guidance import GuidanceEditions
from app.services.central.transaction import Transaction
from app.services.rules.guidance_files import read_guidance
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.identity import SystemIds
from app.values.vocabulary import Channel
from app.wire.guidance import Guidance, When
from app.wire.operations import ENROL_DEVICE, SIGN_IN_AT_CENTRE
from tests.builders import A_MORNING
from tests.central_fixtures import Databases
from tests.centre import Centre
from tests.fakes import FixedClock
from tests.guidance_files import AGE, shipped_files, written
from tests.read_backs import a_checklist, a_guidance, an_extra

GUIDANCE_ROWS = "SELECT key, revision FROM change WHERE kind = 'guidance' ORDER BY seq"


@pytest.fixture
def centre(central_url: str) -> Iterator[Centre]:
    made = Centre(central_url, (ENROL_DEVICE, SIGN_IN_AT_CENTRE))
    yield made
    made.close()


@pytest.fixture
def editions() -> GuidanceEditions:
    return GuidanceEditions()


def another(name: str = "age") -> Guidance:
    return a_guidance(a_checklist(name, an_extra(name)), revision=0)


def publish(
    centre: Centre, editions: GuidanceEditions, guidance: Guidance, by: str | None = None
) -> int:
    return centre.administration.write(partial(editions.publish, guidance=guidance, by=by))


def unnumbered(guidance: Guidance) -> Guidance:
    return msgspec.structs.replace(guidance, revision=0)


def of_revision(editions: GuidanceEditions, revision: int) -> Callable[[Transaction], object]:
    return partial(editions.edition, revision=revision)


def test_what_ships_is_the_first_edition(centre: Centre, editions: GuidanceEditions) -> None:
    current = centre.transactions.read(editions.current)
    assert current.revision == 1
    assert unnumbered(current) == read_guidance(resource_folder())
    assert centre.rows(GUIDANCE_ROWS) == [("guidance", 1)]


def test_an_edition_that_is_published_holds_and_is_told_to_desks(
    centre: Centre, editions: GuidanceEditions
) -> None:
    assert publish(centre, editions, another(), by="ada") == 2
    current = centre.transactions.read(editions.current)
    assert (current.revision, unnumbered(current)) == (2, another())
    assert centre.rows(GUIDANCE_ROWS) == [("guidance", 1), ("guidance", 2)]
    assert centre.rows("SELECT facts FROM audit WHERE operation = 'admin.guidance.publish'") == [
        ({"revision": 1},),
        ({"revision": 2},),
    ]


def test_an_edition_equal_to_the_one_that_holds_is_none(
    centre: Centre, editions: GuidanceEditions
) -> None:
    assert publish(centre, editions, read_guidance(resource_folder())) == 1
    assert publish(centre, editions, another()) == 2
    assert publish(centre, editions, msgspec.structs.replace(another(), revision=77)) == 2
    assert len(centre.rows(GUIDANCE_ROWS)) == 2


def test_an_edition_from_before_may_hold_again(centre: Centre, editions: GuidanceEditions) -> None:
    publish(centre, editions, another())
    assert publish(centre, editions, read_guidance(resource_folder())) == 3


def test_every_edition_stays(centre: Centre, editions: GuidanceEditions) -> None:
    names = [f"list-{number}" for number in range(20)]
    revisions = [publish(centre, editions, another(name)) for name in names]
    read = centre.transactions.read
    for _ in range(2):
        kept = [read(partial(editions.edition, revision=number)) for number in revisions]
        assert [one.checklists[-1].name for one in kept if one is not None] == names


def test_an_edition_is_read_from_the_database_once(
    centre: Centre, editions: GuidanceEditions
) -> None:
    first = centre.transactions.read(of_revision(editions, 1))
    assert centre.transactions.read(of_revision(editions, 1)) is first


@pytest.mark.parametrize("revision", [2, 0, -1, 2**63])
def test_an_edition_that_never_was_is_none(
    centre: Centre, editions: GuidanceEditions, revision: int
) -> None:
    assert centre.transactions.read(of_revision(editions, revision)) is None
    publish(centre, editions, another())
    assert centre.transactions.read(of_revision(editions, 2)) is not None


def test_an_edition_that_does_not_hold_together_leaves_the_one_that_holds(
    centre: Centre, editions: GuidanceEditions
) -> None:
    lacking = Guidance(
        revision=0, checklists=(a_checklist(when=When(channels=(Channel.COUNTER,))),)
    )
    with pytest.raises(Refusal, match="guidance_malformed"):
        publish(centre, editions, lacking)
    assert centre.transactions.read(editions.current).revision == 1
    assert centre.rows(GUIDANCE_ROWS) == [("guidance", 1)]


def test_two_who_publish_at_once_take_turns(centre: Centre, editions: GuidanceEditions) -> None:
    revisions: list[int] = []

    def do(name: str) -> None:
        revisions.append(publish(centre, editions, another(name)))

    threads = [threading.Thread(target=do, args=(f"list-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == [2, 3, 4, 5]


def test_the_history_tells_who_and_when(centre: Centre, editions: GuidanceEditions) -> None:
    publish(centre, editions, another(), by="ada")
    newest, first = centre.transactions.read(editions.history)
    assert (newest.revision, newest.published_by, newest.published_at) == (2, "ada", A_MORNING)
    assert (first.revision, first.published_by, first.scripts) == (1, None, 2)


def test_the_service_may_read_editions_and_not_write_them(centre: Centre) -> None:
    editions = GuidanceEditions()
    with pytest.raises(Exception, match="permission denied"):
        centre.transactions.write(partial(editions.publish, guidance=another()))


def test_preparing_again_changes_nothing(centre: Centre, editions: GuidanceEditions) -> None:
    publish(centre, editions, another())
    prepare_database(centre.url, centre.clock, centre.ids)
    assert centre.transactions.read(editions.current).revision == 2
    assert len(centre.rows(GUIDANCE_ROWS)) == 2


def test_an_installation_from_before_there_was_guidance_gets_it(
    centre: Centre, editions: GuidanceEditions
) -> None:
    with psycopg.connect(centre.url) as connection:
        connection.execute("DELETE FROM guidance_version")
        connection.execute("DELETE FROM change WHERE kind = 'guidance'")
    with pytest.raises(Refusal, match="readback admin migrate"):
        centre.transactions.read(editions.current)
    prepare_database(centre.url, centre.clock, centre.ids)
    assert centre.transactions.read(editions.current).revision == 1
    assert centre.rows(GUIDANCE_ROWS) == [("guidance", 1)]


def test_an_empty_database_is_prepared_with_what_ships(databases: Databases) -> None:
    url = databases.make()
    prepare_database(url, FixedClock(), SystemIds())
    with psycopg.connect(url) as connection:
        revisions = connection.execute("SELECT revision, set_by FROM guidance_version").fetchall()
    assert revisions == [(1, None)]


def test_files_published_and_read_are_the_same(
    centre: Centre, editions: GuidanceEditions, tmp_path: Path
) -> None:
    folder = written(shipped_files(tmp_path / "in"), "checklists/age.toml", AGE)
    publish(centre, editions, read_guidance(folder))
    current = centre.transactions.read(GuidanceEditions().current)
    assert unnumbered(current) == read_guidance(folder)
