"""`haechi train reward` and `haechi train score`: a model learns which answers people prefer, and scores any text."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from haechi.cli.session import HaechiCommand, Session, pass_session
from haechi.cli.texts import t
from haechi.cli.train_common import (
    check_base,
    choose_settings,
    data_options,
    default_out,
    read_data,
    run_training,
    setting_options,
)


@click.command("reward", cls=HaechiCommand)
@data_options("prompt·chosen·rejected")
@click.option(
    "--start",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("먼저 바탕에 합칠 어댑터(앞선 학습의 --out 폴더).", "An adapter to merge into the base first."),
)
@setting_options()
@pass_session
def reward_command(session: Session, /, start: Path | None, **options: Any) -> int:
    """나은 답과 못한 답의 쌍으로 보상 모델을 학습합니다. 떼어 둔 쌍을 맞힌 비율을 95% 구간과 함께 보입니다."""
    from haechi.training.needs import require_training

    require_training()
    from haechi.training.reward_model import train_reward

    data, dev, share = options.pop("data"), options.pop("dev"), options.pop("dev_share")
    out, preset = options.pop("out"), options.pop("preset")
    resume, dry_run = options.pop("resume"), options.pop("dry_run")
    settings = choose_settings("reward", preset, options)
    check_base(session, settings.base)
    rows, held, files = read_data("reward", data, dev, share, settings.seed)
    if start is not None:
        from haechi.training.adapters import find_adapter

        find_adapter(start)
    return run_training(
        session,
        "reward",
        train_reward,
        rows,
        held,
        out or default_out("reward", data),
        settings,
        resume=resume,
        dry_run=dry_run,
        show=_figures,
        after=lambda folder: t(
            f"점수 매기기: haechi train score {folder} 글\nPPO에 쓰기: haechi train ppo --reward-model {folder}",
            f"To score: haechi train score {folder} TEXT\nFor PPO: haechi train ppo --reward-model {folder}",
        ),
        start=start,
        files=files,
    )


@click.command("score", cls=HaechiCommand)
@click.argument("model", type=click.Path(path_type=Path, file_okay=False), metavar=t("폴더", "FOLDER"))
@click.argument("texts", nargs=-1, metavar=t("[글]…", "[TEXT]…"))
@click.option("--prompt", help=t("글이 답하는 질문.", "The question that the texts answer."))
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar=t("파일", "FILE"),
    help=t("점수를 매길 행: prompt·completion이나 prompt·chosen·rejected.", "Rows to score: SFT rows or pairs."),
)
@pass_session
def score_command(
    session: Session, /, model: Path, texts: tuple[str, ...], prompt: str | None, data: Path | None
) -> int:
    """보상 모델로 글에 점수를 매깁니다. 글이 없으면 표준 입력에서 한 줄씩 읽습니다. 점수에는 위아래 끝이 없습니다."""
    from haechi.training.needs import require_training
    from haechi.training.reward_card import read_card

    read_card(model)
    require_training()
    from haechi.errors import InputError
    from haechi.training.reward_scorer import RewardScorer

    if data is not None:
        return _score_file(session, model, data)
    given = list(texts) or [line.rstrip("\n") for line in sys.stdin if line.strip()]
    if not given or not all(text.strip() for text in given):
        raise InputError("점수를 매길 글이 비어 있습니다", "a text to score is empty")
    scorer = RewardScorer.load(model)
    scores = scorer.score_answers([{"prompt": prompt}] * len(given), given) if prompt else scorer.score(given)
    rows = [
        {"text": text, "score": round(score, 4), "chance": round(scorer.chance(score), 4)}
        for text, score in zip(given, scores, strict=True)
    ]
    head = t("점수\t중간 답보다 나을 확률\t글", "score\tchance over a middling answer\ttext")
    lines = [f"{row['score']:.3f}\t{row['chance']:.2f}\t{row['text']}" for row in rows]
    session.finish({"scores": rows}, "\n".join([head, *lines]))
    return 0


def _score_file(session: Session, model: Path, data: Path) -> int:
    """Pairs: how often the chosen answer scores higher. SFT rows: a score each."""
    from haechi.training.data_formats import read_kind
    from haechi.training.pair_accuracy import pair_accuracy
    from haechi.training.reward_scorer import RewardScorer

    rows = read_kind(data, "pairs", "sft")
    scorer = RewardScorer.load(model)
    if "completion" in rows[0]:
        scores = [round(score, 4) for score in scorer.score_answers(rows, [str(row["completion"]) for row in rows])]
        mean = sum(scores) / len(scores)
        session.finish({"n": len(rows), "mean": mean, "scores": scores}, t(f"평균 {mean:.3f}", f"mean {mean:.3f}"))
        return 0
    chosen, rejected = (scorer.score_answers(rows, [str(row[name]) for row in rows]) for name in ("chosen", "rejected"))
    found = pair_accuracy(chosen, rejected)
    session.finish({**found, "chosen": chosen, "rejected": rejected}, _figures(found))
    return 0


def _figures(found: Mapping[str, Any]) -> str:
    if "low" not in found:  # before training: no interval needed
        return t(f"맞힘 {found['accuracy']:.1%}", f"accuracy {found['accuracy']:.1%}")
    return t(
        f"맞힘 {found['accuracy']:.1%}(95% 구간 {found['low']:.1%}~{found['high']:.1%}, {found['n']}쌍), "
        f"점수 차이 {found['margin']:.3f}",
        f"accuracy {found['accuracy']:.1%} (95 % {found['low']:.1%} to {found['high']:.1%}, {found['n']} pairs), "
        f"margin {found['margin']:.3f}",
    )
