import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { repositoryRoot } from '../reference/shared-folder.ts'
import { manifestFaults } from './kubernetes.ts'

const folder = join(repositoryRoot, 'deploy/kubernetes')

test('the manifests for Kubernetes are what its API takes', () => {
  assert.deepEqual(manifestFaults(folder, repositoryRoot), [])
})

test('a field that there is not, a wrong value and a missing one are found', (t) => {
  const copy = mkdtempSync(join(tmpdir(), 'cliquet-manifests-'))
  t.after(() => rmSync(copy, { recursive: true }))
  cpSync(folder, copy, { recursive: true })
  const file = join(copy, 'deployment.yaml')
  const text = readFileSync(file, 'utf8')
  for (const [from, to, fault] of [
    ['readinessProbe:', 'readynessProbe:', /^deployment\.yaml: .*"readynessProbe"' does not exist/],
    ['replicas: 3', 'replicas: three', /^deployment\.yaml: Type 'string' is not assignable to type 'number'/],
    ['selector:\n', 'selectors:\n', /^deployment\.yaml: .*"selectors"' does not exist/],
    ['  - name: web\n', '  - title: web\n', /^deployment\.yaml: .*"title"' does not exist/],
    ['kind: Deployment', 'kind: Deploy', /^deployment\.yaml: .*no exported member 'Deploy'/],
  ] as const) {
    assert.ok(text.includes(from), from)
    writeFileSync(file, text.replace(from, to))
    assert.match(manifestFaults(copy, repositoryRoot)[0] ?? 'nothing', fault, to)
  }
})

test('the kustomization names every manifest, and what they refer to', () => {
  const { resources, configMapGenerator, secretGenerator, images } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'))
  const manifests = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
  assert.deepEqual([...resources].sort(), manifests.sort())
  const made = [...configMapGenerator, ...secretGenerator].map(({ name }: { name: string }) => name)
  const text = manifests.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
  const needed = [...text.matchAll(/(?:configMapRef|secretRef): \{ name: (\S+) \}/g)].map(([, name]) => name)
  assert.deepEqual([...new Set(needed)].sort(), made.sort())
  const named = [...text.matchAll(/^\s+image: (\S+)$/gm)].map(([, name]) => name)
  assert.deepEqual(
    [...new Set(named)],
    images.map(({ name }: { name: string }) => name),
  )
})
