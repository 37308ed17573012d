#!/usr/bin/env bash
# Make .venv from requirements.lock; every downloaded file is checked by hash. Plain pip, so that the
# user's own pip settings (mirror, certificate) hold. See docs/adr/0001 and 0002.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  say "Visor needs Python 3.11 or newer. Install it, or name it: make setup PYTHON=/path/to/python3.11"
  return 1
}

if [[ ! -x .venv/bin/pip ]]; then
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "This Python cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"
    exit 1
  fi
  "$python" -m venv .venv
fi

# The source distributions are built with the locked setuptools, not with whatever is newest today.
build_tools=$(mktemp)
trap 'rm -f "$build_tools"' EXIT
sed -n '/^setuptools==/,/[^\\]$/p' requirements.lock > "$build_tools"

install=(.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation)
say "Installing Python packages"
"${install[@]}" --require-hashes --requirement "$build_tools"
"${install[@]}" --require-hashes --requirement requirements.lock
"${install[@]}" ./deploy/shims/dlib
.venv/bin/python -m pip check --disable-pip-version-check >&2
