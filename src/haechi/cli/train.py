"""`haechi train`: models made better on this machine. Each command stands in a `train_*.py` file of its own."""

from __future__ import annotations

import click

from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.session import HaechiGroup
from haechi.cli.train_embedder import embedder_command
from haechi.cli.train_grounding import grounding_command
from haechi.cli.train_llm import dpo_command, sft_command
from haechi.cli.train_plan import plan_command, presets_command
from haechi.cli.train_ppo import grpo_command, ppo_command
from haechi.cli.train_reader import reader_command
from haechi.cli.train_reward import reward_command, score_command

__all__ = ["stop_on_interrupt", "train_command"]


@click.group("train", cls=HaechiGroup)
def train_command() -> None:
    """모델을 학습합니다. 필요: pip install torch==2.13.0 && pip install 'haechi[train]'."""


for _command in (
    sft_command,
    reward_command,
    score_command,
    ppo_command,
    dpo_command,
    reader_command,
    grpo_command,
    embedder_command,
    grounding_command,
    plan_command,
    presets_command,
):
    train_command.add_command(_command)
