#!/usr/bin/env bash
# Ask which locked packages have known faults: Python's at osv.dev, the front end's at the npm registry. Neither is
# reached everywhere; then this says so, and AUDIT=required makes it a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
required=${AUDIT:-}

unasked() {
  echo "Not audited: $1 cannot be asked here. Before a release do it where it can (make audit AUDIT=required)." >&2
  [[ $required != required ]]
}

reached() { curl --silent --show-error --output /dev/null --max-time 10 "$@" 2>/dev/null; }

if reached https://api.osv.dev/; then
  build/audit/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes \
    --vulnerability-service osv --progress-spinner off
else
  unasked "osv.dev, for Python packages,"
fi

# What npm says of a registry that has no audit is an error as well; so its answer is looked at.
answer=$(npm audit --json 2>/dev/null || true)
if grep -q '"auditReportVersion"' <<<"$answer"; then
  npm audit --audit-level=moderate
else
  unasked "the npm registry's list"
fi
