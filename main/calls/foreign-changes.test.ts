/** How often History is asked to look again while something else writes to the database. */
import { expect, test } from 'vitest'
import { ControlledTime } from '../../test/fixtures/crm/controlled-time'
import { ForeignChanges } from './foreign-changes'

function watched() {
  const time = new ControlledTime()
  const told: number[] = []
  const changes = new ForeignChanges(time, () => told.push(time.monotonic()))
  return { time, told, changes }
}

test('one change is told at once, the next one soon after', async () => {
  const { time, told, changes } = watched()
  changes.changed()
  expect(told).toEqual([0])
  await time.pass(1_000)
  changes.changed()
  await time.pass(60_000)
  expect(told).toEqual([0, 4_000])
})

test('a sync that writes every second is told twice a minute, and once when it is over', async () => {
  const { time, told, changes } = watched()
  for (let second = 0; second < 100; second++) {
    changes.changed()
    await time.pass(1_000)
  }
  await time.pass(60_000)
  expect(told).toEqual([0, 30_000, 60_000, 90_000, 102_000])
})

test('nothing is told after the end', async () => {
  const { time, told, changes } = watched()
  changes.changed()
  changes.changed()
  changes.close()
  await time.pass(60_000)
  expect(told).toEqual([0])
})
