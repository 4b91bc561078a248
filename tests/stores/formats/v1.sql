BEGIN TRANSACTION;
CREATE TABLE answers (
            id TEXT PRIMARY KEY,
            created TEXT NOT NULL,
            question TEXT NOT NULL,
            origin TEXT NOT NULL,
            model TEXT NOT NULL,
            record TEXT NOT NULL
        );
INSERT INTO "answers" VALUES('5e3076bb9c7b402b8450ad845fa3a8de','2026-11-25T21:06:23+00:00','연체료는 얼마인가요?','generated','scripted','{"id":"5e3076bb9c7b402b8450ad845fa3a8de","question":"연체료는 얼마인가요?","answer":"연체료는 권당 1일 100원입니다. [1]","origin":"generated","reason":"","citations":[{"marker":1,"document":"588d938f667489a03660","external_id":null,"title":"새봄시 도서관 운영규정","source":"운영규정.md","label":"제3조","page":null,"headings":["제1장 총칙","제3조(연체료)"],"chunk":"433ed1406e14f526f6c4","quote":"연체료는 권당 1일 100원으로 한다."}],"verdicts":[{"checker":"amount","claim":"100원","label":"supported","evidence":"연체료는 권당 1일 100원으로 한다.","explanation":"근거에 같은 값이 있습니다.","suggestion":""},{"checker":"quantity","claim":"1일","label":"supported","evidence":"연체료는 권당 1일 100원으로 한다.","explanation":"근거에 같은 값이 있습니다.","suggestion":""}],"corrections":[],"hits":[{"rank":1,"score":2.171429,"retriever":"hybrid","document":"588d938f667489a03660","external_id":null,"title":"새봄시 도서관 운영규정","source":"운영규정.md","label":"제3조","page":null,"headings":["제1장 총칙","제3조(연체료)"],"chunk":"433ed1406e14f526f6c4","text":"제3조(연체료)\n연체료는 권당 1일 100원으로 한다. 다만, 한 권의 연체료는 3천 원을 넘지 못한다."},{"rank":2,"score":0.487657,"retriever":"hybrid","document":"588d938f667489a03660","external_id":null,"title":"새봄시 도서관 운영규정","source":"운영규정.md","label":"제2조","page":null,"headings":["제1장 총칙","제2조(대출)"],"chunk":"830497e225319776156d","text":"제2조(대출)\n① 대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있다.\n② 대출 기간은 한 번에 한하여 7일까지 연장할 수 있다. 다만, 예약된 자료는 연장할 수 없다."}],"model":"scripted","tokens":{"prompt":523,"completion":14},"timings":{"gate":0.0,"retrieve":0.158,"first_token":0.1588,"generate":0.0001,"check":0.0327,"total":0.1956},"lock_fired":false}');
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
INSERT INTO "chunks" VALUES('05a6c09bd1d8358e33bb','47c66c84e5a87f085df3',0,'정기 주차권은 한 달에 3만 원이다.',0,20,'row','1행',NULL,NULL,'[]','{"row":1}');
INSERT INTO "chunks" VALUES('1bca978d002739e86d80','3dca0334972349a0a0d4',0,'민원실은 오전 9시에 연다.
주차장은 지하 2층에 있다.',0,31,'paragraph','문단 1',NULL,NULL,'[]','{}');
INSERT INTO "chunks" VALUES('ced5e622bea1730bd36f','588d938f667489a03660',0,'제1조(목적)
이 규정은 도서관 이용에 필요한 사항을 정함을 목적으로 한다.',20,62,'law_article','제1조','제1조',NULL,'["제1장 총칙","제1조(목적)"]','{"law":"새봄시 도서관 운영규정","part":"본문","article":"제1조","article_title":"목적"}');
INSERT INTO "chunks" VALUES('830497e225319776156d','588d938f667489a03660',1,'제2조(대출)
① 대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있다.
② 대출 기간은 한 번에 한하여 7일까지 연장할 수 있다. 다만, 예약된 자료는 연장할 수 없다.',63,162,'law_article','제2조','제2조',NULL,'["제1장 총칙","제2조(대출)"]','{"law":"새봄시 도서관 운영규정","part":"본문","article":"제2조","article_title":"대출"}');
INSERT INTO "chunks" VALUES('433ed1406e14f526f6c4','588d938f667489a03660',2,'제3조(연체료)
연체료는 권당 1일 100원으로 한다. 다만, 한 권의 연체료는 3천 원을 넘지 못한다.',163,221,'law_article','제3조','제3조',NULL,'["제1장 총칙","제3조(연체료)"]','{"law":"새봄시 도서관 운영규정","part":"본문","article":"제3조","article_title":"연체료"}');
INSERT INTO "chunks" VALUES('a85d4544dfe6707fcd48','588d938f667489a03660',3,'제4조(휴관일)
정기휴관일은 매월 둘째 월요일로 한다.',222,252,'law_article','제4조','제4조',NULL,'["제1장 총칙","제4조(휴관일)"]','{"law":"새봄시 도서관 운영규정","part":"본문","article":"제4조","article_title":"휴관일"}');
INSERT INTO "chunks" VALUES('733cd49d14e71e9b63f0','588d938f667489a03660',4,'제5조(단체 관람)
단체 관람은 20명 이상이 함께 신청하는 경우로 한다.',253,294,'law_article','제5조','제5조',NULL,'["제1장 총칙","제5조(단체 관람)"]','{"law":"새봄시 도서관 운영규정","part":"본문","article":"제5조","article_title":"단체 관람"}');
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
INSERT INTO "documents" VALUES('47c66c84e5a87f085df3',2,0,'a-1','rows.jsonl 1행','주차','[["정기 주차권은 한 달에 3만 원이다.","paragraph",null,[],{}]]','{"row":1,"fields":["title","text"],"external_id":"a-1"}');
INSERT INTO "documents" VALUES('3dca0334972349a0a0d4',3,0,NULL,'안내.txt','안내','[["민원실은 오전 9시에 연다.","paragraph",null,[],{}],["주차장은 지하 2층에 있다.","paragraph",null,[],{}]]','{"encoding":"utf-8"}');
INSERT INTO "documents" VALUES('588d938f667489a03660',4,0,NULL,'운영규정.md','새봄시 도서관 운영규정','[["새봄시 도서관 운영규정","heading",null,["새봄시 도서관 운영규정"],{}],["제1장 총칙","heading",null,["새봄시 도서관 운영규정","제1장 총칙"],{}],["제1조(목적)","heading",null,["새봄시 도서관 운영규정","제1장 총칙","제1조(목적)"],{}],["이 규정은 도서관 이용에 필요한 사항을 정함을 목적으로 한다.","paragraph",null,["새봄시 도서관 운영규정","제1장 총칙","제1조(목적)"],{}],["제2조(대출)","heading",null,["새봄시 도서관 운영규정","제1장 총칙","제2조(대출)"],{}],["① 대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있다.\n② 대출 기간은 한 번에 한하여 7일까지 연장할 수 있다. 다만, 예약된 자료는 연장할 수 없다.","paragraph",null,["새봄시 도서관 운영규정","제1장 총칙","제2조(대출)"],{}],["제3조(연체료)","heading",null,["새봄시 도서관 운영규정","제1장 총칙","제3조(연체료)"],{}],["연체료는 권당 1일 100원으로 한다. 다만, 한 권의 연체료는 3천 원을 넘지 못한다.","paragraph",null,["새봄시 도서관 운영규정","제1장 총칙","제3조(연체료)"],{}],["제4조(휴관일)","heading",null,["새봄시 도서관 운영규정","제1장 총칙","제4조(휴관일)"],{}],["정기휴관일은 매월 둘째 월요일로 한다.","paragraph",null,["새봄시 도서관 운영규정","제1장 총칙","제4조(휴관일)"],{}],["제5조(단체 관람)","heading",null,["새봄시 도서관 운영규정","제1장 총칙","제5조(단체 관람)"],{}],["단체 관람은 20명 이상이 함께 신청하는 경우로 한다.","paragraph",null,["새봄시 도서관 운영규정","제1장 총칙","제5조(단체 관람)"],{}]]','{"encoding":"utf-8"}');
CREATE TABLE entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chunk_id TEXT NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            text_hash TEXT NOT NULL
        );
INSERT INTO "entries" VALUES(1,'05a6c09bd1d8358e33bb','plain','주차
정기 주차권은 한 달에 3만 원이다.','8f4eea89b7b447ed83b2');
INSERT INTO "entries" VALUES(2,'1bca978d002739e86d80','plain','안내
민원실은 오전 9시에 연다.
주차장은 지하 2층에 있다.','b998231759db35910623');
INSERT INTO "entries" VALUES(3,'ced5e622bea1730bd36f','plain','새봄시 도서관 운영규정 > 제1장 총칙
제1조(목적)
이 규정은 도서관 이용에 필요한 사항을 정함을 목적으로 한다.','97874929ff3e1354acd5');
INSERT INTO "entries" VALUES(4,'830497e225319776156d','plain','새봄시 도서관 운영규정 > 제1장 총칙
제2조(대출)
① 대출 기간은 14일로 하고, 한 번에 5권까지 빌릴 수 있다.
② 대출 기간은 한 번에 한하여 7일까지 연장할 수 있다. 다만, 예약된 자료는 연장할 수 없다.','c4598cea526dfcd5a579');
INSERT INTO "entries" VALUES(5,'433ed1406e14f526f6c4','plain','새봄시 도서관 운영규정 > 제1장 총칙
제3조(연체료)
연체료는 권당 1일 100원으로 한다. 다만, 한 권의 연체료는 3천 원을 넘지 못한다.','e948a67dc57a1960bcdf');
INSERT INTO "entries" VALUES(6,'a85d4544dfe6707fcd48','plain','새봄시 도서관 운영규정 > 제1장 총칙
제4조(휴관일)
정기휴관일은 매월 둘째 월요일로 한다.','5f49eab8d2f0a5fa0d69');
INSERT INTO "entries" VALUES(7,'733cd49d14e71e9b63f0','plain','새봄시 도서관 운영규정 > 제1장 총칙
제5조(단체 관람)
단체 관람은 20명 이상이 함께 신청하는 경우로 한다.','04eef050fa197d22dbad');
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
INSERT INTO "sources" VALUES(1,'/자료/빈파일.txt','failed','',0,1795640781790682223,'','','','','빈 파일입니다(0바이트)','[]',0,'2026-11-25T21:06:22+00:00');
INSERT INTO "sources" VALUES(2,'/자료/rows.jsonl','ok','8ef1138ba1ed02557c77f3177777516ce01e0af4691cba0a03746d21e7ed70b6',91,1795640781804900958,'jsonl','row','표의 행으로 된 자료라 한 행을 한 단위로 했습니다','unit=auto strategy=plain fields=title,text','','[]',0,'2026-11-25T21:06:22+00:00');
INSERT INTO "sources" VALUES(3,'/자료/안내.txt','ok','c205de579eb109c487e5d59fd20ba747381abe97d7dc0b76a1dcd7a9d2466bb0',72,1795640781790682223,'text','paragraph','조(제N조) 제목이 없어 문단 단위로 나누었습니다','unit=auto strategy=plain fields=title,text','','[]',0,'2026-11-25T21:06:22+00:00');
INSERT INTO "sources" VALUES(4,'/자료/운영규정.md','ok','a151511db517cc9d51b37b253c7a79a72a8141e0612e9ea8d1f08f942b22a40c',704,1795640781790234488,'markdown','law_article','조 제목 5개가 순서대로 나와 법령·규정으로 보았습니다','unit=auto strategy=plain fields=title,text','','[]',0,'2026-11-25T21:06:22+00:00');
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "state" VALUES('generation','3');
CREATE TABLE vectors (
            model TEXT NOT NULL,
            text_hash TEXT NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (model, text_hash)
        ) WITHOUT ROWID;
INSERT INTO "vectors" VALUES('scripted-bigrams','04eef050fa197d22dbad',X'732D0000732D00000000000073310000163416347331732D732D00007331732D732D000000000000732D732D16340000000000000000732D0000732D732D732D1634732D7331CF36732D732D732D00000000732D000073311634000000007331732D732D00007331732D0000163473310000732D732D000073310000732D0000');
INSERT INTO "vectors" VALUES('scripted-bigrams','5f49eab8d2f0a5fa0d69',X'00006F2E6F2E0000000000006F2E00006F2ED334D3340000000000006F326F2E6F3200000000000000000000000000000000000000006F326F326F2E6F326F326F2E6F326F2ED334000000006F2E6F2E00006F2E6F326F2E6F32000000006F2E00006F2E00006F32000000006F2E00006F2E6F2E6F2E0000D3346F2E6F320000');
INSERT INTO "vectors" VALUES('scripted-bigrams','8f4eea89b7b447ed83b2',X'0000553100005531000000005531000000000000000055310000000000005531553100000000000000000000000000000038000000005531000000005531000055315531000000000000000055315531000000000000553500000000000000000000000000005535000000000000553100005531000055315535000000000000');
INSERT INTO "vectors" VALUES('scripted-bigrams','97874929ff3e1354acd5',X'00006E316E2D00006E3100006E2D00006E2D6E2D6E316E2D6E2D00006E2D6E316E310000000000000000000000000000000000006E2D6E31000000006E316E2D6E2D6E2D6E2D6E356E2D00006E2D6E2D0000123400006E2D6E356E2D6E2D6E3100006E2D00006E31000000006E2D6E2D123412346E316E2D1234000012340000');
INSERT INTO "vectors" VALUES('scripted-bigrams','b998231759db35910623',X'0000513000000000000051300000000000000000513000000000513400005130000000000000513000005130513000005134000000005130513051300000000051300000000000000000000051340000513051300000513000000000000051305130513000005130000000000000513079360000513079365134513000000000');
INSERT INTO "vectors" VALUES('scripted-bigrams','c4598cea526dfcd5a579',X'00000000802A80328032802A802A0000802EE030802EE030E030802E802EE030802A0000802E80320000802A802A802A802E80320000802E00000000802EE0341034E030802AE030802A802A8032802A802E802A802A8032802A0000802A802E802A802E0000802A0000802A802E8032802E802A8032802EE03400001034E030');
INSERT INTO "vectors" VALUES('scripted-bigrams','e948a67dc57a1960bcdf',X'0000000063306334632C0000632C0000632C632C9432632C0000632C632C632C632C0000632C0000000063300000632C632C6330632C633000000000632C000063307B35632C9432632C9432633063300000632C000063349432632C000063300000633000007B3500000000632C6330632C632C633400006334632C632C0000');
CREATE INDEX documents_source ON documents (source_id, position);
CREATE INDEX documents_external ON documents (external_id);
CREATE INDEX chunks_document ON chunks (document_id, position);
CREATE INDEX chunks_article ON chunks (article) WHERE article IS NOT NULL;
CREATE INDEX entries_chunk ON entries (chunk_id);
CREATE INDEX entries_hash ON entries (text_hash);
CREATE INDEX answers_created ON answers (created);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('entries',7);
COMMIT;
PRAGMA user_version = 1;
