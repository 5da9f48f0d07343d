# Sourced by test: private PostgreSQL and Redis on free ports in a temporary folder, and Chromium.

find_postgres() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
        [ -x "$folder/initdb" ] && { printf '%s' "$folder"; return; }
    done
    return 1
}

free_port() {
    .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

need_chromium() {
    command -v chromium >/dev/null || apt_install chromium fonts-liberation ||
        stop "Chromium is missing. Please run: sudo apt-get install chromium"
}

# as_server COMMAND…: PostgreSQL refuses to run as root, and to work in a folder its user may not enter.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@")
    else
        "$@"
    fi
}

servers_start() {
    server_folder=$(mktemp -d)
    chmod 755 "$server_folder"
    [ -n "${TEST_DATABASE_URL:-}" ] || start_postgres
    [ -n "${TEST_REDIS_URL:-}" ] || start_redis
    export TEST_DATABASE_URL TEST_REDIS_URL
}

start_postgres() {
    local port
    postgres_bin=$(find_postgres) || {
        apt_install postgresql && postgres_bin=$(find_postgres)
    } || stop "PostgreSQL is missing. Please run: sudo apt-get install postgresql"
    port=$(free_port)
    mkdir "$server_folder/pg"
    [ "$(id -u)" != 0 ] || chown postgres "$server_folder/pg"
    as_server "$postgres_bin/initdb" -D "$server_folder/pg/data" -U prozesstool -A trust -E UTF8 \
        --locale=C.UTF-8 >/dev/null
    as_server "$postgres_bin/pg_ctl" -D "$server_folder/pg/data" -w -s -l "$server_folder/pg/log" -o \
        "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off \
-c synchronous_commit=off -c full_page_writes=off -c max_connections=200" start
    TEST_DATABASE_URL="postgresql://prozesstool@127.0.0.1:$port/postgres"
}

start_redis() {
    local port program
    program=$(command -v redis-server || command -v valkey-server) || {
        apt_install redis-server && program=$(command -v redis-server)
    } || stop "Redis is missing. Please run: sudo apt-get install redis-server"
    port=$(free_port)
    "$program" --port "$port" --bind 127.0.0.1 --save '' --appendonly no --daemonize yes \
        --dir "$server_folder" --pidfile "$server_folder/redis.pid" --logfile "$server_folder/redis.log" >/dev/null
    TEST_REDIS_URL="redis://127.0.0.1:$port"
}

servers_stop() {
    [ -n "${server_folder:-}" ] || return 0
    [ -z "${postgres_bin:-}" ] || as_server "$postgres_bin/pg_ctl" -D "$server_folder/pg/data" -m immediate -s stop 2>/dev/null || true
    [ ! -f "$server_folder/redis.pid" ] || kill "$(cat "$server_folder/redis.pid")" 2>/dev/null || true
    rm -rf "$server_folder"
}
