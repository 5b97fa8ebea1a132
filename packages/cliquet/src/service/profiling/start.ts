import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { openProfileFolder, type ProfileFolder } from '../../profiling/folder.ts'
import { subject } from '../named-module.ts'
import type { Settings } from '../settings.ts'
import type { StartUp } from '../startup/step.ts'
import { profileIntervals, profileRequests } from './watching.ts'

/** Time between two samples, µs: of a request, which is short, and of everything for seconds. */
const REQUEST_INTERVAL = 100
const LONG_INTERVAL = 1000

/** Has profiles taken of the requests of an app, as the settings say. Nothing is loaded unless they do. */
export async function startProfiling({ settings, observeRequests, app }: StartUp, owned: FastifyInstance): Promise<void> {
  const { profilerEnabled, profilerSeconds, profilerDir, projectName, profilerMaxFiles } = settings
  if (!profilerEnabled) return
  const path = resolve(profilerDir ?? join(tmpdir(), `${projectName}-profiles`))
  const folder = await openFolder(path, profilerMaxFiles, settings)
  const { createProfiler } = await import('../../profiling/profiler.ts')
  app.log.warn(`profiles are written to ${path}: that slows requests down`)
  const profiler = createProfiler(profilerSeconds === undefined ? REQUEST_INTERVAL : LONG_INTERVAL)
  const failed = (err: unknown): void => app.log.error({ err }, 'a profile could not be written')
  const parts = { profiler, folder, observeRequests, failed }
  if (profilerSeconds === undefined) profileRequests(owned, parts)
  else profileIntervals(owned, profilerSeconds * 1000, parts)
}

async function openFolder(path: string, most: number, settings: Settings): Promise<ProfileFolder> {
  try {
    return await openProfileFolder(path, most)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`${subject(settings, 'profiler_dir')}: the folder ${path} can't be made: ${reason}`, { cause })
  }
}
