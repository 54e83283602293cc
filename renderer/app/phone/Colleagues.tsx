/** The colleagues the rep watches: whether they are free, who rings there, one click to call or to pick up (RFC 4235 as main tells it). */
import { IconPhoneIncoming } from '@tabler/icons-react'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Colleague, ColleagueState } from '../../../preload/contract'
import { CallButton } from '../CallButton'
import { useAct, useApp, useAppStore } from '../context'
import { useDescribeTrouble } from '../trouble'
import styles from './Colleagues.module.css'
import { LineIcon } from './LineIcon'
import screen from './PhoneScreen.module.css'

const unknown: Omit<ColleagueState, 'id'> = { state: 'unknown', caller: null, trouble: null }

function ColleagueRow({ colleague, line }: { colleague: Colleague; line: Omit<ColleagueState, 'id'> }) {
  const { t } = useTranslation('phone')
  const act = useAct()
  const describe = useDescribeTrouble()
  const about = useId()
  const ringing = line.state === 'ringing'
  return (
    <li className={styles.row} data-state={line.state}>
      <LineIcon state={line.state} />
      <div className={styles.who}>
        <span className={styles.name}>
          <bdi>{colleague.name}</bdi>
        </span>
        <span id={about} className={styles.about} data-trouble={line.trouble ? 'yes' : undefined}>
          {t(`line.${line.state}`)}
          {ringing && line.caller ? (
            <>
              {' · '}
              <bdi>{line.caller}</bdi>
            </>
          ) : null}
          {line.trouble ? ` · ${describe(line.trouble)}` : null}
        </span>
      </div>
      <button
        type="button"
        className={styles.pick}
        disabled={!ringing}
        aria-label={t('line.pickUpOf', { name: colleague.name })}
        aria-describedby={about}
        onClick={() => void act('colleague.pickUp', { colleagueId: colleague.id })}
      >
        <IconPhoneIncoming size={16} aria-hidden />
        <span>{t('line.pickUp')}</span>
      </button>
      <CallButton compact number={colleague.number} display={colleague.number} accountId={colleague.accountId} />
    </li>
  )
}

export function Colleagues() {
  const { t } = useTranslation('phone')
  const store = useAppStore()
  const colleagues = useApp((state) => state.settings.colleagues)
  const lines = useApp((state) => state.colleagues)
  const maySee = useApp((state) => state.accounts.some((account) => account.kind !== 'practice'))
  // Who has no PBX has nobody to watch.
  if (colleagues.length === 0 && !maySee) return null
  return (
    <section aria-label={t('line.title')}>
      <h2 className={screen.heading}>{t('line.title')}</h2>
      {colleagues.length === 0 ? (
        <p className={screen.quiet}>
          {t('line.none')}{' '}
          <button type="button" className={styles.link} onClick={() => store.setState({ screen: 'settings' })}>
            {t('line.add')}
          </button>
        </p>
      ) : (
        <ul className={styles.rows}>
          {colleagues.map((colleague) => (
            <ColleagueRow key={colleague.id} colleague={colleague} line={lines.find((line) => line.id === colleague.id) ?? unknown} />
          ))}
        </ul>
      )}
    </section>
  )
}
