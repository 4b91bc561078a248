"""`haechi train ppo` and `haechi train grpo`: the answer model learns from a reward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from haechi.cli.korean_click import PositiveInt
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
    help=t("먼저 바탕에 합칠 SFT 어댑터(앞선 학습의 --out 폴더).", "The SFT adapter to merge into the base first."),
)
_reward = click.option(
    "--reward",
    "rewards",
    multiple=True,
    metavar=t("이름", "NAME"),
    help=t(
        "검증되는 보상: grounded, contains_answer, checked, cited, short, refuses_rightly. 여러 번 쓸 수 있습니다.",
        "A reward that is verified: grounded, contains_answer, checked, cited, short, refuses_rightly; repeatable.",
    ),
)
_new_tokens = click.option("--new-tokens", type=PositiveInt(1), help=t("답의 토큰 한도.", "Tokens of an answer."))
_temperature = click.option("--temperature", type=float, help=t("답을 뽑는 온도.", "Sampling temperature."))


@click.command("ppo", cls=HaechiCommand)
@data_options("prompt 또는 question·passages·answer")
@click.option(
    "--reward-model",
    type=click.Path(path_type=Path, file_okay=False),
    metavar=t("폴더", "FOLDER"),
    help=t("haechi train reward의 --out 폴더.", "The --out folder of haechi train reward."),
)
@_reward
@_start
@click.option("--beta", type=float, help=t("시작 모델에서 벗어나는 값(보상에서 β·KL을 뺌).", "Price of KL."))
@click.option("--clip", type=float, help=t("확률비의 한도.", "Clip of the ratio."))
@click.option("--value-clip", type=float, help=t("비평가가 한 번에 움직일 한도.", "Clip of the critic."))
@click.option("--gamma", type=float, help=t("뒷날 보상의 할인.", "Discount."))
@click.option("--lam", type=float, help=t("GAE의 λ.", "GAE's lambda."))
@click.option("--passes", type=PositiveInt(1), help=t("뽑은 답을 거듭 볼 횟수.", "Passes over a batch of answers."))
@click.option("--mini-batch", type=PositiveInt(0), help=t("한 번에 볼 답(0: 모두).", "Answers at once (0: all)."))
@_new_tokens
@_temperature
@click.option("--critic-lr", type=float, help=t("비평가의 학습률.", "The critic's learning rate."))
@click.option("--max-kl", type=float, help=t("답마다의 KL이 이보다 크면 멈춤.", "Stop above this KL per answer."))
@click.option("--unfinished", type=float, help=t("끝맺지 못한 답에서 뺄 보상.", "Taken off an unfinished answer."))
@click.option("--measure-every", type=PositiveInt(1), help=t("검증할 간격(단계).", "Steps between measurements."))
@setting_options()
@pass_session
def ppo_command(
    session: Session, /, reward_model: Path | None, rewards: tuple[str, ...], start: Path | None, **options: Any
) -> int:
    """SFT 모델을 보상으로 더 학습합니다(PPO). 보상에서 β·KL을 빼고, KL이 한도를 넘으면 되돌아가 멈춥니다."""
    from haechi.errors import InputError
    from haechi.training.needs import require_training
    from haechi.training.ppo_settings import PpoSettings

    require_training()
    from haechi.training.ppo import reward_facts, train_ppo

    if bool(reward_model) == bool(rewards):
        raise InputError(
            "--reward-model 폴더나 --reward 이름 가운데 하나를 주세요",
            "give either --reward-model FOLDER or --reward NAME",
        )
    ppo = PpoSettings(**_own(PpoSettings, options))
    reward: Path | tuple[str, ...] = reward_model or rewards
    reward_facts(reward)  # a folder that holds no reward model is told at once
    return _train(session, "ppo", train_ppo, start, options, ppo.new_tokens, rewards, reward=reward, ppo=ppo)


@click.command("grpo", cls=HaechiCommand)
@data_options("prompt 또는 question·passages·answer")
@_reward
@_start
@click.option("--answers", type=PositiveInt(2), help=t("질문마다 견줄 답의 수.", "Answers compared per prompt."))
@_new_tokens
@_temperature
@click.option("--beta", type=float, help=t("시작 모델에서 벗어나는 값(0: 두지 않음).", "Price of KL (0: none)."))
@setting_options()
@pass_session
def grpo_command(session: Session, /, rewards: tuple[str, ...], start: Path | None, **options: Any) -> int:
    """검사기가 매기는 보상으로 답변 모델을 학습합니다(GRPO). 보상 모델이 필요 없습니다. 보상이 없으면 grounded."""
    from haechi.training.needs import require_training

    require_training()
    from haechi.training.grpo import GrpoSettings, train_grpo

    own = _own(GrpoSettings, options)
    if rewards:
        own["rewards"] = rewards
    grpo = GrpoSettings(**own)
    return _train(session, "grpo", train_grpo, start, options, grpo.new_tokens, grpo.rewards, grpo=grpo)


def _own(made: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Take the options that are this trainer's own out of `options`; unset ones are left to the defaults."""
    taken = {name: options.pop(name) for name in list(options) if name in made.__dataclass_fields__}
    return {name: value for name, value in taken.items() if value is not None}


def _train(
    session: Session,
    kind: str,
    train: Callable[..., dict[str, Any]],
    start: Path | None,
    options: dict[str, Any],
    new_tokens: int,
    rewards: Sequence[str],
    **more: Any,
) -> int:
    from haechi.training.prompt_rows import prompt_rows
    from haechi.training.rewards import check_rows, choose

    data, dev, share = options.pop("data"), options.pop("dev"), options.pop("dev_share")
    out, preset = options.pop("out"), options.pop("preset")
    resume, dry_run = options.pop("resume"), options.pop("dry_run")
    settings = choose_settings(kind, preset, options)
    choose(rewards)
    check_base(session, settings.base)
    rows, held, files = read_data(kind, data, dev, share, settings.seed)
    rows, held = prompt_rows(rows), prompt_rows(held)
    check_rows([*rows, *held], rewards)
    if start is not None:
        from haechi.training.adapters import find_adapter

        find_adapter(start)

    def go(planned: Any, dev_rows: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        return train(rows, dev_rows, *arguments, **named)

    return run_training(
        session,
        kind,
        go,
        # The plan counts an answer as long as one may be.
        [{"prompt": row["prompt"], "completion": "가 " * new_tokens} for row in rows],
        held,
        out or default_out(kind, data),
        settings,
        resume=resume,
        dry_run=dry_run,
        show=_figures,
        after=lambda folder: t(
            f"내보내기: haechi models export {folder} --name 이름",
            f"To export it: haechi models export {folder} --name NAME",
        ),
        start=start,
        files=files,
        **more,
    )


def _figures(found: Mapping[str, Any]) -> str:
    text = t(f"보상 {found['reward']:.3f}", f"reward {found['reward']:.3f}")
    if "reward_error" in found:
        text += f"±{found['reward_error']:.3f}, KL {found['kl']:.3f}"
    return text
