/**
 * What the rep is asked before something is dialled: the dialling guard's question, or whether to call a number from the
 * clipboard. «No» has the focus and Escape means it; incoming calls stay within reach.
 */
import { Modal } from '@mantine/core'
import { IconAlertTriangle, IconClipboardText } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { CallerId } from '../../../preload/contract'
import { partyName } from '../calls/words'
import { useApp, useAsk } from '../context'
import type { Question } from '../state'
import { TroubleText } from '../trouble'
import styles from './Questions.module.css'

export function Questions() {
  const question = useApp((state) => state.questions[0])
  return question ? <Asked key={question.id} question={question} /> : null
}

function Asked({ question }: { question: Question }) {
  const { t } = useTranslation('phone')
  const { trouble, numbers } = question
  const no = () => question.answer(null)
  return (
    <Modal
      opened
      onClose={no}
      withCloseButton={false}
      centered
      size={420}
      transitionProps={{ duration: 0 }}
      zIndex={250}
      padding={18}
      attributes={{ content: { 'aria-label': t(trouble ? 'question.guard' : 'question.clipboard') } }}
    >
      <div className={styles.question}>
        {trouble ? <IconAlertTriangle size={24} className={styles.warn} aria-hidden /> : <IconClipboardText size={24} aria-hidden />}
        <div className={styles.words}>{trouble ? <TroubleText trouble={trouble} /> : t('question.found', { count: numbers.length })}</div>
      </div>
      {trouble ? null : (
        <ul className={styles.numbers}>
          {numbers.map((number) => (
            <li key={number}>
              <FoundNumber number={number} onCall={() => question.answer(number)} />
            </li>
          ))}
        </ul>
      )}
      <div className={styles.buttons}>
        <button type="button" data-autofocus onClick={no}>
          {t('question.cancel')}
        </button>
        {trouble ? (
          <button type="button" onClick={() => question.answer(numbers[0] ?? '')}>
            {t('question.callAnyway')}
          </button>
        ) : null}
      </div>
    </Modal>
  )
}

/** One number with whose it is. */
function FoundNumber({ number, onCall }: { number: string; onCall: () => void }) {
  const { t } = useTranslation('phone')
  const { data } = useAsk('contacts.lookup', { number })
  const caller: CallerId | null = data
  const name = caller && caller.match !== 'none' ? partyName(caller, t) : null
  return (
    <button type="button" className={styles.number} onClick={onCall}>
      <span>{t('shell:callNumber', { number: caller?.display || number })}</span>
      {name ? <bdi className={styles.name}>{name}</bdi> : null}
    </button>
  )
}
