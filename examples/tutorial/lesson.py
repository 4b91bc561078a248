"""What the seven lessons share: telling, running `haechi` commands, our own rows, and asking a trained model.

A lesson runs its commands in its own process, so that torch is loaded once; each is printed as one would type it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"
ROWS = REPOSITORY / "datasets" / "grounded_qa"
_CITATION = re.compile(r"\s*\[\d+\]")


class Lesson:
    """One lesson with its folder. `base` is what is trained: the tiny model of our own unless --base names another."""

    def __init__(self, name: str, about: str, argv: Sequence[str] | None = None, *, trains: bool = True) -> None:
        parser = argparse.ArgumentParser(description=about)
        parser.add_argument("--work", type=Path, default=Path("haechi-tutorial"), help="실습 폴더")
        if trains:
            parser.add_argument("--base", default="", help="바탕 모델(이름, 폴더, GGUF). 없으면 작은 연습용 모델")
            parser.add_argument("--rows", type=int, default=120, help="쓸 질문의 수")
        else:
            parser.add_argument("--questions", type=int, default=6, help="물어볼 질문의 수")
            parser.add_argument("--llm", default="qwen2.5-coder-0.5b-instruct-q4", help="답변 모델")
        self.given = parser.parse_args(argv)
        self.work: Path = (self.given.work / name).absolute()
        if self.work.exists() and any(self.work.iterdir()):
            raise SystemExit(f"'{self.work}'에 지난 실습이 있습니다. 지우거나 다른 --work를 주세요")
        self.work.mkdir(parents=True, exist_ok=True)
        self.tiny = trains and not self.given.base
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        self._step = 0

    def base(self, kind: str) -> str:
        """The model to train; `kind` is plain or chat (see tiny_base)."""
        if not self.tiny:
            return str(self.given.base)
        from tiny_base import make_base

        self.say(f"연습용 작은 모델({kind})을 준비합니다. 진짜 모델로 하려면 --base를 주세요")
        return str(make_base(self.work.parent / f"base-{kind}", kind))

    def own_models(self) -> None:
        """Registered models of the tiny base stay in the lesson's folder, apart from the user's own."""
        if self.tiny:
            os.environ["HAECHI_MODELS"] = str(self.work / "models")

    def step(self, title: str) -> None:
        """A heading."""
        self._step += 1
        print(f"\n== {self._step}. {title}", flush=True)

    def say(self, text: str) -> None:
        """A line for the learner."""
        print(text, flush=True)

    def haechi(self, *arguments: object, may_fail: bool = False) -> dict[str, Any]:
        """Run a command and return its JSON. Ends the lesson when it fails, unless it may."""
        from haechi.cli.main import run

        words = [str(argument) for argument in arguments]
        print(f"$ haechi {shlex.join(words)}", flush=True)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = run([*words, "--json"])
        if status and not may_fail:
            raise SystemExit(f"명령이 끝까지 가지 못했습니다(종료 상태 {status})")
        lines = said.getvalue().strip().splitlines()
        record: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return {**record, "exit": status}

    def numbers(self, text: str, **found: float) -> dict[str, float]:
        """The last line of a lesson, and its numbers for a program that calls it."""
        print(f"\n결과: {text}", flush=True)
        return found


def questions(count: int, *, longest: int = 70) -> list[dict[str, str]]:
    """Questions of our own set with a right and a wrong short answer: {id, prompt, good, bad}; citations left out."""
    found = []
    for file in sorted(ROWS.glob("train_*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["kind"] in ("unanswerable", "follow_up") or not row.get("rejected"):
                continue
            good, bad = (_CITATION.sub("", row[name]).strip() for name in ("answer", "rejected"))
            if max(len(good), len(bad)) <= longest and good != bad and len(row["question"]) <= longest:
                found.append({"id": row["id"], "prompt": row["question"], "good": good, "bad": bad})
    random.Random(230315).shuffle(found)
    return found[:count]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """True JSONL: an object a line, Korean as it is."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


class Asked:
    """A trained model in torch, asked greedily or by a seed."""

    def __init__(self, base: str, adapter: Path | None = None, *, quant: str = "none") -> None:
        from haechi.training.llm_base import load_causal, load_tokenizer, quiet

        self.tokenizer = load_tokenizer(base, side="left")
        self.model = load_causal(base, quant=quant)
        if adapter is not None:
            from peft import PeftModel

            with quiet():
                self.model = PeftModel.from_pretrained(self.model, str(adapter), local_files_only=True)
        self.model.eval()

    def answer(self, row: dict[str, Any], *, tokens: int = 48, seed: int | None = None) -> str:
        """The answer to {prompt, input?}: only new tokens, cut at the end mark."""
        import torch

        from haechi.training.prompt_format import cut_answer, prompt_ids

        ids = torch.tensor([prompt_ids(self.tokenizer, row)], device=self.model.device)
        draw = {"do_sample": False} if seed is None else {"do_sample": True, "top_k": 50, "top_p": 0.95}
        if seed is not None:
            torch.manual_seed(seed)
        with torch.no_grad():
            found = self.model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, **draw
            )
        return cut_answer(self.tokenizer, self.tokenizer.decode(found[0, ids.shape[1] :]))


def start(main: Any) -> None:
    """Run a lesson from the command line, in Korean whatever the terminal."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    main()
