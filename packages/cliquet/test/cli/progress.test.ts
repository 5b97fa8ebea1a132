import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { type Line, readLines } from '../../src/cli/transfer/lines.ts'
import { createProgress, progressLine } from '../../src/cli/transfer/progress.ts'

function openStream(isTTY: boolean): { readonly stream: Writable & { isTTY: boolean; columns: number }; readonly written: string[] } {
  const written: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk))
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY, columns: 60 }), written }
}

test('progress is shown on a terminal, a few times a second, in one line that goes away', () => {
  const { stream, written } = openStream(true)
  let now = 0
  const progress = createProgress(stream, 'loaded', () => now)
  for (let i = 0; i < 1000; i += 1) {
    now += 1
    progress.show(i * 100, i / 1000)
  }
  progress.end()
  assert.equal(written.length, 11)
  for (const text of written) assert.ok(text.startsWith('\r\x1b[2K') && text.length < 60 + 5, text)
  assert.equal(written.at(-1), '\r\x1b[2K')
})

test('where nobody watches no progress is shown', () => {
  const { stream, written } = openStream(false)
  const progress = createProgress(stream, 'loaded')
  progress.show(5)
  progress.end()
  assert.deepEqual(written, [])
})

test('the line tells number and rate, and where the size is known how much is left', () => {
  assert.equal(progressLine('dumped', 250_000, 5), '250,000 dumped, 50,000/s')
  assert.equal(progressLine('loaded', 250_000, 5, 0.25), '[######------------------]  25 %  250,000 loaded, 50,000/s, 15 s left')
  assert.equal(progressLine('loaded', 0, 0, 0), `[${'-'.repeat(24)}]   0 %  0 loaded`)
})

test('lines end at newlines only, wherever the stream is cut', async () => {
  const text = 'one\u2028still one\r\n\n  \nzwölf 😀\nlast'
  const bytes = Buffer.from(text)
  for (const size of [1, 2, 3, 5, 1000]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
    const lines: Line[] = []
    for await (const line of readLines(toAsync(chunks))) lines.push(line)
    assert.deepEqual(
      lines.map(({ number, text: line }) => [number, line.trimEnd()]),
      [
        [1, 'one\u2028still one'],
        [4, 'zwölf 😀'],
        [5, 'last'],
      ],
    )
  }
})

async function* toAsync(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}
