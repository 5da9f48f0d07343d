"""The supervisor restarts what dies, ends all in order, and leaves nothing behind when it is killed."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from prozesstool.tests.processes import MARK, marked, wait_until

PROGRAM = """
import sys
from prozesstool.supervisor import Child, Supervisor, python

SLEEPER = '''
import signal, sys, time
def end(*_):
    print("end", sys.argv[1], flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
time.sleep(600)
'''
children = [Child(name, python("-c", SLEEPER, name)) for name in ("first", "second")]
Supervisor(children, lambda text: print(text, flush=True)).run(lambda: print("ready", flush=True))
"""


@pytest.fixture
def supervisor(tmp_path):
    process = start(PROGRAM, tmp_path)
    wait_until(lambda: len(children_of(process, tmp_path)) == 2)
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()


def start(program, tmp_path):
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={**os.environ, MARK: str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def children_of(process, tmp_path):
    return {pid: line for pid, line in marked(str(tmp_path)).items() if pid != process.pid}


def test_a_killed_child_is_started_again(supervisor, tmp_path):
    before = children_of(supervisor, tmp_path)
    victim = next(pid for pid, line in before.items() if line.endswith("second"))
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(children_of(supervisor, tmp_path).keys() - before.keys()) == 1)
    assert "second ended (code -9)" in supervisor.stdout.readline()
    assert victim not in children_of(supervisor, tmp_path)


def test_a_killed_supervisor_leaves_no_child(supervisor, tmp_path):
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    wait_until(lambda: not marked(str(tmp_path)), seconds=3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_asked_to_stop_ends_children_last_first(supervisor, tmp_path, number):
    supervisor.send_signal(number)
    assert supervisor.wait(10) == 0
    assert supervisor.stdout.read().split("\n")[:2] == ["end second", "end first"]
    assert not marked(str(tmp_path))


def test_a_child_that_cannot_start_ends_all_with_its_name(tmp_path):
    program = PROGRAM.replace(
        '("first", "second")]', '("first",)] + [Child("broken", ["false"], is_ready=bool)]'
    )
    process = start(program, tmp_path)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "broken did not start" in output
    assert not marked(str(tmp_path))
