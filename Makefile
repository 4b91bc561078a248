# Two commands, each doing all of its own set-up in .venv and the user's models folder:
#   make run     the example institution: ingest, one answered question, then the chat page
#   make test    ruff, mypy and all tests that fit in CI
# After the first run neither touches the network again, until pyproject.toml or constraints.txt changes.

.DEFAULT_GOAL := help
.PHONY: help run setup setup-test system-packages test test-all lint bench clean

CANDIDATES := python3.11 python3.12 python3.13 python3
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)

VENV := .venv
PY := $(VENV)/bin/python
HAECHI := $(VENV)/bin/haechi
# What was installed, and where: a change of either, or a moved clone, installs again.
KEY := $(shell (cat pyproject.toml constraints.txt; pwd) | sha256sum | cut -c1-16)
INSTALLED := $(VENV)/.installed-$(KEY)
INSTALLED_TEST := $(VENV)/.installed-test-$(KEY)

RUN_HOME := .run/home
QUESTION ?= 정액급식비는 한 달에 얼마인가요?
# Settings of the developer's own shell must not change what the two commands do; HAECHI_MODELS may.
unexport HAECHI_HOME PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo "make run       예제 기관을 넣고, 질문 하나에 답하고, 대화 화면을 엽니다"
	@echo "make test      검사와 시험(기본)을 실행합니다"
	@echo "make test-all  기본 모델이 필요한 시험까지 실행합니다"
	@echo "make setup     .venv와 기본 모델만 설치합니다"
	@echo "make lint      ruff와 mypy만 실행합니다"
	@echo "make bench     비교 측정을 실행합니다(마지막 줄이 JSON)"
	@echo "make clean     .venv와 .run을 지웁니다(모델은 그대로 둡니다)"

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11~3.13(venv 포함)이 없습니다. 설치: sudo apt install python3 python3-venv" >&2; \
		echo "다른 이름이면: make PYTHON=/경로/python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): | $(VENV)/bin/python
	$(PY) -m pip install -q --use-pep517 -c constraints.txt -e .
	@rm -f $(VENV)/.installed-*; touch $@

$(INSTALLED_TEST): | $(INSTALLED)
	@# torch first: on its own it is the build for processors; named by another package it may be one of several GB.
	$(PY) -m pip install -q --use-pep517 -c constraints.txt torch==2.13.0
	$(PY) -m pip install -q --use-pep517 -c constraints.txt -e '.[test]'
	@touch $@

setup: $(INSTALLED)
	@$(HAECHI) models install > /dev/null

# Tests of OCR and of the pages skip, saying why, where these programs are missing. CI runs as root and installs them.
PROGRAMS := tesseract-ocr tesseract-ocr-kor fonts-nanum chromium
system-packages:
	@if [ "$(CI)" = true ] && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
		&& ! dpkg -s $(PROGRAMS) > /dev/null 2>&1; then \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $(PROGRAMS); } > /dev/null 2>&1 \
		|| echo "apt-get: $(PROGRAMS) 없이 계속합니다" >&2; fi

setup-test: $(INSTALLED_TEST) system-packages
	@$(HAECHI) models install qwen2.5-coder-0.5b-instruct-q4 haechi-e5-small haechi-grounding \
		multilingual-e5-small > /dev/null

run: setup
	@test -f $(RUN_HOME)/haechi.toml || $(HAECHI) init $(RUN_HOME) --name 예제기관
	@cp examples/start_questions.txt $(RUN_HOME)/questions.txt
	@$(HAECHI) --home $(RUN_HOME) ingest examples/documents
	@$(HAECHI) --home $(RUN_HOME) faq import examples/faq.csv
	@echo; echo "질문: $(QUESTION)"
	@$(HAECHI) --home $(RUN_HOME) ask "$(QUESTION)"
	@echo
	@$(HAECHI) --home $(RUN_HOME) serve --open

lint: $(INSTALLED_TEST)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test: setup-test lint
	HAECHI_REQUIRE_MODELS=1 $(PY) -m pytest -m "not slow"

test-all: setup-test setup lint
	HAECHI_REQUIRE_MODELS=1 $(PY) -m pytest

bench: setup-test
	@for script in benchmarks/[!_]*.py; do echo "== $$script"; $(PY) $$script || exit 1; done

clean:
	rm -rf $(VENV) .run .pytest_cache .mypy_cache .ruff_cache .hypothesis
