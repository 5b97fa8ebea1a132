import { recordText, tombstoneText } from '../../storage/record.ts'
import type { DumpItem } from './items.ts'

/** The version of the format that is written. */
export const FORMAT = 1

/** How long a text is collected before it is written, in characters. */
const CHUNK = 65_536

/** The first line of a dump. */
export const headerLine = (service: string): string => `${JSON.stringify({ cliquet: 'dump', version: FORMAT, service })}\n`

/** The last line of a dump, which tells that it is whole. */
export const endLine = (items: number): string => `${JSON.stringify({ kind: 'end', items })}\n`

/** The line of an item, in the names of the protocol. */
export function itemLine(item: DumpItem): string {
  const text = JSON.stringify
  switch (item.kind) {
    case 'collection':
      return `{"kind":"collection",${placeOf(item)},"last_modified":${item.timestamp}}\n`
    case 'record':
      return `{"kind":"record",${placeOf(item)},"data":${recordText(item.id, item.timestamp, item.body)}}\n`
    case 'tombstone':
      return `{"kind":"tombstone",${placeOf(item)},"data":${tombstoneText(item.id, item.timestamp)}}\n`
    case 'permission':
      return `${text({ kind: item.kind, parent_id: item.parentId, uri: item.uri, permission: item.permission, principal: item.principal })}\n`
    case 'principal':
      return `${text({ kind: item.kind, user_id: item.userId, principal: item.principal })}\n`
  }
}

const placeOf = ({ parentId, resource }: { readonly parentId: string; readonly resource: string }): string =>
  `"parent_id":${JSON.stringify(parentId)},"resource":${JSON.stringify(resource)}`

/** The lines in pieces that are worth writing. */
export async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let chunk = ''
  for await (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
