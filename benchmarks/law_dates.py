"""Is the day of coming into force that the 부칙 says the one that the front matter states? Over real statutes.

    HAECHI_SHARED_DATA=../shared/data python benchmarks/law_dates.py

The front matter is hidden from the product and used as the truth. The last line is JSON: how many days agree, differ,
and are left unknown with a reason. A version whose 시행일자 is that of a 단서 (`다만, 제5조는 …부터`) must differ.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from haechi.chunkers.law_facts import with_law_facts
from haechi.parsers.base import ParseOptions
from haechi.parsers.markdown import MarkdownParser

SHARED = Path(os.environ.get("HAECHI_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def main() -> None:
    paths = sorted((SHARED / "statutes" / "md").glob("*.md")) + sorted((SHARED / "statute_versions").glob("*.md"))
    if not paths:
        sys.exit(f"no statutes in {SHARED}; set HAECHI_SHARED_DATA")
    figures = {"n": len(paths), "agree": 0, "differ": 0, "unknown": 0, "differ_with_exceptions": 0}
    for path in paths:
        document = MarkdownParser().parse(path, path.name, ParseOptions())[0]
        found = with_law_facts(replace(document, meta={})).meta
        day, truth, reason = found.get("effective", ""), document.meta["시행일자"], found["effective_reason"]
        figures["agree" if day == truth else "differ" if day else "unknown"] += 1
        if day != truth:
            figures["differ_with_exceptions"] += bool(day) and "일부 조항" in reason
            print(f"{path.name}: {day or '-'} ({reason}), front matter {truth}")
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
