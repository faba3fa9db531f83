"""What the read-back shows: one frozen picture, made by its presenter and drawn by its pane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.services.rules.read_back import Checkpoint
from app.services.rules.speech_book import Piece
from app.ui.screens.call.correcting import Mended
from app.ui.screens.call.guide_rows import GuideRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the read-back needs of the call around it.

    `save` writes the document; `twins` shows what a line could be taken for; `again_ms` None: a
    failed note waits until it is told to go on.
    """

    save: Callable[[], None]
    twins: Callable[[Checkpoint], tuple[tuple[Piece, ...], ...]]
    again_ms: int | None


class Stage(StrEnum):
    """What is going on. LOADING: there are no checklists yet."""

    LOADING = "loading"
    RESTING = "resting"
    ASKING = "asking"
    CORRECTING = "correcting"
    CAUSE = "cause"
    DONE = "done"


class OverrideField(StrEnum):
    """Fields of the form in which a lead lets an order pass."""

    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105 - the name of a field
    REASON = "reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideState:
    """The lead's form; `problem` stands beside `field`."""

    asking: bool = False
    field: OverrideField | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBackState:
    """One picture of the read-back.

    `pieces` is what to say and `wait` what to wait for; `hearing` opens the field for what the
    caller says. Of that `due` are the parts still to come, `settled` what is right already;
    `problem` tells what was not right, `prompt` only reminds that something is to be typed.
    `told` is news: what changed, what was skipped. `twins` are the product and what it could be
    taken for. `answered` is how the checkpoint on view was confirmed.
    `left` counts the rows that do not hold, `unwritten` that answers are on their way to the disk.
    """

    stage: Stage = Stage.LOADING
    rows: tuple[GuideRow, ...] = ()
    begun: bool = False
    point: Checkpoint | None = None
    pieces: tuple[Piece, ...] = ()
    turn: int = 0
    turns: int = 0
    wait: str = ""
    hearing: bool = False
    due: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    settled_words: str = ""
    problem: str = ""
    prompt: str = ""
    told: str = ""
    answered: str = ""
    on_paper: bool = False
    slow: bool = False
    mended: tuple[Mended, ...] = ()
    twins: tuple[tuple[Piece, ...], ...] = ()
    override: OverrideState | None = None
    left: int = 0
    unwritten: bool = False

    @property
    def holds(self) -> bool:
        """Whether every checkpoint holds and its answer is on disk."""
        return bool(self.rows) and not self.left and not self.unwritten
