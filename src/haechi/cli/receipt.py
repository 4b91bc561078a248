"""A receipt of a deletion as a person reads it."""

from __future__ import annotations

from typing import Any

from haechi.cli.texts import t

_STATES = {
    "clean": t("흔적 없음", "no trace left"),
    "traces": t("흔적이 남아 있음", "traces are left"),
    "unchecked": t("확인하지 못한 것이 있음", "something could not be checked"),
}
_PLACES = {
    "documents": t("문서", "documents"),
    "blocks": t("글 블록", "blocks"),
    "chunks": t("구절", "chunks"),
    "entries": t("검색 항목", "entries"),
    "keys": t("만든 질문·요약", "generated questions and summaries"),
    "vectors": t("벡터", "vectors"),
    "index_entries": t("색인 항목", "index entries"),
    "answers": t("답변 기록의 근거와 답", "evidence and text of recorded answers"),
    "sources": t("자료 기록", "source records"),
    "uploads": t("올린 파일", "uploaded files"),
}
_KINDS = {"text": t("글", "text"), "vectors": t("벡터", "vectors"), "words": t("낱말", "words")}


def receipt_text(receipt: dict[str, Any]) -> str:
    """Korean, or English with HAECHI_LANG=en."""
    removed = receipt["removed"]
    counts = ", ".join(f"{label} {removed[key]}" for key, label in _PLACES.items() if key in removed)
    lines = [
        t(f"삭제 영수증 {receipt['id']} ({receipt['created']})", f"Receipt {receipt['id']} ({receipt['created']})"),
        t("없앤 것: ", "removed: ") + counts,
        *(t("  문서 id ", "  document id ") + row["id"] for row in receipt["documents"][:10]),
    ]
    if len(receipt["documents"]) > 10:
        more = len(receipt["documents"]) - 10
        lines.append(t(f"  … 외 {more}건", f"  … and {more} more"))
    lines.append(t("삭제 뒤 확인: ", "after the removal: ") + _STATES[receipt["state"]])
    for kind, row in receipt["checks"].items():
        lines.append(
            t(
                f"  {_KINDS[kind]} 표본 {row['sampled']}개: 전 {row['found_before']}개, 뒤 {row['found_after']}개 발견",
                f"  {_KINDS[kind]}: {row['sampled']} sampled, found {row['found_before']} before, "
                f"{row['found_after']} after",
            )
        )
    lines += [t("  남은 곳: ", "  left in: ") + f"{row['file']} ({row['kind']})" for row in receipt["traces"]]
    lines += [t("  확인 못 함: ", "  not checked: ") + reason for reason in receipt["unchecked"]]
    if receipt["state"] != "clean":
        lines.append(t("  다음: haechi verify --repair", "  next: haechi verify --repair"))
    for backup in receipt["backups"]:
        gone = "" if backup["exists"] else t(" (파일이 그 자리에 없음)", " (no longer there)")
        lines.append(
            t("이 문서가 든 백업: ", "backup that holds it: ") + f"{backup['path']}, {backup['created']}{gone}"
        )
    if not receipt["backups"]:
        lines.append(t("이 문서가 든 백업: 없음(haechi backup으로 만든 것 가운데)", "backups that hold it: none known"))
    for path in receipt.get("still_on_disk", ()):
        lines.append(
            t(
                f"원본 파일은 그대로 있어 다시 ingest·sync하면 들어옵니다: {path} "
                "(막으려면 파일을 옮기거나: haechi documents ignore 파일)",
                f"the original is still there, another ingest or sync brings it back: {path} "
                "(to prevent it move the file, or: haechi documents ignore FILE)",
            )
        )
    return "\n".join(lines)
