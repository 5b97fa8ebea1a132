import type { Writable } from 'node:stream'
import type { Stream } from '../frame/terminal.ts'

/** Tells a person how far it is. */
export interface Progress {
  /** @param done how many items; `share` of the whole, 0 to 1, if that is known */
  show(done: number, share?: number): void
  /** Takes the line away. */
  end(): void
}

/** For whom nobody watches. */
export const silent: Progress = { show: () => {}, end: () => {} }

/** How often the line is written, ms. */
const INTERVAL = 100

const BAR = 24

/** A line that is written over and over, if the stream is a terminal: else nothing. @param verb as in "dumped" */
export function createProgress(stream: Writable & Stream, verb: string, now: () => number = () => performance.now()): Progress {
  if (stream.isTTY !== true) return silent
  const begin = now()
  let last = Number.NEGATIVE_INFINITY
  return {
    show(done, share) {
      const time = now()
      if (time - last < INTERVAL) return
      last = time
      stream.write(`\r\x1b[2K${clipped(progressLine(verb, done, (time - begin) / 1000, share), stream)}`)
    },
    end: () => void stream.write('\r\x1b[2K'),
  }
}

/** `[######------------------]  25 %  250,000 loaded, 40,000/s, 19 s left` */
export function progressLine(verb: string, done: number, seconds: number, share?: number): string {
  const rate = seconds > 0 ? `, ${whole(done / seconds)}/s` : ''
  const told = `${whole(done)} ${verb}${rate}`
  if (share === undefined) return told
  const filled = Math.round(share * BAR)
  const left = share > 0 ? `, ${Math.ceil((seconds / share) * (1 - share))} s left` : ''
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${String(Math.round(share * 100)).padStart(3)} %  ${told}${left}`
}

const clipped = (line: string, { columns = 80 }: Stream): string => line.slice(0, columns - 1)

const whole = (value: number): string => Math.round(value).toLocaleString('en')
