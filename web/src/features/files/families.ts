// The families of file types: labels, icons and how they are previewed. The server detects the type from the content.
import { File, FileArchive, FileAudio, FileImage, FileText, FileVideo, Files, type LucideIcon } from '@lucide/vue'
import type { Attachment, FileFamily, FileSort, StoredFile } from '@/api/types'

interface FamilyInfo {
  value: FileFamily
  label: string
  singular: string
  icon: LucideIcon
}

export const FAMILIES: readonly FamilyInfo[] = [
  { value: 'image', label: 'Images', singular: 'Image', icon: FileImage },
  { value: 'video', label: 'Videos', singular: 'Video', icon: FileVideo },
  { value: 'audio', label: 'Audio', singular: 'Audio', icon: FileAudio },
  { value: 'text', label: 'Text', singular: 'Text', icon: FileText },
  { value: 'document', label: 'Documents', singular: 'Document', icon: Files },
  { value: 'archive', label: 'Archives', singular: 'Archive', icon: FileArchive },
  { value: 'other', label: 'Other', singular: 'File', icon: File },
]

export const SORTS: readonly { value: FileSort; label: string }[] = [
  { value: 'created', label: 'Date added' },
  { value: 'updated', label: 'Last changed' },
  { value: 'name', label: 'Name' },
  { value: 'size', label: 'Size' },
]

const OTHER = FAMILIES.at(-1)!
export const familyOf = (family: string): FamilyInfo => FAMILIES.find((known) => known.value === family) ?? OTHER

/** Attachments have only a media type. */
export function familyOfMime(mime: string): FamilyInfo {
  const top = mime.split('/')[0] ?? ''
  if (['image', 'video', 'audio', 'text'].includes(top)) return familyOf(top)
  if (mime === 'application/pdf') return familyOf('document')
  return /zip|tar|gzip|7z|rar|compressed/.test(mime) ? familyOf('archive') : OTHER
}

/** "PNG image", "PDF document" */
export function typeLabel(file: Pick<StoredFile, 'family' | 'mime'>): string {
  const family = familyOf(file.family)
  const sub = (file.mime.split('/')[1] ?? '').replace(/^(x-|vnd\.)/, '').split(/[;+]/)[0] ?? ''
  const known = sub.length > 0 && sub.length <= 5 && !['plain', 'octet'].includes(sub)
  return known ? `${sub.toUpperCase()} ${family.singular.toLowerCase()}` : family.singular
}

/** The server serves other types only as downloads. */
const DISPLAYABLE_IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'])
const MAX_THUMBNAIL_BYTES = 2 * 1024 * 1024

export const isDisplayableImage = (mime: string) => DISPLAYABLE_IMAGES.has(mime)

export const hasThumbnail = (file: Pick<Attachment, 'mime' | 'size_bytes'>) =>
  isDisplayableImage(file.mime) && file.size_bytes <= MAX_THUMBNAIL_BYTES

export type PreviewKind = 'image' | 'video' | 'audio' | 'text' | 'none'

export function previewKind(file: Pick<StoredFile, 'family' | 'mime'>): PreviewKind {
  if (file.family === 'image') return isDisplayableImage(file.mime) ? 'image' : 'none'
  return file.family === 'video' || file.family === 'audio' || file.family === 'text' ? file.family : 'none'
}
