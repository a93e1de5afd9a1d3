import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brokerSettings } from '../../src/config/broker-settings.ts'
import { attacks } from './attacks/all.ts'

const modulesIn = (folder: string): string[] =>
  readdirSync(new URL(`${folder}/`, import.meta.url)).filter((name) => name.endsWith('.js'))

test('every attack that there is is carried out', () => {
  const names = modulesIn('attacks').map((file) => file.replace('.js', ''))
  assert.deepEqual(attacks.map(({ name }) => name).sort(), names.filter((name) => name !== 'all').sort())
})

for (const { name, unbounded } of attacks) {
  test(`there is a way to take away the bound that ${name} is withstood by`, () => {
    const { settings = {}, plant } = unbounded
    assert.ok(plant !== undefined || Object.keys(settings).length > 0)
    if (plant !== undefined) assert.ok(existsSync(fileURLToPath(plant)), plant.href)
    for (const setting of Object.keys(settings)) assert.ok(Object.hasOwn(brokerSettings, setting), setting)
  })
}

test('every plant is loaded by some attack', () => {
  const used = attacks.flatMap(({ unbounded: { plant } }) => (plant === undefined ? [] : [plant.pathname]))
  for (const file of modulesIn('plants')) {
    assert.ok(
      used.some((path) => path.endsWith(`/plants/${file}`)),
      file,
    )
  }
})
