import { READER } from './bookmark.ts'

/** How many records there are, and over how many collections they are spread: the record of a number is in the collection of that number. */
export interface Shape {
  readonly records: number
  readonly collections: number
}

/** The owner of a record. */
export const ownerOf = (number: number, { collections }: Shape): string => (collections === 1 ? READER : `${READER}${number % collections}`)

/** A record that was written. */
export interface Written {
  readonly owner: string
  readonly id: string
  /** Which bookmark it is. */
  readonly number: number
}

/** Collects about a thousand records from all over. */
export function sampleOf({ records }: Shape): { readonly written: Written[]; add(record: Written): void } {
  // Prime to the number of collections, or only some of them would be sampled.
  const every = Math.max(1, Math.floor(records / 1000)) | 1
  const written: Written[] = []
  return {
    written,
    add(record) {
      if (record.number % every === 0) written.push(record)
    },
  }
}
