"""`haechi train embedder --base FOLDER`: any sentence-transformers folder, by the library's own trainer.

Questions and their passages with hard negatives by MultipleNegativesRankingLoss, scored pairs by CoSENTLoss, each step
from one of them. The result is `model/` for the sentence_transformer back end and `onnx/` for the onnx one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from haechi.errors import InputError, ModelError
from haechi.training.needs import require_training
from haechi.training.questions import TrainingData
from haechi.training.search import hard_negatives, ranks_of, recall
from haechi.training.train_run import Report, Stop, data_card, is_main, never, open_run, silent
from haechi.training.train_settings import TrainSettings

MODEL_FOLDER, ONNX_FOLDER, ADAPTER_FOLDER = "model", "onnx", "adapter"
#: Learning rates: an adapter's weights start at nothing, a whole model's must hardly move.
LR = {"lora": 2e-4, "full": 2e-5}


def train_folder(
    data: TrainingData,
    out: Path,
    settings: TrainSettings,
    *,
    query_prefix: str = "",
    passage_prefix: str = "",
    resume: bool = False,
    report: Report | None = None,
    stop: Stop = never,
) -> dict[str, Any]:
    """Train `settings.base` (method lora or full) into the run folder `out`; returns the run card.

    `before` and `after` hold recall and MRR over all passages on the held-out questions. A prefix that is given takes
    the place of the folder's prompt and is saved with the model. Raises InputError, ModelError and BackendError.
    """
    require_training("sentence_transformers")
    from haechi.training.adapters import trainable_share
    from haechi.training.embedder_onnx import export_onnx
    from haechi.training.llm_base import quiet
    from haechi.training.trainer_loop import drive, steps_of, trainer_options

    tell = report or silent
    base = check_folder(Path(settings.base), settings)
    rows = [{"question": item.text, "golds": item.golds, "hard": item.hard} for item in data.train]
    rows += [{"pair": pair} for pair in data.scored]
    tried = [{"question": item.text, "golds": item.golds} for item in data.dev]
    known = {**data_card(rows, tried, data.hashes), "passages": len(data.passages), "skipped": data.skipped}
    prefixes = {"query_prefix": query_prefix, "passage_prefix": passage_prefix}
    facts = {"base_sha256": _sha256(base), **{name: value for name, value in prefixes.items() if value}}
    run = open_run(out, settings, known, resume, kind="embedder", facts=facts)

    tell("read", 0, len(data.passages), None, None)
    with quiet():
        model = load(base, query_prefix, passage_prefix)
        limit, prompts = model.max_seq_length, dict(model.prompts)
        model.max_seq_length = min(limit, settings.max_tokens)
        tell("mine", 0, len(data.train), None, None)
        passages = _vectors(model, data.passages, "passage")
        before = _ranks(model, passages, data)
        mined = (
            hard_negatives(
                _vectors(model, [item.text for item in data.train], "query"), passages, data.train, data.held_out
            )
            if data.train
            else []
        )
        sets = _sets(data, mined, settings.seed)
        run.data.update({f"{name}_rows": len(part) for name, part in sets.items()})
        if settings.method == "lora":
            _add_adapter(model, settings)
        run.facts.update(trainable_share(model))
        trainer = _trainer(model, sets, prompts, trainer_options(run, sum(map(len, sets.values())), 0))
        interrupted = drive(trainer, run, report=tell, stop=stop)
        done, of = trainer.state.global_step, steps_of(settings, sum(map(len, sets.values())))
        if interrupted or not is_main():
            return run.finish(interrupted=interrupted, steps=done, of=of, before=None, after=None)
        tell("measure", 0, 1, None, None)
        if settings.method == "lora":
            model = _merged(model, base, out / ADAPTER_FOLDER, query_prefix, passage_prefix)
            model.max_seq_length = min(limit, settings.max_tokens)
        after = _ranks(model, _vectors(model, data.passages, "passage"), data)
        tell("write", 0, 1, None, None)
        model.max_seq_length = limit
        model.save_pretrained(str(out / MODEL_FOLDER), create_model_card=False)
        checked = [*data.passages[:16], *(item.text for item in data.dev[:16])] or [
            pair[0] for pair in data.scored[:32]
        ]
        exported: dict[str, Any] = {"onnx_cosine": None, "onnx_problem": None}
        try:
            exported["onnx_cosine"] = export_onnx(out / MODEL_FOLDER, out / ONNX_FOLDER, checked)
        except ModelError as error:
            exported["onnx_problem"] = str(error)  # the trained model is there all the same; the command says so
    return run.finish(
        interrupted=False,
        steps=done,
        of=of,
        before=recall(before) if before else None,
        after=recall(after) if after else None,
        dev_ranks={"before": before, "after": after},
        held_out_passages=len(data.held_out),
        **exported,
        result=MODEL_FOLDER,
        result_sha256=_sha256(out / MODEL_FOLDER),
    )


def check_folder(base: Path, settings: TrainSettings) -> Path:
    """The folder, if this trainer can train it so. Raises InputError."""
    if not (base / "modules.json").is_file():
        raise InputError(
            f"--base '{base}'은(는) SentenceTransformer 폴더가 아닙니다(modules.json이 없음). 받은 모델 폴더나 "
            "multilingual-e5-small, haechi-e5-small을 주세요",
            f"--base '{base}' is no SentenceTransformer folder (no modules.json); give one, or multilingual-e5-small "
            "or haechi-e5-small",
        )
    if settings.method not in LR:
        raise InputError(
            f"--method {settings.method}: 임베딩 모델은 lora나 full로 학습합니다",
            f"--method {settings.method}: an embedder is trained by lora or full",
        )
    if settings.method == "full" and settings.upper_layers is not None:
        raise InputError("--layers는 --method lora에서만 쓸 수 있습니다", "--layers goes with --method lora only")
    return base


def load(base: Path, query_prefix: str = "", passage_prefix: str = "") -> Any:
    """The model with prompts named query and passage. Nothing is fetched. Raises ModelError."""
    from sentence_transformers import SentenceTransformer

    from haechi.models.embedder_folder import folder_facts

    facts = folder_facts(base)
    try:
        model = SentenceTransformer(str(base), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the library raises whatever its parts raise
        raise ModelError(
            f"'{base}'에서 SentenceTransformer 모델을 올리지 못했습니다: {error}",
            f"could not load a SentenceTransformer model from '{base}': {error}",
        ) from error
    wanted = {"query": query_prefix or facts.query_prefix, "passage": passage_prefix or facts.passage_prefix}
    # A folder may call the second one document: both names then say the same.
    names = {"query": ("query",), "passage": ("passage", "document")}
    model.prompts = {name: wanted[kind] for kind in wanted for name in names[kind]}
    model.default_prompt_name = None
    return model


def _add_adapter(model: Any, settings: TrainSettings) -> None:
    from transformers import set_seed

    from haechi.training.adapters import lora_config

    config = lora_config(model[0].auto_model, settings)
    config.task_type = "FEATURE_EXTRACTION"
    set_seed(settings.seed)
    model.add_adapter(config)


def _merged(model: Any, base: Path, folder: Path, query_prefix: str, passage_prefix: str) -> Any:
    """A fresh base with the adapter, which is kept in `folder`, added into its weights."""
    from haechi.training.adapters import merged

    model[0].auto_model.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)
    fresh = load(base, query_prefix, passage_prefix)
    fresh[0].model = merged(fresh[0].auto_model, folder)
    return fresh.eval()


def _sets(data: TrainingData, mined: list[list[int]], seed: int) -> dict[str, Any]:
    """Rows by what they hold: `triplets` with a wrong passage, `pairs` where none is known, `scored`."""
    from datasets import Dataset

    dice = random.Random(seed)
    triplets: list[dict[str, Any]] = []
    pairs: list[dict[str, Any]] = []
    for question, near in zip(data.train, mined, strict=True):
        wrong = question.hard or tuple(near)
        for gold in question.golds:
            row = {"anchor": question.text, "positive": data.passages[gold]}
            if wrong:
                triplets.append({**row, "negative": data.passages[dice.choice(wrong)]})
            else:
                pairs.append(row)
    scored = [{"sentence1": first, "sentence2": second, "score": score} for first, second, score in data.scored]
    found = {"triplets": triplets, "pairs": pairs, "scored": scored}
    return {name: Dataset.from_list(rows) for name, rows in found.items() if rows}


def _trainer(model: Any, sets: Mapping[str, Any], prompts: Mapping[str, str], options: dict[str, Any]) -> Any:
    from datasets import DatasetDict
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import CoSENTLoss, MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers

    ranking = MultipleNegativesRankingLoss(model)
    losses = {name: CoSENTLoss(model) if name == "scored" else ranking for name in sets}
    query, passage = prompts["query"], prompts["passage"]
    front = {"anchor": query, "positive": passage, "negative": passage, "sentence1": passage, "sentence2": passage}
    columns = {name: [column for column in part.column_names if column in front] for name, part in sets.items()}
    return SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            **options,
            # A passage that stands twice in a batch would be its own wrong answer.
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            prompts={name: {column: front[column] for column in part} for name, part in columns.items()},
        ),
        train_dataset=DatasetDict(sets),
        loss=losses,
    )


def _vectors(model: Any, texts: Any, kind: str) -> Any:
    found = model.encode(
        list(texts), prompt=model.prompts[kind], normalize_embeddings=True, batch_size=32, show_progress_bar=False
    )
    return found


def _ranks(model: Any, passages: Any, data: TrainingData) -> list[int]:
    if not data.dev:
        return []
    return ranks_of(_vectors(model, [item.text for item in data.dev], "query"), passages, data.dev)


def _sha256(folder: Path) -> str:
    from haechi.models.own_models import hash_any

    return hash_any(folder)
