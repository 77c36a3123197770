// The texts about uploads.
import type { StorageUse } from '@/api/types'
import { formatSize } from '@/lib/format'
import { isActive, type Upload } from './queue'
import { secondsLeft } from './speed'

export function uploadText(upload: Upload, use: StorageUse | null, online = true): string {
  const { phase, sent, size } = upload
  const amount = `${formatSize(sent)} of ${formatSize(size)}`
  switch (phase) {
    case 'waiting':
      return `Waiting · ${formatSize(size)}`
    case 'sending':
      return [amount, upload.speed > 0 ? `${formatSize(Math.round(upload.speed))}/s` : '', timeLeft(upload)]
        .filter(Boolean)
        .join(' · ')
    case 'attaching':
      return 'Attaching to the note'
    case 'retrying':
      return online ? `${amount} · No response, retrying` : `${amount} · Offline, resumes automatically`
    case 'signed-out':
      return `${amount} · Resumes after you sign in`
    case 'paused':
      return `${amount} · Paused`
    case 'needs-file':
      return 'Select the same file again to resume'
    case 'failed':
      return failureText(upload, use)
    case 'done':
      return upload.attachTo ? `${formatSize(size)} · Attached` : `${formatSize(size)} · Done`
  }
}

function failureText({ code, reason, size }: Upload, use: StorageUse | null): string {
  if (code === 'quota_exceeded' && use)
    return `Not enough storage: ${formatSize(use.used_bytes)} of ${formatSize(use.quota_bytes)} used, this file has ${formatSize(size)}.`
  if (code === 'file_too_large' && use)
    return `Too large: the limit is ${formatSize(use.max_file_bytes)}, this one has ${formatSize(size)}.`
  if (code === 'storage_full') return 'The server is out of storage. Try again later.'
  return reason || 'The upload failed.'
}

function timeLeft({ size, sent, speed }: Upload): string {
  const seconds = secondsLeft(size - sent, speed)
  if (seconds === undefined || seconds < 2) return ''
  if (seconds < 60) return `${seconds} s left`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min left` : `${Math.round(minutes / 60)} h left`
}

/** The summary of all uploads. */
export function queueText(uploads: readonly Upload[]): string {
  const active = uploads.filter(isActive).length
  const failed = uploads.filter(({ phase }) => phase === 'failed' || phase === 'needs-file').length
  const done = uploads.filter(({ phase }) => phase === 'done').length
  const paused = uploads.filter(({ phase }) => phase === 'paused').length
  const files = (count: number) => `${count} ${count === 1 ? 'file' : 'files'}`
  if (active > 0) return `Uploading ${files(active)}`
  if (failed > 0) return `${files(failed)} ${failed === 1 ? 'needs' : 'need'} attention`
  return paused > 0 ? `${files(paused)} paused` : `${files(done)} uploaded`
}
