"""The documentation says what the program does: every command, every setting, every link."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from haechi.cli.main import cli
from haechi.config import SECTIONS

PAGES = ("README.md", "README.ko.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs")


@pytest.fixture(scope="module")
def pages(repository: Path) -> dict[Path, str]:
    files = [file for name in PAGES for file in sorted((repository / name).rglob("*.md")) or [repository / name]]
    return {file: file.read_text(encoding="utf-8") for file in files if file.is_file()}


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    return (repository / "docs" / "guide.ko.md").read_text(encoding="utf-8")


def commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli, info_name="haechi")
    found: list[tuple[str, click.Command]] = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {child}", command.commands[child]) for child in command.commands]
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_in_the_guide(name: str, command: click.Command, guide: str) -> None:
    group, _, child = name.partition(" ")
    heading = re.search(rf"^### `haechi {group}\b.*$", guide, re.MULTILINE)
    assert heading, f"no section for haechi {group}"
    section = guide[heading.start() : guide.find("\n##", heading.end())]
    assert child in section
    options = [option for option in command.params if isinstance(option, click.Option)]
    missing = [
        option.opts[0] for option in options if option.name not in ("home", "json") and option.opts[0] not in guide
    ]
    assert missing == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_and_its_default_is_in_the_guide(section: str, guide: str) -> None:
    start = guide.index(f"### `[{section}]`")
    table = guide[start : guide.find("\n#", start + 1)]
    for item in fields(SECTIONS[section]):
        default = str(item.default).lower() if isinstance(item.default, bool) else item.default
        shown = f'"{default}"' if isinstance(item.default, str) else str(default)
        assert f"| `{item.name}` | `{shown}` |" in table


def test_the_guide_has_no_setting_that_does_not_exist(guide: str) -> None:
    for section, known in SECTIONS.items():
        start = guide.index(f"### `[{section}]`")
        table = guide[start : guide.find("\n#", start + 1)]
        assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {item.name for item in fields(known)}


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_readme_shows_the_two_commands_and_a_first_document_in_three_lines(name: str, repository: Path) -> None:
    text = (repository / name).read_text(encoding="utf-8")
    assert re.search(r"^make run\b", text, re.MULTILINE)
    assert re.search(r"^make test\b", text, re.MULTILINE)
    block = next(block for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) if "haechi init" in block)
    assert [line.split()[0] for line in block.splitlines()] == [".venv/bin/haechi"] * 3


def test_links_inside_the_repository_resolve(pages: dict[Path, str]) -> None:
    broken = []
    for file, text in pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            place, _, anchor = target.partition("#")
            if "://" in place:
                continue
            aim = file if not place else (file.parent / place)
            if not aim.exists() or (anchor and anchor not in anchors(aim)):
                broken.append(f"{file.name}: {target}")
    assert broken == []


def anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_nothing_of_a_developers_machine_is_in_the_repository(repository: Path) -> None:
    # A path or a mirror's name that slipped in breaks the next clone and tells strangers about our machines.
    here = re.escape(str(repository.parent)) + r"/\w"
    foreign = re.compile(rf"{here}|file:///|/(?:home|root|Users)/\w|index-url|extra-index|trusted-host")
    skipped = {".git", ".venv", ".run", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    suffixes = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".cfg", ".json", ".jsonl", ""}
    found = []
    for file in repository.rglob("*"):
        parts = file.relative_to(repository).parts
        if skipped & set(parts) or file.suffix not in suffixes or not file.is_file() or file == Path(__file__):
            continue
        found += [f"{file.name}: {match}" for match in foreign.findall(file.read_text(encoding="utf-8"))]
    assert found == []
