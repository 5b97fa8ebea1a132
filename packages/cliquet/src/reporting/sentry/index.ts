export { createSentryReporter, type SentryOptions } from './reporter.ts'
