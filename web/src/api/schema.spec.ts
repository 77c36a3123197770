// Checks that the generated types match the OpenAPI spec.
// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'
import { expect, it } from 'vitest'

const source = new URL('../../../docs/openapi.json', import.meta.url)
const generated = new URL('./schema.gen.ts', import.meta.url)

it.skipIf(!existsSync(source))('schema.gen.ts is what docs/openapi.json says', async () => {
  const document = JSON.parse(readFileSync(source, 'utf8')) as Parameters<typeof openapi>[0]
  const fresh = astToString(await openapi(document))
  const committed = readFileSync(generated, 'utf8')
  // The header comment belongs to the command line tool.
  const types = (text: string) => text.slice(text.indexOf('export interface paths'))
  expect(types(committed) === types(fresh), 'run "npm run generate" and commit the result').toBe(true)
})

if (!existsSync(source)) console.error('SKIPPED: docs/openapi.json does not exist, the generated types are not checked')
