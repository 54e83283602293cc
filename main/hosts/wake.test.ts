/** Sleep and a changed network, noticed from two clocks and a list of addresses. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Clock } from '../clock'
import { watchWake } from './wake'

let wall = 0
let monotonic = 0
let addresses = '10.0.0.2/24'
const clock: Clock = { wall: () => wall, monotonic: () => monotonic, utcOffset: () => 0 }
let heard: string[]
let stop: () => void
beforeEach(() => {
  vi.useFakeTimers()
  heard = []
  addresses = '10.0.0.2/24'
  stop = watchWake(
    clock,
    (why) => heard.push(why),
    () => addresses,
    3_000,
  )
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})
/** One turn of the timer, after so much time on each clock. */
function turn(onWall: number, onMonotonic: number): void {
  wall += onWall
  monotonic += onMonotonic
  vi.advanceTimersByTime(3_000)
}

it('hears nothing while time passes evenly', () => {
  for (let count = 0; count < 10; count++) turn(3_000, 3_000)
  turn(9_000, 9_000)
  expect(heard).toEqual([])
})

it('notices sleep, whether the monotonic clock stood still or not', () => {
  turn(600_000, 3_000)
  turn(3_000, 3_000)
  turn(600_000, 600_000)
  expect(heard).toEqual(['resume', 'resume'])
})

it('notices another network, not the loss of one', () => {
  addresses = ''
  turn(3_000, 3_000)
  expect(heard).toEqual([])
  addresses = '192.168.1.7/24'
  turn(3_000, 3_000)
  turn(3_000, 3_000)
  expect(heard).toEqual(['network'])
  stop()
  addresses = '10.0.0.2/24'
  turn(3_000, 3_000)
  expect(heard).toEqual(['network'])
})
