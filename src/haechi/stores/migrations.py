"""Numbered migrations of haechi.db. Append only: a released function never changes, so every old home can be opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def m001_first(db: sqlite3.Connection) -> None:
    """Sources, documents, chunks, search entries, vectors by text hash, and the record of every answer."""
    _run(
        db,
        """
        CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        INSERT INTO state VALUES ('generation', '0');

        CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            status TEXT NOT NULL CHECK (status IN ('ok', 'failed', 'ignored')),
            sha256 TEXT NOT NULL DEFAULT '',
            size INTEGER NOT NULL DEFAULT 0,
            mtime_ns INTEGER NOT NULL DEFAULT 0,
            parser TEXT NOT NULL DEFAULT '',
            unit TEXT NOT NULL DEFAULT '',
            unit_reason TEXT NOT NULL DEFAULT '',
            options TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            warnings TEXT NOT NULL DEFAULT '[]',
            pages INTEGER NOT NULL DEFAULT 0,
            updated TEXT NOT NULL
        );

        CREATE TABLE documents (
            id TEXT PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            external_id TEXT,
            source TEXT NOT NULL,
            title TEXT NOT NULL,
            blocks TEXT NOT NULL,
            meta TEXT NOT NULL
        );
        CREATE INDEX documents_source ON documents (source_id, position);
        CREATE INDEX documents_external ON documents (external_id);

        CREATE TABLE chunks (
            id TEXT PRIMARY KEY,
            document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            unit TEXT NOT NULL,
            label TEXT NOT NULL,
            article TEXT,
            page INTEGER,
            headings TEXT NOT NULL,
            meta TEXT NOT NULL
        );
        CREATE INDEX chunks_document ON chunks (document_id, position);
        CREATE INDEX chunks_article ON chunks (article) WHERE article IS NOT NULL;

        -- AUTOINCREMENT: an entry id is never used twice, so a stale index can't point at another text.
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chunk_id TEXT NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            text_hash TEXT NOT NULL
        );
        CREATE INDEX entries_chunk ON entries (chunk_id);
        CREATE INDEX entries_hash ON entries (text_hash);

        -- float16, little endian; keyed by text so that equal or moved texts are embedded once.
        CREATE TABLE vectors (
            model TEXT NOT NULL,
            text_hash TEXT NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (model, text_hash)
        ) WITHOUT ROWID;

        CREATE TABLE answers (
            id TEXT PRIMARY KEY,
            created TEXT NOT NULL,
            question TEXT NOT NULL,
            origin TEXT NOT NULL,
            model TEXT NOT NULL,
            record TEXT NOT NULL
        );
        CREATE INDEX answers_created ON answers (created);
        """,
    )


def m002_generated_keys(db: sqlite3.Connection) -> None:
    """Search keys that a model or a person wrote, by the hash of the plain entry they were written for."""
    _run(
        db,
        """
        CREATE TABLE generated_keys (
            kind TEXT NOT NULL,
            text_hash TEXT NOT NULL,
            texts TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            edited INTEGER NOT NULL DEFAULT 0,
            updated TEXT NOT NULL,
            PRIMARY KEY (kind, text_hash)
        ) WITHOUT ROWID;
        """,
    )


def m003_receipts(db: sqlite3.Connection) -> None:
    """Receipts of deletions, and which backups hold which documents. Neither keeps a document's words.

    `backups.documents` are ids, `backups.sources` hashes of paths, both JSON arrays.
    """
    _run(
        db,
        """
        CREATE TABLE receipts (id TEXT PRIMARY KEY, created TEXT NOT NULL, record TEXT NOT NULL);
        CREATE TABLE backups (
            id TEXT PRIMARY KEY,
            created TEXT NOT NULL,
            path TEXT NOT NULL,
            generation INTEGER NOT NULL,
            size INTEGER NOT NULL,
            documents TEXT NOT NULL,
            sources TEXT NOT NULL
        );
        """,
    )


def m004_names_of_laws(db: sqlite3.Connection) -> None:
    """A law is found by its name without a look at every document."""
    _run(
        db,
        """
        CREATE INDEX documents_title ON documents (title);
        CREATE INDEX documents_law ON documents (json_extract(meta, '$.law'))
            WHERE json_extract(meta, '$.law') IS NOT NULL;
        """,
    )


def m005_faq(db: sqlite3.Connection) -> None:
    """Curated pairs of question and answer, with every wording of the question.

    Vectors of wordings stand in `vectors` under `faq_wordings.text_hash`. Hits are counted; who asked what is not kept
    here.
    """
    _run(
        db,
        """
        CREATE TABLE faq (
            id TEXT PRIMARY KEY,
            question TEXT NOT NULL,
            answer TEXT NOT NULL,
            category TEXT NOT NULL DEFAULT '',
            expires TEXT NOT NULL DEFAULT '',
            source TEXT NOT NULL DEFAULT '',
            enabled INTEGER NOT NULL DEFAULT 1,
            note TEXT NOT NULL DEFAULT '',
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            hits INTEGER NOT NULL DEFAULT 0,
            last_hit TEXT NOT NULL DEFAULT '',
            asked TEXT NOT NULL DEFAULT ''
        );
        CREATE TABLE faq_wordings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            faq_id TEXT NOT NULL REFERENCES faq (id) ON DELETE CASCADE,
            text TEXT NOT NULL,
            text_hash TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('question', 'approved', 'suggested', 'rejected')),
            made_by TEXT NOT NULL,
            UNIQUE (faq_id, text)
        );
        CREATE INDEX faq_wordings_hash ON faq_wordings (text_hash);
        """,
    )


def m006_conversations(db: sqlite3.Connection) -> None:
    """The conversation an answer belongs to; NULL for a question that stood alone."""
    _run(
        db,
        """
        ALTER TABLE answers ADD COLUMN conversation TEXT;
        CREATE INDEX answers_conversation ON answers (conversation) WHERE conversation IS NOT NULL;
        """,
    )


def m007_words(db: sqlite3.Connection) -> None:
    """The home's own words and synonyms.

    A word that was edited has two rows until the index is swapped: `serving` is what the index in use was made with,
    `wanted` what the next one will be. `parts` is a JSON array. A synonym is looked for beside its word, one way.
    """
    _run(
        db,
        """
        CREATE TABLE words (
            word TEXT NOT NULL,
            parts TEXT NOT NULL,
            tag TEXT NOT NULL,
            wanted INTEGER NOT NULL,
            serving INTEGER NOT NULL,
            PRIMARY KEY (word, parts, tag)
        ) WITHOUT ROWID;
        CREATE TABLE synonyms (
            word TEXT NOT NULL,
            other TEXT NOT NULL,
            PRIMARY KEY (word, other)
        ) WITHOUT ROWID;
        """,
    )


def m008_feedback(db: sqlite3.Connection) -> None:
    """What people said about recorded answers: `verdict` is good or bad, `correction` what should have been said."""
    _run(
        db,
        """
        CREATE TABLE feedback (
            id TEXT PRIMARY KEY,
            answer_id TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
            verdict TEXT NOT NULL CHECK (verdict IN ('good', 'bad')),
            correction TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '',
            who TEXT NOT NULL DEFAULT '',
            created TEXT NOT NULL,
            forgotten INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX feedback_answer ON feedback (answer_id);
        """,
    )


def m009_improvements(db: sqlite3.Connection) -> None:
    """Every try to improve the home's models. `record` is JSON; lines are only ever added."""
    _run(
        db,
        """
        CREATE TABLE improvements (
            id INTEGER PRIMARY KEY,
            run TEXT NOT NULL,
            event TEXT NOT NULL
                CHECK (event IN ('promoted', 'rejected', 'undecided', 'approved', 'rolled_back')),
            who TEXT NOT NULL DEFAULT '',
            created TEXT NOT NULL,
            record TEXT NOT NULL
        );
        CREATE TRIGGER improvements_stay BEFORE UPDATE ON improvements
            BEGIN SELECT RAISE(ABORT, 'improvements are append only'); END;
        CREATE TRIGGER improvements_never_go BEFORE DELETE ON improvements
            BEGIN SELECT RAISE(ABORT, 'improvements are append only'); END;
        """,
    )


def _run(db: sqlite3.Connection, script: str) -> None:
    """Run statements inside the caller's transaction (`executescript` would commit it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [
    m001_first,
    m002_generated_keys,
    m003_receipts,
    m004_names_of_laws,
    m005_faq,
    m006_conversations,
    m007_words,
    m008_feedback,
    m009_improvements,
]
