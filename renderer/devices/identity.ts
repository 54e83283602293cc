/**
 * Which of the machine's audio devices a rep's choice means now: by Chromium's id, else by its name when the id has changed
 * (another profile, another port of the browser host, another socket), never by its place in the list.
 */
import type { Settings } from '../../preload/contract'

export type Choice = Settings['microphone']
export type DeviceInfo = Pick<MediaDeviceInfo, 'deviceId' | 'groupId' | 'label' | 'kind'>

/** Chromium's entries that follow the system (and what stands for every device before permission is given). */
const followers = new Set(['default', 'communications', ''])

export const isReal = (device: DeviceInfo): boolean => !followers.has(device.deviceId) && device.label !== ''

/**
 * `default`: nothing was chosen, or nothing can be told before permission is given. `missing`: it is not there. `twins`:
 * several have its name, and none its id or group.
 */
export type Found = { as: 'device'; device: DeviceInfo } | { as: 'default' | 'missing' | 'twins' }

/** `all`: devices of one kind. */
export function identify(choice: Choice, all: readonly DeviceInfo[]): Found {
  if (!choice || followers.has(choice.id)) return { as: 'default' }
  const real = all.filter(isReal)
  // Before permission devices have neither id nor name: what is there cannot be told.
  if (real.length === 0 && all.some((device) => device.label === '')) return { as: 'default' }
  const same = real.find((device) => device.deviceId === choice.id)
  if (same) return { as: 'device', device: same }
  const named = choice.label === '' ? [] : real.filter((device) => device.label === choice.label)
  const [only, second] = named
  if (!only) return { as: 'missing' }
  if (!second) return { as: 'device', device: only }
  const grouped = named.filter((device) => choice.group && device.groupId === choice.group)
  return grouped.length === 1 && grouped[0] ? { as: 'device', device: grouped[0] } : { as: 'twins' }
}

/** What to remember of a device. */
export function choiceOf(device: DeviceInfo): NonNullable<Choice> {
  return { id: device.deviceId, label: device.label, ...(device.groupId ? { group: device.groupId } : {}) }
}

/** The name of the device that «system default» means now, when the browser says so («Default - Headset»). */
export function defaultLabel(all: readonly DeviceInfo[]): string | null {
  const entry = all.find((device) => device.deviceId === 'default')
  return entry?.label.replace(/^[^-]+ - /, '') || null
}
