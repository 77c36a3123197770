// Owns what each kind of file is called, which icon it has and how it can be looked at. Refuses to trust a name: the
// server found the type in the bytes.
import { File, FileArchive, FileAudio, FileImage, FileText, FileVideo, Files, type LucideIcon } from '@lucide/vue'
import type { Attachment, FileFamily, FileSort, StoredFile } from '@/api/types'

interface FamilyInfo {
  value: FileFamily
  label: string
  one: string
  icon: LucideIcon
}

export const FAMILIES: readonly FamilyInfo[] = [
  { value: 'image', label: 'Images', one: 'Image', icon: FileImage },
  { value: 'video', label: 'Videos', one: 'Video', icon: FileVideo },
  { value: 'audio', label: 'Audio', one: 'Audio', icon: FileAudio },
  { value: 'text', label: 'Text', one: 'Text', icon: FileText },
  { value: 'document', label: 'Documents', one: 'Document', icon: Files },
  { value: 'archive', label: 'Archives', one: 'Archive', icon: FileArchive },
  { value: 'other', label: 'Other', one: 'File', icon: File },
]

export const SORTS: readonly { value: FileSort; label: string }[] = [
  { value: 'created', label: 'Date added' },
  { value: 'updated', label: 'Last changed' },
  { value: 'name', label: 'Name' },
  { value: 'size', label: 'Size' },
]

const OTHER = FAMILIES.at(-1)!
export const familyOf = (family: string): FamilyInfo => FAMILIES.find((known) => known.value === family) ?? OTHER

/** An attachment says only its media type. */
export function familyOfMime(mime: string): FamilyInfo {
  const top = mime.split('/')[0] ?? ''
  if (['image', 'video', 'audio', 'text'].includes(top)) return familyOf(top)
  if (mime === 'application/pdf') return familyOf('document')
  return /zip|tar|gzip|7z|rar|compressed/.test(mime) ? familyOf('archive') : OTHER
}

/** "PNG image", "PDF document": its family and what the server takes it for. */
export function typeLabel(file: Pick<StoredFile, 'family' | 'mime'>): string {
  const family = familyOf(file.family)
  const sub = (file.mime.split('/')[1] ?? '').replace(/^(x-|vnd\.)/, '').split(/[;+]/)[0] ?? ''
  const known = sub.length > 0 && sub.length <= 5 && !['plain', 'octet'].includes(sub)
  return known ? `${sub.toUpperCase()} ${family.one.toLowerCase()}` : family.one
}

/** What the server gives out to be shown in the page; everything else is only for saving. */
const SHOWN_IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'])
const LARGEST_THUMBNAIL = 2 * 1024 * 1024

export const isShownImage = (mime: string) => SHOWN_IMAGES.has(mime)

export const hasThumbnail = (file: Pick<Attachment, 'mime' | 'size_bytes'>) =>
  isShownImage(file.mime) && file.size_bytes <= LARGEST_THUMBNAIL

export type Look = 'image' | 'video' | 'audio' | 'text' | 'none'

export function previewKind(file: Pick<StoredFile, 'family' | 'mime'>): Look {
  if (file.family === 'image') return isShownImage(file.mime) ? 'image' : 'none'
  return file.family === 'video' || file.family === 'audio' || file.family === 'text' ? file.family : 'none'
}
