import assert from 'node:assert/strict'
import { type CliquetOptions, ConfigurationError, createService, type Service } from '../../src/index.ts'
import { backendSettings } from '../protocol/service-under-test.ts'

/** The message with which a service of these options does not start. `prepare` adds to it before. */
export async function startError(options: Partial<CliquetOptions>, prepare: (service: Service) => void = () => {}): Promise<string> {
  const service = createService({ name: 'test', version: '1.0', ...options, settings: { ...backendSettings(), ...options.settings } })
  try {
    prepare(service)
    await service.ready()
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.message
  } finally {
    await service.close()
  }
  return assert.fail('the service has started')
}
