// Owns that one tab of a browser listens to the server and tells the others: a browser has six
// connections to a host over HTTP/1.1, and every stream keeps one. Refuses to know what a change means.
import { catchUp, streamChanges, type News } from './changeStream'

interface Where {
  type: 'where'
}

/** Hidden for longer than this, a tab gives up the lead: its connection is better used elsewhere. */
const HIDDEN_MS = 5 * 60_000
/** A tab that was hidden may have been asleep, and then it missed what the others were told. */
const ASLEEP_MS = 30_000

/** Delivers every change once, whichever tab it came through. `owner` keeps two people apart who use the
 *  same browser one after the other. The returned function ends it. */
export function followChanges(owner: string, listener: (news: News) => void): () => void {
  const follower = new Follower(`satchel.changes.${owner}`, listener)
  return () => follower.stop()
}

class Follower {
  private readonly gone = new AbortController()
  private readonly channel: BroadcastChannel | undefined
  private last: number | undefined
  private leading: AbortController | undefined
  private waiting: AbortController | undefined
  private hiddenAt: number | undefined
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly name: string,
    private readonly listener: (news: News) => void,
  ) {
    this.channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name)
    if (this.channel) this.channel.onmessage = ({ data }: MessageEvent<News | Where>) => this.hear(data)
    this.tell({ type: 'where' })
    document.addEventListener('visibilitychange', this.look)
    this.apply()
  }

  stop() {
    this.gone.abort()
    clearTimeout(this.hiddenTimer)
    document.removeEventListener('visibilitychange', this.look)
    this.rest()
    this.channel?.close()
  }

  private tell(message: News | Where) {
    this.channel?.postMessage(message)
  }

  private hear(message: News | Where) {
    if (message.type !== 'where') this.take(message)
    else if (this.leading && this.last !== undefined) this.tell({ type: 'hello', seq: this.last })
  }

  private readonly since = () => this.last

  private readonly take = (news: News): boolean => {
    if (news.type === 'hello') {
      if (this.last !== undefined) return false
      this.last = news.seq
    } else if (news.type === 'change') {
      if (this.last !== undefined && news.change.seq <= this.last) return false
      this.last = news.change.seq
    } else this.last = undefined
    this.listener(news)
    return true
  }

  private readonly takeAndTell = (news: News) => {
    if (this.take(news)) this.tell(news)
  }

  /** Stands in line for the lead; where the browser knows no lines, every tab leads for itself. */
  private apply() {
    if (this.gone.signal.aborted || this.leading || this.waiting) return
    const locks = (navigator as Partial<Navigator>).locks
    if (!locks) return void this.lead()
    const mine = (this.waiting = new AbortController())
    const turn = () => {
      this.waiting = undefined
      return this.lead()
    }
    locks.request(this.name, { signal: mine.signal }, turn).catch(() => {
      // Out of the line again.
      if (this.waiting === mine) this.waiting = undefined
    })
  }

  private async lead() {
    const mine = (this.leading = new AbortController())
    await streamChanges({ since: this.since, deliver: this.takeAndTell }, mine.signal)
    if (this.leading === mine) this.leading = undefined
  }

  private readonly rest = () => {
    this.waiting?.abort()
    this.waiting = undefined
    this.leading?.abort()
    this.leading = undefined
  }

  private readonly look = () => {
    clearTimeout(this.hiddenTimer)
    if (document.visibilityState === 'hidden') {
      this.hiddenAt = Date.now()
      this.hiddenTimer = setTimeout(this.rest, HIDDEN_MS)
      return
    }
    const asleep = this.hiddenAt !== undefined && Date.now() - this.hiddenAt > ASLEEP_MS
    this.hiddenAt = undefined
    const leads = this.leading !== undefined
    this.apply()
    // Who leads resumes by itself where it broke off.
    if (!asleep || leads || this.last === undefined) return
    catchUp({ since: this.since, deliver: this.take }, this.gone.signal).catch(() => {
      // The next change that is told brings the lists level again.
    })
  }
}
