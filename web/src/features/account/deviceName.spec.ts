// Specs of the names of user agents.
import { describe, expect, it } from 'vitest'
import { deviceOf } from './deviceName'

const KHTML = 'AppleWebKit/537.36 (KHTML, like Gecko)'

describe('deviceOf', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux', 'computer'],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KHTML} Chrome/139.0.0.0 Safari/537.36`,
      'Chrome on Windows',
      'computer',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KHTML} Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0`,
      'Edge on Windows',
      'computer',
    ],
    [
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${KHTML} Chrome/139.0.0.0 Safari/537.36`,
      'Chrome on ChromeOS',
      'computer',
    ],
    [
      `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${KHTML} Chrome/139.0.0.0 Mobile Safari/537.36`,
      'Chrome on Android',
      'phone',
    ],
    [
      `Mozilla/5.0 (Linux; Android 15; SM-S931B) ${KHTML} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
      'Samsung Internet on Android',
      'phone',
    ],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${KHTML} Chrome/139.0.0.0 Safari/537.36 OPR/123.0`,
      'Opera on macOS',
      'computer',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      'Safari on macOS',
      'computer',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/139.0 Mobile/15E148 Safari/604.1',
      'Chrome on iPhone',
      'phone',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari on iPad',
      'phone',
    ],
    ['curl/8.14.1', 'curl', 'program'],
    ['python-requests/2.32.4', 'python-requests', 'program'],
    ['Mozilla/5.0', 'Unknown program', 'program'],
    ['', 'Unknown program', 'program'],
  ])('%s', (userAgent, name, kind) => {
    expect(deviceOf(userAgent)).toEqual({ name, kind })
  })

  it('truncates long names', () => {
    expect(deviceOf('x'.repeat(400)).name).toHaveLength(40)
  })
})
