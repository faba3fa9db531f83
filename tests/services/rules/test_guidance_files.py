"""Checklists, scripts and answers as files: right in every place, or refused with the place."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.rules.checklists import items_for
from app.services.rules.guidance_files import CORE, UNPUBLISHED, read_guidance, require_whole
from app.services.rules.guidance_written import write_guidance, written_guidance
from app.services.rules.regions import RegionRules
from app.services.rules.scripts import PLACEHOLDERS, Step
from app.settings import resource_folder
from app.values.errors import Refusal
from app.values.money import Currency, Money
from app.values.vocabulary import (
    AnsweredBy,
    Channel,
    CheckpointKind,
    OrderType,
    PaymentMethod,
    Priority,
    Region,
)
from app.wire.guidance import Answer, Checklist, ChecklistItem, Guidance, Script, ScriptStep, When
from app.wire.orders import OrderDocument
from tests.builders import an_order, with_line
from tests.guidance_files import AGE, changed, shipped_files, written
from tests.read_backs import a_checklist, a_guidance, a_paper_checklist, checkpoints_of

HUNDRED = Money(10_000, Currency.GBP)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shipped_files(tmp_path / "guidance")


@pytest.fixture(scope="module")
def shipped() -> Guidance:
    return read_guidance(resource_folder())


def refused(folder: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        read_guidance(folder)
    assert refusal.value.code == "guidance_malformed"
    return refusal.value.sentence


def names(guidance: Guidance) -> list[str]:
    return [one.name for one in guidance.checklists]


def of(document: OrderDocument, **changes: Any) -> OrderDocument:  # noqa: ANN401 - any field
    return msgspec.structs.replace(document, **changes)


class TestWhatShips:
    def test_holds_lists_scripts_and_answers(self, shipped: Guidance) -> None:
        assert {"call", "paper", "gift", "trade", "high-value", "urgent"} <= set(names(shipped))
        assert [script.region for script in shipped.scripts] == [Region.GB, Region.US]
        assert shipped.revision == UNPUBLISHED

    @pytest.mark.parametrize("region", list(Region))
    @pytest.mark.parametrize("channel", list(Channel))
    def test_checks_the_whole_core_of_every_order(
        self, shipped: Guidance, region: Region, channel: Channel
    ) -> None:
        order = of(an_order(with_line("TEA-1")), region=region, channel=channel)
        chosen = items_for(order, HUNDRED, shipped.checklists)
        assert tuple(item.check for item in chosen.items) == CORE
        spoken = channel in {Channel.PHONE, Channel.COUNTER}
        assert (chosen.answered_by is AnsweredBy.CALLER) == spoken

    @pytest.mark.parametrize(
        ("changes", "total", "keys"),
        [
            ({"order_type": OrderType.GIFT}, 100, ["gift_no_price"]),
            ({"order_type": OrderType.TRADE}, 100, ["trade_buyer"]),
            ({"order_type": OrderType.AMENDMENT}, 100, ["order_changed"]),
            ({"priority": Priority.URGENT}, 100, ["urgent_if_late"]),
            ({}, 49_999, []),
            ({}, 50_000, ["address_used_before", "signed_for"]),
            ({"channel": Channel.WEB_CART}, 50_000, []),
        ],
    )
    def test_asks_more_where_the_order_needs_it(
        self, shipped: Guidance, changes: dict[str, Any], total: int, keys: list[str]
    ) -> None:
        order = of(an_order(with_line("TEA-1")), **changes)
        chosen = items_for(order, Money(total, Currency.GBP), shipped.checklists)
        assert [item.key for item in chosen.items if item.key] == keys

    def test_has_every_step_and_no_text_without_its_words(self, shipped: Guidance) -> None:
        for script in shipped.scripts:
            assert {step.key for step in script.steps} >= {step.value for step in Step}
            assert all(1 <= len(step.say) <= 3 for step in script.steps)

    def test_tells_the_caller_about_the_recording(self, shipped: Guidance) -> None:
        said = {
            script.region: " ".join(line for step in script.steps[:1] for line in step.say)
            for script in shipped.scripts
        }
        for words in ("{company}", "{csr}", "accuracy and training", "pause", "privacy notice"):
            assert all(words in text for text in said.values())
        assert "all right with you" in said[Region.US]

    def test_never_asks_whether_it_is_what_it_is(self, shipped: Guidance) -> None:
        """People agree to what they expect: a question is open, or about their wish."""
        said = [item.say for one in shipped.checklists for item in one.items]
        said += [line for one in shipped.scripts for step in one.steps for line in step.say]
        assert not [line for line in said if line.lower().startswith("is it ")]


class TestAnItemOfAnAdministrator:
    def test_is_asked_without_a_line_of_code(self, folder: Path, britain: RegionRules) -> None:
        guidance = read_guidance(written(folder, "checklists/age.toml", AGE))
        keys = [
            point.key for point in checkpoints_of(an_order(with_line("TEA-1")), britain, guidance)
        ]
        lines = [key for key in keys if key.startswith("line:")]
        assert keys[keys.index(lines[-1]) + 1] == "extra:age_checked"

    def test_may_want_a_word_of_the_caller(self, folder: Path, britain: RegionRules) -> None:
        text = AGE + 'caller_says = "eighteen"\n'
        guidance = read_guidance(written(folder, "checklists/age.toml", text))
        points = checkpoints_of(an_order(with_line("TEA-1")), britain, guidance)
        point = next(point for point in points if point.key == "extra:age_checked")
        assert [one.value for one in point.must_speak] == ["eighteen"]

    def test_follows_the_rights_where_it_does_not_say(self, folder: Path) -> None:
        text = AGE.replace('after = "line"\n', "")
        guidance = read_guidance(written(folder, "checklists/age.toml", text))
        age = next(one for one in guidance.checklists if one.name == "age")
        assert age.items[0].after is CheckpointKind.RIGHTS


AN_EXTRA = '[[items]]\ncheck = "extra"\nkey = "a"\ntitle = "A"\nsay = "A?"\n'

SLIPS_IN_A_LIST = [
    ("colour = 1\n" + AGE, "the file: Object contains unknown field `colour`"),
    (AGE + 'sya = "x"\n', "items[0]: Object contains unknown field `sya`"),
    (AGE.replace('"counter"', '"telex"'), "when.channels[1]: Invalid enum value 'telex'"),
    (AGE.replace('"extra"', '"mood"'), "items[0].check: Invalid enum value 'mood'"),
    (AGE.replace("name", "nmae"), "Object contains unknown field `nmae`"),
    (AGE.replace('"age"', '"Age check"'), "name: 'Age check' is not of small letters"),
    (AGE.replace('"age"', '"call"'), "name: call is in checklists/"),
    ('name = "age"\n', "items: there are none"),
    ('name = "age"\nitems = []\n', "items: there are none"),
    (AGE.replace('key = "age_checked"\n', ""), "items[0].key: an extra item must have one"),
    (AGE.replace('title = "Age checked"\n', ""), "items[0].title: an extra item must have one"),
    ("\n".join(x for x in AGE.split("\n") if "say" not in x), "items[0].say: an extra item must"),
    (AGE.replace('"Age checked"', '" "'), "items[0].title: is empty"),
    (AGE.replace("How old", "{csr}"), "items[0].say: placeholders are for scripts and answers"),
    (AGE.replace("How old", "How\\u0000 old"), "holds a sign that cannot be shown"),
    (AGE.replace("How old", "x" * 200), "characters, which is more than 200"),
    (AGE + 'caller_says = ""\n', "items[0].caller_says: is empty"),
    (AGE + 'caller_says = "..."\n', "items[0].caller_says: holds no word and no number"),
    (AGE.replace('after = "line"', 'after = "extra"'), "after: an extra item follows a checkpoint"),
    (AGE.replace('after = "line"', 'after = "lunch"'), "items[0].after: Invalid enum value"),
    (AGE.replace("age_checked", "gift_no_price"), "gift_no_price is in checklists/gift.toml"),
    (AGE + AN_EXTRA + AN_EXTRA, "items[2].key: a is in checklists/"),
    ('name = "b"\n' + '[[items]]\ncheck = "line"\n' * 2, "items: line is checked twice"),
    ('name = "b"\n[[items]]\ncheck = "line"\nsay = "x"\n', "items[0].say: only an extra"),
    ('name = "b"\n[[items]]\ncheck = "line"\nafter = "price"\n', "after: only an extra"),
    (AGE.replace('["phone", "counter"]', "[]"), "when.channels: names none"),
    (AGE.replace('"counter"', '"phone"'), "when.channels: names one twice"),
    (AGE.replace("[when]", '[when]\ntotal_from = "5OO"'), "total_from: '5OO' is no amount of"),
    (AGE.replace("[when]", '[when]\ntotal_from = "0.001"'), "whole pence or cents above"),
    (AGE.replace("[when]", '[when]\ntotal_from = "0"'), "whole pence or cents above nothing"),
    (AGE.replace("[when]", '[when]\ntotal_from = "nan"'), "whole pence or cents above nothing"),
    (
        AGE.replace("[when]", "[when]\ntotal_from = 500"),
        "total_from: Expected `str | null`, got `int`",
    ),
    ("name = \n", "the file: Invalid value"),
    ("\ufeffname", "the file: "),
    (AGE.replace("[when]", 'answered_by = "nobody"\n[when]'), "answered_by: Invalid enum value"),
    (AGE.replace("[when]", 'answered_by = "paper"\n[when]'), "the lists age and call differ"),
    (
        AGE.replace("[when]", 'answered_by = "paper"\n[when]\npriorities = ["urgent"]'),
        "the list age is answered by paper, but there is a caller",
    ),
]


@pytest.mark.parametrize(("text", "reason"), SLIPS_IN_A_LIST)
def test_a_slip_in_a_list_is_refused_with_file_key_and_reason(
    folder: Path, text: str, reason: str
) -> None:
    sentence = refused(written(folder, "checklists/z-slip.toml", text))
    assert reason in sentence
    assert "checklists" in sentence.split(":")[0]


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "checklists" / "z.toml").write_bytes(b"name = \xff\xfe")
    assert refused(folder).startswith("checklists/z.toml: the file: ")


def test_a_folder_without_checklists_is_refused(tmp_path: Path) -> None:
    assert "there is no checklist in" in refused(tmp_path)
    assert "there is no checklist in" in refused(tmp_path / "nowhere")


def test_an_order_that_would_not_be_checked_in_full_is_refused_by_region_and_channel(
    folder: Path,
) -> None:
    changed(folder, "checklists/call.toml", '[[items]]\ncheck = "price"\n', "")
    sentence = refused(folder)
    assert sentence == (
        "checklists: region gb, channel phone:"
        " no list that holds for all orders of these checks price."
    )


def test_a_channel_that_no_list_holds_for_is_refused(folder: Path) -> None:
    changed(folder, "checklists/paper.toml", '"post", ', "")
    assert "region gb, channel post: no list that holds for all orders" in refused(folder)


def test_a_list_for_some_orders_does_not_make_up_for_what_the_rest_lack(folder: Path) -> None:
    changed(folder, "checklists/call.toml", '[[items]]\ncheck = "rights"\n', "")
    text = 'name = "rest"\n[when]\ntotal_from = "0.01"\n[[items]]\ncheck = "rights"\n'
    assert "checks rights" in refused(written(folder, "checklists/rest.toml", text))


def test_lists_for_one_region_and_channel_may_share_the_core(folder: Path) -> None:
    changed(folder, "checklists/call.toml", '[[items]]\ncheck = "rights"\n', "")
    for region in Region:
        text = f'name = "r-{region}"\n[when]\nregions = ["{region}"]\nchannels = '
        text += '["phone", "counter"]\n[[items]]\ncheck = "rights"\n'
        written(folder, f"checklists/r-{region}.toml", text)
    assert "r-us" in names(read_guidance(folder))


def test_an_edition_made_by_hand_is_judged_in_the_same_way() -> None:
    require_whole(a_guidance())
    lacking = Guidance(revision=1, checklists=(a_checklist(when=When(channels=(Channel.PHONE,))),))
    with pytest.raises(Refusal, match="region gb, channel fax"):
        require_whole(lacking)


SLIPS_IN_A_SCRIPT = [
    ('key = "closing"', 'key = "greeting"', "steps[8].key: greeting is in scripts/gb.toml"),
    ('key = "closing"', 'key = "goodbye"', "steps: these are missing: closing"),
    ('title = "Greeting"', 'tilte = "Greeting"', "steps[0]: Object contains unknown field"),
    ('title = "Greeting"', 'title = ""', "steps[0].title: is empty"),
    (
        "is {csr}",
        "is {agent}",
        "steps[0].say[0]: {agent} is no placeholder; there are {company}, {csr}",
    ),
    ("is {csr}", "is {csr", "steps[0].say[0]: { is no placeholder"),
    ("is {csr}", 'is {csr}.", "Two.", "Three.", "Four', "steps[0].say: has 6 lines"),
    ('version = "2026-11"', "version = 2026", "version: Expected `str`, got `int`"),
    ('version = "2026-11"', 'version = " "', "version: is empty"),
    ('version = "2026-11"', 'version = "1"\nregion = "gb"', "unknown field `region`"),
]


@pytest.mark.parametrize(("old", "new", "reason"), SLIPS_IN_A_SCRIPT)
def test_a_slip_in_a_script_is_refused_with_file_key_and_reason(
    folder: Path, old: str, new: str, reason: str
) -> None:
    sentence = refused(changed(folder, "scripts/gb.toml", old, new))
    assert sentence.startswith("scripts/gb.toml: ")
    assert reason in sentence


def test_every_region_has_its_script_and_no_other_place_has_one(folder: Path) -> None:
    text = (folder / "scripts" / "us.toml").read_text(encoding="utf-8")
    assert "a script is named" in refused(written(folder, "scripts/fr.toml", text))
    (folder / "scripts" / "fr.toml").unlink()
    (folder / "scripts" / "us.toml").unlink()
    assert "scripts: the folder: us.toml is missing" in refused(folder)


AN_ANSWER = '[[answers]]\nkey = "{}"\ntitle = "T"\nsay = ["Yes."]\nasked = ["may I?"]\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (AN_ANSWER.format("a") * 2, "answers[1].key: a is in answers/z.toml already"),
        (AN_ANSWER.replace('["Yes."]', "[]"), "answers[0].say: has 0 lines, and must have 1 to 3"),
        (AN_ANSWER.replace('["may I?"]', '[""]'), "answers[0].asked[0]: is empty"),
        (AN_ANSWER.replace("Yes.", "{shop}"), "answers[0].say[0]: {shop} is no placeholder"),
        (AN_ANSWER.replace("say =", "says ="), "answers[0]: Object contains unknown field `says`"),
        ("[[answer]]\n", "the file: Object contains unknown field `answer`"),
    ],
)
def test_a_slip_in_an_answer_is_refused_with_file_key_and_reason(
    folder: Path, text: str, reason: str
) -> None:
    sentence = refused(written(folder, "answers/z.toml", text.replace('"{}"', '"a"')))
    assert sentence.startswith("answers/z.toml: ")
    assert reason in sentence


def test_a_house_may_have_no_answers(folder: Path) -> None:
    for path in (folder / "answers").iterdir():
        path.unlink()
    assert read_guidance(folder).answers == ()


def test_more_than_a_desk_can_fetch_at_once_is_refused(folder: Path) -> None:
    asked = ", ".join([f'"{"x" * 190}"'] * 6_000)
    text = f'[[answers]]\nkey = "a"\ntitle = "T"\nsay = ["Yes."]\nasked = [{asked}]\n'
    assert "which is too much" in refused(written(folder, "answers/z.toml", text))


def test_lines_that_are_broken_in_the_file_are_one_line(folder: Path) -> None:
    changed(folder, "scripts/gb.toml", '"Hello, this is', '"""\nHello,\n   this is')
    changed(folder, "scripts/gb.toml", 'at {company}."', 'at {company}.\n"""')
    step = read_guidance(folder).scripts[0].steps[0]
    assert step.say[0] == "Hello, this is {csr} at {company}."


def test_what_was_written_is_read_again(tmp_path: Path, shipped: Guidance) -> None:
    assert write_guidance(shipped, tmp_path / "out") == len(written_guidance(shipped))
    assert read_guidance(tmp_path / "out") == shipped


def test_nothing_is_written_into_a_folder_that_is_not_empty(
    folder: Path, shipped: Guidance
) -> None:
    with pytest.raises(Refusal) as refusal:
        write_guidance(shipped, folder)
    assert refusal.value.code == "folder_not_empty"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, shipped: Guidance) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal) as refusal:
        write_guidance(shipped, tmp_path / "file" / "out")
    assert refusal.value.code == "folder_unwritable"


def tidy(text: str) -> str:
    return " ".join(text.split())


def _can_be_said(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="{}")
TEXTS = st.text(LETTERS, min_size=1, max_size=40).map(tidy).filter(bool)
SPOKEN = st.tuples(TEXTS, st.sampled_from(("", *PLACEHOLDERS)), TEXTS).map("".join).map(tidy)
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
LINES = st.lists(SPOKEN, min_size=1, max_size=3).map(tuple)
EXTRAS = st.builds(
    ChecklistItem,
    check=st.just(CheckpointKind.EXTRA),
    key=KEYS,
    title=TEXTS,
    say=TEXTS,
    caller_says=st.just("") | TEXTS.filter(_can_be_said),
    after=st.sampled_from(CORE),
)


def some(words: type[StrEnum]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(words)), unique=True).map(tuple)


WHENS = st.builds(
    When,
    regions=some(Region),
    channels=some(Channel),
    order_types=some(OrderType),
    priorities=some(Priority),
    payments=some(PaymentMethod),
    total_from=st.none() | st.integers(1, 10**11),
)
FURTHER = st.lists(
    st.tuples(KEYS, WHENS, st.lists(EXTRAS, min_size=1, max_size=3)),
    max_size=4,
    unique_by=lambda one: one[0],
)
STEPS = st.lists(
    st.builds(ScriptStep, key=KEYS, title=SPOKEN, say=LINES, know=st.just("") | SPOKEN),
    max_size=3,
    unique_by=lambda step: step.key,
)
ANSWERS = st.lists(
    st.builds(
        Answer,
        key=KEYS,
        title=SPOKEN,
        say=LINES,
        know=st.just("") | SPOKEN,
        asked=st.lists(TEXTS, max_size=3).map(tuple),
    ),
    max_size=3,
    unique_by=lambda answer: answer.key,
)


@st.composite
def editions(draw: st.DrawFn) -> Guidance:
    """Any edition that holds together."""
    seen: set[str] = set()
    lists = [a_checklist("call"), a_paper_checklist()]
    for name, when, extras in draw(FURTHER):
        by_key = {item.key: item for item in extras if item.key not in seen}
        fresh = tuple(by_key.values())
        seen.update(by_key)
        if fresh and name not in {"call", "paper"} and not _is_for_paper_alone(when):
            lists.append(Checklist(name=name, when=when, items=fresh))
    lists.sort(key=lambda one: one.name)
    must = tuple(ScriptStep(key=step.value, title="T", say=("S.",)) for step in Step)
    further = tuple(step for step in draw(STEPS) if step.key not in set(Step))
    scripts = tuple(
        Script(region=region, version=draw(TEXTS), steps=(*must, *further)) for region in Region
    )
    return Guidance(
        revision=UNPUBLISHED,
        checklists=tuple(lists),
        scripts=scripts,
        answers=tuple(draw(ANSWERS)),
    )


def _is_for_paper_alone(when: When) -> bool:
    """Held for every order of a written channel, it would have to say that paper answers."""
    narrower = (*when.order_types, *when.priorities, *when.payments)
    return when.total_from is None and not narrower


@given(editions())
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_read_as_the_same_edition(guidance: Guidance) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_guidance(guidance, Path(folder) / "out")
        assert read_guidance(Path(folder) / "out") == guidance


@given(document=st.sampled_from([OrderType.NEW, OrderType.GIFT]), guidance=editions())
@settings(max_examples=30, deadline=None)
def test_no_checkpoint_of_an_order_is_asked_twice(
    britain: RegionRules, document: OrderType, guidance: Guidance
) -> None:
    order = of(an_order(with_line("TEA-1")), order_type=document)
    points = checkpoints_of(order, britain, guidance)
    keys = [point.key for point in points]
    assert len(keys) == len(set(keys))
    assert keys[0] == "customer"
