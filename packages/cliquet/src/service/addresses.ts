import { lookup } from 'node:dns/promises'

/** What a host is called in numbers, where that are several: `localhost` is 127.0.0.1 and, on most machines, ::1, and clients take either. */
export async function addressesOf(host: string): Promise<readonly [string, ...string[]]> {
  if (host !== 'localhost') return [host]
  try {
    const [first, ...others] = (await lookup(host, { all: true })).map(({ address }) => address)
    return first === undefined ? [host] : [first, ...others]
  } catch {
    return [host]
  }
}
