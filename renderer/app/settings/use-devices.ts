/** The page's audio devices and its permission to use the microphone, kept up to date. */
import { useEffect, useState } from 'react'

export interface DeviceList {
  readonly all: readonly MediaDeviceInfo[]
  /** `unknown` until asked, or where the browser does not tell. */
  readonly permission: PermissionState | 'unknown'
  /** Looks again, after the rep has allowed the microphone. */
  readonly refresh: () => void
}

export function useDevices(): DeviceList {
  const [all, setAll] = useState<readonly MediaDeviceInfo[]>([])
  const [permission, setPermission] = useState<PermissionState | 'unknown'>('unknown')
  const [round, setRound] = useState(0)
  // Each round looks anew.
  useEffect(() => {
    let stopped = false
    let status: PermissionStatus | null = null
    const media = navigator.mediaDevices
    const list = () =>
      media?.enumerateDevices().then(
        (devices) => !stopped && setAll(devices),
        () => !stopped && setAll([]),
      )
    const told = () => {
      if (status && !stopped) setPermission(status.state)
      void list()
    }
    void list()
    media?.addEventListener('devicechange', list)
    navigator.permissions?.query({ name: 'microphone' }).then(
      (answer) => {
        status = answer
        if (stopped) return
        answer.addEventListener('change', told)
        told()
      },
      () => undefined,
    )
    return () => {
      stopped = true
      media?.removeEventListener('devicechange', list)
      status?.removeEventListener('change', told)
    }
  }, [round])
  return { all, permission, refresh: () => setRound((now) => now + 1) }
}
