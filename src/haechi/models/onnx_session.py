"""How an ONNX model is opened here: on the processor, one thread a run, no telemetry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from haechi.errors import ModelError


def open_session(file: Path, korean: str, english: str, mend: str = "") -> Any:
    """An ONNX Runtime session. Raises ModelError naming the model (`korean`, `english`) and the command `mend`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    onnxruntime.disable_telemetry_events()
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, with no common base but Exception
        again_ko, again_en = (f". 다시 설치: {mend}", f"; install it again: {mend}") if mend else ("", "")
        raise ModelError(
            f"{korean} '{file}'을(를) 열 수 없습니다: {error}{again_ko}",
            f"cannot open the {english} '{file}': {error}{again_en}",
        ) from error
