import assert from 'node:assert/strict'

/** A line of Prometheus's text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads the text format: every line must be in it. */
export function parseExposition(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line === '' || /^# (?:HELP [a-zA-Z_]\w* .+|TYPE [a-zA-Z_]\w* (?:counter|gauge|histogram|summary))$/.test(line)) return []
    const [, name = '', labels = '', value = ''] =
      /^([a-zA-Z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail(`not in the format: ${line}`)
    return [{ name, labels: parseLabels(labels), value: Number(value.replace('+Inf', 'Infinity')) }]
  })
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const labels: [string, string][] = []
  const rest = text.replace(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g, (_, name: string, value: string) => {
    labels.push([name, value.replace(/\\(.)/g, (_escape, sign: string) => (sign === 'n' ? '\n' : sign))])
    return ''
  })
  assert.equal(rest, '', `not labels: ${text}`)
  return Object.fromEntries(labels)
}

/** The sum of a metric's samples with these labels, whatever others they have; undefined if there is none. */
export function total(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
}
