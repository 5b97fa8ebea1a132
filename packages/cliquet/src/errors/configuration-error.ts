/** The service can't start as it is configured. The message says what is wrong, where, and what would be right. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
  }
}
