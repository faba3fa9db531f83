"""Protocols as files at a desk: of any order, for this user only, under the number of the order."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.services.desk.desk import Desk
from app.services.rules.protocol import protocol_of
from app.services.rules.regions import load_region
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.order_number import OrderNumber
from app.wire import operations
from app.wire.orders import Paper
from app.wire.protocol import PrintProtocol, ReadBackProtocol
from tests.read_back_story import NUMBER, a_story
from tests.services.desk.site import Site, sign_in


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "seat")


@pytest.fixture(scope="module")
def protocol() -> ReadBackProtocol:
    rules = load_region(resource_folder() / "regions" / "gb.toml")
    return protocol_of(a_story(rules), rules)


def paper(desk: Desk, protocol: ReadBackProtocol) -> Paper:
    return desk.caller.call(operations.PRINT_PROTOCOL, PrintProtocol(protocol=protocol))


def test_the_protocol_is_a_file_for_its_user_only(site: Site, protocol: ReadBackProtocol) -> None:
    with site.opened() as desk:
        for _ in range(4):
            desk.feed.step()
        sign_in(desk)
        made = Path(paper(desk, protocol).path)
    assert made.name == f"{NUMBER}-read-back.pdf"
    assert made.read_bytes().startswith(b"%PDF-")
    assert made.stat().st_mode & 0o777 == 0o600


def test_a_number_that_is_a_path_is_refused(site: Site, protocol: ReadBackProtocol) -> None:
    strange = msgspec.structs.replace(protocol, number=OrderNumber("../../etc"))
    with site.opened() as desk:
        for _ in range(4):
            desk.feed.step()
        sign_in(desk)
        with pytest.raises(Refusal) as refused:
            paper(desk, strange)
    assert refused.value.code == "order_number_malformed"


def test_before_the_policy_is_known_there_is_no_protocol(
    site: Site, protocol: ReadBackProtocol
) -> None:
    with site.opened() as desk:
        sign_in(desk)
        with pytest.raises(Refusal) as refused:
            paper(desk, protocol)
    assert refused.value.code == "policy_unknown"
