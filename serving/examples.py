"""Examples of the OpenAPI document. The sentences are ours; the probabilities are such as the first release gave."""

from typing import Any

__all__ = ["ARCHIVE", "ARTICLES", "EXPLANATION", "INFO", "MESSAGES", "REVIEW", "SENTENCES"]

RELEASE = {"name": "tasrih-base", "version": "0.1.0"}
REQUEST_ID = "desk-17"

_ALLEGATION = "قالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف."
_DENIAL = "ونفى المتحدث باسم الكرملين صحة هذه الأنباء."


def _sentence(text: str, kind: str, stance: str, claim: str, n_tokens: int) -> dict[str, Any]:
    stances = {"pro_russia": 0.04, "western_accusation": 0.04, "neutral_report": 0.04}
    claims = {"arms_transfer_allegation": 0.03, "denial": 0.03}
    return {
        "text": text,
        "start": 0,
        "end": len(text),
        "kind": kind,
        "stance": stance,
        "stance_probabilities": {**stances, stance: 0.92},
        "claim_types": [claim],
        "claim_probabilities": {**claims, claim: 0.97},
        "needs_review": False,
        "n_tokens": n_tokens,
        "truncated": False,
    }


SENTENCES: dict[str, Any] = {
    "request": {
        "sentences": [{"id": "a", "text": _ALLEGATION}, {"id": "b", "text": _DENIAL}, {"id": "c", "text": " "}]
    },
    "answer": {
        "sentences": [
            {"id": "a", **_sentence(_ALLEGATION, "sentence", "western_accusation", "arms_transfer_allegation", 21)},
            {"id": "b", **_sentence(_DENIAL, "sentence", "pro_russia", "denial", 13)},
            {
                "id": "c",
                "error": {
                    "code": "empty_input",
                    "message": "sentences.2: text is empty; leave the sentence out",
                    "details": {},
                },
            },
        ],
        "release": RELEASE,
        "request_id": REQUEST_ID,
    },
}
ARTICLES: dict[str, Any] = {
    "request": {
        "articles": [{"id": "desk-17", "text": _ALLEGATION, "source": "وكالة", "published": "2024-06-19"}],
        "keep_boilerplate": False,
    },
    "answer": {
        "articles": [
            {
                "id": "desk-17",
                "source": "وكالة",
                "published": "2024-06-19",
                "offsets_of": "input",
                "sentences": [_sentence(_ALLEGATION, "body", "western_accusation", "arms_transfer_allegation", 21)],
                "summary": {
                    "stance_shares": {"pro_russia": 0.0, "western_accusation": 1.0, "neutral_report": 0.0},
                    "claims": {"arms_transfer_allegation": [0], "denial": []},
                    "n_sentences": 1,
                    "n_review": 0,
                    "n_boilerplate_lines": 0,
                },
                "release": RELEASE,
            }
        ],
        "release": RELEASE,
        "request_id": REQUEST_ID,
    },
}
INFO: dict[str, Any] = {
    "release": RELEASE,
    "releases": [RELEASE],
    "labels": {
        "stances": [{"name": "neutral_report", "arabic": "خبر محايد", "english": "neutral report"}],
        "claims": [{"name": "denial", "arabic": "نفي", "english": "denial"}],
    },
    "limits": {"max_sentences_in_flight": 4096, "max_tokens_a_sentence": 512},
    "engine": {"name": "openvino 2026.4.1", "precision": "bf16"},
    "versions": {"python": "3.11.7", "tasrih": "0.1.0"},
    "offsets": "Unicode code points, half-open",
    "request_id": REQUEST_ID,
}

_WHY = "ونفى الكرملين ذلك."
EXPLANATION: dict[str, Any] = {
    "request": {"text": _WHY},
    "answer": {
        "text": _WHY,
        **{
            name: value
            for name, value in _sentence(_WHY, "sentence", "pro_russia", "denial", 7).items()
            if name in ("stance", "stance_probabilities", "claim_types", "claim_probabilities")
        },
        "words": [
            {
                "text": _WHY[start:end],
                "start": start,
                "end": end,
                "weights": {
                    "pro_russia": weight,
                    "western_accusation": 0.0,
                    "neutral_report": -weight,
                    "arms_transfer_allegation": 0.0,
                    "denial": weight,
                },
            }
            for start, end, weight in ((0, 4, 0.61), (5, 13, 0.2), (14, 17, 0.02))
        ],
        "method": "occlusion",
        "release": RELEASE,
        "request_id": REQUEST_ID,
    },
}
_DRAFT: dict[str, Any] = {
    "text": _DENIAL,
    "stance": "pro_russia",
    "claim_types": ["denial"],
    "reviewer": "سلمى",
    "note": "النفي على لسان المتحدث",
    "article_id": "desk-17",
    "source": "وكالة",
    "place": 1,
    "start": 74,
    "end": 74 + len(_DENIAL),
    "given": {"stance": "neutral_report", "claim_types": ["denial"], "release": "tasrih-base 0.1.0"},
}
_REVIEW: dict[str, Any] = {"id": 7, "created": "2024-06-19T08:15:30.000Z", **_DRAFT}
REVIEW: dict[str, Any] = {
    "request": _DRAFT,
    "answer": {"review": _REVIEW, "request_id": REQUEST_ID},
    "found": {"reviews": [_REVIEW], "total": 1, "request_id": REQUEST_ID},
}
_ARCHIVE: dict[str, Any] = {
    "id": "018f2b7c4d10-5e6f7a8b",
    "name": "أرشيف الوكالة.jsonl",
    "status": "running",
    "articles_done": 300,
    "articles_total": 1000,
    "sentences": 7412,
    "errors": 1,
    "created": "2024-06-19T08:15:30.000Z",
    "message": None,
}
ARCHIVE: dict[str, Any] = {
    "answer": {"archive": _ARCHIVE, "request_id": REQUEST_ID},
    "all": {"archives": [_ARCHIVE], "request_id": REQUEST_ID},
    "sentences": {
        "sentences": [
            {
                **_sentence(_DENIAL, "body", "pro_russia", "denial", 13),
                "article_id": "desk-17",
                "source": "وكالة",
                "published": "2024-06-19",
                "place": 1,
            }
        ],
        "total": 1,
        "request_id": REQUEST_ID,
    },
}

# One message of each code, as the service words it.
MESSAGES: dict[str, str] = {
    "broken_body": "the body is not JSON in UTF-8: expected value at line 1 column 1; send a JSON object",
    "unauthorized": "no key, or a wrong one; send the header Authorization: Bearer KEY",
    "forbidden": "a session's cookie is not enough to change anything; send X-Tasrih-Page: 1, or a key",
    "not_found": "nothing is here; there are /v1/articles, /v1/sentences, /v1/info, /docs.json, …",
    "method_not_allowed": "/v1/articles takes POST alone",
    "slow_body": "1,024 bytes of the body came in 15 s; send it faster, or in smaller requests",
    "unfinished": "the archive is running, 300 of 1,000 articles are done; come back when it is complete",
    "body_too_large": "the body holds more than 2,000,000 bytes; send fewer articles a request",
    "too_many_sentences": (
        "the call holds 5,000 sentences, at most 4,096 may be in flight; send them in several calls"
    ),
    "unsupported_media_type": "Content-Type 'text/plain'; send application/json in UTF-8",
    "unsupported_encoding": "Content-Encoding 'gzip': compressed bodies are refused; send the JSON as it is",
    "invalid": "articles.0.text: missing; an article has text or html; see /docs.json",
    "overloaded": "4,090 of 4,096 sentences are in flight, no room for 12 more; come back in 9 s",
    "internal": "the service failed; its log tells where, under this request_id. Report it, please.",
    "starting": "the release is being loaded; come back in 2 s",
    "failed": "the service cannot label: openvino_model.bin: sha256 is 4f0c…, release.json says 9a1b…",
    "draining": "this server is going down; try again, another will answer",
    "waited_too_long": "the call waited 30 s and was not begun; come back in 9 s",
    "storage_failed": "reviews and archives cannot be read or written now; come back in 5 s. The service's log tells why",
    "took_too_long": "the labelling did not end within 30 s; send fewer sentences a call",
}
