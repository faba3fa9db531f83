"""Settings files: read strictly, paths seen from the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import CentreSettings, DeskSettings, read_settings
from app.values.errors import Refusal


def written(folder: Path, text: str) -> Path:
    path = folder / "readback.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_not_written_is_as_usual(tmp_path: Path) -> None:
    path = written(tmp_path, '[centre]\nthreads = 3\n[desk]\ncentre_url = "https://c.example"\n')
    assert read_settings(path, "centre", CentreSettings) == CentreSettings(threads=3)
    assert read_settings(path, "desk", DeskSettings).centre_url == "https://c.example"


def test_paths_are_seen_from_the_folder_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[centre]\ncertificate = "tls/c.pem"\ncertificate_key = "/k.pem"\n')
    settings = read_settings(path, "centre", CentreSettings)
    assert settings.certificate == tmp_path / "tls" / "c.pem"
    assert settings.certificate_key == Path("/k.pem")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[centre]\nthreats = 3\n", "no setting threats"),
        ('[centre]\nthreads = "many"\n', "Expected `int`"),
        ("[centre]\ncertificate = 4\n", "certificate"),
        ("[centre\n", "cannot be read"),
    ],
)
def test_a_slip_in_the_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_settings(written(tmp_path, text), "centre", CentreSettings)
    assert refusal.value.code == "settings_malformed"
    assert words in refusal.value.sentence


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        read_settings(tmp_path / "nowhere.toml", "centre", CentreSettings)
