// Specs of the texts about uploads and of the measured speed.
import { describe, expect, it } from 'vitest'
import type { Upload } from './queue'
import { SpeedMeter } from './speed'
import { queueText, uploadText } from './uploadText'

const upload = (change: Partial<Upload>): Upload => ({
  key: 'k',
  fileId: 'f',
  url: null,
  name: 'a',
  size: 10_000_000,
  type: '',
  lastModified: 0,
  attachTo: null,
  paused: false,
  uploaded: false,
  createdAt: 0,
  phase: 'sending',
  sent: 4_000_000,
  speed: 0,
  reason: '',
  code: '',
  stored: true,
  ...change,
})
const use = { used_bytes: 9_900_000_000, quota_bytes: 10_000_000_000, max_file_bytes: 5_000_000_000 }

describe('the text of an upload', () => {
  it.each<[Partial<Upload>, string]>([
    [{}, '4 MB of 10 MB'],
    [{ speed: 500_000 }, '4 MB of 10 MB · 500 kB/s · 12 s left'],
    [{ speed: 20_000 }, '4 MB of 10 MB · 20 kB/s · 5 min left'],
    [{ phase: 'paused' }, '4 MB of 10 MB · Paused'],
    [
      { phase: 'failed', code: 'quota_exceeded', reason: 'no' },
      'Not enough storage: 9.9 GB of 10 GB used, this file has 10 MB.',
    ],
    [{ phase: 'failed', reason: 'The name is not valid.' }, 'The name is not valid.'],
    [{ phase: 'failed' }, 'The upload failed.'],
    [{ phase: 'done', attachTo: 'n' }, '10 MB · Attached'],
  ])('of %j', (change, text) => expect(uploadText(upload(change), use)).toBe(text))

  it('distinguishes offline from an unresponsive server', () => {
    expect(uploadText(upload({ phase: 'retrying' }), null, false)).toContain('Offline')
    expect(uploadText(upload({ phase: 'retrying' }), null, true)).toContain('No response')
  })

  it('summarizes active uploads first, then failed ones', () => {
    const [sending, failed, done] = [upload({}), upload({ phase: 'failed' }), upload({ phase: 'done' })]
    expect(queueText([sending, failed, done])).toBe('Uploading 1 file')
    expect(queueText([failed, done])).toBe('1 file needs attention')
    expect(queueText([done, done])).toBe('2 files uploaded')
  })
})

describe('the speed', () => {
  it('is measured over the last seconds', () => {
    let now = 0
    const meter = new SpeedMeter(() => now)
    expect(meter.add(0)).toBe(0)
    now = 1000
    expect(meter.add(1_000_000)).toBe(1_000_000)
    for (now = 2000; now <= 10_000; now += 1000) meter.add(1_000_000 + (now - 1000) * 100)
    expect(meter.add(1_000_000 + 900_000 + 100_000)).toBeCloseTo(100_000, -4)
  })
})
