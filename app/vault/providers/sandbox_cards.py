"""What the sandbox says to the card numbers that gateways publish for tests.

These are the only card numbers in the program. Nobody's money is behind any of them.
"""

from __future__ import annotations

from enum import StrEnum


class Saying(StrEnum):
    """How the sandbox answers a number."""

    APPROVED = "approved"
    DECLINED = "declined"
    DO_NOT_HONOUR = "do_not_honour"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LOST_OR_STOLEN = "lost_or_stolen"
    EXPIRED_CARD = "expired_card"
    WRONG_CODE = "wrong_code"
    PROCESSING_ERROR = "processing_error"
    SUSPECTED_FRAUD = "suspected_fraud"
    NEEDS_CUSTOMER = "needs_customer"
    ADDRESS_AND_POSTCODE_WRONG = "address_and_postcode_wrong"
    ADDRESS_WRONG = "address_wrong"
    POSTCODE_WRONG = "postcode_wrong"
    ADDRESS_NOT_CHECKED = "address_not_checked"
    CODE_WRONG_BUT_APPROVED = "code_wrong_but_approved"
    TOO_LATE = "too_late"
    """Ours: approved, but the answer does not come; who asks for the attempt hears it."""
    HALF = "half"
    """Ours: half of the amount is approved."""


_S = Saying

SAYINGS: dict[bytes, Saying] = {
    # As Stripe publishes them, see docs.stripe.com/testing.
    b"4242424242424242": _S.APPROVED,
    b"4012888888881881": _S.APPROVED,
    b"4000056655665556": _S.APPROVED,
    b"5555555555554444": _S.APPROVED,
    b"5200828282828210": _S.APPROVED,
    b"5105105105105100": _S.APPROVED,
    b"378282246310005": _S.APPROVED,
    b"371449635398431": _S.APPROVED,
    b"6011111111111117": _S.APPROVED,
    b"6011000990139424": _S.APPROVED,
    b"30569309025904": _S.APPROVED,
    b"38520000023237": _S.APPROVED,
    b"3530111333300000": _S.APPROVED,
    b"3566002020360505": _S.APPROVED,
    b"4000000000000077": _S.APPROVED,
    b"4000000000000002": _S.DECLINED,
    b"4000000000009995": _S.INSUFFICIENT_FUNDS,
    b"4000000000009987": _S.LOST_OR_STOLEN,
    b"4000000000009979": _S.LOST_OR_STOLEN,
    b"4000000000000069": _S.EXPIRED_CARD,
    b"4000000000000127": _S.WRONG_CODE,
    b"4000000000000119": _S.PROCESSING_ERROR,
    b"4000000000000010": _S.ADDRESS_AND_POSTCODE_WRONG,
    b"4000000000000028": _S.ADDRESS_WRONG,
    b"4000000000000036": _S.POSTCODE_WRONG,
    b"4000000000000044": _S.ADDRESS_NOT_CHECKED,
    b"4000000000000101": _S.CODE_WRONG_BUT_APPROVED,
    b"4100000000000019": _S.SUSPECTED_FRAUD,
    b"4000000000003220": _S.NEEDS_CUSTOMER,
    # Stripe: fails when it is charged later; approved, then disputed. Neither can happen here, so
    # the two stand for what no published number does.
    b"4000000000000341": _S.TOO_LATE,
    b"4000000000000259": _S.HALF,
    # Worldpay: developer.worldpay.com/products/card-payments/testing. There the name decides, not
    # the number; so one of them stands for what its name REFUSED5 does.
    b"343434343434343": _S.APPROVED,
    b"6011000400000000": _S.APPROVED,
    b"3528000700000000": _S.APPROVED,
    b"6759649826438453": _S.APPROVED,
    b"5454545454545454": _S.APPROVED,
    b"2221000000000009": _S.APPROVED,
    b"5163613613613613": _S.APPROVED,
    b"4444333322221111": _S.APPROVED,
    b"4911830000000": _S.APPROVED,
    b"4917610000000000": _S.APPROVED,
    b"4462030000000000": _S.APPROVED,
    b"4917610000000000003": _S.APPROVED,
    b"4917300800000000": _S.DO_NOT_HONOUR,
    # As Adyen publishes them, see docs.adyen.com/development-resources/testing.
    b"4111111111111111": _S.APPROVED,
    b"370000000000002": _S.APPROVED,
    # Rapyd, see docs.rapyd.net/en/card-numbers-for-testing.html. Their check digit is wrong on
    # purpose; a desk never lets them through, so they answer only who drives the vault itself.
    b"4111111111111105": _S.DO_NOT_HONOUR,
    b"4111111111111143": _S.LOST_OR_STOLEN,
    b"4111111111111151": _S.INSUFFICIENT_FUNDS,
}


def saying_of(number: memoryview) -> Saying | None:
    """What is said to a number; None for one that nobody published. Makes no copy of it."""
    for published, saying in SAYINGS.items():
        if number == published:
            return saying
    return None
