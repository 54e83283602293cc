/** What taking an import back has done, in words. */
import type { TFunction } from 'i18next'
import { formatNumber } from '../../format'
import type { Undone } from './flow'

export function undoneWords({ removed, restored, kept }: Undone, t: TFunction<'import'>): string {
  return [
    t('undone.removed', { count: removed, number: formatNumber(removed) }),
    ...(restored > 0 ? [t('undone.restored', { count: restored, number: formatNumber(restored) })] : []),
    ...(kept > 0 ? [t('undone.kept', { count: kept, number: formatNumber(kept) })] : []),
  ].join(' ')
}
