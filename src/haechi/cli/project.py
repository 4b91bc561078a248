"""`haechi project`: the four steps from documents to a tested model, and whether to begin them at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.session import HaechiGroup, Session, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.training.project import Project

_folder = click.argument("folder", type=click.Path(path_type=Path), metavar=t("폴더", "FOLDER"))
_rating = click.IntRange(1, 5)


@click.group("project", cls=HaechiGroup)
def project_command() -> None:
    """우리 기관의 모델을 만드는 네 단계를 폴더 하나로 이끕니다."""


@project_command.command("init")
@_folder
@click.option(
    "--name", default="", help=t("프로젝트 이름. 없으면 폴더 이름.", "The project's name; else the folder's.")
)
@pass_session
def init_command(session: Session, folder: Path, name: str) -> None:
    """프로젝트 폴더를 만듭니다: 자료, 학습 자료, 학습, 시험. 단계마다 안내문이 있습니다."""
    from haechi.training.project import init_project

    made = init_project(folder, name=name)
    head = t(f"프로젝트를 만들었습니다: {made.folder}", f"Made a project: {made.folder}")
    session.finish(_record(made), f"{head}\n{_text(made)}")


@project_command.command("status")
@click.argument("folder", type=click.Path(path_type=Path), default=".", metavar=t("[폴더]", "[FOLDER]"))
@pass_session
def status_command(session: Session, folder: Path) -> None:
    """단계마다 무엇이 있고 다음 명령이 무엇인지 보입니다. 폴더에 있는 것을 보고 셈합니다."""
    from haechi.training.project import read_project

    found = read_project(folder)
    session.finish(_record(found), _text(found))


@project_command.command("advise")
@click.option(
    "--knowledge",
    type=_rating,
    required=True,
    metavar="1-5",
    help=t("모델이 모르는 우리만의, 또는 새로운 지식이 얼마나 필요한가.", "How much outside knowledge answers need."),
)
@click.option(
    "--behaviour",
    type=_rating,
    required=True,
    metavar="1-5",
    help=t("말투, 형식, 낱말, 거절하는 법을 얼마나 바꿔야 하는가.", "How much the model's manner must change."),
)
@pass_session
def advise_command(session: Session, knowledge: int, behaviour: int) -> None:
    """문서 검색(RAG)과 학습 가운데 무엇이 필요한지 두 점수로 권하고 까닭을 댑니다."""
    from haechi.training.advice import advise

    advice = advise(knowledge, behaviour)
    words = {
        "rag": t("문서를 찾아 답하기(RAG)", "retrieval (RAG)"),
        "tuning": t("학습(튜닝)", "tuning"),
        "both": t("둘 다: 먼저 문서를 찾아 답하고, 그다음 답하는 방식을 학습", "both: retrieval first, then tuning"),
        "prompt": t("둘 다 없이 지시문부터", "neither: begin with the prompt"),
    }
    reasons = [t(*reason) for reason in advice.reasons]
    lines = [t(f"권함: {words[advice.choice]}", f"Advice: {words[advice.choice]}")]
    lines += [f"- {reason}" for reason in reasons]
    lines.append(t(f"다음: {advice.next}", f"Next: {advice.next}"))
    session.finish({"advice": advice.choice, "reasons": reasons, "next": advice.next}, "\n".join(lines))


def _record(project: Project) -> dict[str, Any]:
    return {
        "folder": str(project.folder),
        "name": project.name,
        "steps": [
            {
                "step": step.number,
                "title": t(*step.title),
                "state": step.state,
                "folder": str(step.folder),
                "found": [t(*said) for said in step.found],
                "next": step.next,
            }
            for step in project.steps
        ],
        "next": project.next,
    }


def _text(project: Project) -> str:
    states = {"empty": t("시작 전", "not begun"), "started": t("하는 중", "begun"), "done": t("마침", "done")}
    lines = []
    for step in project.steps:
        lines.append(f"{step.number}. {t(*step.title)} [{states[step.state]}] {step.folder.name}/")
        lines += [f"   {t(*said)}" for said in step.found]
    if project.next:
        lines.append(t(f"다음: {project.next}", f"Next: {project.next}"))
    else:
        lines.append(t("네 단계를 마쳤습니다.", "All four steps are done."))
    return "\n".join(lines)
