"""Secrets of an installation: made once, for their owner's eyes."""

import stat
from concurrent.futures import ThreadPoolExecutor

from prozesstool import secretfile


def test_secret_is_made_once_and_kept(tmp_path):
    path = tmp_path / "var" / "secret_key"
    assert secretfile.read_or_make(path) == secretfile.read_or_make(path)
    assert len(secretfile.read_or_make(path)) > 50


def test_secret_is_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "var" / "secret_key"
    secretfile.read_or_make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_several_at_once_agree_on_one_secret(tmp_path):
    path = tmp_path / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: secretfile.read_or_make(path), range(40)))
    assert len(secrets) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]
