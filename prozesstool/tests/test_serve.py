"""`manage.py serve`: one instance, a free port, and the whole system up, mended and gone without a trace."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from prozesstool.management.commands import serve
from prozesstool.tests.processes import MARK, marked, wait_until

PARTS = ("redis-server|valkey-server", "gunicorn", "--queues clock", "--queues mail", "--queues work", "beat")


def test_a_second_instance_is_refused_with_the_number_of_the_first(tmp_path):
    lock = serve.take_lock(tmp_path / "run" / "serve.lock")
    with pytest.raises(CommandError, match=f"already running \\(process {os.getpid()}\\)"):
        serve.take_lock(tmp_path / "run" / "serve.lock")
    lock.close()
    serve.take_lock(tmp_path / "run" / "serve.lock").close()


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use"):
            serve.demand_free_port(port)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def manage(*arguments):
    return [sys.executable, "manage.py", *arguments]


@pytest.fixture
def system(tmp_path):
    """The embedded system on an empty SQLite file; its process, its port."""
    port = free_port()
    environment = {
        **os.environ,
        MARK: str(tmp_path),
        "PORT": str(port),
        "TICK_SECONDS": "1",
        "WEB_WORKERS": "1",
    }
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment[name] = ""
    for command in (["migrate", "-v0"], ["collectstatic", "-v0", "--noinput"]):
        subprocess.run(manage(*command), cwd=settings.BASE_DIR, env=environment, check=True)
    process = subprocess.Popen(
        manage("serve"), cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE
    )
    yield process, port
    process.kill()
    process.wait()


def readiness(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return json.load(answer)
    except OSError:
        return {}


def part(folder, words):
    """The first process of the system whose command holds one of the words."""
    lines = marked(str(folder))
    return next((pid for pid, line in lines.items() if any(word in line for word in words.split("|"))), None)


def is_ticking(port):
    found = readiness(port)
    return found.get("warnings") == [] and found["tick_age"] < 3


@pytest.mark.system
def test_the_system_mends_itself_and_leaves_nothing_behind(system, tmp_path):
    process, port = system
    wait_until(lambda: is_ticking(port), 40)
    assert len(marked(str(tmp_path))) == len(PARTS) + 2, (
        "one more each for the supervisor and gunicorn's worker"
    )
    victims = {words: part(tmp_path, words) for words in PARTS}
    for victim in victims.values():
        os.kill(victim, signal.SIGKILL)
    wait_until(lambda: all(part(tmp_path, words) not in (None, victims[words]) for words in PARTS), 20)
    wait_until(lambda: is_ticking(port), 40)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not marked(str(tmp_path)), 5)


@pytest.mark.system
def test_the_system_ends_when_asked_and_says_where_it_was(system, tmp_path):
    process, port = system
    wait_until(lambda: is_ticking(port), 40)
    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 0
    assert f"http://127.0.0.1:{port}" in process.stdout.read().decode()
    assert not marked(str(tmp_path))
