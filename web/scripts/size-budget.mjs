// Checks the first load against its budget: what the sign-in and the notes list load before they can be used, without
// lazy chunks.
import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 150 * 1024
const VIEWS = {
  'sign-in': ['src/features/accounts/SignInView.vue'],
  'notes list': ['src/shell/AppShell.vue', 'src/features/notes/NotesView.vue'],
}
const dist = new URL('../dist/', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(`${dist}assets/manifest.json`, 'utf8'))

/** The files of a chunk, its static imports and their style sheets. */
function staticFiles(key, seen = new Set()) {
  const chunk = manifest[key]
  if (!chunk || seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const sheet of chunk.css ?? []) seen.add(sheet)
  for (const imported of chunk.imports ?? []) staticFiles(imported, seen)
  return seen
}

function compressedBytes(file) {
  try {
    return statSync(`${dist}${file}.gz`).size
  } catch {
    return gzipSync(readFileSync(`${dist}${file}`)).length
  }
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} kB`
let failed = false
for (const [name, views] of Object.entries(VIEWS)) {
  const files = staticFiles('index.html')
  for (const view of views) {
    if (!manifest[view]) throw new Error(`${view} is not in the build: the budget would not be measured`)
    staticFiles(view, files)
  }
  const total = [...files].reduce((sum, file) => sum + compressedBytes(file), 0)
  console.log(
    `first load, ${name}: ${kilobytes(total)} gzip in ${files.size} files (budget ${kilobytes(BUDGET_BYTES)})`,
  )
  failed ||= total > BUDGET_BYTES
}
const lazy = Object.values(manifest).filter((chunk) => chunk.isDynamicEntry)
for (const chunk of lazy)
  console.log(`  lazy ${chunk.name ?? chunk.file}: ${kilobytes(compressedBytes(chunk.file))} gzip`)
if (failed) {
  console.error('The first load is above its budget.')
  process.exit(1)
}
