import type { Item } from './item.ts'
import type { ItemsByTime } from './selection.ts'

/** Most items of a chunk; a longer one is cut in two. */
const chunkSize = 1024

/**
 * Items in the order of their timestamps, which are unique. Adding, taking out and finding a place cost O(log n + chunk size), reading on
 * from there O(1) an item.
 */
export interface Timeline extends ItemsByTime {
  add(item: Item): void
  /** Takes out that very item, if it is in. */
  take(item: Item): void
  /** The item of exactly that timestamp. */
  at(timestamp: number): Item | undefined
}

/** Index of the first of `length` places whose timestamp is greater than `timestamp`. */
function firstAfter(length: number, stampAt: (i: number) => number, timestamp: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (stampAt(middle) > timestamp) high = middle
    else low = middle + 1
  }
  return low
}

/** Makes an empty timeline. */
export function createTimeline(): Timeline {
  const chunks: Item[][] = []
  let size = 0

  /** The last chunk that begins at or before the timestamp, or the first; and the place in it behind that timestamp. */
  function locate(timestamp: number): { index: number; chunk: Item[]; place: number } | undefined {
    const index = Math.max(0, firstAfter(chunks.length, (i) => chunks[i]?.[0]?.timestamp ?? 0, timestamp) - 1)
    const chunk = chunks[index]
    return chunk && { index, chunk, place: firstAfter(chunk.length, (i) => chunk[i]?.timestamp ?? 0, timestamp) }
  }

  function at(timestamp: number): Item | undefined {
    const found = locate(timestamp)
    const item = found?.chunk[found.place - 1]
    return item?.timestamp === timestamp ? item : undefined
  }

  function add(item: Item): void {
    size += 1
    const found = locate(item.timestamp)
    if (!found) {
      chunks.push([item])
      return
    }
    found.chunk.splice(found.place, 0, item)
    if (found.chunk.length > chunkSize) split(found.index, found.chunk, found.place)
  }

  /** A chunk that grew at its end keeps what it had: the usual case, as new timestamps are the greatest. */
  function split(index: number, chunk: Item[], place: number): void {
    chunks.splice(index + 1, 0, chunk.splice(place === chunkSize ? chunkSize : chunkSize / 2))
  }

  function take(item: Item): void {
    const found = locate(item.timestamp)
    if (found?.chunk[found.place - 1] !== item) return
    size -= 1
    found.chunk.splice(found.place - 1, 1)
    if (found.chunk.length === 0) chunks.splice(found.index, 1)
  }

  function* upwards(least: number): Iterable<Item> {
    const found = locate(least)
    if (!found) return
    const before = found.chunk[found.place - 1]
    let place = before?.timestamp === least ? found.place - 1 : found.place
    for (const chunk of chunks.slice(found.index)) {
      yield* place === 0 ? chunk : chunk.slice(place)
      place = 0
    }
  }

  function* downwards(most: number): Iterable<Item> {
    const found = locate(most)
    if (!found) return
    for (let index = found.index; index >= 0; index -= 1) {
      const chunk = chunks[index] ?? []
      for (let i = (index === found.index ? found.place : chunk.length) - 1; i >= 0; i -= 1) {
        const item = chunk[i]
        if (item) yield item
      }
    }
  }

  return {
    get size() {
      return size
    },
    add,
    take,
    at,
    upwards,
    downwards,
  }
}
