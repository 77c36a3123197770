// The readable name of a user agent. It is only displayed: a program may send any user agent.

export type DeviceKind = 'computer' | 'phone' | 'program'

export interface Device {
  name: string
  kind: DeviceKind
}

/** The first match counts: most browsers also contain the names of others. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [RegExp, string, DeviceKind])[] = [
  [/\biPhone\b|\biPod\b/, 'iPhone', 'phone'],
  [/\biPad\b/, 'iPad', 'phone'],
  [/\bAndroid\b/, 'Android', 'phone'],
  [/\bCrOS\b/, 'ChromeOS', 'computer'],
  [/\bWindows\b/, 'Windows', 'computer'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS', 'computer'],
  [/\bLinux\b|\bX11\b/, 'Linux', 'computer'],
]

const MAX_LENGTH = 40

export function deviceOf(userAgent: string): Device {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))
  if (browser) return { name: system ? `${browser} on ${system[1]}` : browser, kind: system?.[2] ?? 'computer' }
  const program =
    userAgent
      .trim()
      .split(/[/\s;(]/)[0]
      ?.slice(0, MAX_LENGTH) ?? ''
  if (program && program !== 'Mozilla') return { name: program, kind: 'program' }
  return system ? { name: system[1], kind: system[2] } : { name: 'Unknown program', kind: 'program' }
}
