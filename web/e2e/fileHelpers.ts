// Owns what every journey with files does: make bytes, choose them, drop them, wait until they are there. Refuses
// checks of anything else.
import { createHash } from 'node:crypto'
import { expect, type CDPSession, type Locator, type Page } from '@playwright/test'

export interface MadeFile {
  name: string
  mimeType: string
  buffer: Buffer
}

export const textFile = (name: string, text: string): MadeFile => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
})

const sessions = new WeakMap<Page, CDPSession>()

/** The smallest picture: one green pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
export const picture = (name: string): MadeFile => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.from(PIXEL, 'base64'),
})

/** Bytes that repeat nowhere, so that a piece in the wrong place changes the digest. */
export function bigFile(name: string, size: number): MadeFile {
  const buffer = Buffer.alloc(size)
  for (let at = 0, round = 0; at < size; at += 32, round += 1)
    createHash('sha256').update(`${name} ${round}`).digest().copy(buffer, at)
  return { name, mimeType: 'application/octet-stream', buffer }
}

/** Silence of so many seconds, eight thousand samples each. */
export function sound(name: string, seconds: number): MadeFile {
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

export const digest = (file: MadeFile) => createHash('sha256').update(file.buffer).digest('hex')

export const choose = (page: Page, ...files: MadeFile[]) => page.getByTestId('chooser').setInputFiles(files)

export const card = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Files' }).getByRole('link', { name: new RegExp(name.replace(/[.()]/g, '\\$&')) })

export const uploads = (page: Page) => page.getByRole('complementary', { name: 'Uploads' })

export const uploaded = (page: Page, name: string) =>
  expect(uploads(page).getByRole('listitem').filter({ hasText: name })).toHaveAttribute('data-phase', 'done', {
    timeout: 30_000,
  })

async function transfer(page: Page, files: MadeFile[]) {
  const plain = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, data: buffer.toString('base64') }))
  return page.evaluateHandle((made) => {
    const carried = new DataTransfer()
    for (const { name, mimeType, data } of made)
      carried.items.add(
        new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], name, { type: mimeType }),
      )
    return carried
  }, plain)
}

/** As a file manager does it: in, over, let go. */
export async function drop(page: Page, target: Locator, ...files: MadeFile[]) {
  const dataTransfer = await transfer(page, files)
  for (const event of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer })
}

export async function paste(page: Page, target: Locator, ...files: MadeFile[]) {
  const clipboardData = await transfer(page, files)
  await target.evaluate((element, carried) => {
    element.dispatchEvent(
      new ClipboardEvent('paste', {
        clipboardData: carried as unknown as DataTransfer,
        bubbles: true,
        cancelable: true,
        composed: true,
      }),
    )
  }, clipboardData)
}

/** Bytes a second, up; without a number as fast as it goes. */
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

/** What this browser keeps of the queue; those that match are taken away. */
function kept(page: Page, drop?: string): Promise<string[]> {
  return page.evaluate(async (pattern) => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error ?? new Error('no answer'))
      })
    const database = await done(indexedDB.open('satchel-uploads'))
    const store = database.transaction('uploads', 'readwrite').objectStore('uploads')
    const keys = (await done(store.getAllKeys())).map(String)
    if (pattern) for (const key of keys) if (new RegExp(pattern).test(key)) await done(store.delete(key))
    database.close()
    return keys
  }, drop)
}

export const keptKeys = (page: Page) => kept(page)
export const dropKept = (page: Page, which: RegExp) => kept(page, which.source)
