// Writes a .br and a .gz file beside every text file of dist above 1 kB.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt'])
const MINIMUM_BYTES = 1024
const dist = new URL('../dist/', import.meta.url).pathname

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  )
}

let count = 0
for (const file of filesBelow(dist)) {
  if (!TEXT.has(extname(file)) || statSync(file).size <= MINIMUM_BYTES) continue
  const bytes = readFileSync(file)
  const brotli = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  }
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: brotli }))
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
  count += 1
}
console.log(`precompressed ${count} files (br, gz)`)
