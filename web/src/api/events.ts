// Shares one event stream between the tabs of a browser. Over HTTP/1.1 a browser has six connections to a host, and every
// stream occupies one; so one tab is the leader, opens the stream and passes the messages on.
import { catchUp, streamChanges, type StreamMessage } from './changeStream'

/** Asks the leader for its sequence number. */
interface Query {
  type: 'query'
}

/** A tab that is hidden for longer resigns as leader: browsers throttle it. */
const MAX_HIDDEN_MS = 5 * 60_000
/** A tab that was hidden for longer may have been suspended and have missed messages. */
const SUSPENDED_MS = 30_000

/** Delivers every change once, whichever tab received it. `owner` separates the accounts that use one browser. The
 *  returned function unsubscribes. */
export function subscribeToChanges(owner: string, listener: (message: StreamMessage) => void): () => void {
  const stream = new SharedStream(`satchel.changes.${owner}`, listener)
  return () => stream.stop()
}

class SharedStream {
  private readonly stopped = new AbortController()
  private readonly channel: BroadcastChannel | undefined
  private lastSeq: number | undefined
  private leading: AbortController | undefined
  private waiting: AbortController | undefined
  private hiddenAt: number | undefined
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly name: string,
    private readonly listener: (message: StreamMessage) => void,
  ) {
    this.channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name)
    if (this.channel) this.channel.onmessage = ({ data }: MessageEvent<StreamMessage | Query>) => this.receive(data)
    this.post({ type: 'query' })
    document.addEventListener('visibilitychange', this.onVisibilityChange)
    this.requestLead()
  }

  stop() {
    this.stopped.abort()
    clearTimeout(this.hiddenTimer)
    document.removeEventListener('visibilitychange', this.onVisibilityChange)
    this.resign()
    this.channel?.close()
  }

  private post(message: StreamMessage | Query) {
    this.channel?.postMessage(message)
  }

  private receive(message: StreamMessage | Query) {
    if (message.type !== 'query') this.deliver(message)
    else if (this.leading && this.lastSeq !== undefined) this.post({ type: 'hello', seq: this.lastSeq })
  }

  private readonly since = () => this.lastSeq

  private readonly deliver = (message: StreamMessage): boolean => {
    if (message.type === 'hello') {
      if (this.lastSeq !== undefined) return false
      this.lastSeq = message.seq
    } else if (message.type === 'change') {
      if (this.lastSeq !== undefined && message.change.seq <= this.lastSeq) return false
      this.lastSeq = message.change.seq
    } else this.lastSeq = undefined
    this.listener(message)
    return true
  }

  private readonly deliverToAll = (message: StreamMessage) => {
    if (this.deliver(message)) this.post(message)
  }

  /** The lock makes one tab the leader. Without Web Locks every tab opens a stream. */
  private requestLead() {
    if (this.stopped.signal.aborted || this.leading || this.waiting) return
    const locks = (navigator as Partial<Navigator>).locks
    if (!locks) return void this.lead()
    const request = (this.waiting = new AbortController())
    const onLock = () => {
      this.waiting = undefined
      return this.lead()
    }
    locks.request(this.name, { signal: request.signal }, onLock).catch(() => {
      // The request was aborted.
      if (this.waiting === request) this.waiting = undefined
    })
  }

  private async lead() {
    const controller = (this.leading = new AbortController())
    await streamChanges({ since: this.since, deliver: this.deliverToAll }, controller.signal)
    if (this.leading === controller) this.leading = undefined
  }

  private readonly resign = () => {
    this.waiting?.abort()
    this.waiting = undefined
    this.leading?.abort()
    this.leading = undefined
  }

  private readonly onVisibilityChange = () => {
    clearTimeout(this.hiddenTimer)
    if (document.visibilityState === 'hidden') {
      this.hiddenAt = Date.now()
      this.hiddenTimer = setTimeout(this.resign, MAX_HIDDEN_MS)
      return
    }
    const suspended = this.hiddenAt !== undefined && Date.now() - this.hiddenAt > SUSPENDED_MS
    this.hiddenAt = undefined
    const leads = this.leading !== undefined
    this.requestLead()
    // The stream of a leader resumes by itself.
    if (!suspended || leads || this.lastSeq === undefined) return
    catchUp({ since: this.since, deliver: this.deliver }, this.stopped.signal).catch(() => {
      // The next message from the leader makes the lists reload.
    })
  }
}
