"""The chat page's side of the HTTP API: a thin client that loads no model and speaks to one loopback server."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import httpx

#: Reading waits long: on two cores another reader's answer may have to finish first.
TIMEOUT = httpx.Timeout(10.0, read=600.0)

ABSENT = "해치 서버에 연결할 수 없습니다. 서버를 켠 창에서 haechi serve가 돌고 있는지 확인한 뒤 다시 시도하세요."
BROKEN = "답을 받는 도중에 서버와의 연결이 끊겼습니다. 잠시 뒤 다시 물어보세요."


class ServerError(Exception):
    """The server is absent or refused; the message is Korean and meant for the reader."""


class HaechiClient:
    """One API server. `trust_env=False`: a proxy of the environment must never see a question."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.Client(base_url=base_url, trust_env=False, timeout=TIMEOUT)

    def home(self) -> dict[str, Any]:
        """Name, number of documents and start questions."""
        return self._get("/home", {})

    def passage(self, document: str, chunk: str) -> list[dict[str, Any]]:
        """The chunk with its neighbours, in reading order."""
        chunks: list[dict[str, Any]] = self._get(f"/documents/{document}", {"chunk": chunk, "around": 1})["chunks"]
        return chunks

    def sources(self) -> dict[str, Any]:
        """All sources with their state, and the work in progress."""
        return self._get("/sources", {})

    def retry_sources(self, paths: Sequence[str]) -> dict[str, Any]:
        """Read these again; all failed ones when none is named."""
        return self._send("POST", "/sources/retry", json={"paths": list(paths)})

    def ignore_sources(self, paths: Sequence[str]) -> dict[str, Any]:
        """Pass over these from now on."""
        return self._send("POST", "/sources/ignore", json={"paths": list(paths)})

    def add_documents(self, files: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        """Hand over files (name, open binary file)."""
        return self._send("POST", "/documents", files=[("files", item) for item in files])

    def feedback(self, answer_id: str, verdict: str, corrected_answer: str = "") -> dict[str, Any]:
        """Say that an answer was good or bad, and what it should have been."""
        body = {"answer_id": answer_id, "verdict": verdict, "corrected_answer": corrected_answer}
        return self._send("POST", "/feedback", json=body)

    def improvements(self) -> dict[str, Any]:
        """The history of improvements, newest first, and what serves."""
        return self._get("/improvements", {})

    def roll_back(self, who: str) -> dict[str, Any]:
        """Take the newest promotion back."""
        return self._send("POST", "/improvements/rollback", json={"who": who})

    def ask(self, question: str, conversation: str = "") -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(event, data) pairs; the last is ("answer", the Answer object). Closing the iterator cancels the answer.

        `conversation` is the `conversation_id` of the answer before; "" begins one.
        """
        body: dict[str, Any] = {"question": question, "stream": True}
        if conversation:
            body["conversation_id"] = conversation
        try:
            with self.client.stream("POST", "/ask", json=body) as response:
                if response.status_code != 200:
                    response.read()
                    raise ServerError(_problem_detail(response))
                for name, data in _events(response.iter_lines()):
                    if name == "error":
                        raise ServerError(str(data["detail"]))
                    yield name, data
                    if name == "answer":
                        return
        except httpx.ConnectError as error:
            raise ServerError(ABSENT) from error
        except httpx.HTTPError as error:
            raise ServerError(BROKEN) from error
        raise ServerError(BROKEN)

    def _get(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        return self._send("GET", path, params=params)

    def _send(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        try:
            response = self.client.request(method, path, **body)
        except httpx.HTTPError as error:
            raise ServerError(ABSENT) from error
        if response.status_code not in (200, 202):
            raise ServerError(_problem_detail(response))
        result: dict[str, Any] = response.json()
        return result


def _problem_detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"해치 서버가 알 수 없는 응답을 보냈습니다(상태 {response.status_code})."


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
