/** A chosen device is known again by id, name or group, never by its place, and missed when it is gone. */
import { describe, expect, it } from 'vitest'
import { choiceOf, type DeviceInfo, defaultLabel, identify } from './identity'

const device = (deviceId: string, label: string, groupId = `group of ${deviceId}`): DeviceInfo => ({
  kind: 'audioinput',
  deviceId,
  label,
  groupId,
})
const all = [device('default', 'Default - Jabra Evolve2 (USB)'), device('a1', 'Built-in Audio'), device('a2', 'Jabra Evolve2 (USB)')]
const found = (choice: Parameters<typeof identify>[0], among: readonly DeviceInfo[] = all) => {
  const answer = identify(choice, among)
  return answer.as === 'device' ? answer.device.deviceId : answer.as
}

describe('a chosen device', () => {
  it('is found by id, whatever it is called now', () => {
    expect(found({ id: 'a1', label: 'renamed' })).toBe('a1')
  })

  it('is found by name when its id has changed', () => {
    expect(found({ id: 'before-the-update', label: 'Jabra Evolve2 (USB)' })).toBe('a2')
  })

  it('is missing when neither is there', () => {
    expect(found({ id: 'x', label: 'Gone' })).toBe('missing')
    expect(found({ id: 'x', label: '' })).toBe('missing')
    expect(found({ id: 'x', label: 'Gone' }, [])).toBe('missing')
  })

  it('is no follower of the system, whose name contains its own', () => {
    expect(found({ id: 'x', label: 'Default - Jabra Evolve2 (USB)' })).toBe('missing')
    expect(found({ id: 'default', label: 'Default - Jabra Evolve2 (USB)' })).toBe('default')
  })

  it('of two with one name is told by its group, and by nothing else', () => {
    const twins = [device('b1', 'USB Headset', 'left desk'), device('b2', 'USB Headset', 'right desk')]
    expect(found({ id: 'b2', label: 'USB Headset' }, twins)).toBe('b2')
    expect(found({ id: 'x', label: 'USB Headset', group: 'right desk' }, twins)).toBe('b2')
    expect(found({ id: 'x', label: 'USB Headset', group: 'right desk' }, twins.toReversed())).toBe('b2')
    expect(found({ id: 'x', label: 'USB Headset' }, twins)).toBe('twins')
    expect(found({ id: 'x', label: 'USB Headset', group: 'sold' }, twins)).toBe('twins')
  })

  it('is not called missing while the browser hides all names', () => {
    expect(found({ id: 'a1', label: 'Built-in Audio' }, [device('', '', '')])).toBe('default')
  })
})

it('what is remembered of a device finds it again', () => {
  for (const one of all.slice(1)) expect(found(choiceOf(one))).toBe(one.deviceId)
})

it('names what the system default is', () => {
  expect(defaultLabel(all)).toBe('Jabra Evolve2 (USB)')
  expect(defaultLabel([device('c1', 'Speakers')])).toBeNull()
})
