"""The pipeline's scripted home serves the evaluation as well."""

from __future__ import annotations

from tests.pipeline.conftest import documents, home

__all__ = ["documents", "home"]
