/** What a file will make of itself: how it is written, what each column means, the first people, and lines that cannot be used. */
import { Button, NativeSelect } from '@mantine/core'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { columnField, type ImportOptions, type ImportPreview, textEncoding } from '../../../../preload/contract'
import { TroubleText } from '../../trouble'
import type { ImportFlow, ImportState } from './flow'
import classes from './import.module.css'
import { Refused } from './Refused'

const delimiters = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' } as const
const shownContacts = 6

export function Preview({ flow, state }: { readonly flow: ImportFlow; readonly state: Extract<ImportState, { stage: 'preview' }> }) {
  const { t } = useTranslation('import')
  const { preview, trouble } = state
  const first = useId()
  const contacts = preview.contacts.slice(0, shownContacts)
  return (
    <>
      <div className={classes.body} data-two>
        <div className={classes.half}>
          <div className={classes.ways}>
            <NativeSelect
              size="xs"
              label={t('encoding')}
              value={preview.encoding}
              data={textEncoding.options.map((value) => ({ value, label: t(`encodings.${value}`) }))}
              onChange={(event) => void flow.change({ encoding: event.currentTarget.value as ImportPreview['encoding'] })}
            />
            {preview.kind === 'csv' && (
              <NativeSelect
                size="xs"
                label={t('delimiter')}
                value={preview.delimiter ?? ''}
                data={[
                  ...(preview.delimiter ? [] : [{ value: '', label: t('delimiters.other') }]),
                  ...Object.entries(delimiters).map(([value, key]) => ({ value, label: t(`delimiters.${key}`) })),
                ]}
                onChange={(event) => void flow.change({ delimiter: event.currentTarget.value as NonNullable<ImportOptions['delimiter']> })}
              />
            )}
            {preview.kind === 'vcard' && <p className={classes.quiet}>{t('isVcard')}</p>}
          </div>
          {trouble && (
            <div role="alert" className={classes.told}>
              <TroubleText trouble={trouble} />
            </div>
          )}
          {preview.columns.length > 0 && <Columns flow={flow} columns={preview.columns} />}
        </div>
        <div className={classes.half}>
          <section aria-labelledby={first} aria-live="polite" className={classes.first}>
            <h3 id={first} className={classes.subtitle}>
              {contacts.length > 0 ? t('first') : t('firstNone')}
            </h3>
            {contacts.length > 0 && (
              <ul className={classes.people}>
                {contacts.map((contact, at) => (
                  <li key={at}>
                    <span className={classes.name}>
                      <bdi>{contact.name}</bdi>
                    </span>
                    <span className={classes.facts}>
                      {contact.organization && <bdi>{contact.organization}</bdi>}
                      {contact.phones.map((phone) => (
                        <bdi key={phone} className="rb-figures">
                          {phone}
                        </bdi>
                      ))}
                      {contact.emails.map((email) => (
                        <bdi key={email}>{email}</bdi>
                      ))}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
          {preview.refused.length > 0 && <Refused refused={preview.refused} title={t('refusedFirst', { count: preview.refused.length })} />}
          <p className={classes.quiet}>{t('known')}</p>
        </div>
      </div>
      <footer className={classes.foot}>
        <Button size="sm" variant="default" onClick={() => flow.restart()}>
          {t('cancel')}
        </Button>
        <Button size="sm" disabled={contacts.length === 0} onClick={() => void flow.run()}>
          {t('import')}
        </Button>
      </footer>
    </>
  )
}

/** One line for each column of a CSV; a choice is seen at once in the people below. */
function Columns({ flow, columns }: { readonly flow: ImportFlow; readonly columns: ImportPreview['columns'] }) {
  const { t } = useTranslation('import')
  const fields = columnField.options.map((value) => ({ value, label: t(`fields.${value}`) }))
  const choose = (at: number, field: ImportPreview['columns'][number]['field']) =>
    void flow.change({ columns: columns.map((column, index) => (index === at ? field : column.field)) })
  return (
    <table className={classes.columns}>
      <caption className={classes.subtitle}>{t('columns')}</caption>
      <colgroup>
        <col className={classes.columnName} />
        <col />
        <col className={classes.columnField} />
      </colgroup>
      <thead className="rb-only-read">
        <tr>
          <th scope="col">{t('column')}</th>
          <th scope="col">{t('samples')}</th>
          <th scope="col">{t('means')}</th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column, at) => {
          const name = column.heading || t('columnNumber', { number: at + 1 })
          return (
            <tr key={at} data-ignored={column.field === 'ignore' || undefined}>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              <td className={classes.samples}>
                {column.samples.map((sample, index) => (
                  <bdi key={index}>{sample}</bdi>
                ))}
              </td>
              <td>
                <NativeSelect
                  size="xs"
                  aria-label={t('meansOf', { name })}
                  value={column.field}
                  data={fields}
                  onChange={(event) => choose(at, event.currentTarget.value as typeof column.field)}
                />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
