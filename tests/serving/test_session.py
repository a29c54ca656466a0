"""Signing in: a key becomes a cookie that no script reads and that no other site can use."""

import httpx
import pytest

from serving.session import COOKIE, Sessions
from tests.serving.server import Server
from tests.serving.test_service_errors import assert_error

KEY = "desk-" + "k" * 16
PAGE = {"X-Tasrih-Page": "1"}
BODY = {"sentences": [{"text": "وصل الوفد إلى مسقط صباح الخميس."}]}


@pytest.fixture(scope="module")
def closed():
    with Server(api_keys=KEY) as running:
        yield running.wait_ready()


@pytest.fixture
def browser(closed):
    """A client that keeps cookies."""
    with httpx.Client(base_url=closed.url, timeout=30) as client:
        yield client


def sign_in(browser, key=KEY, **headers):
    return browser.post("/v1/session", json={"key": key}, headers=headers)


def test_a_key_becomes_a_cookie(closed, browser):
    assert browser.get("/").status_code == 200
    told = browser.get("/v1/session").json()
    assert (told["signed_in"], told["keys_required"]) == (False, True)
    answer = sign_in(browser)
    assert answer.status_code == 204 and answer.content == b""
    name, _, rest = answer.headers["set-cookie"].partition("=")
    token, *marks = rest.split("; ")
    assert name == COOKIE and len(token) >= 43 and KEY not in rest
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(marks) and "Secure" not in marks
    assert browser.get("/v1/session").json()["signed_in"]
    assert browser.get("/v1/info").status_code == 200
    assert browser.post("/v1/sentences", json=BODY, headers=PAGE).status_code == 200
    assert token not in closed.log() and KEY not in closed.log()


def test_behind_https_the_cookie_is_kept_from_http(browser):
    assert "; Secure" in sign_in(browser, **{"X-Forwarded-Proto": "https, http"}).headers["set-cookie"]
    assert "; Secure" not in sign_in(browser, **{"X-Forwarded-Proto": "http"}).headers["set-cookie"]


@pytest.mark.parametrize("key", ["x", KEY[:-1], KEY + "x", "ك" * 20])
def test_a_wrong_key(browser, key):
    answer = sign_in(browser, key)
    assert_error(answer, 401, "unauthorized")
    assert "set-cookie" not in answer.headers and not browser.get("/v1/session").json()["signed_in"]


def test_a_session_changes_nothing_without_the_pages_header(browser):
    sign_in(browser)
    for headers in ({}, {"X-Tasrih-Page": "0"}):
        assert_error(browser.post("/v1/sentences", json=BODY, headers=headers), 403, "forbidden")
        assert_error(browser.delete("/v1/session", headers=headers), 403, "forbidden")
    assert browser.get("/v1/session").json()["signed_in"]
    # A key needs no header: no browser sends one by itself.
    assert (
        httpx.post(
            f"{browser.base_url}/v1/sentences", json=BODY, headers={"Authorization": f"Bearer {KEY}"}
        ).status_code
        == 200
    )


def test_what_another_site_sends_is_refused(browser, server):
    sign_in(browser)
    for site in ("cross-site", "same-site"):
        foreign = {**PAGE, "Sec-Fetch-Site": site}
        assert_error(browser.post("/v1/sentences", json=BODY, headers=foreign), 403, "forbidden")
        assert_error(sign_in(browser, **foreign), 403, "forbidden")
        # A service without keys on one's own machine is no other site's, either.
        assert_error(server.post("/v1/sentences", BODY, headers=foreign), 403, "forbidden")
    own = {**PAGE, "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/v1/sentences", json=BODY, headers=own).status_code == 200


def test_signing_out_ends_the_session_itself(browser):
    sign_in(browser)
    token = browser.cookies[COOKIE]
    answer = browser.delete("/v1/session", headers=PAGE)
    assert answer.status_code == 204 and COOKIE not in browser.cookies
    stolen = httpx.get(f"{browser.base_url}/v1/info", cookies={COOKIE: token})
    assert_error(stolen, 401, "unauthorized")
    assert browser.delete("/v1/session", headers=PAGE).status_code == 204


def test_signing_in_anew_ends_the_session_before(browser):
    sign_in(browser)
    token = browser.cookies[COOKIE]
    sign_in(browser)
    assert token != browser.cookies[COOKIE]
    assert httpx.get(f"{browser.base_url}/v1/info", cookies={COOKIE: token}).status_code == 401


def test_a_made_up_cookie(closed):
    for token in ("", "x", "a" * 43, "ك".encode().decode("latin-1")):
        answer = httpx.get(f"{closed.url}/v1/info", headers={b"Cookie": f"{COOKIE}={token}".encode("latin-1")})
        assert_error(answer, 401, "unauthorized")


def test_without_keys_all_are_let_in(server):
    told = server.client.get("/v1/session").json()
    assert (told["signed_in"], told["keys_required"]) == (True, False)
    answer = server.post("/v1/session", {"key": "anything"})
    assert answer.status_code == 204 and "set-cookie" not in answer.headers


def test_sessions_end():
    short = Sessions(seconds=0)
    assert not short.holds(short.begin())
    sessions = Sessions()
    first = sessions.begin()
    assert sessions.holds(first) and not sessions.holds("")
    for _ in range(10_000):
        sessions.begin()
    assert not sessions.holds(first)
