"""Does a question that names a law and an article find that article first? Over the statutes of the shared data.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/statute_articles.py [--limit N]

The md files go through the product's own ingest; vectors are scripted and their weight is 0, so that only words and
references decide. One of eight phrasings is drawn per article (seed 0). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from haechi.config import load_config
from haechi.pipeline.build import init_home, open_home
from haechi.pipeline.ingest import ingest

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def joined(name: str) -> str:
    return name.replace(" ", "")


def phrasings(law: str, article: str) -> list[str]:
    return [
        f"{law} {article}는 무슨 내용인가요?",
        f"{joined(law)} {article[1:]}",
        f"「{law}」 {article}에서 정하는 것은?",
        f"{law} {article}제1항 알려줘",
        f"{joined(law)}{article} 내용",
        f"{law}의 {article.replace('제', '제 ').replace('조', ' 조')} 설명해줘",
        f"{joined(law)} {article[1:]} 1항이 뭐야?",
        f"{law}에 따르면 {article}의 요건은 무엇입니까",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=0, help="ask only this many articles, drawn at random")
    limit = parser.parse_args().limit
    folder = SHARED / "statutes"
    if not folder.is_dir():
        sys.exit(f"no statutes in {SHARED}; set HAECHI_SHARED_DATA")
    os.environ.update(HAECHI_EMBEDDER_BACKEND="scripted", HAECHI_RETRIEVAL_DENSE_WEIGHT="0")
    lines = (folder / "structure.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [(law["law"], article[0]) for law in map(json.loads, lines) for article in law["articles"]]
    choice = random.Random(0)
    if limit:
        asked = choice.sample(asked, limit)
    with tempfile.TemporaryDirectory() as temporary:
        init_home(Path(temporary) / "home")
        with open_home(load_config(Path(temporary) / "home")) as home:
            report = ingest(home, [str(folder / "md")])
            retriever = home.retriever()
            first, times, missed = 0, [], []
            for law, article in asked:
                question = choice.choice(phrasings(law, article))
                started = time.process_time()
                hit = next(iter(retriever.retrieve(question, 1)), None)
                times.append(time.process_time() - started)
                right = (
                    hit is not None
                    and joined(hit.document_title) == joined(law)
                    and hit.chunk.meta.get("article") == article
                    and hit.chunk.meta.get("part") != "부칙"
                )
                first += right
                if not right:
                    missed.append(question)
    for question in missed[:20]:
        print("missed:", question)
    times.sort()
    figures = {
        "files": report.documents,
        "chunks": report.chunks,
        "failed": report.failed,
        "n": len(asked),
        "rank_1": first / len(asked),
        "cpu_ms_p50": 1000 * times[len(times) // 2],
        "cpu_ms_p95": 1000 * times[int(len(times) * 0.95)],
    }
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
