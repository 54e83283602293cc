/**
 * What a new rep is offered above the Phone screen: the microphone, sample contacts, a practice call, an account of one's
 * own. Each card goes when it is done or closed; the microphone's comes back when the permission is missing.
 */
import { Button, CloseButton } from '@mantine/core'
import { IconAddressBook, IconDatabaseShare, IconMicrophone, IconPhoneIncoming, IconPlugConnected } from '@tabler/icons-react'
import { type ComponentType, type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '../../../preload/contract'
import { useAct, useApp, useAppStore } from '../context'
import { readerLocale } from '../format'
import { type Asked, askForMicrophone } from '../microphone'
import { useDevices } from '../settings/use-devices'
import classes from './FirstRun.module.css'

type Closable = NonNullable<Settings['closedCards']>[number]

interface CardProps {
  readonly Icon: ComponentType<{ size: number; stroke: number }>
  readonly title: string
  readonly text: ReactNode
  readonly urgent?: boolean
  readonly onClose?: () => void
  readonly children?: ReactNode
}

function Card({ Icon, title, text, urgent, onClose, children }: CardProps) {
  const { t } = useTranslation('first-run')
  return (
    <li className={classes.card} data-urgent={urgent || undefined}>
      <span className={classes.icon} aria-hidden>
        <Icon size={20} stroke={1.6} />
      </span>
      <div className={classes.words}>
        <h3 className={classes.title}>{title}</h3>
        <p className={classes.text}>{text}</p>
        {children && <div className={classes.buttons}>{children}</div>}
      </div>
      {onClose && <CloseButton size="sm" className={classes.close} aria-label={t('close', { title })} onClick={onClose} />}
    </li>
  )
}

const listFormat = () => new Intl.ListFormat(readerLocale(), { type: 'disjunction' })

export function FirstRun() {
  const { t } = useTranslation('first-run')
  const act = useAct()
  const store = useAppStore()
  const microphone = useApp((state) => state.media.microphone)
  const samples = useApp((state) => state.samples)
  const hasOwnAccount = useApp((state) => state.accounts.some((account) => account.kind !== 'practice'))
  const hasPractice = useApp((state) => state.accounts.some((account) => account.kind === 'practice'))
  const closed = useApp((state) => state.settings.closedCards)
  const crmKinds = useApp((state) => state.crmKinds)
  const hasCrm = useApp((state) => state.connections.length > 0)
  const devices = useDevices()
  const [asked, setAsked] = useState<Asked | null>(null)
  const [working, setWorking] = useState(false)

  const isClosed = (card: Closable) => closed?.includes(card) ?? false
  const close = (card: Closable) => void act('settings.change', { closedCards: [...(closed ?? []), card] })
  const allowed = devices.permission === 'granted' || microphone === 'granted' || asked === 'granted'
  const ask = async () => {
    setAsked(await askForMicrophone())
    devices.refresh()
  }
  const answer = asked ?? (devices.permission === 'denied' || microphone === 'denied' ? 'denied' : null)

  const cards = [
    !allowed && (
      <Card
        key="microphone"
        Icon={IconMicrophone}
        title={t('microphone.title')}
        urgent={answer !== null}
        text={answer && answer !== 'granted' ? <span role="alert">{t(`microphone.${answer}`)}</span> : t('microphone.text')}
      >
        <Button size="xs" onClick={() => void ask()}>
          {answer ? t('microphone.again') : t('microphone.allow')}
        </Button>
      </Card>
    ),
    samples === 'offered' && !isClosed('samples') && (
      <Card key="samples" Icon={IconAddressBook} title={t('samples.title')} text={t('samples.text')}>
        <Button
          size="xs"
          loading={working}
          onClick={() => {
            setWorking(true)
            void act('samples.load', {}).finally(() => setWorking(false))
          }}
        >
          {t('samples.add')}
        </Button>
        <Button size="xs" variant="subtle" onClick={() => void act('samples.decline', {})}>
          {t('samples.decline')}
        </Button>
      </Card>
    ),
    hasPractice && !isClosed('practice') && (
      <Card
        key="practice"
        Icon={IconPhoneIncoming}
        title={t('practice.title')}
        text={t('practice.text')}
        onClose={() => close('practice')}
      />
    ),
    !hasOwnAccount && !isClosed('account') && (
      <Card key="account" Icon={IconPlugConnected} title={t('account.title')} text={t('account.text')} onClose={() => close('account')}>
        <Button size="xs" variant="default" onClick={() => store.setState({ screen: 'settings' })}>
          {t('account.open')}
        </Button>
      </Card>
    ),
    !hasCrm && crmKinds.length > 0 && !isClosed('crm') && (
      <Card
        key="crm"
        Icon={IconDatabaseShare}
        title={t('crm.title')}
        text={t('crm.text', { crms: listFormat().format(crmKinds.map(({ name }) => name)) })}
        onClose={() => close('crm')}
      >
        <Button size="xs" variant="default" onClick={() => store.setState({ screen: 'settings', askedConnection: 'new' })}>
          {t('crm.connect')}
        </Button>
      </Card>
    ),
  ].filter(Boolean)
  if (cards.length === 0) return null
  return (
    <section className={classes.cards} aria-labelledby="first-run">
      <h2 id="first-run" className={classes.heading}>
        {t('title')}
      </h2>
      <ul className={classes.list}>{cards}</ul>
    </section>
  )
}
