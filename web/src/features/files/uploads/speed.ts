// Measures the speed of an upload over the last few seconds.

const WINDOW_MS = 6000
/** A shorter measurement is too inaccurate. */
const MIN_MS = 500

export class SpeedMeter {
  private samples: { at: number; sent: number }[] = []

  constructor(private readonly now: () => number = Date.now) {}

  /** Returns bytes per second, 0 until it can be measured. */
  add(sent: number): number {
    const at = this.now()
    this.samples = [...this.samples.filter((sample) => at - sample.at <= WINDOW_MS), { at, sent }]
    const first = this.samples[0]!
    const elapsed = at - first.at
    return elapsed < MIN_MS ? 0 : Math.max(0, ((sent - first.sent) * 1000) / elapsed)
  }
}

export function secondsLeft(left: number, speed: number): number | undefined {
  return speed > 0 ? Math.ceil(left / speed) : undefined
}
