"""What a British file leaves unsaid: which line is the town, which country an island is.

Pure facts and rules, for imports only. County names are the former postal ones, which people still
write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.values.wording import text_for_search, tidy

_ISLANDS = {"JE": "JE", "GY": "GG", "IM": "IM"}
_LONDON_AREAS = frozenset({"E", "EC", "N", "NW", "SE", "SW", "W", "WC"})
_AREA = re.compile(r"[A-Z]{1,2}")
_COUNTIES = frozenset(
    name.strip()
    for name in """
aberdeenshire, anglesey, angus, argyll, avon, ayrshire, banffshire, bedfordshire, beds, berks,
berkshire, berwickshire, buckinghamshire, bucks, caithness, cambridgeshire, cambs,
carmarthenshire, ceredigion, channel islands, cheshire, clackmannanshire, cleveland, clwyd, co
antrim, co armagh, co down, co durham, co fermanagh, co londonderry, co tyrone, cornwall, county
antrim, county armagh, county down, county durham, county fermanagh, county londonderry, county
tyrone, cumbria, denbighshire, derbyshire, devon, dorset, dumfriesshire, dunbartonshire, dyfed,
e sussex, east lothian, east riding of yorkshire, east sussex, east yorkshire, england, essex,
fife, flintshire, glos, gloucestershire, greater london, greater manchester, gt manchester,
guernsey, gwent, gwynedd, hampshire, hants, herefordshire, hertfordshire, herts, humberside,
inverness shire, isle of anglesey, isle of man, isle of wight, isles of scilly, jersey, kent,
kincardineshire, kinross shire, kirkcudbrightshire, lanarkshire, lancashire, lancs,
leicestershire, leics, lincolnshire, lincs, merseyside, mid glamorgan, middlesex, middx,
midlothian, monmouthshire, moray, morayshire, n yorkshire, nairnshire, norfolk, north east
lincolnshire, north humberside, north lincolnshire, north somerset, north yorkshire,
northamptonshire, northants, northern ireland, northumberland, nottinghamshire, notts,
oxfordshire, oxon, peeblesshire, pembrokeshire, perthshire, powys, renfrewshire, ross shire,
roxburghshire, rutland, s yorkshire, scotland, selkirkshire, shropshire, somerset, south
glamorgan, south gloucestershire, south humberside, south yorkshire, staffordshire, staffs,
stirlingshire, suffolk, surrey, sussex, sutherland, tyne and wear, tyne wear, uk, united
kingdom, vale of glamorgan, w midlands, w sussex, w yorkshire, wales, warwickshire, west
glamorgan, west lothian, west midlands, west sussex, west yorkshire, wigtownshire, wilts,
wiltshire, worcestershire, worcs, ynys mon, yorkshire
""".replace("\n", " ").split(",")
)
_NO_TOWN_WORDS = re.compile(
    r"shire\b|\band\b|\bcounty\b|\b(?:north|south|east|west)\b|\bislands?\b|^greater\b"
)
_NO_TOWNS = frozenset(
    {
        "angus",
        "ards",
        "down",
        "eilean siar",
        "essex",
        "fife",
        "highland",
        "knowsley",
        "moray",
        "sefton",
        "surrey",
        "tameside",
        "the scottish borders",
        "thurrock",
        "torbay",
        "trafford",
    }
)


def country_of_postcode(postcode: str) -> str:
    """GB, or the island (JE, GG, IM) whose postcode it is: countries of their own to ISO."""
    area = _AREA.match(postcode.strip().upper())
    return _ISLANDS.get(area.group(), "GB") if area else "GB"


def is_county(name: str) -> bool:
    """Whether it names a county or a larger region, not a post town."""
    return text_for_search(name) in _COUNTIES


def parted_lines(lines: Sequence[str]) -> tuple[tuple[str, ...], str, str]:
    """Street, town and county of address lines that nobody labelled; the town stands last.

    Where a county follows it (also in the same line, behind a comma) the line before it is the
    town; of a village and a town in one line the town stands last.
    """
    kept = [line for text in lines if (line := tidy(text).strip(" ,"))]
    county = ""
    if kept and not is_county(kept[-1]):
        before, comma, last = kept[-1].rpartition(",")
        if comma and is_county(last) and before.strip():
            kept[-1:] = [before.strip(), last.strip()]
    while len(kept) > 1 and is_county(kept[-1]):
        county = kept.pop()
    if not kept:
        return (), "", county
    village, _, town = kept.pop().rpartition(",")
    kept.extend(filter(None, [tidy(village)]))
    return tuple(kept), tidy(town), county


def town_of_district(outward: str, town: str, region: str) -> str:
    """The post town of an outward code as a list of districts tells it; empty when it does not.

    A district of a city is that city (`City of Edinburgh`), one of London is London, the first of
    several villages stands for them; where no town is given, the council's name is taken if it is a
    town's.
    """
    area = _AREA.match(outward)
    if area and area.group() in _LONDON_AREAS:
        return "London"
    if region.startswith("City of "):
        return region.removeprefix("City of ")
    if town:
        return tidy(town.partition(",")[0])
    plain = text_for_search(region)
    if not plain or is_county(region) or plain in _NO_TOWNS or _NO_TOWN_WORDS.search(plain):
        return ""
    return tidy(region)
