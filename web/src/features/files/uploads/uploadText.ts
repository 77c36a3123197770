// Owns how an upload stands, in words. Refuses to decide anything by them.
import type { StorageUse } from '@/api/types'
import { sizeWords } from '@/lib/words'
import { isActive, type Upload } from './queue'
import { secondsLeft } from './speed'

export function uploadText(upload: Upload, use: StorageUse | null, online = true): string {
  const { phase, sent, size } = upload
  const amount = `${sizeWords(sent)} of ${sizeWords(size)}`
  switch (phase) {
    case 'waiting':
      return `Waiting · ${sizeWords(size)}`
    case 'sending':
      return [amount, upload.speed > 0 ? `${sizeWords(Math.round(upload.speed))}/s` : '', leftWords(upload)]
        .filter(Boolean)
        .join(' · ')
    case 'attaching':
      return 'Attaching to the note'
    case 'retrying':
      return online ? `${amount} · No answer, trying again` : `${amount} · Offline, goes on by itself`
    case 'signed-out':
      return `${amount} · Goes on when you have signed in`
    case 'paused':
      return `${amount} · Paused`
    case 'needs-file':
      return `Choose the same file again to go on`
    case 'failed':
      return failureWords(upload, use)
    case 'done':
      return upload.attachTo ? `${sizeWords(size)} · Attached` : `${sizeWords(size)} · Done`
  }
}

function failureWords({ code, reason, size }: Upload, use: StorageUse | null): string {
  if (code === 'quota_exceeded' && use)
    return `No room: ${sizeWords(use.used_bytes)} of ${sizeWords(use.quota_bytes)} are used, this file has ${sizeWords(size)}.`
  if (code === 'file_too_large' && use)
    return `Too big: a file has at most ${sizeWords(use.max_file_bytes)}, this one has ${sizeWords(size)}.`
  if (code === 'storage_full') return 'The server has no room left. Nothing was lost; try again later.'
  return reason || 'It did not work out.'
}

function leftWords({ size, sent, speed }: Upload): string {
  const seconds = secondsLeft(size - sent, speed)
  if (seconds === undefined || seconds < 2) return ''
  if (seconds < 60) return `${seconds} s left`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min left` : `${Math.round(minutes / 60)} h left`
}

/** One line over all of them. */
export function queueText(uploads: readonly Upload[]): string {
  const going = uploads.filter(isActive).length
  const stuck = uploads.filter(({ phase }) => phase === 'failed' || phase === 'needs-file').length
  const done = uploads.filter(({ phase }) => phase === 'done').length
  const paused = uploads.filter(({ phase }) => phase === 'paused').length
  const files = (count: number) => `${count} ${count === 1 ? 'file' : 'files'}`
  if (going > 0) return `Uploading ${files(going)}`
  if (stuck > 0) return `${files(stuck)} ${stuck === 1 ? 'needs' : 'need'} you`
  return paused > 0 ? `${files(paused)} paused` : `${files(done)} uploaded`
}
