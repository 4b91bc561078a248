from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient

from haechi.errors import InputError, ModelError
from haechi.records import answer_record, citation_record, hit_record, verdict_record
from haechi.serve.api import create_app
from haechi.serve.guards import MAX_BODY, HostRule
from haechi.serve.schemas import AnswerReply, CitationReply, HitReply, VerdictReply
from tests.serve.fakes import (
    CHUNKS,
    RULES,
    STAY,
    STAY_ANSWER,
    BreakdownError,
    FakeChatbot,
    FakeHome,
    checked_answer,
    hit,
)


@pytest.fixture
def api(home: FakeHome) -> Iterator[TestClient]:
    app = create_app(home)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    """The body, after checking that it is a problem document in Korean."""
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status and body["type"] and body["title"]
    assert any("가" <= char <= "힣" for char in body["detail"])
    assert "Traceback" not in response.text
    return body


class TestAsk:
    def test_the_answer_is_the_record_of_the_command_line(self, api: TestClient) -> None:
        assert api.post("/ask", json={"question": STAY}).json() == answer_record(checked_answer(STAY))

    def test_options_carry_the_command_lines_names(self, api: TestClient, chatbot: FakeChatbot) -> None:
        body = {"question": f" {STAY} ", "k": 3, "no_lock": True, "no_check": True, "filter": {"title": "운영규정"}}
        api.post("/ask", json=body)
        question, options = chatbot.asked[-1]
        assert question == STAY
        assert (options["k"], options["lock"], options["check"]) == (3, False, False)
        assert options["filters"].equals == {"title": "운영규정"}

    def test_without_options_the_homes_settings_decide(self, api: TestClient, chatbot: FakeChatbot) -> None:
        api.post("/ask", json={"question": STAY})
        options = dict(chatbot.asked[-1][1])
        assert len(str(options.pop("conversation"))) == 32  # a new one, for the reader to go on with
        assert options == {"k": None, "lock": None, "check": None, "filters": None}

    def test_a_failed_model_is_a_503_with_its_own_words(self, api: TestClient, chatbot: FakeChatbot) -> None:
        chatbot.failure = ModelError("모델 파일이 없습니다. 설치: haechi models install", "no model")
        assert "haechi models install" in str(problem(api.post("/ask", json={"question": STAY}), 503)["detail"])

    def test_the_models_question_queue_is_one_wide(self, live: str, chatbot: FakeChatbot) -> None:
        # An in-process model answers one at a time; two at once would share its cache.
        chatbot.gate = threading.Event()
        replies: list[int] = []

        def ask() -> None:
            replies.append(httpx.post(f"{live}/ask", json={"question": STAY}, timeout=30, trust_env=False).status_code)

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        chatbot.gate.set()
        for asker in askers:
            asker.join(30)
        assert replies == [200, 200, 200]
        assert chatbot.most_running == 1


def events_of(response: httpx.Response) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


class TestStream:
    def test_stages_and_tokens_come_before_one_whole_answer(self, live: str) -> None:
        body = {"question": STAY, "stream": True}
        with httpx.stream("POST", f"{live}/ask", json=body, timeout=30, trust_env=False) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            events = list(events_of(response))
        names = [name for name, _ in events]
        assert names[0] == "stage" and names[-1] == "answer" and names.count("answer") == 1
        assert [data["stage"] for name, data in events if name == "stage"] == ["retrieve", "generate", "check"]
        assert "".join(str(data["text"]) for name, data in events if name == "token") == STAY_ANSWER
        assert events[-1][1] == answer_record(checked_answer(STAY))

    def test_a_reader_who_leaves_stops_the_model(self, live: str, chatbot: FakeChatbot) -> None:
        body = {"question": "멈춤 없는 답", "stream": True}
        with httpx.stream("POST", f"{live}/ask", json=body, timeout=30, trust_env=False) as response:
            events = events_of(response)
            # U+2028 in a token: clients that split lines there would cut the JSON in two.
            assert next(data for name, data in events if name == "token") == {"text": "가\u2028나 "}
            assert not chatbot.closed.is_set()
        assert chatbot.closed.wait(10)
        # And the queue is free for the next reader.
        reply = httpx.post(f"{live}/ask", json={"question": STAY}, timeout=30, trust_env=False)
        assert reply.status_code == 200

    def test_a_failure_midway_is_an_error_event_with_a_problem(self, live: str, chatbot: FakeChatbot) -> None:
        chatbot.failure = ModelError("모델이 멈췄습니다. 다시 물어보세요.", "the model died")
        body = {"question": STAY, "stream": True}
        with httpx.stream("POST", f"{live}/ask", json=body, timeout=30, trust_env=False) as response:
            events = list(events_of(response))
        assert events == [
            (
                "error",
                {
                    "type": "about:blank",
                    "title": "준비되지 않음",
                    "status": 503,
                    "detail": "모델이 멈췄습니다. 다시 물어보세요.",
                },
            )
        ]

    def test_who_waits_is_told_so(self, live: str, chatbot: FakeChatbot) -> None:
        chatbot.gate = threading.Event()
        url, body = f"{live}/ask", {"question": STAY, "stream": True}
        with httpx.stream("POST", url, json=body, timeout=30, trust_env=False) as first:
            assert next(events_of(first)) == ("stage", {"stage": "retrieve"})
            with httpx.stream("POST", url, json=body, timeout=30, trust_env=False) as second:
                assert next(events_of(second)) == ("stage", {"stage": "queue"})
                chatbot.gate.set()


class TestSearchAndDocuments:
    def test_search_gives_the_hit_records(self, api: TestClient) -> None:
        reply = api.post("/search", json={"question": STAY, "k": 1}).json()
        (found,) = reply["hits"]
        assert found.pop("highlights")
        assert found == hit_record(1, hit(2))
        assert reply["seconds"] >= 0

    def test_documents_are_listed_page_by_page(self, api: TestClient) -> None:
        assert api.get("/documents").json() == {
            "documents": [
                {
                    "id": RULES.id,
                    "external_id": None,
                    "source": RULES.source,
                    "title": "운영규정",
                    "chunks": 4,
                    "status": "ok",
                }
            ],
            "total": 1,
        }
        assert api.get("/documents", params={"offset": 1}).json() == {"documents": [], "total": 1}

    def test_a_document_is_its_blocks_and_chunks(self, api: TestClient) -> None:
        reply = api.get(f"/documents/{RULES.id}").json()
        assert [block["text"] for block in reply["blocks"]] == [block.text for block in RULES.blocks]
        assert [chunk["id"] for chunk in reply["chunks"]] == [chunk.id for chunk in CHUNKS]
        assert all(RULES.text[chunk["start"] : chunk["end"]] == chunk["text"] for chunk in reply["chunks"])

    def test_passages_carry_the_links_of_their_references(self, api: TestClient) -> None:
        for query in ({}, {"chunk": CHUNKS[2].id}):
            chunks = api.get(f"/documents/{RULES.id}", params=query).json()["chunks"]
            assert [chunk["links"] for chunk in chunks] == [[]] * len(chunks)

    def test_a_passage_comes_with_its_neighbours_only(self, api: TestClient) -> None:
        reply = api.get(f"/documents/{RULES.id}", params={"chunk": CHUNKS[2].id, "around": 1}).json()
        assert [chunk["label"] for chunk in reply["chunks"]] == ["제12조제1항", "제12조제2항", "제12조제3항"]
        assert [block["text"] for block in reply["blocks"]] == [block.text for block in RULES.blocks[1:]]

    def test_what_is_not_there_is_named(self, api: TestClient) -> None:
        assert "'없음'" in str(problem(api.get("/documents/없음"), 404)["detail"])
        assert "'zz'" in str(problem(api.get(f"/documents/{RULES.id}", params={"chunk": "zz"}), 404)["detail"])


class TestState:
    def test_alive_at_once(self, api: TestClient) -> None:
        assert api.get("/healthz").json() == {"status": "ok"}

    def test_ready_once_index_and_model_are_loaded(self, live: str) -> None:
        # A question waits behind the warm-up in the same queue, so after it the warm-up is over.
        httpx.post(f"{live}/ask", json={"question": STAY}, timeout=30, trust_env=False)
        assert httpx.get(f"{live}/readyz", trust_env=False).json() == {"status": "ready", "documents": 1}

    def test_a_failed_start_says_why(self, live_failed: str) -> None:
        httpx.post(f"{live_failed}/search", json={"question": STAY}, timeout=30, trust_env=False)
        body = problem(httpx.get(f"{live_failed}/readyz", trust_env=False), 503)
        assert body["detail"] == "모델이 없습니다."

    def test_the_chat_pages_first_view(self, api: TestClient, home: FakeHome) -> None:
        (home.config.home / "questions.txt").write_text("\ufeff하나?\n\n둘?\n셋?\n넷?\n다섯?\n", encoding="utf-8")
        reply = api.get("/home").json()
        assert (reply["name"], reply["documents"]) == ("한빛문화재단 규정 도우미", 1)
        assert reply["questions"] == ["하나?", "둘?", "셋?", "넷?"]

    @pytest.fixture
    def live_failed(self, chatbot: FakeChatbot, request: pytest.FixtureRequest) -> str:
        chatbot.failure = ModelError("모델이 없습니다.", "no model")
        return str(request.getfixturevalue("live"))


class TestProblems:
    @pytest.mark.parametrize(
        ("body", "field", "message"),
        [
            ({}, "question", "꼭 있어야 하는 항목입니다"),
            ({"question": "  "}, "question", "비어 있습니다"),
            ({"question": 3}, "question", "문자열이어야 합니다"),
            ({"question": "가" * 2001}, "question", "너무 깁니다(최대 2000자)"),
            ({"question": "가", "k": 0}, "k", "1 이상이어야 합니다"),
            ({"question": "가", "k": "둘"}, "k", "정수여야 합니다"),
            ({"question": "가", "steam": True}, "steam", "모르는 항목입니다"),
            ({"question": "가", "stream": "그래"}, "stream", "true 또는 false여야 합니다"),
            ({"question": "가", "as_of": "어제"}, "as_of", "형식이 맞지 않습니다(^\\d{4}-\\d{2}-\\d{2}$)"),
        ],
    )
    def test_a_wrong_request_names_its_fields(
        self, api: TestClient, body: dict[str, object], field: str, message: str
    ) -> None:
        reply = problem(api.post("/ask", json=body), 400)
        assert reply["errors"] == [{"field": field, "message": message}]

    def test_broken_json_and_lone_surrogates_are_wrong_requests(self, api: TestClient) -> None:
        headers = {"content-type": "application/json"}
        problem(api.post("/ask", content="{", headers=headers), 400)
        problem(api.post("/ask", content='{"question": "\\ud800"}', headers=headers), 400)

    def test_a_form_of_another_site_is_not_read(self, api: TestClient) -> None:
        # text/plain needs no preflight, so any page could send it; it must not be taken for JSON.
        headers = {"content-type": "text/plain"}
        problem(api.post("/ask", content=json.dumps({"question": STAY}), headers=headers), 400)

    def test_a_problem_does_not_repeat_the_question(self, api: TestClient) -> None:
        assert "비밀" not in api.post("/ask", json={"question": "비밀", "k": "비밀"}).text

    def test_unknown_addresses_and_methods(self, api: TestClient) -> None:
        problem(api.get("/nowhere"), 404)
        problem(api.get("/ask"), 405)

    @pytest.mark.parametrize(
        ("error", "status"), [(InputError("잘못", "wrong"), 400), (BreakdownError("고장", "broken"), 500)]
    )
    def test_the_users_mistake_is_a_400(
        self, api: TestClient, chatbot: FakeChatbot, error: Exception, status: int
    ) -> None:
        chatbot.failure = error
        assert problem(api.post("/search", json={"question": STAY}), status)["detail"] == str(error)

    def test_a_bug_leaks_nothing(self, api: TestClient, chatbot: FakeChatbot) -> None:
        chatbot.failure = RuntimeError("/secret/path")
        problem(api.post("/ask", json={"question": STAY}), 500)
        assert "secret" not in api.post("/ask", json={"question": STAY}).text

    def test_a_big_body_is_refused_declared_or_not(self, api: TestClient, live: str) -> None:
        problem(api.post("/ask", content=b"x" * (MAX_BODY + 1)), 413)

        def chunks() -> Iterator[bytes]:
            for _ in range(MAX_BODY // 65536 + 2):
                yield b"x" * 65536

        problem(httpx.post(f"{live}/ask", content=chunks(), trust_env=False), 413)


class TestOrigin:
    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.9:8080", ""])
    def test_a_foreign_host_name_is_refused(self, api: TestClient, host: str) -> None:
        # DNS rebinding: evil.example pointed at 127.0.0.1 would otherwise read every document.
        problem(api.get("/documents", headers={"host": host}), 403)

    @pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
    def test_loopback_names_are_ours(self, api: TestClient, host: str) -> None:
        assert api.get("/documents", headers={"host": host}).status_code == 200

    def test_a_configured_name_is_ours(self) -> None:
        assert HostRule("chat.intra").allows("chat.intra:8080")
        assert not HostRule("chat.intra").allows("192.168.0.9")

    def test_a_server_on_every_address_answers_to_numbers_but_not_to_foreign_names(self) -> None:
        rule = HostRule("0.0.0.0")
        assert rule.allows("192.168.0.9:8080") and rule.allows("[fe80::1]:8080")
        assert not rule.allows("evil.example")

    def test_no_other_origin_may_read(self, api: TestClient) -> None:
        reply = api.get("/documents", headers={"origin": "http://evil.example"})
        assert "access-control-allow-origin" not in reply.headers
        assert api.options("/ask", headers={"origin": "http://evil.example"}).status_code == 405


class TestContract:
    def test_the_paths_of_the_openapi_document(self, api: TestClient) -> None:
        document = api.get("/openapi.json").json()
        assert {path: sorted(methods) for path, methods in document["paths"].items()} == {
            "/ask": ["post"],
            "/check": ["post"],
            "/conversations/{conversation_id}": ["get"],
            "/documents": ["get", "post"],
            "/feedback": ["post"],
            "/documents/{document_id}": ["delete", "get"],
            "/faq": ["get", "post"],
            "/faq/test": ["post"],
            "/faq/{faq_id}": ["delete"],
            "/healthz": ["get"],
            "/home": ["get"],
            "/improvements": ["get"],
            "/improvements/rollback": ["post"],
            "/readyz": ["get"],
            "/search": ["post"],
            "/sources": ["get"],
            "/sources/ignore": ["post"],
            "/sources/retry": ["post"],
            "/v1/chat/completions": ["post"],
            "/v1/files": ["get", "post"],
            "/v1/files/{file_id}": ["delete", "get"],
            "/v1/files/{file_id}/content": ["get"],
            "/v1/fine_tuning/jobs": ["get", "post"],
            "/v1/fine_tuning/jobs/{job_id}": ["get"],
            "/v1/fine_tuning/jobs/{job_id}/cancel": ["post"],
            "/v1/fine_tuning/jobs/{job_id}/events": ["get"],
            "/v1/models": ["get"],
            "/v1/models/{model}": ["delete"],
        }
        for methods in document["paths"].values():
            for operation in methods.values():
                assert "422" not in operation["responses"]
                assert "application/problem+json" in operation["responses"]["4XX"]["content"]
        assert set(document["paths"]["/ask"]["post"]["responses"]["200"]["content"]) == {
            "application/json",
            "text/event-stream",
        }

    def test_no_page_that_loads_a_cdn(self, api: TestClient) -> None:
        for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
            problem(api.get(path), 404)

    def test_the_models_describe_exactly_the_records(self) -> None:
        answer = checked_answer(STAY)
        assert set(AnswerReply.model_fields) == set(answer_record(answer))
        assert set(HitReply.model_fields) == set(hit_record(1, hit(0)))
        assert set(CitationReply.model_fields) == set(citation_record(answer.citations[0]))
        assert set(VerdictReply.model_fields) == set(verdict_record(answer.verdicts[0]))
