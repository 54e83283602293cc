/**
 * The calls that are on, on every screen: large on Phone, a strip elsewhere. Each is a group named for its party. Calls
 * that still ring are the screen-pop's affair, except where that is a window of its own.
 */
import { useTranslation } from 'react-i18next'
import { useApp } from '../context'
import styles from './ActiveCalls.module.css'
import { CallCard } from './CallCard'
import { Conference } from './Conference'
import { isAside, isIncomingRinging } from './words'

export function ActiveCalls({ large }: { large: boolean }) {
  const { t } = useTranslation('phone')
  const calls = useApp((state) => state.calls)
  const popInPage = useApp((state) => state.host.kind === 'browser')
  const shown = calls.filter((call) => !(popInPage && isIncomingRinging(call)))
  if (shown.length === 0) return null
  const on = shown.filter((call) => call.phase !== 'ended')
  const parties = on.filter((call) => call.inConference)
  // Calls keep their places in the order they began: taking the other one changes their sizes, never where they are.
  const order = [...on.filter((call) => !call.inConference), ...shown.filter((call) => call.phase === 'ended')]
  // A call on hold alone is still what the rep is busy with.
  const several = on.length > 1
  const inHand = on.filter((call) => !isAside(call)).length
  return (
    <section
      className={styles.calls}
      data-calls
      aria-label={t('activeCalls')}
      data-large={large && (on.length === 1 || inHand === 1) && parties.length === 0 ? 'yes' : 'no'}
    >
      {parties.length > 0 ? <Conference parties={parties} /> : null}
      {order.map((call) => (
        <CallCard key={call.id} call={call} compact={several && isAside(call)} />
      ))}
    </section>
  )
}
