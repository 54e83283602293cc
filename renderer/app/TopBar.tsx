/** The top bar: can I be reached, and the one field to call from. */
import { AccountState } from './AccountState'
import { KeepOnTop } from './KeepOnTop'
import { DialField } from './phone/DialField'
import { DoNotDisturb } from './phone/DoNotDisturb'
import { VoicemailLight } from './phone/VoicemailLight'
import styles from './TopBar.module.css'

export function TopBar() {
  return (
    <header className={styles.bar}>
      <AccountState />
      <DialField />
      <div className={styles.signs}>
        <VoicemailLight />
        <DoNotDisturb />
        <KeepOnTop />
      </div>
    </header>
  )
}
