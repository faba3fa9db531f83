"""What can go wrong, in two families.

A Refusal is something a person can mend: it has a stable code and one sentence a CSR may read
aloud. A Fault is a bug or a broken machine: people see plain words and an incident number, never
the details.
"""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - the word of the trade; an order is refused, not in error
    """A request that is turned down for a reason a person can mend."""

    def __init__(self, code: str, sentence: str, field: str | None = None) -> None:
        super().__init__(code, sentence, field)
        self.code = code
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"


class Fault(Exception):  # noqa: N818 - stands beside Refusal
    """A broken machine or a bug; `incident` ties the words on screen to the log."""

    def __init__(self, code: str, sentence: str, incident: str | None = None) -> None:
        super().__init__(code, sentence, incident)
        self.code = code
        self.sentence = sentence
        self.incident = incident

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"


class Unreachable(Fault):
    """The central service did not answer; the outcome of what was asked is unknown."""
