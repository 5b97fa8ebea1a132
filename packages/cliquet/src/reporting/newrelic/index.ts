export { createNewRelicReporter } from './reporter.ts'
