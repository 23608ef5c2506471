#!/bin/sh
# Installs PgBouncer, which one test needs, where it is missing and that can be done without a question. The test shows as
# ignored where it stays missing. The service that the package brings is not started.
set -eu

say() { echo "$*" >&2; }

for place in /usr/sbin/pgbouncer /usr/bin/pgbouncer /opt/homebrew/bin/pgbouncer; do
    [ -x "$place" ] && exit 0
done

without() {
    say "PgBouncer stays missing ($1); the test that needs it shows as ignored"
    exit 0
}

# Runs a command as root: directly, or through a sudo that asks nothing.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

command -v apt-get >/dev/null 2>&1 || without "install it with this system's packages"
[ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || without "installing it needs root"

# Debian's packages ask this file whether they may start a service; one that is there already is left alone.
policy=/usr/sbin/policy-rc.d
made=no
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    made=yes
fi
say "installing PgBouncer, for a test"
installed=yes
as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends pgbouncer || installed=no
[ "$made" = yes ] && as_root rm -f "$policy"
[ "$installed" = yes ] || without "its package could not be installed"
