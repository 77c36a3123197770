// Owns how fast something moves: bytes a second over the last few seconds, and how long the rest takes. Refuses words.

const WINDOW_MS = 6000
/** Less than this says nothing yet. */
const SHORTEST_MS = 500

export class SpeedMeter {
  private samples: { at: number; sent: number }[] = []

  constructor(private readonly now: () => number = Date.now) {}

  add(sent: number): number {
    const at = this.now()
    this.samples = [...this.samples.filter((sample) => at - sample.at <= WINDOW_MS), { at, sent }]
    const first = this.samples[0]!
    const took = at - first.at
    return took < SHORTEST_MS ? 0 : Math.max(0, ((sent - first.sent) * 1000) / took)
  }
}

export function secondsLeft(left: number, speed: number): number | undefined {
  return speed > 0 ? Math.ceil(left / speed) : undefined
}
