"""Generic words that Korean names are made with: heads of institutions, titles of persons, and what is no name.

Kinds of words only, never names of one place or house; the names themselves come from morphology and from documents.
"""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Ends of institutions of which there is one each, whatever stands before them (근로복지|공단, 금융|감독원).
SURE_HEADS = _set(
    "공단 감독원 진흥원 개발원 평가원 소비자원 정보원 관리원 품질원 기술원 안전원 보안원 표준원 보장원 심사원"
    " 중재원 인증원 연구원 연구소 위원회 검찰청 경찰청 경찰서 소방서 세무서 보건소 교육청 교육지원청 구청 시청"
    " 군청 도청 대학교 보험공사 중앙회 연합회 공제회 상공회의소 거래소 심판원 재판소 중앙은행 우체국 지청 처 청"
)
#: Last words of ministries; other words in 부 are departments, or no houses at all (조건부).
MINISTRIES = _set(
    "복지부 노동부 교육부 국방부 외교부 외무부 통일부 법무부 환경부 안전부 자치부 통신부 자원부 교통부 건설부"
    " 농림부 식품부 수산부 가족부 재정부 경제부 산업부 체육부 관광부 문화부 기업부 벤처부 보훈부 과학부 기술부"
    " 내무부 재무부 국토부 기재부 행안부 과기부 문체부 고용부 해수부 여가부 중기부 산자부 정통부 농식품부"
    " 과기정통부 기후부 에너지부 미래부 행자부"
)
#: Ends of institutions that also make classes (종합|병원, 시중|은행).
CLASS_HEADS = _set(
    "은행 병원 의원 의료원 센터 재단 협회 학회 조합 법원 지방법원 고등법원 학교 초등학교 중학교 고등학교 대학"
    " 대학원 유치원 어린이집 도서관 박물관 미술관 천문대 과학관 체육관 회관 복지관 문화원 교육원 연수원 수련원"
    " 수목원 휴양림 사무소 출장소 본부 사업소 사업단 추진단 신문 일보 방송 금고 신협 농협 수협 요양원 보육원"
    " 체육회 예술단 극장 백화점 호텔 공사 텔레콤 캐피탈 중공업 증권 물산 제약 공항 터미널 수영장 캠핑장 공연장"
    " 식물원 동물원 기념관 전시관 자료실 열람실 공방 한의원 안과 치과 내과 외과 피부과 이비인후과 정형외과 영화관"
    " 서점 출판사 여행사 항공사"
)
#: Ends of companies and places that are common words; only behind a name do they make one.
WEAK_HEADS = _set(
    "그룹 전자 보험 생명 화재 카드 건설 화학 통신 항공 해운 공원 아파트 빌딩 역 가스 전력 수도 정수장 시장 마트"
    " 약국 지사 부"
)
#: Departments inside a house; `과` and `국` are also many common words, so that they need their own morpheme.
DEPARTMENTS = _set("과 팀 실 국 담당관 부서")
HEADS = SURE_HEADS | CLASS_HEADS | WEAK_HEADS | DEPARTMENTS

#: Institutions that are names without anything before them.
OFFICES = _set(
    "경찰 검찰 국회 감사원 대법원 헌법재판소 청와대 대통령실 국무회의 국무총리실 국무조정실 대검찰청 국가정보원 경찰서"
    " 소방서 세무서 보건소 교육청 구청 시청 군청 도청 경찰청 검찰청 법원행정처 우체국 주민센터 행정복지센터"
    " 교육지원청 상공회의소 국세청 관세청 병무청 통계청 기상청 산림청 특허청 조달청 소방청 세관 가정법원 행정법원"
    " 회생법원 특허법원 지방검찰청 고등법원"
)
#: Persons in office of whom there is one in their place.
OFFICERS = _set(
    "대통령 국무총리 도지사 교육감 시도지사 구청장 경찰서장 소방서장 세무서장 보건소장 감사원장 대법원장 국회의장"
    " 학교장"
)

#: Officers of an institution, written behind its name; what is left must end in a head.
LEADERS = _set(
    "장관 차관 처장 청장 원장 위원장 이사장 총장 총재 행장 은행장 관장 소장 서장 센터장 단장 회장 사장 조합장"
    " 학교장 교장 법원장 병원장 본부장 지사장 지부장 과장 팀장 실장 국장 부장 직원 위원 장"
)
#: Titles written behind a person's name, with or without a space.
TITLES = _set(
    "셰프 점장 경사 경위 경감 경정 총경 의장 부의장 대변인 비서관 행정관 최고위원 당선인 후보자 아나운서 앵커 시인 소설가 할머니"
    " 할아버지 위원 기사 사원 병장 상무 전무 부사장 사서 "
    "씨 님 군 양 교수 장관 차관 의원 대표 과장 원장 판사 검사 변호사 선생 선생님 박사 기자 감독 회장 사장 이사장"
    " 대통령 총리 후보 위원장 팀장 부장 차장 국장 실장 주무관 사무관 간호사 전문의 의사 총장 이사 대리 주임 계장"
    " 소장 본부장 대법관 대사 시장 군수 구청장 지사 연구원 선수 작가 배우 가수 화백 목사 신부 스님 여사 옹 대위"
    " 소령 중령 대령 중장 대장 원수 상병 병장 감사 강사 교사 약사 세무사 노무사 회계사 법무사 책임 수석 선임"
    " 매니저"
)

#: In front of any head these make no name (관할 세무서, 우리 병원).
POINTING = _set(
    "관할 해당 소속 관계 관련 담당 본 당 우리 저희 귀 그 이 저 각 각급 모든 어느 어떤 다른 같은 타 전체 일부 인근"
    " 가까운 근처 동네 지정 위탁 수탁 발급 접수 신청 산하 상위 하위 주무 주관 협력 제휴 거래 주거래 여러 작은"
)
#: In front of a head that makes classes these make one (종합병원, 시중은행, 상담센터).
GENERIC = POINTING | _set(
    "지역 지방 중앙 전문 종합 상급 상급종합 대형 중소 일반 개인 민간 국내 외국 해외 국제 공공 공익 국립 공립 사립"
    " 시립 도립 군립 구립 국공립 시중 저축 지점 요양 재활 응급 대학 부속 인증 심의 심사 운영 자문 조정 소 분과"
    " 특별 상설 상임 노동 협동 노사 노조 상담 고객 서비스 콜 민원 안내 지원 교육 연구 기술 정보 데이터 문화 체육"
    " 복지 행정 정부 국가 자치 사회 신용 상호 회사 기관 부처 단체 시설 영업 사업 현장 공장 건축 토목 전기 소방"
    " 도로 상하수도 배관 설비 철거 보수 특수 초등 중등 고등 원격 사이버 평생 실업 직업 직장 대행 전문건설 종합건설"
    " 건설 손해 생명 화재 고용 산재 건강 연금 실손 책임 자동차 도시 천연 액화석유 산업 이동 초고속 무선 유선 대중"
    " 전담 징계 인사 감사 선거 이의 분쟁 윤리 보상 평가 선정 추천 계약 기금 관리 전통 재래 재활용 주택 금융 증권"
    " 내부 외부 전자 온라인 모바일 인터넷 대표 공동 총괄 실무 현지 본사 지사 농수산물 도매 법률 치과 한방 정형외과"
    " 소아 산부인과 내과 안과 동물 정신 재정비 정비 재개발 재건축 입주자 학부모 주민 근로자 노인 아동 청소년 여성"
    " 장애인 다문화 가족 어린이 보육 돌봄 창업 취업 일자리 체험 전시 공연 기념 마을 주간 야간 방송 통신 라디오"
    " 지상파 종합편성 케이블 위성 조간 석간 경제 일간 면세 시내 가맹 개설 수련 격리 전염 감염 대안 혁신 특성화"
    " 자율 과학 예술 외국어 통합 신설 임대 분양 신축 하수 정수 교환 물류 배송 유통 정산 수리 검사 측정 시험 지적"
    " 산림 농업 축산 수산 임업 어업 신고 보호 통제 관제 상황 종합상황 방문자 여행자 관광 안내소 야외 실내 공영"
    " 공용 대공연 소공연 종합자료 일반열람 신경 성형 흉부 구강 순환기 소화기 호흡기"
)

#: In front of 위원회 these make a kind of them, which many houses have.
COMMITTEES = POINTING | _set(
    "심의 심사 운영 자문 조정 분과 전문 특별 상설 상임 징계 인사 윤리 보상 평가 선정 추천 관리 선거 실무 합동"
    " 공동 준비 조사 정책 기획 편집 검토 선발 감사 예산 집행 추진 발전 협의 대책 계약 기금 이의 분쟁 재심 고충"
)

#: Words that end like a name and are none, and words that mecab takes for names.
NOT_NAMES = _set(
    "하지만 내일 오늘 모레 마리 하계 동계 중동 서양 동양 일부 전부 내부 외부 본부 학부 간부 기부 납부 여부 정부 장부 대부 첨부 회부 교부 하부 상부 세부 후부 전반부"
    " 주부 신부 농부 어부 피부 두부 공부 거부 승부 흉부 복부 안부 당부 청부 잔부 환부 송부 발부 배부 부부 해당부"
    " 출납부 등록부 조건부 후반부 초반부 중반부 처음부 원부 명부 대장 접수처 거래처 근무처 연락처 사용처 구매처"
    " 판매처 출처 상처 조처 부처 근처 문의처 신고처 제출처 발급처 신청 요청 시청 간청 도청 구청 하청 원청 재청"
    " 초청 신청청 행정청 처분청 감독청 허가청 관청 상급청 하급청 위원 직원 회원 공무원 임원 사원 조합원 종업원"
    " 구성원 인원 정원 증원 지원 자원 근원 병원 학원 공원 법원 의원 해당공사 건설공사 관급공사 추가공사"
    " 하자보수공사 개보수공사 방수공사 시설공사 전기공사 소방공사 부대공사 시장 정규직 비정규직 신청인 피신청인"
    " 사업주 담당자 책임자 위원회 사용자 근로자 이용자 관리자 대표자 대리인 상대방 개인정보 인터넷 홈페이지"
    " 휴대전화 이메일 이동전화 카카오톡 한글 영문 국문 국어 영어 한국어 한자 양력 음력 주민등록 우리나라 국내 외국"
    " 해외 설날 추석 월요일 화요일 수요일 목요일 금요일 토요일 일요일 한국인 외국인 내국인 온라인 국토 시도 도시"
    " 군구 시군구 자치구 읍면동 읍면 시군 공휴일 대체공휴일 하나 우리 하늘 사랑 바다 나라 모두 하루 이틀 대한 이하"
    " 미만 이상 대상 이내 기준 다만 그리고 해주 예정 별지 별표 서식 부칙 본문 단서 전단 후단 당사 본사 지사"
)

#: Last parts of the titles of laws, by which a law's name is known without 낫표 (고용|보험법, 국세|기본법).
LAW_HEADS = _set(
    "기본법 특별법 특례법 보호법 관리법 지원법 진흥법 촉진법 기준법 보험법 세법 회계법 규제법 처벌법 운영법"
    " 설치법 육성법 절차법 소송법 조직법 사업법 시설법 건축법 의료법 은행법 금융법 교육법 복지법 안전법 보건법"
    " 교통법 통신법 보장법 정보법 계약법 거래법 임대차법 임대차보호법 공무원법 근로법 고용법 연금법 공제법 등록법"
    " 자치법 선거법 재정법 예산법 감사법 징수법 집행법 파산법 회생법 특허법 상표법 저작권법 경찰법 소방법 병역법"
    " 항공법 해운법 철도법 도로법 하천법 산림법 농지법 토지법 주택법 환경법 보전법 위생법 약사법 식품법 평등법"
    " 방지법 금지법 예방법 조정법 중재법 노동법 조합법 기금법 신탁법 증권법 자본시장법 여신전문법 학교법 평가법"
    " 인증법 표준법 계량법 측량법 법률"
)
#: Laws of one or two syllables.
SHORT_LAWS = _set("헌법 민법 상법 형법 행정법 국적법 상훈법 감사원법 국회법 법원조직법 정당법 호적법 부동산등기법")
#: Ends of rules below a law; the word before makes the name.
RULE_HEADS = _set("시행령 시행규칙 조례 규정 규칙 정관 지침 세칙 내규 요령 강령 약관")

#: Places below a country.
PLACE_HEADS = _set("특별시 광역시 특별자치시 특별자치도 시 군 구 도 읍 면 동 리 로 길")

#: Family names; those of two syllables first.
FAMILY_NAMES = _set(
    "남궁 황보 제갈 선우 독고 사공 서문 김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 유 전 홍 고 문"
    " 양 손 배 백 허 남 심 노 하 곽 성 차 주 우 구 민 진 나 지 엄 채 원 천 방 공 현 함 변 염 여 추 도 소 석 선 설"
    " 마 길 연 위 표 명 기 반 라 왕 금 옥 육 인 맹 제 모 탁 국 어 은 편 용"
)

#: Latin words that every office uses; leaving them out or putting them in is no other name.
LATIN_WORDS = _set(
    "sns fta lte atm ktx srt rfid pdf url id pc tv ok sms faq qr ars it ai cctv gps usb dvd cd hwp hwpx docx xlsx pptx csv xml json html http"
    " https www www.go.kr app web wi-fi wifi kb mb gb tb kg km cm mm ml no vs etc tel fax e-mail email lms mms otp"
    " pin ip vpn api d-day q a n ceo cfo cto hr pr a4 b5 kw kwh mw hz"
)
