"""Everything that is said about an order, for tests of speech."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest

from app.services.rules.pricing import totals
from app.services.rules.read_back import Checkpoint
from app.services.rules.regions import RegionRules, load_regions
from app.services.rules.speech import Turn, turns
from app.services.rules.speech_book import SpeechBook, load_speech
from app.settings import resource_folder
from app.values.contact import PostalAddress
from app.values.vocabulary import CheckpointKind, Region
from app.wire.guidance import Guidance
from app.wire.orders import OrderDocument, Totals
from tests.builders import an_address, with_line
from tests.read_backs import checkpoints_of


@cache
def rules_of(region: Region) -> RegionRules:
    return load_regions(resource_folder() / "regions")[region]


@cache
def book_of(region: Region) -> SpeechBook:
    return load_speech(resource_folder() / "speech")[region]


REGIONS = pytest.mark.parametrize("region", list(Region))
MODES = pytest.mark.parametrize("slow", [False, True], ids=["usual", "slow"])
BUNTING = with_line("47566", 15, "4.95", description="PARTY BUNTING")
CAKESTAND = with_line("22423", 2, "12.75", description="Regency cakestand, 3 tier")
TEACUP = with_line("22697", 3, "2.95", description="Green regency teacup", must_say="green")
DUBAI = PostalAddress(country="AE", street=("14 Al Wasl Road",), city="Dubai", area="Dubai")
LONG_ADDRESS = an_address(
    name="Ann Other",
    organisation="Acme Limited",
    street=("Unit 5", "The Old Mill", "12-14 High Street", "Far End"),
    dependent_locality="Headingley",
    area="West Yorkshire",
)


def points_of(order: OrderDocument, guidance: Guidance | None = None) -> tuple[Checkpoint, ...]:
    return checkpoints_of(order, rules_of(order.region), guidance)


def point_of(order: OrderDocument, kind: CheckpointKind) -> Checkpoint:
    return next(point for point in points_of(order) if point.kind is kind)


def totals_of(order: OrderDocument) -> Totals:
    return totals(order, rules_of(order.region))


def turns_of(order: OrderDocument, point: Checkpoint, *, slow: bool = False) -> tuple[Turn, ...]:
    rules = rules_of(order.region)
    return turns(point, order, totals(order, rules), rules, book_of(order.region), slow=slow)


def said_of(order: OrderDocument, kind: CheckpointKind, *, slow: bool = False) -> list[str]:
    """The texts of all turns about the first checkpoint of a kind."""
    return texts_of(turns_of(order, point_of(order, kind), slow=slow))


def texts_of(found: Sequence[Turn]) -> list[str]:
    return [turn.text for turn in found]


def everything_of(order: OrderDocument, *, slow: bool = False) -> list[Turn]:
    return [turn for point in points_of(order) for turn in turns_of(order, point, slow=slow)]
