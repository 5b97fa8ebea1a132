import type { Fault } from '../fault.ts'
import { contractFolders, engineDrivers, floors, sharedRooms } from './floors.ts'
import type { Import } from './imports.ts'

const house = 'packages/cliquet/src/'

/** Where a file lives: its folder on a floor, and the implementation inside it, if any. */
interface Place {
  folder: string
  /** The subfolder, or the file's own name without ending directly in the folder. */
  room: string
  isSubfolder: boolean
}

const placeOf = (path: string): Place => {
  const [folder = '', second = '', third] = path.slice(house.length).split('/')
  return { folder, room: second.replace(/\.ts$/, ''), isSubfolder: third !== undefined }
}

/** Why `from` may not import `to` although both stand in the same contract folder. */
const neighbourBreak = (from: Place, to: Place): string | undefined => {
  if (!contractFolders.includes(from.folder) || !to.isSubfolder || (from.isSubfolder && from.room === to.room)) return undefined
  if (from.isSubfolder && sharedRooms.includes(`${to.folder}/${to.room}`)) return undefined
  if (!from.isSubfolder) return `the contract ${from.folder}/ may not import its implementation ${to.folder}/${to.room}`
  return `${from.folder}/${from.room} may not import its neighbour ${to.folder}/${to.room}; both see the contract only`
}

/** Why an implementation may not import this driver. */
const driverBreak = (from: Place, to: Place): string | undefined => {
  if (to.folder !== 'drivers' || !contractFolders.includes(from.folder) || !from.isSubfolder) return undefined
  const isDriver = Object.values(engineDrivers).includes(to.room)
  return isDriver && engineDrivers[from.room] !== to.room
    ? `${from.folder}/${from.room} may not import drivers/${to.room}: an implementation sees its own driver only`
    : undefined
}

const floorBreak = (from: Place, to: Place): string | undefined => {
  const [own, other] = [floors[from.folder], floors[to.folder]]
  if (own === undefined || other === undefined)
    return `${own === undefined ? from.folder : to.folder} has no floor; give it one in scripts/structure/floors.ts`
  if (from.folder === to.folder) return neighbourBreak(from, to)
  if (own > other) return driverBreak(from, to)
  const direction = own === other ? 'sideways' : 'up'
  return `${from.folder} (floor ${own}) may not import ${direction} from ${to.folder} (floor ${other})`
}

/** Imports inside the toolkit that go up, sideways, or to a neighbour's implementation. */
export const findFloorBreaks = (imports: Import[]): Fault[] =>
  imports
    .filter(({ from, to }) => from.startsWith(house) && to.startsWith(house))
    .flatMap(({ from, to, line }) => {
      const message = floorBreak(placeOf(from), placeOf(to))
      return message ? [{ file: from, line, message }] : []
    })
