#!/usr/bin/env bash
# Make the Python environment of one group of requirements: role.sh web /opt/visor/current/venv/web
# Every file is checked by the hash in the group's lock; nothing is compiled.
set -euo pipefail
cd "$(dirname "$0")/../.."
group=$1 folder=$2

[[ -x $folder/bin/pip ]] || python3 -m venv "$folder"
install=("$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps
  --no-build-isolation)

# What builds the few packages that come as sources, which are Python alone: locked as well, and removed again
# where the group does not have it.
tools=$(mktemp)
trap 'rm -f "$tools"' EXIT
sed -n '/^setuptools==/,/[^\\]$/p' requirements.lock >"$tools"
"${install[@]}" --require-hashes --requirement "$tools"
"${install[@]}" --require-hashes --requirement "requirements/$group.lock"
if grep -q '^\./deploy/shims/dlib' "requirements/$group.txt"; then "${install[@]}" ./deploy/shims/dlib; fi
grep -q '^setuptools==' "requirements/$group.lock" ||
  "$folder/bin/python" -m pip uninstall --quiet --disable-pip-version-check --yes setuptools
"$folder/bin/python" -m pip check --disable-pip-version-check >&2
# Nothing is installed where it runs.
"$folder/bin/python" -m pip uninstall --quiet --disable-pip-version-check --yes pip
