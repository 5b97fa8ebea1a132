import { grantTests } from './grants.ts'
import { keepingTests } from './keeping.ts'
import { movingTests } from './moving.ts'
import { principalTests } from './principals.ts'
import type { PermissionTest } from './trial.ts'

/** The numbers of the promises of `PermissionBackend`. */
export const permissionPromises: readonly string[] = Array.from({ length: 17 }, (_, i) => `P${i + 1}`)

/** The tests of all promises but P13 and P14, which concern two backends and are proven by the joint tests of `testing/`, as is a part of P9. */
export const permissionTests: readonly PermissionTest[] = [...principalTests, ...grantTests, ...keepingTests, ...movingTests]

export type { PermissionTest, PermissionTrial } from './trial.ts'
