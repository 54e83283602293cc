/** Audio devices by identity: Chromium's id where it still holds, else the label, so that a headset is known again. */
import type { Settings } from '../../../preload/contract'

export type Choice = Settings['microphone']
export interface Device {
  readonly id: string
  readonly label: string
}
export type DeviceKind = 'audioinput' | 'audiooutput'

/** Chromium's entries that follow the system; the choice «system default» stands for them. */
const followers = new Set(['default', 'communications', ''])

/** The devices of one kind that can be chosen, in the browser's order. Without permission they have no names and none is offered. */
export function devicesOf(kind: DeviceKind, all: readonly Pick<MediaDeviceInfo, 'deviceId' | 'label' | 'kind'>[]): Device[] {
  return all
    .filter((device) => device.kind === kind && !followers.has(device.deviceId) && device.label !== '')
    .map((device) => ({ id: device.deviceId, label: device.label }))
}

/** The label of the device that «system default» means now, when the browser says so («Default - Headset»). */
export function defaultLabel(kind: DeviceKind, all: readonly Pick<MediaDeviceInfo, 'deviceId' | 'label' | 'kind'>[]): string | null {
  const entry = all.find((device) => device.kind === kind && device.deviceId === 'default')
  return entry?.label.replace(/^[^-]+ - /, '') || null
}

/** The device that a choice means now: by id, else the first of the same label; null when it is not connected. */
export function findDevice(choice: Choice, devices: readonly Device[]): Device | null {
  if (!choice) return null
  return devices.find((device) => device.id === choice.id) ?? devices.find((device) => device.label === choice.label) ?? null
}
