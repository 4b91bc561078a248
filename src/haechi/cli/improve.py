"""`haechi improve`: the closed loop from feedback to a better model, its gate, its history and the way back."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.card import tell_dead, tell_waiting
from haechi.cli.improve_text import history_text, result_text, status_text
from haechi.cli.interrupt import stop_on_interrupt
from haechi.cli.progress import ingest_bar, training_bar
from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.config import Config
    from haechi.training.improve_run import ImproveRun

_file = click.Path(path_type=Path, dir_okay=False)

questions_option = click.option(
    "--questions",
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "판정할 질문(JSONL: id, question, answers, gold_ids, answerable). 없으면 haechi.toml의 [gate] questions.",
        "Questions to judge by (JSONL); else [gate] questions of haechi.toml.",
    ),
)
who_option = click.option(
    "--who", default="", metavar=t("이름", "NAME"), help=t("기록에 남길 이름.", "The name for the history.")
)
wait_option = click.option(
    "--wait", is_flag=True, help=t("다른 학습이 끝날 때까지 기다립니다.", "Wait until other training is done.")
)


@click.group("improve", cls=HaechiGroup)
def improve_command() -> None:
    """의견과 틀린 답으로 모델을 고치고, 같은 질문으로 견주어 나을 때만 씁니다. 언제든 되돌릴 수 있습니다."""


@improve_command.command("run")
@questions_option
@click.option(
    "--data",
    multiple=True,
    type=_file,
    metavar=t("파일", "FILE"),
    help=t(
        "함께 학습할 근거 있는 질문 자료. 여러 번 쓸 수 있습니다.", "Grounded questions to train on too; repeatable."
    ),
)
@click.option(
    "--trainer",
    default="reader",
    show_default=True,
    metavar=t("이름", "NAME"),
    help=t("학습 방법: reader(GPU 없이), sft.", "How to train: reader (without a card), sft."),
)
@click.option(
    "--set",
    "chosen",
    multiple=True,
    metavar="KEY=VALUE",
    help=t("학습 설정(예: epochs=2). 여러 번 쓸 수 있습니다.", "A setting of the trainer (epochs=2); repeatable."),
)
@click.option(
    "--base",
    default="",
    metavar=t("모델", "MODEL"),
    help=t("학습할 원래 모델. 없으면 [llm] model.", "The base to train; else [llm] model."),
)
@click.option(
    "--start",
    type=click.Path(path_type=Path, exists=True),
    metavar=t("학습결과", "RUN"),
    help=t("이어서 고칠 학습 결과.", "An earlier run to go on from."),
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar=t("날짜", "DATE"),
    help=t("이 날부터의 답변만.", "Only answers from this day on."),
)
@click.option("--seed", type=int, default=0, show_default=True, help=t("난수의 씨.", "Seed."))
@click.option("--no-promote", is_flag=True, help=t("판정까지만 합니다.", "Stop at the verdict."))
@click.option("--resume", is_flag=True, help=t("멈춘 실행을 이어서 합니다.", "Go on with the interrupted run."))
@click.option("--discard", is_flag=True, help=t("멈춘 실행을 버립니다.", "Throw the interrupted run away."))
@who_option
@wait_option
@pass_session
def run_command(
    session: Session,
    /,
    questions: Path | None,
    data: tuple[Path, ...],
    trainer: str,
    chosen: tuple[str, ...],
    base: str,
    start: Path | None,
    since: Any,
    seed: int,
    no_promote: bool,
    resume: bool,
    discard: bool,
    who: str,
    wait: bool,
) -> int:
    """자료를 모으고, 학습하고, 지금 것과 견주어, 나으면 haechi.toml에 씁니다. 멈추면(Ctrl-C) --resume으로 잇습니다."""
    from haechi.training.improve import read_gate_questions
    from haechi.training.improve_run import Plan, new_run
    from haechi.training.improve_run import discard as discard_run

    config = session.config()
    if discard:
        gone = discard_run(config.home)
        text = t(f"버렸습니다: {gone}", f"Thrown away: {gone}") if gone else t("멈춘 실행이 없습니다.", "No open run.")
        session.finish({"discarded": gone}, text)
        return 0
    if resume:
        return _go_on(session, config, _open(config), wait)
    plan = Plan(
        questions=read_gate_questions(config, questions),
        who=who or getpass.getuser(),
        trainer=trainer,
        data=data,
        base=base,
        start=start,
        since=f"{since:%Y-%m-%d}" if since else "",
        seed=seed,
        promote=not no_promote,
        settings=_settings(chosen),
    )
    _known_trainer(trainer)
    return _go_on(session, config, new_run(config.home, plan), wait)


@improve_command.command("gate")
@click.option(
    "--adapter",
    default="",
    metavar=t("어댑터", "ADAPTER"),
    help=t("후보 어댑터: GGUF 파일이나 haechi models list의 이름.", "The candidate: a GGUF file or a registered name."),
)
@click.option(
    "--embedder",
    default="",
    metavar=t("모델", "MODEL"),
    help=t("후보 임베딩 모델: 폴더나 이름.", "The candidate embedder: a folder or a name."),
)
@click.option(
    "--set",
    "chosen",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help=t(
        "후보의 다른 설정(예: llm.model=이름, answer.examples=false). 여러 번 쓸 수 있습니다.",
        "Another setting of the candidate (llm.model=NAME, answer.examples=false); repeatable.",
    ),
)
@questions_option
@click.option("--promote", is_flag=True, help=t("나으면 바로 씁니다.", "Put it into use if it is better."))
@who_option
@wait_option
@pass_session
def gate_command(
    session: Session,
    adapter: str,
    embedder: str,
    chosen: tuple[str, ...],
    questions: Path | None,
    promote: bool,
    who: str,
    wait: bool,
) -> int:
    """어댑터, 임베딩 모델이나 다른 설정을 지금 것과 같은 질문으로 견줍니다. 상태 0: 나음, 1: 못함, 3: 더 재야 함."""
    if (adapter and embedder) or not (adapter or embedder or chosen):
        raise click.UsageError(
            t("--adapter, --embedder나 --set으로 후보를 주세요.", "give a candidate: --adapter, --embedder or --set."),
            click.get_current_context(),
        )
    from haechi.models.bundled import path
    from haechi.training.improve import read_gate_questions
    from haechi.training.improve_run import Plan, new_run
    from haechi.training.promotion import with_changes

    config, changes = session.config(), _settings(chosen)
    with_changes(config, changes)  # a wrong one is told before a run is begun
    plan = Plan(
        questions=read_gate_questions(config, questions),
        who=who or getpass.getuser(),
        adapter=str(path(adapter)) if "/" in adapter or adapter.endswith(".gguf") else adapter,
        embedder=str(path(embedder)) if "/" in embedder else embedder,
        promote=promote,
        trainer="",
        changes=changes,
    )
    begun = new_run(config.home, plan)
    status = _go_on(session, config, begun, wait)
    return status or _VERDICT_STATUS.get(verdict_of(config, begun.id), 0)


@improve_command.command("promote")
@click.argument("run", metavar=t("[실행]", "[RUN]"), default="")
@click.option(
    "--force", is_flag=True, help=t("판정이 '나음'이 아니어도 씁니다.", "Even when the verdict is not to promote.")
)
@who_option
@pass_session
def promote_command(session: Session, run: str, force: bool, who: str) -> None:
    """판정이 끝난 실행(없으면 마지막 것)을 씁니다. 강제로 쓴 것은 기록에 그렇게 남습니다."""
    from haechi.errors import InputError
    from haechi.training.improve import put_into_use
    from haechi.training.improve_run import all_runs, find_run

    config = session.config()
    judged = [one for one in all_runs(config.home) if "gate" in one.stages]
    if not run and not judged:
        raise InputError(
            "판정이 끝난 실행이 없습니다. 먼저: haechi improve run", "no judged run; first: haechi improve run"
        )
    chosen = find_run(config.home, run) if run else judged[-1]
    verdict = str(chosen.stages.get("gate", {}).get("verdict", ""))
    if not chosen.done:
        raise InputError(
            f"실행 {chosen.id}은(는) 아직 끝나지 않았습니다. 이어서 하기: haechi improve run --resume",
            f"the run {chosen.id} is not finished; go on: haechi improve run --resume",
        )
    if verdict != "promote" and not force:
        raise InputError(
            f"실행 {chosen.id}의 판정은 '{verdict}'입니다. 까닭: haechi improve history. 그래도 쓰려면 --force",
            f"the verdict on {chosen.id} is '{verdict}'; why: haechi improve history; to use it anyway: --force",
        )
    line = put_into_use(config, chosen, who=who or getpass.getuser(), forced=verdict != "promote")
    record = line.as_json()
    session.finish(record, result_text({**record, "rules": [], "interrupted": False}))


@improve_command.command("rollback")
@click.option(
    "--force",
    is_flag=True,
    help=t("승격한 뒤에 손으로 바꾼 값도 되돌립니다.", "Also over values that were changed by hand since."),
)
@who_option
@pass_session
def rollback_command(session: Session, force: bool, who: str) -> None:
    """마지막 승격을 되돌립니다: haechi.toml이 그 전과 같아집니다. 거듭하면 그 앞의 것을 되돌립니다."""
    from haechi.pipeline.build import open_home
    from haechi.pipeline.reembed import reembed
    from haechi.training.promotion import EMBEDDER_KEY, rollback

    config = session.config()
    with open_home(config) as home:
        line = rollback(config, home.store, who=who or getpass.getuser(), force=force)
    if EMBEDDER_KEY in line.record["changes"]:
        with session.open_home() as home, ingest_bar() as progress:
            reembed(home, progress)
    record = line.as_json()
    session.finish(record, result_text({**record, "rules": [], "interrupted": False}))


@improve_command.command("status")
@pass_session
def status_command(session: Session) -> None:
    """지금 쓰는 것, 멈춘 실행, 카드를 쓰는 일을 보입니다."""
    from haechi.pipeline.build import open_home
    from haechi.training.promotion import status

    config = session.config()
    with open_home(config) as home:
        record = status(config, home.store)
    session.finish(record, status_text(record))


@improve_command.command("history")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help=t("몇 줄.", "How many lines."))
@pass_session
def history_command(session: Session, limit: int) -> None:
    """승격·기각·되돌림의 기록을 새것부터 보입니다: 자료, 앞뒤의 수치, 판정과 까닭, 누가 언제."""
    from haechi.training.promotion import history

    with session.open_home() as home:
        rows = history(home.store)
    session.finish({"history": rows[:limit], "total": len(rows)}, history_text(rows[:limit]))


_VERDICT_STATUS = {"promote": 0, "reject": 1, "undecided": 3}


def verdict_of(config: Config, identity: str) -> str:
    """How this very run was judged: two begun in the same second have no order."""
    from haechi.training.improve_run import find_run

    run = find_run(config.home, identity)
    return str(run.stages["gate"]["verdict"]) if run.done else ""


def _go_on(session: Session, config: Config, run: ImproveRun, wait: bool) -> int:
    from haechi.training.improve import improve

    with training_bar() as bar, stop_on_interrupt() as stop:
        options: dict[str, Any] = {} if bar is None else {"report": bar}
        record = improve(config, run, stop=stop, wait=wait, waiting=tell_waiting, took_over=tell_dead, **options)
    session.finish(record, result_text(record))
    return 130 if record["interrupted"] else 0


def _open(config: Config) -> ImproveRun:
    from haechi.errors import InputError
    from haechi.training.improve_run import open_run

    run = open_run(config.home)
    if run is None:
        raise InputError(
            "이어서 할 실행이 없습니다. 시작하기: haechi improve run", "no open run; start: haechi improve run"
        )
    return run


def _known_trainer(name: str) -> None:
    """Raises BackendError for a name that no trainer has, before a run is begun."""
    from haechi.registry import load

    load("trainers", name)


def _settings(chosen: tuple[str, ...]) -> dict[str, Any]:
    """`epochs=2` → {"epochs": 2}: numbers and true or false where they are such, else text."""
    import json

    found: dict[str, Any] = {}
    for item in chosen:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(
                t(
                    f"--set {item}: 이름=값이어야 합니다(예: epochs=2).",
                    f"--set {item}: expected KEY=VALUE (epochs=2).",
                ),
                click.get_current_context(),
            )
        try:
            found[name.strip()] = json.loads(value)
        except json.JSONDecodeError:
            found[name.strip()] = value
    return found
