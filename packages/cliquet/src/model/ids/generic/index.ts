import { defineIdGenerator, type IdGenerator, uuidGenerator } from '../../ids.ts'

/** Makes UUIDs, and accepts any id that matches `GENERIC_ID`: for clients that choose ids of their own. */
export const idGenerator: IdGenerator = defineIdGenerator(uuidGenerator.generate)
