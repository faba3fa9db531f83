"""The rules of both regions, as they ship."""

from __future__ import annotations

import pytest

from app.services.rules.regions import RegionRules, load_regions
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
