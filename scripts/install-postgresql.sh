#!/bin/sh
# Installs what a build and the embedded database need, where it is missing: a C linker for Rust, and PostgreSQL 14 or
# newer. Only the binaries are wanted: no cluster is created and no server is started. Does nothing where all is there.
#
# PostgreSQL is looked for where Udal looks: in $UDAL_POSTGRES_BIN (a directory; nowhere else when it is set), on PATH,
# and where the packages of Debian, PostgreSQL, Alpine and Homebrew put it.
set -eu

oldest=14

say() { echo "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# Prints the directories that may hold PostgreSQL's binaries, one a line: the same as crates/udal-embedded looks in.
places() {
    if [ -n "${UDAL_POSTGRES_BIN:-}" ]; then
        echo "$UDAL_POSTGRES_BIN"
        echo "$UDAL_POSTGRES_BIN/bin"
        return
    fi
    echo "$PATH" | tr ':' '\n'
    for place in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql*/bin /usr/libexec/postgresql* \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin; do
        echo "$place"
    done
}

# The major version of the server in a directory that holds all that is needed; fails where it does not.
major_in() {
    [ -x "$1/postgres" ] && [ -x "$1/initdb" ] || return 1
    # "postgres (PostgreSQL) 15.6 (Debian 15.6-1)", "postgres (PostgreSQL) 18beta1"
    version=$("$1/postgres" --version 2>/dev/null) || return 1
    version=${version#*) }
    major=${version%%[!0-9]*}
    [ -n "$major" ] && echo "$major"
}

postgresql_is_there() {
    places | {
        while IFS= read -r place; do
            if major=$(major_in "$place") && [ "$major" -ge "$oldest" ]; then
                exit 0
            fi
        done
        exit 1
    }
}

linker_is_there() { command -v cc >/dev/null 2>&1; }

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "installing packages needs root, and sudo is not there; as root, run: sh scripts/install-postgresql.sh"
    fi
}

# Debian's package makes a cluster and starts it, unless this file says not to. Only where it is not installed: the
# setting of a machine that already has clusters is left alone.
without_cluster() {
    conf=/etc/postgresql-common/createcluster.conf
    [ -e "$conf" ] && return
    as_root mkdir -p "${conf%/*}"
    printf 'create_main_cluster = false\n' | as_root tee "$conf" >/dev/null
}

install_with_apt() {
    packages=""
    linker_is_there || packages="gcc libc6-dev"
    if ! postgresql_is_there; then
        packages="$packages postgresql"
        without_cluster
    fi
    # Stale lists name packages that are gone.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086 # the names are to be split
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold $packages
}

# Installs with the command in "$@" what is missing; $linker and $server name the packages.
install_with() {
    linker=$1 server=$2
    shift 2
    linker_is_there || "$@" "$linker"
    postgresql_is_there || "$@" "$server"
}

linker_is_there && postgresql_is_there && exit 0

if [ -n "${UDAL_POSTGRES_BIN:-}" ] && ! postgresql_is_there; then
    fail "UDAL_POSTGRES_BIN is \`$UDAL_POSTGRES_BIN\`, which does not hold the binaries of PostgreSQL $oldest or newer;" \
        "name the directory of \`postgres\` and \`initdb\`, or unset it"
fi

say "installing what is missing: a C linker (cc) and PostgreSQL $oldest or newer"
if command -v apt-get >/dev/null 2>&1; then
    install_with_apt
elif command -v dnf >/dev/null 2>&1; then
    install_with gcc postgresql-server as_root dnf install -y
elif command -v apk >/dev/null 2>&1; then
    install_with build-base postgresql as_root apk add
elif command -v brew >/dev/null 2>&1; then
    install_with gcc postgresql@17 brew install
else
    fail "no apt-get, dnf, apk or brew is there; install a C compiler and PostgreSQL $oldest or newer, so that \`cc\`," \
        "\`postgres\` and \`initdb\` are found on PATH, or name PostgreSQL's directory in UDAL_POSTGRES_BIN"
fi

linker_is_there || fail "the C linker \`cc\` is still missing; install a C compiler"
postgresql_is_there || fail "PostgreSQL $oldest or newer is still missing: this system's packages may be older;" \
    "see https://www.postgresql.org/download, or name its directory in UDAL_POSTGRES_BIN"
