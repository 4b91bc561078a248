"""A training plan as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from haechi.cli.texts import t

if TYPE_CHECKING:
    from haechi.training.plan import Plan


def plan_text(plan: Plan) -> str:
    """Weights, tokens, steps, memory by part, whether it fits, and the time."""
    from haechi.training.plan import CARD_GB, ERROR

    memory = plan.memory
    parts = (
        (t("가중치", "weights"), memory.weights),
        (t("어댑터", "adapter"), memory.adapter),
        (t("기울기", "gradients"), memory.gradients),
        (t("최적화기", "optimizer"), memory.optimizer),
        (t("중간값", "activations"), memory.activations),
        (t("출력층", "output layer"), memory.output),
        (t("라이브러리", "libraries"), memory.framework),
    )
    shown = ", ".join(f"{name} {size / 1e9:.2f}" for name, size in parts if size >= 5e6)
    device = {"cpu": t("이 기계의 CPU", "this machine's processor"), "card": t("GPU 한 장", "one card")}[plan.device]
    room = f"{plan.budget / 1e9:.1f} GB"
    fits = t(f"들어감({room} 가운데)", f"fits in {room}") if plan.fits else t(f"모자람({room})", f"exceeds {room}")
    lines = [
        t(
            f"계획: {device}, {plan.dtype}, 학습할 가중치 {plan.trainable:,}개"
            f"({plan.trainable / plan.parameters:.2%}, 전체 {plan.parameters:,}개)",
            f"Plan: {device}, {plan.dtype}, {plan.trainable:,} weights train "
            f"({plan.trainable / plan.parameters:.2%} of {plan.parameters:,})",
        )
    ]
    if plan.rows:
        about = "" if plan.exact_tokens else t("(글자 수로 어림)", " (by the length of the text)")
        lines.append(
            t(
                f"자료: {plan.rows:,}행, {plan.tokens:,}토큰{about}, 가장 긴 행 {plan.longest}토큰, {plan.steps:,}단계",
                f"Data: {plan.rows:,} rows, {plan.tokens:,} tokens{about}, longest {plan.longest}; {plan.steps} steps",
            )
        )
    if plan.too_long:
        lines.append(
            t(f"너무 길어 빼는 행: {plan.too_long}개(--max-tokens)", f"{plan.too_long} rows too long (--max-tokens)")
        )
    lines.append(
        t(
            f"메모리: 약 {memory.total / 1e9:.1f} GB(±{ERROR:.0%}), {fits}. {shown} GB",
            f"Memory: about {memory.total / 1e9:.1f} GB (±{ERROR:.0%}), {fits}. {shown} GB",
        )
    )
    if plan.device == "cpu":
        card = t("들어갑니다", "fits") if plan.fits_card else t("안 들어갑니다", "does not fit")
        lines.append(t(f"같은 크기라면 GPU {CARD_GB:.0f} GB에 {card}", f"On a {CARD_GB:.0f} GB card it {card}"))
    lines.append(_time(plan))
    return "\n".join(lines)


def _time(plan: Plan) -> str:
    if plan.seconds is None:
        return t(
            "시간: 이 기계에서 재지 않음(--speed에 초당 토큰을 주면 셈합니다)",
            "Time: not measured on this machine (give --speed, tokens a second)",
        )
    how = {
        "given": t("주어진 속도로", "at the given speed"),
        "measured": t("이 기계의 행렬곱 속도로 어림", "from this machine's matrix product"),
    }[plan.speed]
    minutes = plan.seconds / 60
    if minutes < 1.5:
        amount = t(f"{plan.seconds:.0f}초", f"{plan.seconds:.0f} s")
    elif minutes < 90:
        amount = t(f"{minutes:.0f}분", f"{minutes:.0f} min")
    else:
        amount = t(f"{minutes / 60:.1f}시간", f"{minutes / 60:.1f} h")
    if not plan.rows:
        amount = t(f"{plan.steps}단계에 {amount}", f"{amount} for {plan.steps} steps")
    return t(f"시간: 약 {amount}({how})", f"Time: about {amount} ({how})")
