/** Do-not-disturb, one click away; the word for it stands where «Ready» would. */
import { IconBell, IconBellOff } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useAct, useApp } from '../context'
import styles from './Signs.module.css'

export function DoNotDisturb() {
  const { t } = useTranslation('phone')
  const act = useAct()
  const on = useApp((state) => state.settings.doNotDisturb !== 'off')
  const how = useApp((state) => state.settings.doNotDisturbAs)
  const ready = useApp((state) => state.ready)
  return (
    <button
      type="button"
      className={styles.sign}
      data-tone={on ? 'off' : 'plain'}
      aria-label={t('disturb.label')}
      aria-pressed={on}
      title={t(on ? 'disturb.hintOn' : 'disturb.hintOff')}
      disabled={!ready}
      onClick={() => void act('settings.change', { doNotDisturb: on ? 'off' : how })}
    >
      {on ? <IconBellOff size={20} stroke={1.7} aria-hidden /> : <IconBell size={20} stroke={1.7} aria-hidden />}
    </button>
  )
}
