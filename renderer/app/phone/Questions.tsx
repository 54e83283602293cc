/**
 * What the rep is asked before something is done: the dialling guard's question, whether to call a number from the clipboard,
 * or, once, whether recording is agreed. «No» has the focus and Escape means it; incoming calls stay within reach.
 */
import { Modal } from '@mantine/core'
import { IconAlertTriangle, IconClipboardText, IconPlayerRecord } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerId } from '../../../preload/contract'
import { partyName } from '../calls/words'
import { useApp, useAsk } from '../context'
import { ConsentReminder } from '../recording/ConsentReminder'
import type { Question } from '../state'
import { TroubleText } from '../trouble'
import styles from './Questions.module.css'

export function Questions() {
  const question = useApp((state) => state.questions[0])
  return question ? <Asked key={question.id} question={question} /> : null
}

function Asked({ question }: { question: Question }) {
  const { t } = useTranslation('phone')
  const { kind, answer } = question
  const no = () => answer(null)
  useFocusBack()
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
      attributes={{ content: { 'aria-label': t(`question.${kind}`) } }}
    >
      <div className={styles.question}>
        {kind === 'guard' ? (
          <>
            <IconAlertTriangle size={24} className={styles.warn} aria-hidden />
            <div className={styles.words}>
              <TroubleText trouble={question.trouble} />
            </div>
          </>
        ) : kind === 'clipboard' ? (
          <>
            <IconClipboardText size={24} aria-hidden />
            <div className={styles.words}>{t('question.found', { count: question.numbers.length })}</div>
          </>
        ) : (
          <>
            <IconPlayerRecord size={24} className={styles.stop} aria-hidden />
            <div className={styles.words}>
              <ConsentReminder />
            </div>
          </>
        )}
      </div>
      {kind === 'clipboard' ? (
        <ul className={styles.numbers}>
          {question.numbers.map((number) => (
            <li key={number}>
              <FoundNumber number={number} onCall={() => answer(number)} />
            </li>
          ))}
        </ul>
      ) : null}
      <div className={styles.buttons}>
        <button type="button" data-autofocus onClick={no}>
          {t('question.cancel')}
        </button>
        {kind === 'clipboard' ? null : (
          <button type="button" onClick={() => answer('yes')}>
            {t(kind === 'guard' ? 'question.callAnyway' : 'question.record')}
          </button>
        )}
      </div>
    </Modal>
  )
}

/** Whoever had the focus when the question came has it again once it is answered, unless something else took it meanwhile. */
function useFocusBack(): void {
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body
        if (lost && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
      }, 0)
    },
    [before],
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
