"""Options that several commands of `haechi data` have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from haechi.cli.texts import t


class Number(click.FloatRange):
    """A number between `min` and `max`, both included."""

    name = t("수", "number")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(
                t(
                    f"'{value}': {self.min}~{self.max}의 수여야 합니다.",
                    f"'{value}': not between {self.min}, {self.max}.",
                )
            )


file_argument = click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=t("파일…", "FILE…"),
)
out_file = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=t("파일", "FILE"),
    help=t("결과를 쓸 JSONL 파일.", "The JSONL file to write."),
)
out_folder = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("결과를 둘 폴더.", "Where the results go."),
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help=t("난수의 씨.", "Seed."))

#: What the counts of building mean to a reader.
WORDS: dict[str, str] = {
    "empty": t("빈 답이나 질문", "empty"),
    "duplicate": t("겹침", "duplicates"),
    "broken_ranking": t("깨진 순위", "broken rankings"),
    "alike_or_empty": t("두 답이 같거나 빔", "pairs of alike or empty answers"),
    "no_rejected": t("나쁜 답이 없음", "without a rejected answer"),
    "tagged": t("자리표 변형", "tagged variants"),
    "not_tagged": t("자리표로 못 바꿈", "not tagged"),
    "bleed": t("남의 말을 자름", "turns cut at the other's"),
    "cut": t("긴 대화를 자름", "dialogues cut"),
    "short": t("짧은 대화", "short dialogues"),
    "order": t("차례가 어긋난 대화", "dialogues that do not alternate"),
    "no_passages": t("구절이 없음", "without passages"),
    "forgotten": t("지운 문서의 글", "words of removed documents"),
    "bad_without_correction": t("고친 답이 없음", "bad without a correction"),
    "good_but_wrong": t("검사에서 틀린 답", "good answers that the checkers found wrong"),
    "correction_empty": t("빈 정정", "empty corrections"),
    "correction_long": t("긴 정정", "corrections too long"),
    "correction_foreign_value": t("정정에 구절에 없는 값", "corrections with foreign values"),
    "correction_contradicted": t("구절과 다른 정정", "corrections against the passages"),
    "correction_not_found": t("구절에 없는 정정", "corrections not in the passages"),
    "correction_uncited": t("근거를 못 찾은 정정", "corrections without a passage"),
}


def counts_text(counts: dict[str, int]) -> str:
    """`겹침 3, from:… 20`: what was done and left out, in words where there are any."""
    parts = []
    for name, count in counts.items():
        what, _, rest = name.partition(":")
        if what == "from":
            parts.append(t(f"{rest}에서 {count}", f"{count} from {rest}"))
        elif what == "short" and rest:
            parts.append(t(f"{rest}은(는) {count}개 모자람", f"{rest}: {count} too few"))
        else:
            parts.append(f"{WORDS.get(name, name)} {count}")
    return ", ".join(parts)
