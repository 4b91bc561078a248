"""Whether the packages that training needs are here, and what to install when they are not."""

from __future__ import annotations

from importlib.util import find_spec

from haechi.errors import BackendError

#: torch first: on its own it is the build for processors, as part of the extra a larger one may be chosen.
INSTALL = "pip install torch==2.13.0 && pip install 'haechi[train]'"


def require_torch() -> None:
    """Raises BackendError naming the missing package and the extra."""
    missing = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if missing:
        raise BackendError(
            f"학습에 필요한 패키지가 없습니다: {', '.join(missing)}. 설치: {INSTALL}",
            f"training needs {', '.join(missing)}: {INSTALL}",
        )
