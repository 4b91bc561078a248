"""Which licences allow commercial use, as far as a stated licence or a well-known name tells.

Not legal advice and not a judgement of terms: a licence nobody stated is `unknown`, and is flagged, not refused.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from haechi.models.gguf_header import read_header

LicenceClass = Literal["commercial", "research", "unknown"]

_RESEARCH = re.compile(
    r"(?:^|[^a-z0-9])nc(?:[^a-z0-9]|$)|non-?commercial|research|llama-?1\b|^llama$|exaone|비상업|연구", re.IGNORECASE
)
_COMMERCIAL = re.compile(
    r"^(?:apache|mit\b|bsd|isc|cc0|cc-by-[0-9]|cc-by-sa|unlicense|openrail|bigscience|gemma|llama-?[234])",
    re.IGNORECASE,
)
#: Research-only families known by name (built on LLaMA 1 or on data with research terms).
_RESEARCH_NAMES = re.compile(
    r"(?<![a-z])(?:alpaca[-_. ]?(?:cpp|lora)|vicuna|koala|baize|colossal[-_ ]?chat|gpt4all|dalai|llama[-_ ]?1)"
    r"(?![a-z0-9])",
    re.IGNORECASE,
)
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---", re.DOTALL)
_LICENCE_LINE = re.compile(r"^licen[sc]e:\s*[\"']?([^\"'\n#]+)", re.MULTILINE)


def classify(licence: str, name: str) -> LicenceClass:
    """A stated licence decides; without one, a name of the research-only families does."""
    stated = licence.strip()
    if stated and stated.lower() not in ("unknown", "other"):
        if _RESEARCH.search(stated):
            return "research"
        return "commercial" if _COMMERCIAL.match(stated) else "unknown"
    return "research" if _RESEARCH_NAMES.search(name) else "unknown"


def stated_licence(path: Path) -> str:
    """The licence a GGUF file or a model folder states, or `unknown`. Raises ModelError for a broken GGUF file.

    An ONNX file states none itself; the folder it lies in may.
    """
    if path.suffix.lower() == ".onnx":
        path = path.parent
    if path.is_file():
        return str(read_header(path).get("general.license") or "unknown")
    readme, config = path / "README.md", path / "config.json"
    if readme.is_file():
        matter = _FRONT_MATTER.match(readme.read_text(encoding="utf-8", errors="replace")[:65536])
        line = _LICENCE_LINE.search(matter[1]) if matter else None
        if line:
            return line[1].strip()
    if config.is_file():
        try:
            stated = json.loads(config.read_text(encoding="utf-8")).get("license")
        except (ValueError, AttributeError):
            stated = None
        if isinstance(stated, str) and stated.strip():
            return stated.strip()
    return "unknown"
