"""Calls leave only to hosts on the list, to the address that was judged, and end in time."""

import ipaddress
import socket
import ssl
import subprocess
import time

import pytest

from processes import webaddresses
from tasks.automatic import webhooks
from tasks.automatic.failures import Again, Final
from tasks.tests.receivers import Names, receiver

PUBLIC = "93.184.216.34"


@pytest.fixture
def server():
    with receiver() as running:
        yield running


def hosts(*entries):
    return webaddresses.listed(entries)


def post(address, *entries, **options):
    webhooks.post(address, b"{}", {"X-Test": "1"}, hosts=hosts(*entries), **options)


def refusal(address, *entries, **options):
    with pytest.raises(Final) as caught:
        post(address, *entries, **options)
    return str(caught.value)


# -- the list ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "address", "is_covered"),
    [
        ("api.example.org", "https://api.example.org/hook?x=1", True),
        ("api.example.org", "https://API.example.org./hook", True),
        ("api.example.org", "https://api.example.org:443/", True),
        ("api.example.org", "http://api.example.org/", False),
        ("api.example.org", "https://api.example.org:8443/", False),
        ("api.example.org:8443", "https://api.example.org:8443/", True),
        ("api.example.org", "https://x.api.example.org/", False),
        ("api.example.org", "https://api.example.org.evil.test/", False),
        (".example.org", "https://a.b.example.org/", True),
        (".example.org", "https://example.org/", True),
        (".example.org", "https://badexample.org/", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/", True),
        ("http://127.0.0.1:8080", "https://127.0.0.1:8080/", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1/", False),
        ("[::1]", "https://[0:0:0:0:0:0:0:1]/", True),
    ],
)
def test_a_host_is_on_the_list_or_not(entry, address, is_covered):
    if is_covered:
        assert webhooks.target(address, hosts(entry)).path.startswith("/")
    else:
        with pytest.raises(Final, match="host_not_allowed"):
            webhooks.target(address, hosts(entry))


@pytest.mark.parametrize(
    "entry", ["", "ftp://example.org", "https://example.org/path", "a b", "https://u@example.org", "x:99999"]
)
def test_an_entry_nobody_can_read_is_an_error(entry):
    with pytest.raises(ValueError, match=r".+"):
        webaddresses.allowed(entry)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/_HELO",
        "ftp://api.example.org/",
        "//api.example.org/",
        "api.example.org",
        "https://",
        "https://api.example.org@127.0.0.1/",
        "https://127.0.0.1@api.example.org/",
        "https://user:secret@api.example.org/",
        "https://api.example.org\\@127.0.0.1/",
        "https://api.example.org:99999/",
        "https://api.example.org/\r\nX-Evil: 1",
        "https://api.example.org/ HTTP/1.1",
        "https://api.exämple.org/",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_tricks_with_addresses_are_refused(address):
    assert refusal(address, "api.example.org", "127.0.0.1").startswith(("bad_address", "host_not_allowed"))


# -- where names lead ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "64:ff9b::7f00:1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_refused_whatever_its_name(address):
    assert not webhooks.is_public(ipaddress.ip_address(address))
    assert refusal("https://hook.example.org/", "hook.example.org", resolver=Names([[address]])) == (
        "address_not_public: hook.example.org"
    )


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_an_address_of_the_internet_is_public(address):
    assert webhooks.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "2130706433", "127.1", "localhost"])
def test_spellings_of_this_machine_are_refused(host, server):
    """Not on the list; and on the list as a name, the system's own resolver tells where they lead."""
    assert refusal(f"http://{host}:{server.port}/", "hook.example.org").startswith("host_not_allowed")
    if host not in ("127.0.0.1", "[::1]"):
        address, entry = f"http://{host}:{server.port}/", f"http://{host}:{server.port}"
        assert refusal(address, entry).startswith("address_not_public")
    assert server.calls == []


def test_one_bad_address_among_good_ones_refuses_all():
    names = Names([[PUBLIC, "10.0.0.1"]])
    assert refusal("https://hook.example.org/", "hook.example.org", resolver=names).startswith("address_not")


def test_a_name_is_asked_for_once_and_the_judged_address_is_called(server):
    """Rebinding: the second answer would lead elsewhere, but nobody asks a second time."""
    names = Names([["127.0.0.1"], ["169.254.169.254"]])
    entry = f"http://hook.example.org:{server.port}"
    post(f"{entry}/in", entry, server.origin, resolver=names)
    assert names.asked == ["hook.example.org"]
    assert server.calls[0].headers["Host"] == f"hook.example.org:{server.port}"


def test_a_name_that_turns_inward_is_refused_before_anything_is_sent(server):
    entry = f"http://hook.example.org:{server.port}"
    assert refusal(entry, entry, resolver=Names([["127.0.0.1"]])).startswith("address_not_public")
    assert server.calls == []


def test_a_literal_of_another_port_opens_nothing(server):
    entry = f"http://hook.example.org:{server.port}"
    refused = refusal(entry, entry, "http://127.0.0.1:1", resolver=Names([["127.0.0.1"]]))
    assert refused.startswith("address_not_public")


def test_an_unknown_name_may_be_tried_again():
    def unknown(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(Again, match="unknown_host"):
        post("https://hook.example.org/", "hook.example.org", resolver=unknown)


def test_the_next_address_is_tried_when_one_takes_no_connection(server):
    names = Names([["127.0.0.2", "127.0.0.1"]])
    entry = f"http://hook.example.org:{server.port}"
    literals = (server.origin, f"http://127.0.0.2:{server.port}")
    post(entry, entry, *literals, resolver=names)
    assert len(server.calls) == 1


# -- answers -------------------------------------------------------------------------------------------------


def test_a_call_arrives_whole(server):
    post(f"{server.origin}/in?a=1", server.origin)
    (call,) = server.calls
    assert (call.path, call.body, call.headers["X-Test"]) == ("/in?a=1", b"{}", "1")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_done(server, status):
    server.statuses = [status]
    post(server.origin, server.origin)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_statuses_of_the_moment_may_be_tried_again(server, status):
    server.statuses = [status]
    with pytest.raises(Again, match=f"answered: {status}"):
        post(server.origin, server.origin)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_other_refusals_are_final(server, status):
    server.statuses = [status]
    assert refusal(server.origin, server.origin) == f"answered: {status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server, status):
    server.statuses, server.headers = [status], {"Location": f"{server.origin}/elsewhere"}
    assert refusal(server.origin, server.origin) == f"redirected: {status}"
    assert [call.path for call in server.calls] == ["/"]


@pytest.mark.parametrize("mode", ["drip", "silent"])
def test_slow_answers_end_in_time(server, mode):
    server.mode, began = mode, time.monotonic()
    with pytest.raises(Again, match="no_answer_in_time"):
        post(server.origin, server.origin, seconds=0.6)
    assert 0.5 < time.monotonic() - began < 1.5


def test_a_slow_name_server_ends_in_time():
    def slow(*args, **options):
        time.sleep(3)
        return []

    began = time.monotonic()
    with pytest.raises(Again):
        post("https://hook.example.org/", "hook.example.org", resolver=slow, seconds=0.3)
    assert time.monotonic() - began < 1


def test_of_an_endless_answer_little_is_read(server):
    server.mode = "flood"
    post(server.origin, server.origin)
    time.sleep(0.2)
    # What the kernel's buffers hold comes on top of what is read.
    assert server.flooded < 32 * 1024 * 1024


def test_a_broken_connection_may_be_tried_again(server):
    server.mode = "hang_up"
    with pytest.raises(Again, match="no_connection"):
        post(server.origin, server.origin)


def test_nobody_listening_may_be_tried_again():
    with pytest.raises(Again, match="no_connection: ConnectionRefusedError"):
        post("http://127.0.0.1:1/", "http://127.0.0.1:1")


# -- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture
def secured(server, tmp_path, monkeypatch):
    """The server with a certificate for `hook.example.org` that the client trusts."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {certificate} -days 2"
    names = ["-subj", "/CN=hook.example.org", "-addext", "subjectAltName=DNS:hook.example.org"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    webhooks.tls_context.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    yield server
    webhooks.tls_context.cache_clear()


def secure_post(server, name):
    literal = f"https://127.0.0.1:{server.port}"
    entry = f"https://{name}:{server.port}"
    post(f"{entry}/in", entry, literal, resolver=Names([["127.0.0.1"]]))


def test_the_certificate_is_judged_by_the_name_though_the_address_is_called(secured):
    secure_post(secured, "hook.example.org")
    assert len(secured.calls) == 1


def test_the_certificate_of_another_name_is_no_connection(secured):
    with pytest.raises(Again, match="no_connection: SSLCertVerificationError"):
        secure_post(secured, "other.example.org")
    assert secured.calls == []


def test_slow_answers_over_tls_end_in_time(secured):
    secured.mode, began = "drip", time.monotonic()
    entry = f"https://hook.example.org:{secured.port}"
    literal = f"https://127.0.0.1:{secured.port}"
    with pytest.raises(Again, match="no_answer_in_time"):
        post(entry, entry, literal, resolver=Names([["127.0.0.1"]]), seconds=0.8)
    assert time.monotonic() - began < 1.8


# -- signature -----------------------------------------------------------------------------------------------


def test_the_signature_covers_time_and_body():
    made = webhooks.signature("secret", "1700000000", b'{"a":1}')
    assert made == "sha256=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
    assert made != webhooks.signature("secret", "1700000001", b'{"a":1}')
    assert made != webhooks.signature("secret", "1700000000", b'{"a":2}')
