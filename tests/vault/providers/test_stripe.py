"""The Stripe provider against localstripe, and against answers that localstripe never gives."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from app.values.errors import Refusal, Unreachable
from app.values.identity import MovementId
from app.values.vocabulary import AttemptState, CheckResult, DeclineReason
from app.vault.envelope import Card
from app.vault.keys import KeyFolder
from app.vault.providers.stripe import Stripe
from app.vault.providers.stripe_line import StripeLine
from app.wire.vault import Attempted, Authorise, MoveMoney
from tests.adapters.card_gateway.gateways import Canned, canned
from tests.builders import an_id
from tests.fakes import FixedClock
from tests.vault.sealing import APPROVED, bound
from tests.vault.vaults import BILLING, VaultUnderTest, a_link, pounds

ATTEMPT = bound().attempt_id
LAUNCHER = Path(__file__).with_name("local_stripe.py")


@pytest.fixture(scope="module")
def local_url() -> Iterator[str]:
    starting = [sys.executable, "-W", "ignore", str(LAUNCHER)]
    with subprocess.Popen(starting, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        yield f"http://127.0.0.1:{program.stdout.readline().strip()}"
        program.terminate()


@pytest.fixture
def stripe(local_url: str) -> Iterator[Stripe]:
    made = Stripe(StripeLine("sk_test_12345", local_url))
    yield made
    made.close()


@pytest.fixture
def elsewhere() -> Iterator[Canned]:
    with canned() as made:
        yield made


@pytest.fixture
def strange(elsewhere: Canned) -> Iterator[Stripe]:
    made = Stripe(StripeLine("sk_test_12345", elsewhere.url))
    yield made
    made.close()


class Noted:
    """What was noted before money could move."""

    def __init__(self) -> None:
        self.references: list[str] = []

    def __call__(self, reference: str) -> None:
        self.references.append(reference)


def a_card(number: str = APPROVED, code: str = "123") -> Card:
    parts = (memoryview(bytearray(part.encode())) for part in (number, "1230", code))
    return Card(*parts)


def an_authorise(place: int = 1) -> Authorise:
    to = bound(order=place, attempt=100 + place)
    return Authorise(
        attempt_id=to.attempt_id,
        order_id=to.order_id,
        amount=to.amount,
        envelope="e.e.e.e.e",
        billing=BILLING,
    )


def authorised(stripe: Stripe, place: int, number: str = APPROVED) -> Attempted:
    return stripe.authorise(a_card(number), an_authorise(place), Noted())


def a_move(told: Attempted, movement: int, minor: int | None = None) -> MoveMoney:
    return MoveMoney(
        movement_id=MovementId(an_id(movement)),
        attempt_id=told.attempt_id,
        reference=told.reference,
        amount=None if minor is None else pounds(minor),
    )


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        work()
    return refusal.value.code


def test_a_card_is_authorised_and_noted_before(stripe: Stripe) -> None:
    noted = Noted()
    told = stripe.authorise(a_card(), an_authorise(1), noted)
    assert (told.state, told.approved) == (AttemptState.AUTHORISED, pounds(4_999))
    assert (told.brand, told.last_four, told.token[:3]) == ("Visa", "4242", "pm_")
    assert noted.references == [told.reference]
    assert stripe.attempt(told.attempt_id, told.reference) == told


def test_a_part_is_captured_and_given_back(stripe: Stripe) -> None:
    told = authorised(stripe, 2)
    stripe.capture(a_move(told, 1, 3_000))
    stripe.refund(a_move(told, 2, 1_000))
    now = stripe.attempt(told.attempt_id, told.reference)
    assert now is not None
    assert now.state is AttemptState.CAPTURED


def test_what_was_captured_is_neither_captured_again_nor_voided(stripe: Stripe) -> None:
    told = authorised(stripe, 3)
    stripe.capture(a_move(told, 1, 3_000))
    assert refused(lambda: stripe.capture(a_move(told, 2, 1))) == "provider_refuses"
    assert refused(lambda: stripe.void(a_move(told, 3))) == "provider_refuses"


def test_a_void_may_be_repeated(stripe: Stripe) -> None:
    told = authorised(stripe, 4)
    stripe.void(a_move(told, 1))
    stripe.void(a_move(told, 1))
    assert stripe.attempt(told.attempt_id, told.reference) is None


def test_a_declined_card_is_declined(stripe: Stripe) -> None:
    told = authorised(stripe, 5, "4000000000000341")
    assert (told.state, told.decline) == (AttemptState.DECLINED, DeclineReason.DECLINED)
    assert (told.brand, told.last_four) == ("Visa", "0341")
    asked = stripe.attempt(told.attempt_id, told.reference)
    assert asked is not None
    assert asked.decline is DeclineReason.DECLINED


def test_a_bank_that_wants_its_customer_is_a_decline_and_nothing_is_left(stripe: Stripe) -> None:
    told = authorised(stripe, 6, "4000000000003220")
    assert told.decline is DeclineReason.NEEDS_CUSTOMER
    assert stripe.attempt(told.attempt_id, told.reference) is None


def test_what_stripe_cannot_read_is_refused_and_nothing_was_taken(stripe: Stripe) -> None:
    with pytest.raises(Refusal, match="Nothing was taken") as refusal:
        stripe.authorise(a_card(code="1234"), an_authorise(7), Noted())
    assert refusal.value.code == "provider_refuses"


def test_an_intent_that_was_never_confirmed_never_will_be(stripe: Stripe, local_url: str) -> None:
    line = StripeLine("sk_test_12345", local_url)
    fields: dict[str, str | int] = {"amount": 100, "currency": "gbp", "capture_method": "manual"}
    method = {"type": "card"}
    card = a_card()
    digits = [
        ("card[number]", card.number),
        ("card[exp_month]", card.expiry[:2]),
        ("card[exp_year]", card.expiry[2:]),
        ("card[cvc]", card.code),
    ]
    made = line.post_card("/v1/payment_methods", digits, method, "m").content["id"]
    intent = line.post("/v1/payment_intents", fields | {"payment_method": made}, "i").content["id"]
    assert stripe.attempt(ATTEMPT, intent) is None
    assert line.post(f"/v1/payment_intents/{intent}/confirm", {}, "c").status == 400
    line.close()


def test_without_a_reference_or_an_intent_nothing_was_taken(stripe: Stripe) -> None:
    assert stripe.attempt(ATTEMPT, "") is None
    assert stripe.attempt(ATTEMPT, "pi_nowhere") is None


def test_the_wrong_secret_is_refused_in_words(local_url: str) -> None:
    stranger = Stripe(StripeLine("pk_wrong", local_url))
    assert refused(lambda: authorised(stranger, 8)) == "provider_refuses"
    stranger.close()


def test_the_card_goes_out_as_a_form_with_its_key(strange: Stripe, elsewhere: Canned) -> None:
    elsewhere.say(402, b'{"error":{"code":"card_declined","decline_code":"lost_card"}}')
    told = authorised(strange, 1)
    (asked,) = elsewhere.asked
    fields = {name: said for name, (said,) in parse_qs(asked.body.decode()).items()}
    assert fields == {
        "type": "card",
        "card[number]": APPROVED,
        "card[exp_month]": "12",
        "card[exp_year]": "30",
        "card[cvc]": "123",
        "billing_details[address][line1]": "14 Mill Lane",
        "billing_details[address][postal_code]": "LS6 3AA",
        "billing_details[address][country]": "GB",
    }
    assert asked.headers["idempotency-key"] == f"{told.attempt_id}-method"
    assert asked.headers["authorization"] == "Bearer sk_test_12345"
    assert told.decline is DeclineReason.LOST_OR_STOLEN


def test_a_card_without_code_goes_out_without_one(strange: Stripe, elsewhere: Canned) -> None:
    elsewhere.say(402, b'{"error":{"code":"card_declined"}}')
    strange.authorise(a_card(code=""), an_authorise(), Noted())
    assert b"cvc" not in elsewhere.asked[0].body


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ("insufficient_funds", DeclineReason.INSUFFICIENT_FUNDS),
        ("expired_card", DeclineReason.EXPIRED_CARD),
        ("incorrect_cvc", DeclineReason.WRONG_CODE),
        ("incorrect_number", DeclineReason.WRONG_NUMBER),
        ("fraudulent", DeclineReason.SUSPECTED_FRAUD),
        ("authentication_required", DeclineReason.NEEDS_CUSTOMER),
        ("something_new", DeclineReason.DECLINED),
    ],
)
def test_stripes_words_are_ours(
    strange: Stripe, elsewhere: Canned, problem: str, reason: DeclineReason
) -> None:
    elsewhere.say(402, f'{{"error":{{"code":"{problem}"}}}}'.encode())
    assert authorised(strange, 1).decline is reason


@pytest.mark.parametrize("status", [500, 503, 409, 429])
def test_before_the_confirmation_trouble_is_certain(
    strange: Stripe, elsewhere: Canned, status: int
) -> None:
    elsewhere.say(status, b"")
    assert refused(lambda: authorised(strange, 1)) == "provider_away"


def test_checks_and_brand_are_read_from_the_charge(strange: Stripe, elsewhere: Canned) -> None:
    elsewhere.say(
        200,
        b'{"id":"pi_1","status":"requires_capture","amount":4999,"currency":"gbp",'
        b'"card":{"display_brand":"american_express","last4":"0005"},'
        b'"latest_charge":{"payment_method_details":{"card":{"checks":{"address_line1_check":"pass",'
        b'"address_postal_code_check":"fail","cvc_check":"unchecked"}}}}}',
    )
    told = authorised(strange, 1)
    checks = (told.address_check, told.postcode_check, told.code_check)
    assert checks == (CheckResult.MATCH, CheckResult.MISMATCH, CheckResult.UNAVAILABLE)
    assert (told.brand, told.last_four) == ("American Express", "0005")
    (confirm,) = [asked for asked in elsewhere.asked if asked.path.endswith("/confirm")]
    assert confirm.headers["idempotency-key"] == f"{told.attempt_id}-confirm"
    (intent,) = [asked for asked in elsewhere.asked if asked.path == "/v1/payment_intents"]
    sent = parse_qs(intent.body.decode())
    assert sent["payment_method_options[card][moto]"] == ["true"]
    assert sent["capture_method"] == ["manual"]


@pytest.mark.parametrize("status", [500, 409, 429])
def test_a_movement_in_trouble_is_unknown(strange: Stripe, elsewhere: Canned, status: int) -> None:
    elsewhere.say(status, b"{}")
    told = Attempted(attempt_id=ATTEMPT, state=AttemptState.AUTHORISED, reference="pi_1")
    for act in (strange.capture, strange.refund):
        with pytest.raises(Unreachable):
            act(a_move(told, 1, 100))


def test_an_intent_that_is_still_under_way_is_unknown(strange: Stripe, elsewhere: Canned) -> None:
    elsewhere.say(200, b'{"id":"pi_1","status":"processing"}')
    told = strange.attempt(ATTEMPT, "pi_1")
    assert told is not None
    assert told.state is AttemptState.UNKNOWN


def test_pay_links_are_refused_in_words(strange: Stripe) -> None:
    assert refused(lambda: strange.offer_link(a_link())) == "links_not_offered"


def test_beyond_this_machine_stripe_is_asked_by_https_only() -> None:
    with pytest.raises(Refusal) as refusal:
        StripeLine("sk_test_12345", "http://api.stripe.example")
    assert refusal.value.code == "provider_url_wrong"


def test_the_vault_holds_the_ceiling_that_localstripe_lacks(
    stripe: Stripe, tmp_path: Path, keys_made_once: KeyFolder
) -> None:
    with VaultUnderTest(tmp_path, FixedClock(), keys_made_once, stripe) as at_stripe:
        told = at_stripe.authorise(to=bound(order=20, attempt=120))
        at_stripe.vault.capture(a_move(told, 21, 3_000))
        too_much = a_move(told, 22, 3_001)
        assert refused(lambda: at_stripe.vault.refund(too_much)) == "amount_too_large"
        assert at_stripe.vault.refund(a_move(told, 23, 3_000)).state is AttemptState.REFUNDED
    stripe.refund(a_move(told, 24, 9_999))  # what the ceiling is there for
