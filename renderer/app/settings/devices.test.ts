/** A chosen device is known again by id or label, and missed when it is gone. */
import { describe, expect, it } from 'vitest'
import { defaultLabel, devicesOf, findDevice } from './devices'

const all = [
  { kind: 'audioinput', deviceId: 'default', label: 'Default - Jabra Evolve2 (USB)' },
  { kind: 'audioinput', deviceId: 'a1', label: 'Built-in Audio' },
  { kind: 'audioinput', deviceId: 'a2', label: 'Jabra Evolve2 (USB)' },
  { kind: 'audiooutput', deviceId: 'b1', label: 'Speakers' },
  { kind: 'videoinput', deviceId: 'c1', label: 'Camera' },
] as const

describe('devices', () => {
  it('offers real devices of the kind alone', () => {
    expect(devicesOf('audioinput', all).map((device) => device.id)).toEqual(['a1', 'a2'])
    expect(devicesOf('audiooutput', all).map((device) => device.label)).toEqual(['Speakers'])
  })

  it('offers none while the browser hides their names', () => {
    expect(devicesOf('audioinput', [{ kind: 'audioinput', deviceId: '', label: '' }])).toEqual([])
  })

  it('names what the system default is', () => {
    expect(defaultLabel('audioinput', all)).toBe('Jabra Evolve2 (USB)')
    expect(defaultLabel('audiooutput', all)).toBeNull()
  })

  it('finds a choice by id first, then by label, and misses one that is unplugged', () => {
    const devices = devicesOf('audioinput', all)
    expect(findDevice({ id: 'a1', label: 'renamed' }, devices)?.id).toBe('a1')
    expect(findDevice({ id: 'before-the-update', label: 'Jabra Evolve2 (USB)' }, devices)?.id).toBe('a2')
    expect(findDevice({ id: 'x', label: 'Gone' }, devices)).toBeNull()
    expect(findDevice(null, devices)).toBeNull()
  })
})
