import { ConfigurationError } from '../errors/configuration-error.ts'
import type { ServerTimes } from '../http/patient-server.ts'
import { subject } from './named-module.ts'
import type { Settings } from './settings.ts'

/** How long clients are given. @throws ConfigurationError when headers are given longer than the request that they are part of */
export function serverTimes(settings: Settings): ServerTimes {
  const [headers, request] = [settings.headerTimeoutSeconds * 1000, settings.requestTimeoutSeconds * 1000]
  if (request > 0 && headers > request) {
    throw new ConfigurationError(`${subject(settings, 'header_timeout_seconds')} must not be more than request_timeout_seconds`)
  }
  return {
    headers,
    request,
    keepAlive: settings.keepAliveTimeoutSeconds * 1000,
    silence: settings.connectionTimeoutSeconds * 1000,
  }
}
