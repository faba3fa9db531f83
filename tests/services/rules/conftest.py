"""The rules and the words of both regions, as they ship."""

from __future__ import annotations

import pytest

from app.services.rules.regions import RegionRules, load_regions
from app.services.rules.speech_book import SpeechBook, load_speech
from app.settings import resource_folder
from app.values.vocabulary import Region


@pytest.fixture(scope="session")
def regions() -> dict[Region, RegionRules]:
    return load_regions(resource_folder() / "regions")


@pytest.fixture(scope="session")
def britain(regions: dict[Region, RegionRules]) -> RegionRules:
    return regions[Region.GB]


@pytest.fixture(scope="session")
def america(regions: dict[Region, RegionRules]) -> RegionRules:
    return regions[Region.US]


@pytest.fixture(scope="session")
def books() -> dict[Region, SpeechBook]:
    return load_speech(resource_folder() / "speech")


@pytest.fixture(scope="session")
def british(books: dict[Region, SpeechBook]) -> SpeechBook:
    return books[Region.GB]


@pytest.fixture(scope="session")
def american(books: dict[Region, SpeechBook]) -> SpeechBook:
    return books[Region.US]
