/** UUIDs of version 4, as without the setting. */
export { uuidGenerator as idGenerator } from '../../ids.ts'
