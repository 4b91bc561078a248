"""One value of haechi.toml is changed; the rest of the file is nobody's to touch."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from haechi.config import load_config
from haechi.errors import ConfigError
from haechi.pipeline.build import init_home
from haechi.pipeline.settings_file import UNSET, Value, change_settings, read_values

WITH_COMMENTS = """# 우리 홈
[llm]
model = "a"     # 모델
adapter = ""    # "어댑터" [llm] # 설명

# 답변
[answer]
max_chars = 100
# examples = true  # 예
"""


def home_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "haechi.toml").write_bytes(text.encode())
    return tmp_path


def test_a_value_changes_and_its_comment_stays(tmp_path: Path) -> None:
    home = home_with(tmp_path, WITH_COMMENTS)
    edit = change_settings(home, {"llm.adapter": 'own "one"', "answer.examples": False})
    made = (home / "haechi.toml").read_text(encoding="utf-8")
    assert 'adapter = "own \\"one\\""    # "어댑터" [llm] # 설명\n' in made
    assert "# examples = true  # 예\nexamples = false\n" in made
    assert edit.before == {"llm.adapter": "", "answer.examples": UNSET}
    assert read_values(home, ["llm.adapter", "answer.examples"]) == edit.after


@pytest.mark.parametrize(
    "text",
    [
        WITH_COMMENTS,
        WITH_COMMENTS.replace("\n", "\r\n"),
        "\ufeff" + WITH_COMMENTS,
        "[llm]\nadapter = 'old'\n[answer]\n",
        '[project]\nname = "가"\n',
        "",
    ],
)
def test_back_again_is_byte_for_byte(tmp_path: Path, text: str) -> None:
    home = home_with(tmp_path, text)
    edit = change_settings(home, {"llm.adapter": "new", "answer.examples": False})
    change_settings(home, edit.before)
    if "'old'" in text:  # the quotes are the one thing that is not remembered
        text = text.replace("'old'", '"old"')
    assert (home / "haechi.toml").read_bytes() == text.encode()


def test_the_file_that_init_writes_takes_the_change(tmp_path: Path) -> None:
    home = init_home(tmp_path / "home")
    before = (home / "haechi.toml").read_text(encoding="utf-8")
    change_settings(home, {"llm.adapter": "mine", "answer.examples": False})
    config = load_config(home)
    assert (config.llm.adapter, config.answer.examples) == ("mine", False)
    after = (home / "haechi.toml").read_text(encoding="utf-8")
    changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(changed) == 2


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        # The line that looks like the key is inside a string.
        ('[llm]\nmodel = """\nadapter = "x"\n"""\n', {"llm.adapter": "y"}),
        ('llm.model = "a"\n', {"llm.adapter": "y"}),
        ('llm = { model = "a" }\n', {"llm.adapter": "y"}),
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone(tmp_path: Path, text: str, changes: dict[str, Value]) -> None:
    home = home_with(tmp_path, text)
    with pytest.raises(ConfigError, match=r"\[llm\] adapter = \"y\""):
        change_settings(home, changes)
    assert (home / "haechi.toml").read_text(encoding="utf-8") == text


def test_rights_and_links_of_the_file_stay(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.toml"
    real.write_text(WITH_COMMENTS, encoding="utf-8")
    real.chmod(0o640)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "haechi.toml").symlink_to(real)
    change_settings(tmp_path / "home", {"llm.adapter": "new"})
    assert (tmp_path / "home" / "haechi.toml").is_symlink()
    assert 'adapter = "new"' in real.read_text(encoding="utf-8")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [file.name for file in tmp_path.glob(".*")] == []
