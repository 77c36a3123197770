// Steps and locators for journeys with files, and test files.
import { createHash } from 'node:crypto'
import { expect, type CDPSession, type Locator, type Page } from '@playwright/test'

export interface TestFile {
  name: string
  mimeType: string
  buffer: Buffer
}

export const textFile = (name: string, text: string): TestFile => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
})

const sessions = new WeakMap<Page, CDPSession>()

/** A PNG image of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
export const picture = (name: string): TestFile => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.from(PIXEL, 'base64'),
})

/** Bytes without repetition, so that a chunk at the wrong offset changes the digest. */
export function bigFile(name: string, size: number): TestFile {
  const buffer = Buffer.alloc(size)
  for (let offset = 0; offset < size; offset += 32)
    createHash('sha256').update(`${name} ${offset}`).digest().copy(buffer, offset)
  return { name, mimeType: 'application/octet-stream', buffer }
}

/** Silence with 8000 samples per second. */
export function sound(name: string, seconds: number): TestFile {
  const data = Buffer.alloc(seconds * 8000, 128)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(8000, 24)
  head.writeUInt32LE(8000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return { name, mimeType: 'audio/wav', buffer: Buffer.concat([head, data]) }
}

export const digest = (file: TestFile) => createHash('sha256').update(file.buffer).digest('hex')

export const choose = (page: Page, ...files: TestFile[]) => page.getByTestId('chooser').setInputFiles(files)

export const card = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Files' }).getByRole('link', { name: new RegExp(name.replace(/[.()]/g, '\\$&')) })

export const uploads = (page: Page) => page.getByRole('complementary', { name: 'Uploads' })

export const uploaded = (page: Page, name: string) =>
  expect(uploads(page).getByRole('listitem').filter({ hasText: name })).toHaveAttribute('data-phase', 'done', {
    timeout: 30_000,
  })

async function transfer(page: Page, files: TestFile[]) {
  const serialized = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, data: buffer.toString('base64') }))
  return page.evaluateHandle((files) => {
    const transfer = new DataTransfer()
    for (const { name, mimeType, data } of files)
      transfer.items.add(
        new File([Uint8Array.from(atob(data), (char) => char.charCodeAt(0))], name, { type: mimeType }),
      )
    return transfer
  }, serialized)
}

/** The events of dropping files from a file manager. */
export async function drop(page: Page, target: Locator, ...files: TestFile[]) {
  const dataTransfer = await transfer(page, files)
  for (const event of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer })
}

export async function paste(page: Page, target: Locator, ...files: TestFile[]) {
  const clipboardData = await transfer(page, files)
  await target.evaluate((element, transfer) => {
    element.dispatchEvent(
      new ClipboardEvent('paste', {
        clipboardData: transfer as unknown as DataTransfer,
        bubbles: true,
        cancelable: true,
        composed: true,
      }),
    )
  }, clipboardData)
}

/** Limits the upload to so many bytes per second; without a number removes the limit. */
export async function throttle(page: Page, uploadThroughput = -1) {
  const session = sessions.get(page) ?? (await page.context().newCDPSession(page))
  sessions.set(page, session)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput,
  })
}

/** The keys of the stored upload queue before those that match the pattern are deleted. */
function storedUploads(page: Page, pattern?: string): Promise<string[]> {
  return page.evaluate(async (pattern) => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error ?? new Error('IndexedDB request failed'))
      })
    const database = await done(indexedDB.open('satchel-uploads'))
    const store = database.transaction('uploads', 'readwrite').objectStore('uploads')
    const keys = (await done(store.getAllKeys())).map(String)
    if (pattern) for (const key of keys) if (new RegExp(pattern).test(key)) await done(store.delete(key))
    database.close()
    return keys
  }, pattern)
}

export const storedKeys = (page: Page) => storedUploads(page)
export const deleteStored = (page: Page, pattern: RegExp) => storedUploads(page, pattern.source)
