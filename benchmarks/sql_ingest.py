"""How fast rows of a database come in, and whether memory stays flat over a large table.

    python benchmarks/sql_ingest.py [--rows 20000] [--url postgresql://…]

A table of consultations (about 250 characters a row) is made in a SQLite file, or in the database of `--url`, and taken
in with the scripted embedder, so that reading, chunking and writing are measured and not a model. `read` is reading and
rendering alone. Each ingest runs in a process of its own, whose peak memory is reported for a tenth of the rows and for
all of them. Then nothing, and then one row in a hundred, has changed. The last line is JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

WORDS = "환불 배송 교환 예약 납부 신청 접수 확인 처리 담당 부서 안내 기한 서류 발급 연장 취소 변경 조회 등록".split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--child", nargs=2, metavar=("HOME", "WHAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(Path(options.child[0]), options.child[1])))
        return
    figures: dict[str, Any] = {"rows": options.rows}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        url = options.url or f"sqlite:///{folder}/bench.db"
        engine = sa.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://").replace("mysql:", "mysql+pymysql:")
        )
        os.environ |= {"HAECHI_DB_URL_BENCH": url, "HAECHI_EMBEDDER_BACKEND": "scripted"}
        table = fill(engine, options.rows // 10)
        small, small_read = spawn(folder / "small", "ingest"), spawn(folder / "small", "read")
        table.drop(engine)
        table = fill(engine, options.rows)
        read = spawn(folder / "small", "read")
        figures["read_rows_per_second"] = round(options.rows / read["seconds"])
        figures["read_peak_mb_tenth"], figures["read_peak_mb"] = small_read["peak_mb"], read["peak_mb"]
        first = spawn(folder / "home", "ingest")
        figures["ingest_rows_per_second"] = round(options.rows / first["seconds"])
        figures["peak_mb_tenth"], figures["peak_mb"] = small["peak_mb"], first["peak_mb"]
        same = spawn(folder / "home", "ingest")
        figures["unchanged_seconds"], figures["unchanged_embedded"] = same["seconds"], same["embedded"]
        with engine.begin() as connection:
            connection.execute(table.update().where(table.c.번호 % 100 == 0).values(내용="고친 문의", 수정=10**9))
        some = spawn(folder / "home", "ingest")
        figures["changed_seconds"], figures["changed_documents"] = some["seconds"], some["documents"]
        table.drop(engine)
    print(json.dumps(figures))


def fill(engine: sa.Engine, rows: int) -> sa.Table:
    table = sa.Table(
        "haechi_bench",
        sa.MetaData(),
        sa.Column("번호", sa.Integer, primary_key=True),
        sa.Column("성명", sa.String(20)),
        sa.Column("내용", sa.Text),
        sa.Column("수정", sa.Integer),
    )
    table.create(engine)
    with engine.begin() as connection:
        for start in range(0, rows, 5_000):
            batch = range(start, min(rows, start + 5_000))
            connection.execute(
                table.insert(),
                [{"번호": n, "성명": "홍길동", "내용": talk(n), "수정": n} for n in batch],
            )
    return table


def talk(number: int) -> str:
    words = [WORDS[(number * step) % len(WORDS)] for step in range(1, 70)]
    return f"{number}번 문의. " + " ".join(words)


def spawn(home: Path, what: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--child", str(home), what], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def child(home: Path, what: str) -> dict[str, Any]:
    from haechi.config import load_config
    from haechi.databases.connect import open_database
    from haechi.databases.documents import RowDocuments
    from haechi.databases.found import FoundKeys
    from haechi.databases.options import TableOptions
    from haechi.databases.reader import TableReader
    from haechi.pipeline.build import init_home, open_home
    from haechi.pipeline.ingest import ingest

    wanted = TableOptions(table="haechi_bench", title="성명", mask=("성명",), updated="수정")
    if not home.exists():
        init_home(home)
    started = time.perf_counter()
    if what == "read":
        rows = RowDocuments(TableReader(open_database("bench", home, 300), wanted), "표")
        with FoundKeys("", versioned=True, seen=None, grouped=False) as found:
            found.add(rows.reader.keys())
            keys = (item.key for item in found)
            count = 0
            while batch := list(itertools.islice(keys, 1_000)):
                count += sum(1 for _ in rows.read(batch))
        return {"seconds": time.perf_counter() - started, "documents": count, "peak_mb": peak_mb()}
    with open_home(load_config(home)) as opened:
        report = ingest(opened, ["sql:bench"], table=wanted)
    if report.failed:
        sys.exit(str(report.failed))
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "documents": report.documents,
        "embedded": report.embedded,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
