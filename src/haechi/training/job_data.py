"""Files of a tuning job: copied by hash, and checked before anything is loaded."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from haechi.errors import InputError
from haechi.training.chat_validate import LEAST, Checked, validate_chat
from haechi.training.job_records import JobFile, jobs_dir
from haechi.training.token_count import by_letters

#: Lines of a bad file that are told; the rest is counted.
SHOWN = 10
#: What the kinds that need questions to measure on hold out when no file is given.
HELD_OUT = 0.1
_CHAT_MARK = '"messages"'


@dataclass
class JobData:
    """`warnings` are (Korean, English). `examples` counts what is trained on."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    dev: list[dict[str, Any]] = field(default_factory=list)
    examples: int = 0
    warnings: list[tuple[str, str]] = field(default_factory=list)


def copy_by_hash(source: IO[bytes], folder: Path, suffix: str = "") -> tuple[str, int]:
    """Write a file under its SHA-256, whole or not at all; (hash, bytes)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = folder / f".{os.urandom(6).hex()}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            while block := source.read(1 << 20):
                digest.update(block)
                size += len(block)
                out.write(block)
        os.replace(partial, folder / (digest.hexdigest() + suffix))
    finally:
        partial.unlink(missing_ok=True)
    return digest.hexdigest(), size


def job_file(source: Path, role: str, job: str, name: str = "", file_id: str = "") -> JobFile:
    """The job's own copy of a file. Raises InputError when it cannot be read."""
    name = name or source.name
    suffix = Path(name).suffix.lower()
    try:
        with source.open("rb") as stream:
            sha256, _ = copy_by_hash(stream, jobs_dir() / job / "data", suffix)
    except OSError as error:
        raise InputError(
            f"'{source}'을(를) 읽을 수 없습니다: {error.strerror}", f"cannot read '{source}': {error.strerror}"
        ) from error
    return JobFile(role, name, sha256, f"data/{sha256}{suffix}", file_id)


def forget_files(job: str) -> None:
    """Delete a job's folder with its data, checkpoints and result."""
    shutil.rmtree(jobs_dir() / job, ignore_errors=True)


def check_data(
    kind: str,
    train: Sequence[Path],
    dev: Sequence[Path],
    corpus: Sequence[Path],
    seed: int,
    *,
    max_tokens: int,
    names: Callable[[Path], str] = lambda path: path.name,
) -> JobData:
    """Rows to train and to validate on. Raises InputError telling the lines, or that there are fewer than 10 examples.

    `names` says what a file is called to its owner. Loads no model and no package of the training extra.
    """
    if not train:
        raise InputError("학습 자료 파일이 없습니다", "there is no training file")
    if kind == "embedder":
        return _embedder(train, dev, corpus, seed)
    read = _reader_rows if kind == "reader" else _llm_rows
    data = JobData()
    data.rows = read(kind, train, max_tokens, names, data.warnings)
    data.dev = read(kind, dev, max_tokens, names, data.warnings) if dev else []
    if not dev and kind not in ("sft", "dpo", "reader"):
        from haechi.training.data_formats import split_by

        _enough(len(data.rows))
        data.rows, data.dev = split_by(data.rows, share=HELD_OUT, seed=seed)
        data.examples = len(data.rows)
        return data
    if dev and kind != "reader":
        _apart(data)
    data.examples = len(data.rows)
    _enough(data.examples)
    return data


def _enough(examples: int) -> None:
    if examples < LEAST:
        raise InputError(
            f"예가 {examples}개입니다. {LEAST}개 이상이어야 합니다",
            f"there are {examples} examples; at least {LEAST} are needed",
        )


def _llm_rows(
    kind: str, files: Sequence[Path], max_tokens: int, names: Callable[[Path], str], warnings: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    from haechi.training.data_formats import read_any
    from haechi.training.train_rows import check_rows

    rows: list[dict[str, Any]] = []
    for path in files:
        if kind == "sft" and looks_like_chat(path):
            checked = validate_chat(path, by_letters, max_tokens=max_tokens, least=1)
            _raise_problems(checked, names(path))
            warnings += [_place(problem.line, problem.korean, problem.english) for problem in checked.problems]
            found: list[dict[str, Any]] = [{"messages": messages} for messages in checked.examples]
        else:
            found = read_any(path)[1]
        try:
            check_rows(kind, found)
            _prompts(kind, found)
        except InputError as error:
            name = names(path)
            raise InputError(f"'{name}': {error.korean}", f"'{name}': {error.english}") from error
        rows += found
    return rows


def looks_like_chat(path: Path) -> bool:
    """Whether the first line speaks of messages: such a file is held to the rules of chat JSONL."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            first = next((line for line in stream if line.strip()), "")
    except OSError as error:
        raise InputError(
            f"'{path}'을(를) 읽을 수 없습니다: {error.strerror}", f"cannot read '{path}': {error.strerror}"
        ) from error
    return _CHAT_MARK in first


def _prompts(kind: str, rows: Sequence[dict[str, Any]]) -> None:
    if kind not in ("ppo", "grpo"):
        return
    for number, row in enumerate(rows, 1):
        if not row.get("prompt"):
            raise InputError(f"{number}번째 행에 prompt가 없습니다", f"row {number} has no prompt")


def _reader_rows(
    kind: str, files: Sequence[Path], max_tokens: int, names: Callable[[Path], str], warnings: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    from haechi.training.reader_data import read_questions

    return read_questions(files)[0]


def _embedder(train: Sequence[Path], dev: Sequence[Path], corpus: Sequence[Path], seed: int) -> JobData:
    from haechi.training.questions import passages_of_file, prepare

    if len(corpus) != 1:
        raise InputError(
            "embedder 작업에는 구절 파일 하나가 있어야 합니다: --corpus 구절.jsonl(id, title, text)",
            "a job of kind embedder needs one file of passages: --corpus FILE.jsonl (id, title, text)",
        )
    prepared = prepare(passages_of_file(corpus[0]), train, dev, seed=seed)
    _enough(len(prepared.train))
    data = JobData(examples=len(prepared.train))
    if prepared.skipped:
        data.warnings.append(
            (
                f"gold_ids가 구절에 없는 질문 {prepared.skipped}개는 뺐습니다",
                f"{prepared.skipped} questions without a passage were left out",
            )
        )
    return data


def _apart(data: JobData) -> None:
    """No question may stand on both sides."""
    from haechi.training.data_formats import prompt_key

    held = {prompt_key(row) for row in data.dev}
    shared = sum(prompt_key(row) in held for row in data.rows)
    if shared:
        raise InputError(
            f"학습 자료와 검증 자료에 같은 질문이 {shared}개 있습니다. 한쪽에서 빼세요",
            f"{shared} prompts stand in both training and validation data; remove them from one",
        )


def _raise_problems(checked: Checked, name: str) -> None:
    wrong = [problem for problem in checked.problems if problem.error]
    if not wrong:
        return
    told = [_place(problem.line, problem.korean, problem.english) for problem in wrong[:SHOWN]]
    more = len(wrong) - len(told)
    if more:
        told.append((f"그 밖에 {more}개", f"{more} more"))
    raise InputError(
        f"'{name}'은(는) 대화 JSONL로 쓸 수 없습니다:\n" + "\n".join(f"  {korean}" for korean, _ in told),
        f"'{name}' is not valid chat JSONL:\n" + "\n".join(f"  {english}" for _, english in told),
    )


def _place(line: int, korean: str, english: str) -> tuple[str, str]:
    return (f"{line}번째 줄: {korean}", f"line {line}: {english}") if line else (korean, english)
