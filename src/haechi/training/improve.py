"""The closed loop: what a home's people said of its answers → a better model, if and only if the gate says so.

    collect   feedback, put-right answers, grounded sets → rows, without the gate's questions   data/
    train     a trainer of the registry                                                         train/
    export    the adapter as a LoRA GGUF                                                        adapter.gguf
    gate      what is in use and the candidate answer the same questions                        gate/
    decide    promoted into haechi.toml, or not; a line in the history either way

Every stage is noted when it is done, so that whatever stops the loop, the next call goes on. A finished adapter and
another embedder go through the same gate and the same history; they begin at the gate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from haechi.config import Config
from haechi.errors import InputError
from haechi.evaluation.gate import questions_hash, run_gate
from haechi.evaluation.run import read_questions
from haechi.models import bundled
from haechi.models.assemble import sha256_of
from haechi.models.licence_rules import stated_licence
from haechi.pipeline.build import open_home
from haechi.pipeline.erase import drop_training_words
from haechi.pipeline.reembed import reembed
from haechi.pipeline.report import Progress
from haechi.pipeline.settings_file import Value, read_values
from haechi.registry import load
from haechi.stores.improvements_base import Event, Improvement
from haechi.training.card_lease import Holder, hold_card
from haechi.training.data_formats import read_any, write_rows
from haechi.training.improve_data import collect
from haechi.training.improve_run import ImproveRun, Plan
from haechi.training.improve_trainers import Setup, Trainer
from haechi.training.promotion import (
    ADAPTER_KEY,
    EMBEDDER_KEY,
    check_environment,
    install_adapter,
    promote,
    with_changes,
)
from haechi.training.train_run import Report, Stop, never, silent

#: Verdict → the history's word for it when nothing is put into use.
_EVENTS: dict[str, Event] = {"promote": "approved", "reject": "rejected", "undecided": "undecided"}
#: What of a run card goes into the history: figures and settings.
_CARD = ("kind", "base", "base_sha256", "settings", "steps", "of", "seconds", "peak_memory_mb", "dev_loss", "before",
         "after", "trainable", "trainable_parameters", "trainable_share", "packages", "adapter_sha256")  # fmt: skip

_GATE = ("questions", "unanswerable", "questions_sha256", "settings", "changed")


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """Somebody asked to stop; what is done is noted."""


def improve(
    config: Config,
    run: ImproveRun,
    *,
    report: Report = silent,
    stop: Stop = never,
    wait: bool = False,
    waiting: Callable[[Holder], None] = lambda holder: None,
    took_over: Callable[[Holder], None] = lambda dead: None,
) -> dict[str, Any]:
    """Do the stages that are not done; what came of it. `interrupted` when it was asked to stop, with the `stage`.

    Holds the card all the while: raises ModelError when somebody else does and `wait` is off.
    """
    _sound(config, run)
    with hold_card(
        f"haechi improve ({config.project.name})", wait=wait, stop=stop, waiting=waiting, took_over=took_over
    ) as held:
        try:
            if not held:
                raise Stopped
            for name, do in _STAGES.items():
                if name not in run.stages:
                    run.finish(name, do(config, run, report, stop))
                    if stop() and not run.done:
                        raise Stopped
        except Stopped:
            return {"id": run.id, "interrupted": True, "stage": run.next_stage, "stages": list(run.stages)}
    return {"id": run.id, "interrupted": False, **run.stages["decide"]}


def candidate_changes(config: Config, run: ImproveRun) -> dict[str, Value]:
    """Settings (`section.key`) that make the candidate; the adapter is a file until it is promoted."""
    plan = run.plan
    if plan.embedder:
        return {EMBEDDER_KEY: plan.embedder, **plan.changes}
    if not plan.trains and not plan.adapter:
        return dict(plan.changes)
    adapter = str(bundled.path(plan.adapter)) if plan.adapter else str(run.folder / "adapter.gguf")
    changes = dict(_trainer(plan).changes) if plan.trains else {}
    return {ADAPTER_KEY: adapter, **changes, **plan.changes}


def settings_of(plan: Plan) -> list[str]:
    """The `section.key`s that a promotion of this plan would write."""
    if plan.embedder:
        return [EMBEDDER_KEY, *plan.changes]
    if not plan.trains and not plan.adapter:
        return list(plan.changes)
    return [ADAPTER_KEY, *(_trainer(plan).changes if plan.trains else ()), *plan.changes]


def put_into_use(config: Config, run: ImproveRun, *, who: str = "", forced: bool = False) -> Improvement:
    """Promote a judged try: install its adapter, write the settings, append to the history, re-embed if need be."""
    changes = candidate_changes(config, run)
    given = Path(run.plan.adapter)
    if run.plan.trains or given.suffix == ".gguf":
        file, licence = Path(str(changes[ADAPTER_KEY])), str(run.stages["export"].get("licence") or "unknown")
        if not file.is_file():
            raise InputError(
                f"실행 {run.id}의 어댑터가 없습니다: '{file}'. 다시 학습하세요: haechi improve run",
                f"the adapter of the run {run.id} is gone: '{file}'; train again: haechi improve run",
            )
        changes[ADAPTER_KEY] = install_adapter(file, f"improve-{run.id}", licence)
    elif run.plan.adapter:
        changes[ADAPTER_KEY] = run.plan.adapter
    check_environment(list(changes))
    before = run.note("before", read_values(config.home, list(changes)))
    record = {**history_record(run), **({"forced": True} if forced else {})}
    with open_home(config) as home:
        line = promote(config, home.store, run.id, changes, before, who=who or run.plan.who, record=record)
    if EMBEDDER_KEY in changes:
        with open_home(with_changes(config, changes)) as home:
            reembed(home)
    run.notes.pop("before", None)  # noted in the history now; another promotion begins from what stands then
    run.save()
    return line


def history_record(run: ImproveRun) -> dict[str, Any]:
    """What the history keeps of a try: no words of a document or a question."""
    plan, stages = run.plan, run.stages
    gate = stages.get("gate", {})
    card = stages.get("train", {})
    return {
        "what": "embedder" if plan.embedder else "adapter" if plan.trains or plan.adapter else "settings",
        "trainer": plan.trainer if plan.trains else "",
        "given": plan.embedder or plan.adapter,
        "data": {key: value for key, value in stages.get("collect", {}).items() if key != "finished"},
        "card": {key: card[key] for key in _CARD if key in card},
        "adapter": {key: stages.get("export", {}).get(key) for key in ("sha256", "size", "rank", "licence")},
        "verdict": gate.get("verdict", ""),
        "rules": gate.get("rules", []),
        "measures": gate.get("measures", {}),
        "gate": {key: gate.get(key) for key in _GATE},
    }


def read_gate_questions(config: Config, given: Path | None) -> Path:
    """The gate's file of questions: the given one, or that of [gate] questions. Raises InputError."""
    if given is None and not config.gate.questions:
        raise InputError(
            "판정할 질문이 없습니다. --questions 파일을 주거나 haechi.toml의 [gate] questions에 적으세요"
            "(JSONL: id, question, answers, gold_ids, answerable)",
            "there are no questions to judge by; give --questions or set [gate] questions in haechi.toml",
        )
    file = given or config.home / config.gate.questions
    read_questions(file)
    return file


def _sound(config: Config, run: ImproveRun) -> None:
    """Before hours of work: what would make them useless."""
    check_environment(settings_of(run.plan))
    with_changes(config, run.plan.changes)
    sha256 = questions_hash(read_questions(run.plan.questions))
    if run.note("questions_sha256", sha256) != sha256:
        raise InputError(
            f"'{run.plan.questions}'의 질문이 이 실행을 시작한 뒤 바뀌었습니다. 되돌리거나, 버리고 새로 시작하세요: "
            "haechi improve run --discard",
            f"the questions in '{run.plan.questions}' changed since this run began; restore them, or throw the run "
            "away: haechi improve run --discard",
        )
    lost = run.plan.trains and "collect" in run.stages and not (run.folder / "data" / "train.jsonl").is_file()
    if lost and not run.done:
        # A document was removed meanwhile, and with it every row: what was trained on them goes as well.
        run.start_over()
        run.note("questions_sha256", sha256)


def _collect(config: Config, run: ImproveRun, report: Report, stop: Stop) -> dict[str, Any]:
    plan = run.plan
    if not plan.trains:
        return {}
    report("collect", 0, 1, None, None)
    questions = read_questions(plan.questions)
    asked = [str(row[name]) for row in questions for name in ("question", "standalone") if row.get(name)]
    with open_home(config) as home:
        found = collect(home, plan.data, asked, since=plan.since, seed=plan.seed)
    write_rows(run.folder / "data" / "dev.jsonl", found.dev)
    write_rows(run.folder / "data" / "train.jsonl", found.train)
    report("collect", 1, 1, None, None)
    return found.record


def _train(config: Config, run: ImproveRun, report: Report, stop: Stop) -> dict[str, Any]:
    if not run.plan.trains:
        return {}
    data = run.folder / "data"
    dev = read_any(data / "dev.jsonl")[1] if (data / "dev.jsonl").stat().st_size else []
    rows, setup = read_any(data / "train.jsonl")[1], _setup(config, run.plan)
    card = _trainer(run.plan).train(rows, dev, run.folder / "train", setup, report=report, stop=stop)
    if card.get("interrupted"):
        raise Stopped
    return card


def _export(config: Config, run: ImproveRun, report: Report, stop: Stop) -> dict[str, Any]:
    plan = run.plan
    if not plan.trains and not plan.adapter:
        return {}
    report("export", 0, 1, None, None)
    file = Path(str(candidate_changes(config, run)[ADAPTER_KEY]))
    if not plan.trains:
        facts: dict[str, Any] = {"licence": stated_licence(file)}
    else:
        fresh = file.with_suffix(".new.gguf")
        facts = _trainer(plan).export(run.folder / "train", _setup(config, plan), fresh, f"improve-{run.id}")
        fresh.replace(file)
    project = config.project
    kind = bundled.check_licence(
        plan.adapter or str(file), commercial=project.commercial, allow_research=project.allow_research_models
    )
    report("export", 1, 1, None, None)
    facts = {key: value for key, value in facts.items() if key != "file"}
    return {"licence_class": kind, **facts, "sha256": sha256_of(file), "size": file.stat().st_size}


def _gate(config: Config, run: ImproveRun, report: Report, stop: Stop) -> dict[str, Any]:
    questions = read_questions(run.plan.questions)
    candidate = with_changes(config, candidate_changes(config, run))
    if run.plan.embedder:
        candidate = _reembedded_copy(candidate, run, report, stop)
    began: dict[str, tuple[float, int]] = {}

    def tell(side: str, done: int, total: int) -> None:
        started, first = began.setdefault(side, (time.monotonic(), done))
        left = (time.monotonic() - started) / (done - first) * (total - done) if done > first else None
        report(side, done, total, None, left)
        if stop():
            raise Stopped

    result = run_gate(config, candidate, questions, run.folder / "gate", progress=tell)
    return {**result, "questions_sha256": questions_hash(questions)}


def _reembedded_copy(candidate: Config, run: ImproveRun, report: Report, stop: Stop) -> Config:
    """The home with the other embedder, beside it: what serves is not touched before the verdict."""
    folder = run.folder / "home"
    folder.mkdir(exist_ok=True, mode=0o700)
    copy = replace(candidate, home=folder)
    if not copy.store_path.is_file():
        partial = folder / "copy.part"
        with open_home(candidate) as home:
            home.store.copy_to(partial)
        partial.replace(copy.store_path)

    def tell(progress: Progress) -> None:
        report("reembed", progress.done, progress.total, None, progress.seconds_left)
        if stop():
            raise KeyboardInterrupt  # `reembed` keeps what it has and says so

    with open_home(copy) as home:
        if reembed(home, tell).interrupted:
            raise Stopped
    return copy


def _decide(config: Config, run: ImproveRun, report: Report, stop: Stop) -> dict[str, Any]:
    gate = run.stages["gate"]
    verdict = str(gate["verdict"])
    if verdict == "promote" and run.plan.promote:
        line = put_into_use(config, run)
    else:
        with open_home(config) as home:
            known = [line for line in home.store.improvements() if line.run == run.id]
            line = known[-1] if known else _note(home.store, run, _EVENTS[verdict])
    drop_training_words(config.home, run.id, ("data", "gate", "home"))
    return {
        "event": line.event,
        "verdict": verdict,
        "rules": gate["rules"],
        "measures": gate["measures"],
        "questions": gate["questions"],
        "changes": line.record.get("changes", {}),
        "line": line.id,
    }


def _note(store: Any, run: ImproveRun, event: Event) -> Improvement:
    identity = store.add_improvement(Improvement(run.id, event, run.plan.who, history_record(run)))
    line: Improvement = next(one for one in store.improvements() if one.id == identity)
    return line


def _trainer(plan: Plan) -> Trainer:
    trainer: Trainer = load("trainers", plan.trainer)()
    return trainer


def _setup(config: Config, plan: Plan) -> Setup:
    return Setup(plan.base or config.llm.model, plan.start, dict(plan.settings))


_STAGES: Mapping[str, Callable[[Config, ImproveRun, Report, Stop], dict[str, Any]]] = {
    "collect": _collect,
    "train": _train,
    "export": _export,
    "gate": _gate,
    "decide": _decide,
}
