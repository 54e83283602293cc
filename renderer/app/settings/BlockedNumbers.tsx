/** The numbers whose calls are refused. The field that adds one also finds one. */
import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useApp } from '../context'
import { TroubleText } from '../trouble'
import { blockedFault, blockedMatches } from './lists'
import { Line } from './Section'
import classes from './settings.module.css'
import { useSetting } from './use-setting'

/** More are found by typing. */
const mostShown = 50

export function BlockedNumbers() {
  const { t } = useTranslation('protection')
  const id = useId()
  const { save, trouble } = useSetting()
  const blocked = useApp((state) => state.settings.blocked)
  const [typed, setTyped] = useState('')
  const [fault, setFault] = useState<ReturnType<typeof blockedFault>>(null)
  const field = useRef<HTMLInputElement>(null)
  const found = blockedMatches(blocked, typed)
  const add = async () => {
    const wrong = blockedFault(typed, blocked)
    setFault(wrong)
    if (wrong === null && (await save({ blocked: [typed.trim(), ...blocked] }))) setTyped('')
    field.current?.focus()
  }
  const remove = (entry: string) => {
    void save({ blocked: blocked.filter((each) => each !== entry) })
    field.current?.focus()
  }
  return (
    <Line label={t('blocked')} htmlFor={id} hint={t('blockedHint')}>
      <form
        className={classes.adder}
        onSubmit={(event) => {
          event.preventDefault()
          void add()
        }}
      >
        <TextInput
          ref={field}
          id={id}
          className={classes.choice}
          value={typed}
          placeholder={t('blockedField')}
          maxLength={60}
          autoComplete="off"
          spellCheck={false}
          error={fault ? t(`blockedFault.${fault}`) : trouble ? <TroubleText trouble={trouble} /> : null}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            setFault(null)
          }}
        />
        <Button type="submit" variant="default" size="sm">
          {t('blockedAdd')}
        </Button>
      </form>
      {found.length > 0 ? (
        <ul className={classes.items} aria-label={t('blockedList')}>
          {found.slice(0, mostShown).map((entry) => (
            <li key={entry} className={classes.item}>
              <span className={classes.itemText} dir="ltr">
                {entry}
              </span>
              <ActionIcon variant="subtle" color="gray" aria-label={t('unblock', { number: entry })} onClick={() => remove(entry)}>
                <IconTrash size={17} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ul>
      ) : (
        <p className={classes.plain}>{t(blocked.length === 0 ? 'blockedNone' : 'blockedNoMatch')}</p>
      )}
      {found.length > mostShown && <p className={classes.hint}>{t('blockedMore', { count: found.length - mostShown })}</p>}
    </Line>
  )
}
