/** What is checked of this computer: how passwords are kept, the database and its disk. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SecretStore } from '../hosts/host'
import type { Store } from '../store/store'
import type { QuickCheckOutput } from './diagnostics.jobs'
import { type Check, failed, failedWith, ok, warning } from './run'

/** Less free space than this is worth a word, in MB. */
export const littleSpaceMb = 200

export function secretsCheck(secrets: Pick<SecretStore, 'keeping'>): Check {
  return {
    id: 'secrets',
    title: 'secrets',
    params: {},
    run: async () => {
      const { available, name, plainFileInUse } = await secrets.keeping()
      if (plainFileInUse) return warning('help.secretsPlain')
      return available ? ok('help.secretsKept', { name }) : warning('help.secretsSession')
    },
  }
}

export function databaseCheck(store: Pick<Store, 'file' | 'inMemory' | 'troubles' | 'jobs'>): Check {
  return {
    id: 'database',
    title: 'database',
    params: {},
    run: async (signal) => {
      const [trouble] = store.troubles
      if (trouble) return failedWith(trouble)
      if (store.inMemory) return failed('help.databaseMemory')
      const { problem, tables, left, sizeMb } = await store.jobs.run<QuickCheckOutput>('read', 'diagnostics.quickCheck', {}, { signal })
      if (problem !== null) return failed('help.databaseDamaged', {}, problem)
      const disk = await statfs(dirname(store.file))
      const free = Math.floor((disk.bavail * disk.bsize) / 1e6)
      const params = { size: sizeMb, free }
      if (free < littleSpaceMb) return failed('help.databaseFull', params)
      return left > 0 ? ok('help.databasePartly', { ...params, tables, left }) : ok('help.databaseGood', params)
    },
  }
}
