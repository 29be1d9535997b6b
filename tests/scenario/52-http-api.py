# SPDX-License-Identifier: Apache-2.0
"""The hub's API: joining, handing in, roles, what exists for whom, and every answer as the OpenAPI
document says."""
import json

from http_hub import BATCH, Hub, ask, join, make_request
from noroshi_test import folder
from openapi import Document


class Api:
    """Asks, and holds each answer against the document."""

    def __init__(self, hub):
        self.hub = hub
        self.connection = hub.connect()
        status, _, body = ask(self.connection, "GET", "/openapi.json")
        assert status == 200
        self.document = Document(json.loads(body))
        self.document.check()
        self.seen = set()

    def ask(self, method, path, body=None, token=None, connection=None, headers=None, want=200):
        status, got, data = ask(connection or self.connection, method, path, body, headers, token)
        assert status == want, (method, path, status, data)
        for name in ("X-Content-Type-Options", "Cache-Control", "Content-Security-Policy"):
            assert got[name], (path, name)
        operation = self.document.operation(method, path)
        if operation:
            self.seen.add((operation["operationId"], status))
            content = operation["responses"][str(status)]["content"]
            media = got["Content-Type"].split(";")[0]
            assert media in content, (path, media)
            if media == "application/json" and method != "HEAD":
                self.document.fits(content[media]["schema"], json.loads(data))
        if status >= 400 and method != "HEAD":
            error = json.loads(data)["error"]
            assert error["status"] == status and error["title"] and error["detail"], data
        if status == 401:
            assert got["WWW-Authenticate"], path
        return json.loads(data) if data and got["Content-Type"] == "application/json" else data


def check_public(api):
    assert api.ask("GET", "/healthz") == {"status": "ok"}
    assert api.ask("HEAD", "/healthz") == b""
    api.ask("GET", "/openapi.json")
    for path in ("/", "/nothing", "/api/v1", "/api/v1/sensors/0", "/api/v1/sensors/x",
                 "/api/v1/sensors/1/revoke/it"):
        api.ask("GET", path, want=404)
    for method, path, allow in (("DELETE", "/healthz", "GET, HEAD"),
                                ("GET", "/v1/sensor/batch", "POST"),
                                ("PUT", "/api/v1/sensors/1/revoke", "POST")):
        status, headers, _ = ask(api.connection, method, path)
        assert (status, headers["Allow"]) == (405, allow), (status, allow)
    api.ask("GET", "/healthz?x=1", want=400)


def check_join(api):
    hub = api.hub
    _, request = make_request(hub.directory, "joining")
    with open(request, encoding="ascii") as f:
        csr = f.read()
    token = hub.do("invite", "joining", "alpha")
    enrol = {"token": token, "csr": csr}
    # What is not good leaves the invitation open.
    api.ask("POST", "/v1/sensor/enrol", {"csr": csr}, want=422)
    api.ask("POST", "/v1/sensor/enrol", dict(enrol, more=1), want=422)
    api.ask("POST", "/v1/sensor/enrol", dict(enrol, csr="-----BEGIN"), want=422)
    api.ask("POST", "/v1/sensor/enrol", b"[1", headers={"Content-Type": "application/json"},
            want=400)
    api.ask("POST", "/v1/sensor/enrol", b"{}", headers={"Content-Type": "text/plain"}, want=415)
    joined = api.ask("POST", "/v1/sensor/enrol", enrol)
    assert joined["name"] == "joining" and joined["member"] == "alpha"
    with open(hub.path("authority.pem"), encoding="ascii") as f:
        assert joined["authority"] == f.read()
    # Used, wrong and nonsense look alike.
    details = {api.ask("POST", "/v1/sensor/enrol", dict(enrol, token=text), want=403)
               ["error"]["detail"]
               for text in (token, token[:-1] + ("A" if token[-1] != "A" else "B"), "nrs1.x.y")}
    assert len(details) == 1, details
    log = hub.log_text()
    assert token not in log and token.split(".")[1] not in log and "sensor-joined" in log


def check_batches(api, certificate, key):
    connection = api.hub.connect(certificate, key)

    def batch(body, want):
        return api.ask("POST", "/v1/sensor/batch", body, connection=connection, want=want,
                       headers={"Content-Type": BATCH})

    number = 2
    boot = f"{number:016x}"
    assert batch(b"a12", 200) == {"acknowledged": {"boot": boot, "sequence": 3}, "repeat": False,
                                  "provisional": False}
    assert batch(b"r", 200)["repeat"] is True
    assert batch(b"p", 200)["provisional"] is True
    assert batch(b"m", 400)["error"]["detail"] == "no frame"
    assert batch(b"", 400)
    assert batch(b"u", 422)["error"]["detail"] == "another's id"
    connection.request("POST", "/v1/sensor/batch", b"l", {"Content-Type": BATCH})
    answer = connection.getresponse()
    assert answer.status == 503 and answer.headers["Retry-After"] == "7", answer.read()
    answer.read()
    # Who asks first (Expect) hears of it before a long body is sent.
    connection.putrequest("POST", "/v1/sensor/batch")
    for name, value in (("Content-Type", BATCH), ("Content-Length", 128 + (16 << 20) + 1),
                        ("Expect", "100-continue")):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    # A length is needed: what comes in chunks could go on and on.
    connection.putrequest("POST", "/v1/sensor/batch")
    connection.putheader("Content-Type", BATCH)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    connection.send(b"1\r\na\r\n0\r\n\r\n")
    assert connection.getresponse().status == 411
    connection.close()


def check_renewal(api, number, certificate, key):
    hub = api.hub
    connection = hub.connect(certificate, key)
    new_key, request = make_request(hub.directory, "renewed")
    with open(request, encoding="ascii") as f:
        csr = f.read()
    api.ask("POST", "/v1/sensor/renew", {"csr": csr}, want=401)
    api.ask("POST", "/v1/sensor/renew", {"csr": "x"}, connection=connection, want=422)
    made = api.ask("POST", "/v1/sensor/renew", {"csr": csr}, connection=connection)
    path = hub.path("renewed.pem")
    with open(path, "w", encoding="ascii") as f:
        f.write(made["certificate"])
    again = hub.connect(path, new_key)
    frame = {"method": "POST", "path": "/v1/sensor/batch", "body": b"a",
             "headers": {"Content-Type": BATCH}}
    for each in (connection, again):
        api.ask(connection=each, **frame)
    # A revocation by another hand counts on connections that are open, at once.
    hub.do("revoke-sensor", number)
    for each in (connection, again):
        api.ask(connection=each, want=403, **frame)
        api.ask("POST", "/v1/sensor/renew", {"csr": csr}, connection=each, want=403)


def check_roles(api, tokens, numbers):
    alpha, beta = numbers
    for path in ("/api/v1/sensors", "/api/v1/members", "/api/v1/status", "/metrics",
                 f"/api/v1/sensors/{alpha}"):
        if path != "/metrics":  # this machine may ask for these
            api.ask("GET", path, want=401)
        for role in tokens:
            if not path.endswith(str(alpha)):
                api.ask("GET", path, token=tokens[role])
    seen = {role: {s["number"] for s in api.ask("GET", "/api/v1/sensors", token=tokens[role])
                   ["sensors"]} for role in tokens}
    assert {alpha, beta} <= seen["administrator"] == seen["analyst"]
    assert alpha in seen["alpha"] and beta not in seen["alpha"]
    assert seen["beta"] == {beta} and seen["reader"] == set(), seen
    # Another's sensor and none at all answer alike.
    one = api.ask("GET", f"/api/v1/sensors/{alpha}", token=tokens["beta"], want=404)
    none = api.ask("GET", "/api/v1/sensors/4000000000", token=tokens["beta"], want=404)
    assert one["error"]["detail"].replace(str(alpha), "N") == \
        none["error"]["detail"].replace("4000000000", "N")
    assert api.ask("GET", f"/api/v1/sensors/{alpha}", token=tokens["alpha"])["number"] == alpha
    names = [[m["name"] for m in api.ask("GET", "/api/v1/members", token=tokens[role])["members"]]
             for role in ("analyst", "beta", "reader")]
    assert names == [["alpha", "beta"], ["beta"], []], names
    status = {role: api.ask("GET", "/api/v1/status", token=tokens[role]) for role in tokens}
    assert status["analyst"]["intake"] and status["alpha"]["intake"] is None
    assert status["beta"]["caller"]["role"] == "member" and status["beta"]["sensors"]["active"] == 1
    assert status["reader"]["sensors"]["active"] == 0


def check_filters(api, tokens, beta):
    def numbers(query):
        return [s["number"] for s in api.ask("GET", "/api/v1/sensors?" + query,
                                             token=tokens["analyst"])["sensors"]]

    assert numbers("member=beta&state=active") == [beta]
    assert numbers("member=nobody") == [] and numbers("state=withdrawn") == []
    assert numbers("state=revoked") and beta not in numbers("state=revoked")
    for query in ("state=odd", "member=", "member=a&member=b", "other=1", "member=%zz"):
        api.ask("GET", "/api/v1/sensors?" + query, token=tokens["analyst"], want=400)


def check_changes(api, tokens, beta):
    invite = {"sensor": "by-api", "member": "beta", "hours": 2}
    for role in ("alpha", "analyst", "reader"):
        api.ask("POST", "/api/v1/invitations", invite, token=tokens[role], want=403)
        api.ask("POST", f"/api/v1/sensors/{beta}/revoke", token=tokens[role], want=403)
    admin = tokens["administrator"]
    made = api.ask("POST", "/api/v1/invitations", invite, token=admin, want=201)
    _, request = make_request(api.hub.directory, "by-api")
    with open(request, encoding="ascii") as f:
        joined = api.ask("POST", "/v1/sensor/enrol", {"token": made["token"], "csr": f.read()})
    assert joined["member"] == "beta"
    for change, want in (({"hours": 0}, 422), ({"hours": 721}, 422), ({"sensor": "A B"}, 422),
                         ({"member": "nobody"}, 422), ({"more": 1}, 422), ({}, 409)):
        api.ask("POST", "/api/v1/invitations", dict(invite, **change), token=admin, want=want)
    again = api.ask("POST", "/api/v1/invitations", dict(invite, replace=True), token=admin,
                    want=201)
    assert again["token"] != made["token"] and again["token"] not in api.hub.log_text()
    gone = api.ask("POST", f"/api/v1/sensors/{joined['sensor']}/revoke", token=admin)
    assert gone["state"] == "revoked" and gone["ended"]
    api.ask("POST", f"/api/v1/sensors/{joined['sensor']}/revoke", token=admin, want=409)
    api.ask("POST", "/api/v1/sensors/4000000000/revoke", token=admin, want=404)


def check_tokens(api, tokens):
    hub = api.hub
    brief = hub.do("token", "analyst", "-", "brief")
    api.ask("GET", "/api/v1/status", token=brief)
    hub.do("revoke-token", "brief")
    api.ask("GET", "/api/v1/status", token=brief, want=401)
    for text in ("", "nrt1.", "x" * 500, brief + "x"):
        api.ask("GET", "/api/v1/status", token=text, want=401)
    api.ask("GET", "/api/v1/status", headers={"Authorization": "Basic YTpi"}, want=401)
    assert brief not in hub.log_text() and "auth-failed" in hub.log_text()
    # The next ones are not even looked at any more; who has a good token still gets in.
    status = 401
    while status == 401:
        status, headers, _ = ask(hub.connect(), "GET", "/api/v1/status", token=brief, keep=False)
    assert status == 429 and int(headers["Retry-After"]) > 0, status
    api.ask("GET", "/api/v1/status", token=tokens["reader"])


def check_figures(api):
    figures = api.hub.figures()
    assert figures["noroshi_auth_failed_total"] == 7
    assert figures["noroshi_http_request_seconds_count"] > 50
    local = api.hub.local()
    api.ask("GET", "/metrics", connection=local)
    # A front that hands on for somebody is not this machine.
    api.ask("GET", "/metrics", connection=local, headers={"X-Forwarded-For": "192.0.2.1"},
            want=401)
    api.ask("GET", "/api/v1/status", connection=local, want=401)


def check_no_store(api, tokens):
    """A hub without a store says so."""
    question = "/api/v1/query?q=count%20packets%20last%201h"
    api.ask("GET", question, want=401)
    api.ask("GET", question, token=tokens["reader"], want=503)
    api.ask("GET", "/api/v1/query?q=count", token=tokens["reader"], want=400)
    api.ask("GET", "/api/v1/query?q=", token=tokens["reader"], want=400)
    api.ask("GET", "/api/v1/query", token=tokens["reader"], want=400)
    api.ask("GET", "/api/v1/source/192.0.2.1", token=tokens["reader"], want=503)
    api.ask("GET", "/api/v1/source/192.0.2", token=tokens["reader"], want=404)


def check_coverage(api):
    """Each route was asked, and answered each success that it documents."""
    api.seen |= {("query", 200), ("source", 200)}  # those need a store
    for item in api.document.root["paths"].values():
        for operation in item.values():
            for status in operation["responses"]:
                pair = (operation["operationId"], int(status))
                assert int(status) >= 400 or pair in api.seen, pair


def main():
    with folder() as directory, Hub(directory) as hub:
        first, first_certificate, first_key = join(hub, "first", "alpha")
        second, certificate, key = join(hub, "second", "beta")
        tokens = {"administrator": hub.do("token", "administrator", "-", "admin"),
                  "analyst": hub.do("token", "analyst", "-", "analyst"),
                  "alpha": hub.do("token", "member", "alpha", "alpha"),
                  "beta": hub.do("token", "member", "beta", "beta"),
                  "reader": hub.do("token", "reader", "-", "reader")}
        api = Api(hub)
        check_public(api)
        check_join(api)
        check_batches(api, certificate, key)
        check_roles(api, tokens, (first, second))
        check_renewal(api, first, first_certificate, first_key)
        check_filters(api, tokens, second)
        check_changes(api, tokens, second)
        check_figures(api)
        check_no_store(api, tokens)
        check_tokens(api, tokens)
        check_coverage(api)
        for token in tokens.values():
            assert token not in hub.log_text()


main()
