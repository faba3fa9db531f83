"""What an installation says about pauses of the recording: the `[centre.recording]` table."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.values.errors import Refusal
from app.wire.recording import PauseTimes


class OnExpiry(StrEnum):
    """What becomes of a recording whose desk has gone away."""

    RESUME = "resume"
    STAY_PAUSED = "stay_paused_until_hangup"


class PauseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds where no unit is said; the defaults are those of a LAN.

    `answer_s`: the longest that all questions to one recorder may take; more than twice its
    `confirm_s`. `pausing_s`: when another replica takes over a pause that was begun and not ended.
    `late_s`: how soon a recorder that did not confirm a re-pause counts as lost. `settle_s`: after
    it, a recorder whose pause had no answer is told once more to resume. `native_spare_s`: a pause
    ends that long before a recorder would end it by itself.
    """

    times: PauseTimes = PauseTimes()
    longest_s: float = 180.0
    resume_alarm_s: float = 10.0
    watchdog_s: float = 0.5
    on_expiry: OnExpiry = OnExpiry.RESUME
    answer_s: float = 6.0
    pausing_s: float = 20.0
    late_s: float = 0.2
    settle_s: float = 2.0
    native_spare_s: float = 10.0
    give_up_hours: float = 12.0

    def require_sound(self) -> None:
        """Raises Refusal `settings_malformed` for times with which nothing would be safe."""
        times = self.times
        for holds, sentence in (
            (
                0 < times.renew_s < times.ttl_s - times.margin_s,
                "[centre.recording] renew_s must be more than 0 and less than ttl_s - margin_s.",
            ),
            (
                times.margin_s > 0,
                "[centre.recording] margin_s must be more than 0.",
            ),
            (
                0 < times.warn_s < times.longest_s < self.longest_s,
                "[centre.recording] warn_s, times.longest_s and longest_s must rise.",
            ),
            (
                min(self.watchdog_s, self.answer_s, self.late_s, self.settle_s) > 0,
                "[centre.recording] watchdog_s, answer_s, late_s and settle_s are more than 0.",
            ),
            (
                self.pausing_s > 2 * self.answer_s,
                "[centre.recording] pausing_s must be more than twice answer_s.",
            ),
        ):
            if not holds:
                raise Refusal("settings_malformed", sentence)


class _Times(PauseTimes, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As the file has them: a slip of the pen is refused, which the wire would pass over."""


class PauseTable(PauseSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table as it stands in the settings file."""

    times: _Times = _Times()
