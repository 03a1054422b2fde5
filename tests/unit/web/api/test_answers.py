"""
Resources: what is asked, who may, and what comes of it.
"""

import base64
from typing import Any

import pytest

from tests.fakes.office import ALICE, SECRET, VPN, Office
from tests.unit.web.api.desk import KEYS, Desk
from tests.unit.web.asgi import ask
from watchword.app.manage.users import UserAdd
from watchword.domain.events import AuditEvent
from watchword.domain.roles import Role
from watchword.web.api.reading import LONGEST_BODY
from watchword.web.problems import KINDS

BOB = "bob@example.org"


async def test_what_is_made_is_told_with_its_place(desk: Desk, office: Office) -> None:
    answer = await desk.post("/users", {"username": ALICE, "name": "Alice"})

    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/api/v1/users/{ALICE.replace('@', '%40')}"
    assert (await desk.shown(answer.headers["location"]))["name"] == "Alice"
    assert (AuditEvent.USER_ADDED, "owner key") in office.audited()


async def test_a_list_comes_with_where_it_goes_on(desk: Desk, office: Office) -> None:
    for number in range(5):
        await office.do("user.add", UserAdd(username=f"user{number}@example.org"))

    seen: list[str] = []
    path: Any = "/users?limit=2"
    for _ in range(3):
        answer = await desk.get(path)
        seen += [row["username"] for row in answer.document["items"]]
        path = answer.document["next"]
        assert answer.headers.get("link") == (f'<{path}>; rel="next"' if path else None)

    assert path is None
    assert seen == [f"user{number}@example.org" for number in range(5)]


async def test_a_page_that_is_just_full_is_the_last(desk: Desk, office: Office) -> None:
    await office.user()

    assert (await desk.shown("/users?limit=1"))["next"] is None


async def test_a_cursor_is_good_for_its_list_and_its_filters_alone(desk: Desk, office: Office) -> None:
    await office.user()
    await office.user(BOB)
    following = (await desk.shown("/users?limit=1"))["next"]
    cursor = following.partition("cursor=")[2]

    for path in (
        f"/activity?cursor={cursor}",
        f"/bypasses?all=true&cursor={cursor}",
        f"/users?cursor={cursor[:-1]}",
        f"/users?cursor={cursor}A",
        "/users?cursor=",
        "/users?cursor=%F0%9F%98%80",
        f"/users?cursor={'A' * 2_000}",
    ):
        answer = await desk.get(path)
        assert (answer.status, answer.document["errors"][0]["pointer"]) == (422, "/cursor")
    assert (await desk.get(f"/users?cursor={cursor}")).status == 200


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "ten", "", "1e2", "00000001", "%D9%A1"])
async def test_a_page_is_bounded(desk: Desk, limit: str) -> None:
    answer = await desk.get(f"/users?limit={limit}")

    assert (answer.status, answer.document["errors"][0]["pointer"]) == (422, "/limit")


async def test_a_list_without_pages_is_whole(desk: Desk, office: Office) -> None:
    await office.application()

    document = await desk.shown("/applications")

    assert (len(document["items"]), document["next"]) == (1, None)


async def test_one_of_a_list_is_found_by_its_name(desk: Desk, office: Office) -> None:
    await office.application("Büro / 2")

    assert (await desk.shown("/applications/B%C3%BCro%20%2F%202"))["name"] == "Büro / 2"
    missing = await desk.get("/directories/none")
    assert (missing.status, missing.document["detail"]) == (404, "there is no directory 'none'")


async def test_a_name_with_a_slash_is_one_segment(desk: Desk, office: Office) -> None:
    await office.application(clients=("192.0.2.0/28",))
    added = await desk.post(f"/applications/{VPN}/clients", {"client": "198.51.100.0/24", "secret": "x" * 20})
    assert added.status == 201

    answer = await desk.ask("DELETE", f"/applications/{VPN}/clients/198.51.100.0%2F24")

    assert answer.status == 200
    assert [client["network"] for client in (await desk.shown(f"/applications/{VPN}"))["clients"]] == ["192.0.2.0/28"]


async def test_a_windows_name_means_its_user(desk: Desk, office: Office) -> None:
    await office.do("user.add", UserAdd(username=ALICE, aliases=("EXAMPLE\\alice",)))

    assert (await desk.shown("/users/EXAMPLE%5Calice"))["username"] == ALICE


# --- secrets


@pytest.mark.parametrize("secret", ["a shared sécret of the VPN", {"octets": base64.b64encode(b"\xff" * 20).decode()}])
async def test_a_secret_is_text_or_octets(desk: Desk, office: Office, secret: Any) -> None:
    answer = await desk.post("/applications", {"name": VPN, "clients": ["127.0.0.1"], "secret": secret})

    (client,) = (await office.configuration()).clients
    expected = secret.encode() if isinstance(secret, str) else b"\xff" * 20
    assert answer.status == 201
    assert client.secrets[0].octets == expected
    assert set(answer.document) == {"id", "name", "notes", "secret"}
    assert answer.document["secret"] is None


@pytest.mark.parametrize("secret", [7, {"octets": "%%"}, {"octets": 3}, {}, ["x"], True])
async def test_what_is_no_secret_is_refused_without_repeating_it(desk: Desk, secret: Any) -> None:
    answer = await desk.post("/applications", {"name": VPN, "clients": ["127.0.0.1"], "secret": secret})

    assert answer.status == 422
    assert answer.document["errors"][0]["pointer"].startswith("/secret")


async def test_no_secret_is_ever_shown_again(desk: Desk, office: Office) -> None:
    await office.application()
    await office.user()
    await desk.ask("PUT", f"/users/{ALICE}/password", {"password": "correct horse"})

    for path in ("/applications", f"/applications/{VPN}", f"/users/{ALICE}", "/users", "/doctor"):
        body = (await desk.get(path)).body
        assert SECRET.octets not in body
        assert b"correct horse" not in body


# --- who may


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nobody",
        "Basic b3duZXI6a2V5",
        f"Token {KEYS[Role.OWNER]}",
        "Bearer " + "x" * 5_000,
    ],
)
async def test_who_shows_no_good_key_is_told_how(desk: Desk, authorization: str) -> None:
    answer = await desk.get("/users", role=None, headers={"authorization": authorization})

    assert (answer.status, answer.document["type"]) == (401, "/problems/not-authenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="watchword"'
    assert desk.portal.paused == [0.05]


async def test_a_key_in_the_url_is_no_key(desk: Desk) -> None:
    for name in ("access_token", "key", "api_key"):
        assert (await desk.get(f"/users?{name}={KEYS[Role.OWNER]}", role=None)).status == 401


async def test_the_scheme_is_written_in_any_case(desk: Desk) -> None:
    assert (await desk.get("/users", headers={"authorization": f"BEARER {KEYS[Role.OWNER]}"})).status == 200


async def test_what_a_role_lacks_is_told(desk: Desk, office: Office) -> None:
    await office.user()

    answer = await desk.ask("DELETE", f"/users/{ALICE}", role=Role.AUDITOR)

    assert (answer.status, answer.document["type"]) == (403, "/problems/forbidden")
    assert answer.document["permission"] == "user:write"
    assert "auditor" in answer.document["detail"]
    assert (await desk.get(f"/users/{ALICE}")).status == 200


async def test_who_may_not_learns_nothing_of_what_he_asked_for(desk: Desk) -> None:
    answer = await desk.post("/applications", b"{", role=Role.HELP_DESK)

    assert answer.status == 403


async def test_nobody_from_another_origin_is_let_in(desk: Desk) -> None:
    answer = await desk.get("/users", headers={"origin": "https://evil.example"})
    asked = await desk.ask("OPTIONS", "/users", headers={"origin": "https://evil.example"})

    assert asked.status == 405
    for headers in (answer.headers, asked.headers):
        assert not [name for name in headers if name.startswith("access-control")]


# --- what cannot be


async def test_a_path_that_there_is_not(desk: Desk) -> None:
    for path in ("", "/", "/nothing", "/users/", "/users//block", "/users/a/b/c", "/users/%FF", "/activity/x"):
        answer = await desk.get(path or "/api/v1")
        assert (answer.status, answer.document["type"]) == (404, "/problems/not-found"), path


async def test_a_method_that_there_is_not_names_those_that_are(desk: Desk) -> None:
    answer = await desk.ask("PATCH", "/users")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert (await desk.ask("GET", "/what-if")).headers["allow"] == "POST"


@pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", "application/json;q=0", "*/*;q=0.0"])
async def test_another_form_is_not_to_be_had(desk: Desk, accept: str) -> None:
    assert (await desk.get("/users", headers={"accept": accept})).status == 406


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, application/json;q=0.5", "APPLICATION/JSON"])
async def test_json_is(desk: Desk, accept: str) -> None:
    assert (await desk.get("/users", headers={"accept": accept})).status == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json;charset=latin-1", ""],
)
async def test_a_body_is_json_or_refused(desk: Desk, kind: str) -> None:
    answer = await desk.post("/users", {"username": ALICE}, headers={"content-type": kind})

    assert (answer.status, answer.document["type"]) == (415, "/problems/unsupported-media-type")


async def test_a_body_is_not_compressed(desk: Desk) -> None:
    answer = await desk.post("/users", {"username": ALICE}, headers={"content-encoding": "gzip"})

    assert answer.status == 415


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"']
)
async def test_json_says_its_name_in_more_than_one_way(desk: Desk, kind: str) -> None:
    assert (await desk.post("/users", {"username": ALICE}, headers={"content-type": kind})).status == 201


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b'{"a":' * 3_000, b"\xff", b'{"name": "\xff"}', b'"x"'])
async def test_a_body_that_is_no_object_is_malformed(desk: Desk, body: bytes) -> None:
    assert (await desk.post("/users", body)).status == 400


async def test_a_body_is_bounded(desk: Desk) -> None:
    assert (await desk.post("/users", b" " * (LONGEST_BODY + 1))).status == 413


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"username": ALICE, "admin": True}, "/admin"),
        ({"username": 7}, "/username"),
        ({}, "/username"),
        ({"username": ALICE, "aliases": ["a", 7]}, "/aliases/1"),
        ({"username": ALICE, "a/b": 1}, "/a~1b"),
    ],
)
async def test_what_does_not_fit_is_named_by_a_pointer(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    answer = await desk.post("/users", body)

    assert answer.status == 422
    assert [error["pointer"] for error in answer.document["errors"]] == [pointer]
    assert (await desk.shown("/users"))["items"] == []


async def test_the_body_cannot_contradict_the_path(desk: Desk, office: Office) -> None:
    await office.user()
    await office.user(BOB)

    answer = await desk.post(f"/users/{ALICE}/block", {"user": BOB, "reason": "mistake"})

    assert (answer.status, answer.document["errors"][0]["pointer"]) == (422, "/user")


async def test_what_takes_nothing_takes_nothing(desk: Desk, office: Office) -> None:
    await office.user()

    assert (await desk.post(f"/users/{ALICE}/unlock", {"user": ALICE})).status == 422
    assert (await desk.post(f"/users/{ALICE}/unlock", {})).status == 200
    assert (await desk.post(f"/users/{ALICE}/unlock")).status == 200
    assert (await desk.get("/applications?limit=1")).status == 422
    assert (await desk.post(f"/users/{ALICE}/unlock?user={ALICE}")).status == 422


@pytest.mark.parametrize("query", ["user=a&user=b", "user=%FF", "us=1", "&".join(f"p{n}=1" for n in range(30))])
async def test_a_query_is_what_the_resource_knows(desk: Desk, query: str) -> None:
    assert (await desk.get(f"/activity?{query}")).status == 422


@pytest.mark.parametrize(("written", "status"), [("true", 200), ("false", 200), ("1", 422), ("yes", 422), ("", 422)])
async def test_yes_and_no_in_a_query_are_words(desk: Desk, written: str, status: int) -> None:
    assert (await desk.get(f"/bypasses?all={written}")).status == status


async def test_a_refusal_of_an_operation_is_a_problem(desk: Desk, office: Office) -> None:
    await office.user()

    again = await desk.post("/users", {"username": ALICE})
    nobody = await desk.get(f"/users/{BOB}")

    assert (again.status, again.document["type"]) == (409, "/problems/conflict")
    assert (nobody.status, nobody.document["type"]) == (404, "/problems/not-found")


async def test_a_store_that_is_away_is_told(desk: Desk, office: Office) -> None:
    office.records.away = True

    answer = await desk.get("/users")

    assert (answer.status, answer.document["type"]) == (503, "/problems/unavailable")
    assert desk.portal.faults == []


# --- versions


async def test_what_somebody_has_is_not_sent_again(desk: Desk, office: Office) -> None:
    await office.user()
    tag = (await desk.get("/users")).headers["etag"]

    for written in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = await desk.get("/users", headers={"if-none-match": written})
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    await office.user(BOB)
    assert (await desk.get("/users", headers={"if-none-match": tag})).status == 200


async def test_who_changes_says_what_he_has_seen(desk: Desk, office: Office) -> None:
    await office.application()
    path = f"/applications/{VPN}"
    tag = (await desk.get(path)).headers["etag"]

    assert (await desk.ask("PATCH", path, {"deadline": 40})).status == 428
    first = await desk.ask("PATCH", path, {"deadline": 40}, headers={"if-match": tag})
    second = await desk.ask("PATCH", path, {"deadline": 30}, headers={"if-match": tag})
    weak = await desk.ask("PATCH", path, {"deadline": 30}, headers={"if-match": f"W/{tag}"})

    assert first.status == 200
    assert (second.status, second.document["type"]) == (412, "/problems/changed-meanwhile")
    assert weak.status == 412
    assert (await desk.shown(path))["deadline"] == 40
    assert (await desk.ask("PATCH", path, {"deadline": 30}, headers={"if-match": "*"})).status == 200


async def test_a_change_between_the_look_and_the_write_is_seen(desk: Desk, office: Office) -> None:
    """Whatever else is looked at before, what counts is what the transaction finds."""
    await office.application()
    path = f"/applications/{VPN}"
    tag = (await desk.get(path)).headers["etag"]
    changes = office.records.change

    async def another_is_quicker(use_case: Any) -> Any:
        office.records.change = changes  # type: ignore[method-assign]
        assert (await desk.ask("PATCH", path, {"deadline": 20}, headers={"if-match": tag})).status == 200
        return await changes(use_case)

    office.records.change = another_is_quicker  # type: ignore[method-assign]
    late = await desk.ask("PATCH", path, {"deadline": 40}, headers={"if-match": tag})

    assert late.status == 412
    assert (await desk.shown(path))["deadline"] == 20


async def test_a_removal_may_say_what_it_has_seen(desk: Desk, office: Office) -> None:
    await office.user()
    path = f"/users/{ALICE}"
    tag = (await desk.get(path)).headers["etag"]
    await desk.post(f"{path}/block", {"reason": "left"})

    assert (await desk.ask("DELETE", path, headers={"if-match": tag})).status == 412
    assert (await desk.ask("DELETE", path)).status == 200


async def test_a_setting_is_changed_by_who_has_seen_it(desk: Desk) -> None:
    path = "/settings/lock.failures"
    tag = (await desk.get(path)).headers["etag"]

    assert (await desk.ask("PUT", path, {"value": 3})).status == 428
    assert (await desk.ask("PUT", path, {"value": 3}, headers={"if-match": tag})).status == 200
    assert (await desk.ask("PUT", path, {"value": 4}, headers={"if-match": tag})).status == 412


async def test_what_is_not_there_cannot_have_been_seen(desk: Desk) -> None:
    answer = await desk.ask("PATCH", "/applications/none", {"deadline": 40}, headers={"if-match": '"x"'})

    assert answer.status == 404


async def test_a_head_is_a_get(desk: Desk) -> None:
    got, head = await desk.get("/users"), await desk.ask("HEAD", "/users")

    assert (head.status, head.headers["etag"]) == (200, got.headers["etag"])


# --- pages of problems


async def test_each_type_of_problem_is_a_page(desk: Desk) -> None:
    for kind in KINDS.values():
        answer = await ask(desk.app, kind.type, method="GET")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert f"<h1>{kind.title}" in answer.body.decode()
    assert (await ask(desk.app, "/problems/none", method="GET")).status == 404
