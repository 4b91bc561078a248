"""`haechi train sft` and `haechi train dpo`: the answer model learns answers, or which of two is better."""

from __future__ import annotations

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

_start = click.option(
    "--start",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("먼저 바탕에 합칠 어댑터(앞선 학습의 --out 폴더).", "An adapter to merge into the base first."),
)


@click.command("sft", cls=HaechiCommand)
@data_options("prompt·completion, messages, instruction·output, text")
@_start
@setting_options()
@pass_session
def sft_command(session: Session, /, start: Path | None, **options: Any) -> int:
    """질문과 답으로 답변 모델을 학습합니다. 답과 끝 표시만 배웁니다. 멈추면(Ctrl-C) --resume으로 이어서 합니다."""
    from haechi.training.sft import train_sft

    return _train(session, "sft", train_sft, start, options, _sft_figures)


@click.command("dpo", cls=HaechiCommand)
@data_options("prompt·chosen·rejected")
@_start
@click.option("--beta", type=float, help=t("시작 모델에서 벗어나는 값.", "How dear it is to leave the start."))
@setting_options()
@pass_session
def dpo_command(session: Session, /, start: Path | None, **options: Any) -> int:
    """나은 답과 못한 답의 쌍으로 답변 모델을 학습합니다. 보상 모델이 필요 없습니다. 멈추면 --resume을 붙입니다."""
    from haechi.training.dpo import train_dpo

    return _train(session, "dpo", train_dpo, start, options, _dpo_figures)


def _train(session: Session, kind: str, train: Any, start: Path | None, options: dict[str, Any], show: Any) -> int:
    from haechi.training.needs import require_training

    require_training()
    data, dev, share = options.pop("data"), options.pop("dev"), options.pop("dev_share")
    out, preset = options.pop("out"), options.pop("preset")
    resume, dry_run = options.pop("resume"), options.pop("dry_run")
    settings = choose_settings(kind, preset, options)
    check_base(session, settings.base)
    rows, held, files = read_data(kind, data, dev, share, settings.seed)
    if start is not None:
        from haechi.training.adapters import find_adapter

        find_adapter(start)
    return run_training(
        session,
        kind,
        train,
        rows,
        held,
        out or default_out(kind, data),
        settings,
        resume=resume,
        dry_run=dry_run,
        show=show,
        after=lambda folder: t(
            f"내보내기: haechi models export {folder} --name 이름",
            f"To export it: haechi models export {folder} --name NAME",
        ),
        start=start,
        files=files,
    )


def _sft_figures(found: Mapping[str, Any]) -> str:
    return t(
        f"손실 {found['loss']:.3f}, 맞은 토큰 {found.get('token_accuracy', 0):.1%}",
        f"loss {found['loss']:.3f}, right tokens {found.get('token_accuracy', 0):.1%}",
    )


def _dpo_figures(found: Mapping[str, Any]) -> str:
    return t(
        f"차이 {found['margin']:.3f}, 나은 답을 고름 {found['accuracy']:.1%}, 더 그럴듯함 {found['likelier']:.1%}",
        f"margin {found['margin']:.3f}, accuracy {found['accuracy']:.1%}, chosen likelier {found['likelier']:.1%}",
    )
