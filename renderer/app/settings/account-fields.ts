/** What the parts of the account's form share. */
import type { ChangeEvent, ReactNode } from 'react'
import type { CodeField, Entry, Field } from './account-form'

export type TextField = 'label' | 'server' | 'user' | 'displayName' | 'domain' | 'authUser' | 'outboundProxy' | CodeField

export interface AccountFields {
  readonly entry: Entry
  readonly set: (change: Partial<Entry>) => void
  /** What is wrong with a field, in words. */
  readonly errorAt: (field: Field) => string | null
  /** The props of a line of text. */
  readonly text: (
    field: TextField,
    maxLength: number,
  ) => {
    name: string
    label: ReactNode
    value: string
    error: string | null
    maxLength: number
    spellCheck: false
    autoComplete: string
    onChange: (event: ChangeEvent<HTMLInputElement>) => void
  }
}
