/**
 * The first call's card, drawn once outside the page in an idle moment after the start: what is compiled and looked up at its first
 * drawing would else hold up that call, because in the browser host its sound is set up on the same thread.
 */
import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import type { ShownCall } from '../state'
import { CallCard } from './CallCard'

const nobody: ShownCall = {
  id: 'rehearsal',
  accountId: '',
  accountLabel: '',
  direction: 'outgoing',
  phase: 'calling',
  caller: {
    raw: '0',
    e164: null,
    display: '0',
    country: null,
    withheld: false,
    networkName: null,
    match: 'none',
    contacts: [],
    lastCalls: [],
    organization: null,
    people: [],
    sharedBy: 0,
    asking: false,
  },
  calledLine: null,
  muted: false,
  startedAt: 0,
  answeredAt: null,
  elapsedMs: 0,
  talkMs: 0,
  media: 'connecting',
  hold: 'none',
  heldByRemote: false,
  inConference: false,
  partyMuted: false,
  consultsFor: null,
  transfer: null,
  referral: null,
  recording: 'off',
  autoAnswered: false,
  emergency: false,
  result: null,
  trouble: null,
  receivedAt: 0,
  heldSince: null,
  recordedSince: null,
}

export function Rehearsal() {
  const [stage, setStage] = useState<'waiting' | 'drawing' | 'done'>('waiting')
  useEffect(() => {
    const idle = requestIdleCallback(() => setStage('drawing'))
    return () => cancelIdleCallback(idle)
  }, [])
  useEffect(() => {
    if (stage === 'drawing') setStage('done')
  }, [stage])
  return stage === 'drawing' ? <Drawn /> : null
}

function Drawn() {
  const [outside] = useState(() => document.createElement('div'))
  return createPortal(<CallCard call={nobody} compact={false} />, outside)
}
