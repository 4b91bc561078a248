"""`haechi models`: weights on this machine, with licence and SHA-256."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haechi.cli.models_compare import compare_command
from haechi.cli.models_export import card_command, export_command
from haechi.cli.progress import byte_bar
from haechi.cli.session import HaechiGroup, Session, note, pass_session
from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.models.bundled import ModelStatus

name_argument = click.argument("name", metavar=t("이름", "NAME"))


@click.group("models", cls=HaechiGroup)
def models_command() -> None:
    """모델 파일을 설치·등록·내보내기·확인합니다. 내려받는 것은 install뿐이며, 그 뒤로는 네트워크를 쓰지 않습니다."""


@models_command.command("list")
@pass_session
def list_command(session: Session) -> None:
    """기본 모델과 등록한 모델을 보입니다."""
    from haechi.models.bundled import list_models, models_dir

    rows = list_models()
    lines = [t(f"모델 폴더: {models_dir()}", f"models folder: {models_dir()}")]
    for row in rows:
        mark = t("설치됨", "installed") if row.installed else t("없음", "absent")
        lines.append(f"{row.name}  {row.size / 1e6:.0f} MB  {row.licence}({row.licence_class})  {mark}  {row.role}")
        lines.append(f"    sha256 {row.sha256 or t('설치할 때 정해짐', 'known once installed')}")
    session.finish({"folder": str(models_dir()), "models": [_record(row) for row in rows]}, "\n".join(lines))


@models_command.command("install")
@click.argument("names", metavar=t("이름…", "NAME…"), nargs=-1)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar=t("파일", "FILE"),
    help=t(
        "내려받는 대신 가지고 있는 공식 파일을 씁니다(같은 해시여야 함).", "Use your own copy of the official file."
    ),
)
@pass_session
def install_command(session: Session, names: tuple[str, ...], source: Path | None) -> None:
    """기본 모델을 설치합니다. 이름이 없으면 기본 답변 모델, 임베딩 모델, 근거 확인 모델입니다."""
    from haechi.config import EmbedderConfig, LLMConfig
    from haechi.models.bundled import install, status
    from haechi.models.catalogue import GROUNDING

    adapter = LLMConfig().adapter
    wanted = names or (LLMConfig().model, EmbedderConfig().model, GROUNDING, *([adapter] if adapter else []))
    if source is not None and len(wanted) != 1:
        raise click.UsageError(t("--from은 모델 하나와 씁니다.", "--from needs one NAME."), click.get_current_context())
    for name in wanted:
        if not status(name).installed:
            note(t(f"{name}: 설치합니다. 몇 분 걸릴 수 있습니다…", f"{name}: installing, this may take minutes…"))
        with byte_bar() as progress:
            install(name, source=source, progress=progress)
    rows = [status(name) for name in wanted]
    lines = [f"{row.name}: {row.path}" for row in rows]
    session.finish({"models": [_record(row) for row in rows]}, "\n".join(lines))


@models_command.command("add")
@click.argument("model", metavar=t("경로", "PATH"), type=click.Path(path_type=Path))
@click.option("--name", help=t("haechi.toml에 쓸 이름.", "The name to use in haechi.toml."))
@click.option("--licence", help=t("라이선스(예: apache-2.0).", "Its licence, for example apache-2.0."))
@pass_session
def add_command(session: Session, model: Path, name: str | None, licence: str | None) -> None:
    """가지고 있는 GGUF 파일, SBERT·CrossEncoder 폴더, 재순위 ONNX 파일을 등록합니다. 복사하지 않습니다."""
    from haechi.models.bundled import add, status

    with byte_bar() as progress:
        chosen = add(model, name=name, licence=licence, progress=progress)
    row = status(chosen)
    lines = [t(f"등록했습니다: {chosen} ({row.licence}, {row.licence_class})", f"Added: {chosen} ({row.licence})")]
    if row.research_only:
        lines.append(
            t(
                "연구용 라이선스입니다. 상업 프로젝트([project] commercial = true)에서는 거절됩니다.",
                "A research-only licence: refused in a project with [project] commercial = true.",
            )
        )
    if row.kind == "adapter":
        use = f'[llm]\nadapter = "{chosen}"'
    else:
        backend = {"llm": "llama_cpp", "embedder": "sentence_transformer", "reranker": "cross_encoder"}[row.kind]
        use = f'[{row.kind}]\nbackend = "{backend}"\nmodel = "{chosen}"'
    lines.append(f"haechi.toml:\n{use}")
    session.finish(_record(row), "\n".join(lines))


@models_command.command("verify")
@click.argument("names", metavar=t("[이름]…", "[NAME]…"), nargs=-1)
@pass_session
def verify_command(session: Session, names: tuple[str, ...]) -> int:
    """설치된 모델의 모든 바이트를 다시 해시하여 확인합니다."""
    from haechi.models.bundled import list_models, verify

    results = []
    for name in names or tuple(row.name for row in list_models() if row.installed):
        with byte_bar() as progress:
            results.append(verify(name, progress=progress))
    records = [
        {"name": item.name, "ok": item.ok, "sha256": item.sha256, "problems": list(item.problems)} for item in results
    ]
    lines = []
    for item in results:
        lines.append(f"{item.name}: " + (t("맞음", "ok") if item.ok else t("다름", "DIFFERS")) + f"  {item.sha256}")
        lines += [f"    {problem}" for problem in item.problems]
    broken = [item.name for item in results if not item.ok]
    if broken:
        again = broken[0]
        lines.append(
            t(
                f"다시 설치: haechi models remove {again} 다음 haechi models install {again}",
                f"Install again: haechi models remove {again}, then haechi models install {again}",
            )
        )
    nothing = t("설치된 모델이 없습니다. 설치: haechi models install", "No model is installed: haechi models install")
    session.finish({"ok": not broken, "models": records}, "\n".join(lines) or nothing)
    return 1 if broken else 0


@models_command.command("path")
@name_argument
@pass_session
def path_command(session: Session, name: str) -> None:
    """설치된 모델의 경로를 보입니다."""
    from haechi.models.bundled import path

    where = str(path(name))
    session.finish({"name": name, "path": where}, where)


@models_command.command("remove")
@name_argument
@pass_session
def remove_command(session: Session, name: str) -> None:
    """기본 모델은 지우고, 등록한 모델은 등록만 풉니다."""
    from haechi.models.bundled import remove

    remove(name)
    session.finish({"removed": name}, t(f"없앴습니다: {name}", f"Removed: {name}"))


models_command.add_command(export_command)
models_command.add_command(card_command)
models_command.add_command(compare_command)


def _record(row: ModelStatus) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "role": row.role,
        "size": row.size,
        "licence": row.licence,
        "licence_class": row.licence_class,
        "sha256": row.sha256,
        "installed": row.installed,
        "path": str(row.path),
        "bundled": row.bundled,
    }
