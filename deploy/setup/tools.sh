#!/usr/bin/env bash
# Build Helm and kubeconform, by which the chart is checked, into build/tools; their modules are pinned, and each
# is checked by Go's checksum database. It takes minutes, and a Go that is not too old.
set -euo pipefail
cd "$(dirname "$0")/../.."

recent_go() {
  local candidate
  for candidate in go /usr/local/go/bin/go /usr/lib/go-1.26/bin/go /usr/lib/go-1.25/bin/go; do
    if "$candidate" version 2>/dev/null | grep -qE 'go1\.(2[4-9]|[3-9][0-9])'; then
      printf '%s' "$candidate"
      return
    fi
  done
  echo "Helm is built by Go 1.24 or newer, which is not here" >&2
  return 1
}

go=$(recent_go)
echo "Building Helm and kubeconform" >&2
export GOBIN=$PWD/build/tools GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
"$go" install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
"$go" install helm.sh/helm/v3/cmd/helm@v3.18.6
