// Lays beside each file what WhiteNoise serves to browsers that take it: the same, as .br and as .gz.

import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 };

for (const file of process.argv.slice(2)) {
  const content = readFileSync(file);
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: BROTLI }));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}
