export { createListener } from './listener.ts'
