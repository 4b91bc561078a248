"""The supervised child: what dies in it costs one answer, and nothing outlives its parent."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from haechi.errors import ModelError
from haechi.models import llama_cpp
from haechi.models.llama_cpp import LlamaCppLLM
from haechi.types import GenerateOptions, Generation, Message
from tests.models.made_gguf import header, pair

RULES = "당신은 도서관 안내원입니다. 규정만 보고 답하세요. " + "연체료는 1일 100원이며 휴관일은 월요일이다. " * 8

SHORT = [Message("user", "도서관을 길게 소개해 주세요.")]


def ask(question: str) -> list[Message]:
    return [Message("system", RULES), Message("user", question)]


@pytest.fixture
def llm(small_llm: Path) -> Iterator[LlamaCppLLM]:
    made = LlamaCppLLM(small_llm, name="small", context=2048, threads=1)
    yield made
    made.close()


def kill(llm: LlamaCppLLM) -> None:
    assert llm.process_id is not None
    os.kill(llm.process_id, signal.SIGKILL)


@pytest.mark.models
def test_the_model_is_loaded_on_first_use_and_freed_on_close(llm: LlamaCppLLM) -> None:
    assert llm.process_id is None
    assert llm.count_tokens("가나다") > 0
    assert llm.process_id is not None
    llm.close()
    assert llm.process_id is None


@pytest.mark.models
def test_the_unchanging_start_of_a_prompt_is_read_once(llm: LlamaCppLLM) -> None:
    # The trap: with llama.cpp's default cache_idle_slots every answer emptied the slot, and nothing was reused.
    first = llm.generate(ask("연체료는?"), GenerateOptions(max_tokens=2))
    second = llm.generate(ask("휴관일은?"), GenerateOptions(max_tokens=2))
    other = llm.generate([Message("user", "다음을 고쳐 쓰세요: " + RULES)], GenerateOptions(max_tokens=2))
    again = llm.generate(ask("개관일은?"), GenerateOptions(max_tokens=2))
    assert first.first_token_seconds and second.first_token_seconds
    assert other.first_token_seconds and again.first_token_seconds
    assert second.first_token_seconds < first.first_token_seconds / 3
    # A prompt of another kind in between does not push the first one out.
    assert again.first_token_seconds < other.first_token_seconds / 3


@pytest.mark.models
def test_a_child_killed_in_the_middle_of_an_answer_is_a_clear_error_and_the_next_question_works(
    llm: LlamaCppLLM,
) -> None:
    stream = llm.stream(SHORT, GenerateOptions(max_tokens=500))
    assert isinstance(next(stream), str)
    before = llm.process_id
    kill(llm)
    # Part of the answer was already shown, so it is not quietly replaced by another one.
    with pytest.raises(ModelError, match=r"도중 멈췄습니다.*haechi doctor"):
        list(stream)
    assert llm.generate(SHORT, GenerateOptions(max_tokens=2)).completion_tokens == 2
    assert llm.process_id not in (None, before)


@pytest.mark.models
def test_a_child_killed_before_the_first_piece_costs_only_time(llm: LlamaCppLLM) -> None:
    llm.count_tokens("가")
    real = llama_cpp.stream_chat
    calls = []

    def kill_once(*arguments: object) -> Iterator[str | Generation]:
        calls.append(1)
        if len(calls) == 1:
            threading.Timer(0.2, kill, (llm,)).start()  # in the middle of the prefill
        return real(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llama_cpp, "stream_chat", kill_once)
        reply = llm.generate(ask("연체료는?"), GenerateOptions(max_tokens=16))
    assert len(calls) == 2
    assert reply.text


@pytest.mark.models
def test_a_child_that_dies_again_is_given_up(llm: LlamaCppLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    real = llama_cpp.stream_chat

    def kill_always(*arguments: object) -> Iterator[str | Generation]:
        kill(llm)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(llama_cpp, "stream_chat", kill_always)
    with pytest.raises(ModelError, match="haechi doctor"):
        llm.generate(ask("연체료는?"), GenerateOptions(max_tokens=2))


@pytest.mark.models
def test_an_idle_child_that_was_killed_is_replaced(llm: LlamaCppLLM) -> None:
    llm.count_tokens("가")
    kill(llm)
    assert llm.count_tokens("가") > 0


@pytest.mark.models
def test_a_worn_out_child_is_recycled_between_requests(llm: LlamaCppLLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp, "RECYCLE_AFTER", 2)
    seen = []
    for _ in range(3):
        llm.count_tokens("가")
        seen.append(llm.process_id)
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.models
def test_nothing_listens_on_tcp_and_the_socket_is_private(llm: LlamaCppLLM) -> None:
    if not Path("/proc/self/net/tcp").exists():
        pytest.skip("needs /proc")
    llm.count_tokens("가")
    owned = {os.readlink(link) for link in Path(f"/proc/{llm.process_id}/fd").iterdir() if link.is_symlink()}
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A":
                listening.add(f"socket:[{columns[9]}]")
    assert not owned & listening
    child = llm._child
    assert child is not None
    assert stat.S_IMODE(child.folder.stat().st_mode) == 0o700


@pytest.mark.models
def test_another_process_cannot_use_the_socket_without_the_key(llm: LlamaCppLLM) -> None:
    import httpx

    llm.count_tokens("가")
    child = llm._child
    assert child is not None
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(child.folder / "llm.sock"))) as stranger:
        assert stranger.post("http://llm/tokenize", json={"content": "가"}).status_code == 401


@pytest.mark.models
def test_the_child_ends_with_its_parent_however_it_ends(small_llm: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from haechi.models.llama_cpp import LlamaCppLLM\n"
        f"llm = LlamaCppLLM(Path({str(small_llm)!r}), name='m', context=512, threads=1)\n"
        "llm.count_tokens('a'); print(llm.process_id, llm._child.folder, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    parent.kill()
    parent.communicate()
    # pidfd: wait for the grandchild's end without polling or sleeping.
    try:
        handle = os.pidfd_open(int(pid))
    except ProcessLookupError:
        handle = None
    if handle is not None:
        import select

        assert select.select([handle], [], [], 30)[0], "the child outlived its parent"
        os.close(handle)
    assert not Path(folder).exists()


@pytest.mark.models
def test_a_prompt_longer_than_the_context_says_so(llm: LlamaCppLLM) -> None:
    with pytest.raises(ModelError, match=r"2048토큰보다 깁니다.*llm\.context"):
        llm.generate([Message("user", RULES * 20)], GenerateOptions(max_tokens=2))


@pytest.mark.models
def test_a_broken_grammar_is_refused(llm: LlamaCppLLM) -> None:
    with pytest.raises(ModelError, match="grammar"):
        llm.generate(ask("연체료는?"), GenerateOptions(max_tokens=2, grammar="root ::= ("))


def test_a_missing_file_is_told_without_starting_anything(tmp_path: Path) -> None:
    llm = LlamaCppLLM(tmp_path / "none.gguf", name="none")
    with pytest.raises(ModelError, match=r"none\.gguf.*haechi models list"):
        llm.count_tokens("가")
    assert llm.process_id is None


def test_a_file_that_is_no_model_names_the_commands(tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(header(pair("general.architecture", "llama")))
    llm = LlamaCppLLM(file, name="broken", threads=1)
    with pytest.raises(ModelError, match="haechi models verify broken, haechi doctor"):
        llm.generate([Message("user", "가")], GenerateOptions(max_tokens=2))
    assert llm.process_id is None
