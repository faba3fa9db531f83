"""The colours of the three schemes, with nothing of Qt in them.

Contrasts are computed by tests/ui/test_theme.py: text at least 4.5 to 1, edges of inputs 3 to 1.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Scheme(StrEnum):
    """Which colours to use; SYSTEM follows the desktop where it reports a scheme, else LIGHT."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high-contrast"


class Tone(StrEnum):
    """What a piece of text or a row says about the state; always beside an icon or a word."""

    NORMAL = "normal"
    MUTED = "muted"
    OK = "ok"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """All colours of one scheme, as #RRGGBB. Contrasts are checked by tests/ui/test_theme.py."""

    window: str
    base: str
    alternate: str
    hairline: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    error: str
    accent_tint: str
    ok_tint: str
    warn_tint: str
    error_tint: str
    bar: str
    bar_text: str
    bar_muted: str
    bar_accent: str
    bar_ok: str
    bar_ok_tint: str
    bar_ok_border: str
    bar_alarm: str
    bar_alarm_tint: str
    bar_alarm_border: str
    bar_pause: str
    bar_on_pause: str

    def tone(self, tone: Tone) -> str:
        """The text colour of a tone."""
        tones = {
            Tone.NORMAL: self.text,
            Tone.MUTED: self.muted,
            Tone.OK: self.ok,
            Tone.INFO: self.accent,
            Tone.WARN: self.warn,
            Tone.ERROR: self.error,
        }
        return tones[tone]


LIGHT = Palette(
    window="#F4F5F7",
    base="#FFFFFF",
    alternate="#EEF1F4",
    hairline="#D3D9E0",
    border="#7A828C",
    text="#1A1D21",
    muted="#565D66",
    accent="#0B5CAD",
    on_accent="#FFFFFF",
    ok="#00684A",
    warn="#8A4B00",
    error="#B00020",
    accent_tint="#E8F1FA",
    ok_tint="#E6F3EE",
    warn_tint="#FDF1DF",
    error_tint="#FCE9EC",
    bar="#16212E",
    bar_text="#FFFFFF",
    bar_muted="#A9B4C0",
    bar_accent="#6CB2FF",
    bar_ok="#C4F0DA",
    bar_ok_tint="#123A2B",
    bar_ok_border="#1D6B4E",
    bar_alarm="#FFD5D9",
    bar_alarm_tint="#4A1C22",
    bar_alarm_border="#8C2F39",
    bar_pause="#F0B24A",
    bar_on_pause="#1A1D21",
)

DARK = replace(
    LIGHT,
    window="#1E2125",
    base="#15171A",
    alternate="#1B1E22",
    hairline="#343A42",
    border="#7D8590",
    text="#E8EAED",
    muted="#A7AEB7",
    accent="#6CB2FF",
    on_accent="#0B1116",
    ok="#4CC38A",
    warn="#F0B24A",
    error="#FF8A8A",
    accent_tint="#16273A",
    ok_tint="#16291F",
    warn_tint="#2E2412",
    error_tint="#331A1D",
    bar="#0E1319",
)

HIGH_CONTRAST = Palette(
    window="#000000",
    base="#000000",
    alternate="#1A1A1A",
    hairline="#FFFFFF",
    border="#FFFFFF",
    text="#FFFFFF",
    muted="#E6E6E6",
    accent="#FFE100",
    on_accent="#000000",
    ok="#7CFFB2",
    warn="#FFC46B",
    error="#FFA3A3",
    accent_tint="#26230A",
    ok_tint="#001F10",
    warn_tint="#291B00",
    error_tint="#2B0000",
    bar="#000000",
    bar_text="#FFFFFF",
    bar_muted="#E6E6E6",
    bar_accent="#FFE100",
    bar_ok="#7CFFB2",
    bar_ok_tint="#000000",
    bar_ok_border="#7CFFB2",
    bar_alarm="#FFA3A3",
    bar_alarm_tint="#000000",
    bar_alarm_border="#FFA3A3",
    bar_pause="#FFE100",
    bar_on_pause="#000000",
)

PALETTES = {Scheme.LIGHT: LIGHT, Scheme.DARK: DARK, Scheme.HIGH_CONTRAST: HIGH_CONTRAST}
