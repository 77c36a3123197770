// Owns the words of an upload: what is told at each phase, and that a full account is told in numbers. Refuses components.
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
  at: 0,
  phase: 'sending',
  sent: 4_000_000,
  speed: 0,
  reason: '',
  code: '',
  kept: true,
  ...change,
})
const use = { used_bytes: 9_900_000_000, quota_bytes: 10_000_000_000, max_file_bytes: 5_000_000_000 }

describe('the words of an upload', () => {
  it.each<[Partial<Upload>, string]>([
    [{}, '4 MB of 10 MB'],
    [{ speed: 500_000 }, '4 MB of 10 MB · 500 kB/s · 12 s left'],
    [{ speed: 20_000 }, '4 MB of 10 MB · 20 kB/s · 5 min left'],
    [{ phase: 'paused' }, '4 MB of 10 MB · Paused'],
    [
      { phase: 'failed', code: 'quota_exceeded', reason: 'no' },
      'No room: 9.9 GB of 10 GB are used, this file has 10 MB.',
    ],
    [{ phase: 'failed', reason: 'The name is not valid.' }, 'The name is not valid.'],
    [{ phase: 'failed' }, 'It did not work out.'],
    [{ phase: 'done', attachTo: 'n' }, '10 MB · Attached'],
  ])('of %j', (change, words) => expect(uploadText(upload(change), use)).toBe(words))

  it('tell what is wrong with the line', () => {
    expect(uploadText(upload({ phase: 'retrying' }), null, false)).toContain('Offline')
    expect(uploadText(upload({ phase: 'retrying' }), null, true)).toContain('No answer')
  })

  it('of all of them say first what is going on, then what needs somebody', () => {
    const [sending, failed, done] = [upload({}), upload({ phase: 'failed' }), upload({ phase: 'done' })]
    expect(queueText([sending, failed, done])).toBe('Uploading 1 file')
    expect(queueText([failed, done])).toBe('1 file needs you')
    expect(queueText([done, done])).toBe('2 files uploaded')
  })
})

describe('the speed', () => {
  it('is that of the last seconds', () => {
    let now = 0
    const meter = new SpeedMeter(() => now)
    expect(meter.add(0)).toBe(0)
    now = 1000
    expect(meter.add(1_000_000)).toBe(1_000_000)
    for (now = 2000; now <= 10_000; now += 1000) meter.add(1_000_000 + (now - 1000) * 100)
    expect(meter.add(1_000_000 + 900_000 + 100_000)).toBeCloseTo(100_000, -4)
  })
})
