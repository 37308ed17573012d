#!/usr/bin/env bash
# Put what follows a face in the capture page into build/static: onnxruntime's web build, the two face
# networks as ONNX, and each compressed, as browsers ask for it. Needs the locked npm packages and `make models`.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"

vendor=build/static/vendor/tracking
runtime=node_modules/onnxruntime-web/dist
mkdir -p "$vendor"
node_modules/.bin/esbuild "$runtime/ort.wasm.bundle.min.mjs" --format=esm --minify --legal-comments=inline \
  --log-level=warning --outfile="$vendor/ort.js"
cp "$runtime/ort-wasm-simd-threaded.wasm" "$vendor/ort.wasm"
# The npm package has no text of its licence; that for Python, of the same source, has.
cp .venv/lib/python*/site-packages/onnxruntime/{LICENSE,ThirdPartyNotices.txt} "$vendor/"
python -m deploy.networks "$vendor"
node deploy/setup/compress.mjs "$vendor"/*.{js,wasm,onnx}
