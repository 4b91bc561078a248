"""The small weights that come with Haechi: `weights/` of the repository, `haechi/weights/` of an installed wheel."""

from __future__ import annotations

from pathlib import Path

from haechi.errors import ModelError
from haechi.models import assemble
from haechi.models.e5_adapter import ADAPTER_FILE

SUMS_FILE = "SHA256SUMS"

_PACKAGE = Path(__file__).resolve().parents[1]
#: In a wheel, then in a checkout (src/haechi → the repository).
PLACES = (_PACKAGE / "weights", _PACKAGE.parents[1] / "weights")


def shipped_adapter(name: str) -> Path:
    """The adapter file of a folder in `weights/`, byte for byte what its SHA256SUMS says. Raises ModelError."""
    folder = next((place / name for place in PLACES if (place / name / ADAPTER_FILE).is_file()), None)
    if folder is None:
        raise ModelError(
            f"해치와 함께 오는 파일 weights/{name}/{ADAPTER_FILE}이(가) 없습니다. 해치를 다시 설치하세요",
            f"weights/{name}/{ADAPTER_FILE}, which comes with Haechi, is missing; install Haechi again",
        )
    path = folder / ADAPTER_FILE
    expected = _stated_sum(folder / SUMS_FILE)
    actual = assemble.sha256_of(path)
    if actual != expected:
        raise ModelError(
            f"'{path}'이(가) 배포한 파일과 다릅니다. 기대: {expected}, 실제: {actual}. 해치를 다시 설치하세요",
            f"'{path}' is not the file that was published: expected {expected}, got {actual}; install Haechi again",
        )
    return path


def _stated_sum(sums: Path) -> str:
    """The line of `sha256sum` about the adapter; empty when there is none."""
    lines = sums.read_text(encoding="ascii").splitlines() if sums.is_file() else []
    return next((line.split()[0] for line in lines if line.split()[1:] == [ADAPTER_FILE]), "")
