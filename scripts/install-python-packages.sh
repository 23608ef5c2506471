#!/bin/sh
# Installs what tests or benches compare with into a Python environment of its own:
#
#     install-python-packages.sh ENVIRONMENT REQUIREMENTS WHAT
#
# Where there is no Python or no network it says that WHAT is skipped, and ends well: nothing else needs it.
set -u
environment=$1
requirements=$2
what=$3

skip() {
    echo "$1: $what is skipped" >&2
    exit 0
}

if [ -e "$environment/installed" ] && cmp -s "$environment/installed" "$requirements"; then
    exit 0
fi
command -v python3 >/dev/null || skip "there is no python3"
[ -x "$environment/bin/python" ] || python3 -m venv "$environment" >/dev/null 2>&1 ||
    { rm -rf "$environment"; skip "python3 cannot make an environment (Debian: python3-venv)"; }
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 10 --retries 1 -r "$requirements" ||
    { rm -rf "$environment"; skip "the packages of $requirements cannot be installed"; }
cp "$requirements" "$environment/installed"
echo "installed the packages of $requirements in $environment"
