import type { Labels } from '../contract.ts'

/** What a line says beside the value: `{name}:{value}|{type}{tags}`. */
export interface Heading {
  readonly name: string
  /** `|#method:get`, or nothing. */
  readonly tags: string
}

/** Makes headings of a metric with these labels: most often one. */
export type Headings = (name: string, labels: Labels) => readonly Heading[]

/** Has letters, digits, `_`, `-` and some others; of anything else, and of nothing, it makes `_`. */
const cleaner = (others: string) => {
  const foreign = new RegExp(`[^A-Za-z0-9_${others}-]`, 'g')
  return (text: string): string => (text === '' ? '_' : text.replace(foreign, '_'))
}

/** Cleans a name, whose parts are joined by dots. */
export const cleanName = cleaner('.')

/** Cleans a part of a name, or a member of a set: a user id has a colon, which would end the name. */
export const cleanPart = cleaner('')

const cleanTag = cleaner('./:')

/** Labels as parts of the name, in their order, which every server understands: `bookmarks.backend.storage.get`. */
export function plainHeadings(prefix: string): Headings {
  return (name, labels) => {
    const values = Object.values(labels)
    if (values.length === 0 || name === 'users') return [{ name: `${prefix}.${cleanName(name)}`, tags: '' }]
    const written = (first: string, others: readonly (string | undefined)[]): Heading => ({
      name: `${prefix}.${cleanName(first)}.${others.map((value = '') => cleanPart(value)).join('.')}`,
      tags: '',
    })
    const own = (): Heading => written(name, values)
    // These have other names in the original's StatsD.
    if (name === 'authentication') return [written('authn_type', [labels.type])]
    if (name === 'request_summary') return [written('view', [labels.endpoint, labels.method]), own()]
    return [own()]
  }
}

/** Labels as tags: `bookmarks.backend.storage:…|ms|#method:get`. */
export function taggedHeadings(prefix: string): Headings {
  return (name, labels) => {
    const tags = Object.entries(labels).map(([label, value]) => `${cleanPart(label)}:${cleanTag(value)}`)
    return [{ name: `${prefix}.${cleanName(name)}`, tags: tags.length === 0 ? '' : `|#${tags.join(',')}` }]
  }
}
