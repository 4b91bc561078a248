"""SFT → reward model → PPO, and GRPO, on a small GPT that is trained here from nothing. Minutes on a processor.

    python benchmarks/rlhf.py --seeds 3                 # over datasets/grounded_qa, split by document
    python benchmarks/rlhf.py --rows 100 --seeds 1      # a look

A GPT of about a million parameters learns to answer in the form of our set (SFT, once). For every seed a reward model
learns pairs of a written answer and a damaged one (citation gone, said twice, words shuffled), and judges unseen
prompts: the same damages, damages of another kind (cut off in the middle, foreign letters), and the mistakes that the
set's authors wrote. PPO then follows that reward model, GRPO the verifiable reward `cited`, on held-out prompts before
and after. A model this small knows no facts: what it can learn, and is rewarded for, is form. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from haechi.training.pair_accuracy import pair_accuracy
from haechi.training.rewards import cited
from haechi.training.train_settings import settings_for

DATA = Path(__file__).resolve().parents[1] / "datasets" / "grounded_qa"
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}<q>{{ message['content'] }}<a>"
    "{% else %}{{ message['content'] }}<end>{% endif %}{% endfor %}"
)
Row = dict[str, Any]


def rows_of(folder: Path, pattern: str) -> list[Row]:
    """Short answers of the set, with the question as the prompt."""
    found = []
    for file in sorted(folder.glob(pattern)):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["answer"] != "모른다" and len(row["answer"]) <= 60 and row.get("rejected"):
                # The model sees no passage, so which one bears the answer is not its to know: any citation counts.
                kept = {name: value for name, value in row.items() if name != "gold"}
                found.append({**kept, "prompt": str(row.get("standalone") or row["question"])})
    return found


def make_base(folder: Path, rows: list[Row], *, hidden: int, layers: int, words: int) -> Path:
    """A GPT with random weights and a byte-BPE learnt from the training rows."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words,
        special_tokens=["<pad>", "<q>", "<a>", "<end>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator([text for row in rows for text in (row["prompt"], row["answer"])], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="<end>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def uncited(answer: str, dice: random.Random) -> str:
    return answer.partition(" [")[0]


def doubled(answer: str, dice: random.Random) -> str:
    return f"{answer} {answer}"


def shuffled(answer: str, dice: random.Random) -> str:
    words = answer.split()
    for _ in range(9):
        dice.shuffle(words)
        if " ".join(words) != answer:
            break
    return " ".join(words)


def cut(answer: str, dice: random.Random) -> str:
    return answer[: dice.randint(len(answer) // 3, 2 * len(answer) // 3)].rstrip()


def foreign(answer: str, dice: random.Random) -> str:
    words = answer.split()
    words[dice.randrange(max(1, len(words) - 1))] = dice.choice(["规定的", "according", "которые", "期間は", "limited"])
    return " ".join(words)


SEEN: tuple[Callable[[str, random.Random], str], ...] = (uncited, doubled, shuffled)
UNSEEN: tuple[Callable[[str, random.Random], str], ...] = (cut, foreign)


def pairs(rows: list[Row], damage: Callable[[str, random.Random], str], seed: int) -> list[Row]:
    dice = random.Random(f"{damage.__name__}:{seed}")
    made = [{"prompt": r["prompt"], "chosen": r["answer"], "rejected": damage(r["answer"], dice)} for r in rows]
    return [pair for pair in made if pair["rejected"].strip() not in ("", pair["chosen"])]


def preferred(folder: Path, rows: list[Row]) -> dict[str, Any]:
    """How often the reward model in `folder` prefers the chosen answer."""
    from haechi.training.reward_scorer import RewardScorer

    scorer = RewardScorer.load(folder)
    return pair_accuracy(*(scorer.score_answers(rows, [row[name] for row in rows]) for name in ("chosen", "rejected")))


def share_cited(base: Path, rows: list[Row], new_tokens: int) -> float:
    """Mean of the reward `cited` over one drawn answer to every held-out prompt."""
    from haechi.training.llm_base import load_causal, load_tokenizer
    from haechi.training.prompt_format import prompt_ids
    from haechi.training.rollout import generate

    model, tokenizer = load_causal(str(base)).eval(), load_tokenizer(str(base), side="left")
    prompts = [prompt_ids(tokenizer, row) for row in rows]
    drawn = generate(
        model, tokenizer, prompts, end=tokenizer.eos_token_id, new_tokens=new_tokens, temperature=1.0, seed=11
    )
    return round(fmean(cited(text.strip(), row) for text, row in zip(drawn.texts, rows, strict=True)), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, help="keep the runs here")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=1200)
    parser.add_argument("--held-out", type=int, default=64)
    parser.add_argument("--sft-steps", type=int, default=150)
    parser.add_argument("--reward-steps", type=int, default=40)
    parser.add_argument("--ppo-steps", type=int, default=14)
    parser.add_argument("--grpo-steps", type=int, default=14)
    parser.add_argument("--hidden", type=int, default=128)
    given = parser.parse_args()
    train, test = rows_of(given.data, "train*.jsonl")[: given.rows], rows_of(given.data, "test.jsonl")
    if not train or not test:
        sys.exit(f"no rows in {given.data}")
    random.Random(1).shuffle(test)
    test = test[: given.held_out]
    with tempfile.TemporaryDirectory() as temporary:
        out = given.out or Path(temporary)
        print(json.dumps(run(given, train, test, out), ensure_ascii=False))


def run(given: argparse.Namespace, train: list[Row], test: list[Row], out: Path) -> dict[str, Any]:
    from haechi.training.grpo import GrpoSettings, train_grpo
    from haechi.training.ppo import train_ppo
    from haechi.training.ppo_settings import PpoSettings
    from haechi.training.reward_model import train_reward
    from haechi.training.sft import train_sft

    def told(what: str, began: float, found: Any) -> None:
        print(f"{what}: {time.process_time() - began:.0f} CPU s, {found}", file=sys.stderr, flush=True)

    base = make_base(out / "base", train, hidden=given.hidden, layers=3, words=2000)
    common = {"method": "full", "dtype": "float32", "max_tokens": 160, "accumulate": 1, "threads": 1}
    began = time.process_time()
    taught = [{"prompt": row["prompt"], "completion": row["answer"]} for row in train]
    tried = [{"prompt": row["prompt"], "completion": row["answer"]} for row in test]
    chosen = {"base": str(base), "lr": 3e-3, "batch": 24, "max_steps": given.sft_steps, "save_every": 10_000}
    sft = train_sft(taught, tried, out / "sft", settings_for("sft", {**common, **chosen}))
    actor = out / "sft" / "model"
    figures: dict[str, Any] = {
        "rows": len(train),
        "held_out": len(test),
        "parameters": sft["parameters"],
        "sft": {"before": sft["before"], "after": sft["after"], "cited": share_cited(actor, test, 40)},
        "seeds": [],
    }
    told("sft", began, figures["sft"])
    for seed in range(1, given.seeds + 1):
        found: dict[str, Any] = {"seed": seed}
        began = time.process_time()
        lessons = [pair for damage in SEEN for pair in pairs(train, damage, seed)]
        random.Random(seed).shuffle(lessons)
        unseen_prompts = [pair for damage in SEEN for pair in pairs(test, damage, seed)]
        chosen = {"base": str(actor), "lr": 5e-4, "batch": 16, "max_steps": given.reward_steps, "seed": seed}
        settings = settings_for("reward", {**common, **chosen, "patience": 2, "save_every": 20})
        rm = train_reward(lessons, unseen_prompts, out / f"rm{seed}", settings)
        found["reward_model"] = {
            "before": rm["before"]["accuracy"],
            "same_kinds": rm["after"],
            **{damage.__name__: preferred(out / f"rm{seed}", pairs(test, damage, seed)) for damage in UNSEEN},
            "authors_mistakes": preferred(
                out / f"rm{seed}",
                [{"prompt": r["prompt"], "chosen": r["answer"], "rejected": r["rejected"]} for r in test],
            ),
        }
        told(f"reward model {seed}", began, found["reward_model"])

        began = time.process_time()
        chosen = {
            "base": str(actor),
            "lr": 2e-4,
            "batch": 48,
            "max_steps": given.ppo_steps,
            "seed": seed,
            "warmup": 0.0,
        }
        settings = settings_for("ppo", {**common, **chosen, "scheduler": "constant"})
        ppo = train_ppo(
            train,
            test,
            out / f"ppo{seed}",
            settings,
            reward=out / f"rm{seed}",
            ppo=PpoSettings(new_tokens=40, passes=2, measure_every=8, max_kl=12.0),
        )
        found["ppo"] = {
            "before": ppo["before"],
            "after": ppo["after"],
            "ended_by": ppo["ended_by"],
            "advantage_std": [round(min(ppo["advantage_std"]), 4), round(max(ppo["advantage_std"]), 4)],
            "curve": [[row["step"], row["reward"], row["kl"]] for row in ppo["held_out"]],
            "cited": share_cited(out / f"ppo{seed}" / "model", test, 40),
        }
        told(f"ppo {seed}", began, found["ppo"])

        began = time.process_time()
        chosen = {
            "base": str(actor),
            "lr": 2e-4,
            "batch": 48,
            "max_steps": given.grpo_steps,
            "seed": seed,
            "warmup": 0.0,
        }
        grpo = train_grpo(
            train,
            test,
            out / f"grpo{seed}",
            settings_for("grpo", {**common, **chosen, "scheduler": "constant"}),
            grpo=GrpoSettings(rewards=("cited",), answers=4, new_tokens=40),
        )
        found["grpo"] = {"before": grpo["before"], "after": grpo["after"]}
        told(f"grpo {seed}", began, found["grpo"])
        figures["seeds"].append(found)
    return figures


if __name__ == "__main__":
    main()
