# Sourced by start, test and .ci/run: finds a Python, makes .venv and keeps its packages as locked.

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

find_python() {
    local candidate
    for candidate in python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer is needed (Debian: apt-get install python3)."
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# apt_install PACKAGE…: quietly, where this user may; its failure is the caller's to name.
apt_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; } || return 1
    say "Installing $* …"
    as_root apt-get update -qq >/dev/null 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

need_gettext() {
    command -v msgfmt >/dev/null || apt_install gettext ||
        stop "gettext is missing. Please run: sudo apt-get install gettext"
}

make_venv() {
    local python
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install python3-venv || stop "python3-venv is missing. Please run: sudo apt-get install python3-venv"
    fi
    say "Making the virtual environment …"
    "$python" -m venv .venv
}

# install_locked LOCKFILE: a dot a package while it works; what pip says only if it fails.
install_locked() {
    local log
    log=$(mktemp)
    if .venv/bin/python -m pip install --progress-bar off --disable-pip-version-check --require-hashes -r "$1" \
        2>&1 | tee "$log" | awk '/^Collecting /{printf "."; fflush()} END{print ""}' >&2; then
        rm -f "$log"
    else
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
}

# venv_ready LOCKFILE…: .venv exists and holds what the lock files say.
venv_ready() {
    local lock stamp digest
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv; make_venv; }
    for lock in "$@"; do
        stamp=".venv/${lock%.txt}.stamp"
        digest=$(sha256sum <"$lock")
        if [ "$(cat "$stamp" 2>/dev/null)" != "$digest" ]; then
            # An interrupted first run may have left an environment without pip.
            .venv/bin/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv; make_venv; }
            say "Installing packages of $lock …"
            install_locked "$lock" || stop "The packages of $lock could not be installed; see above."
            printf '%s' "$digest" >"$stamp"
        fi
    done
}
