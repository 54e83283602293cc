/** The parts that Settings is made of: a headed section, and a labelled line inside it. */
import { type ReactNode, useId } from 'react'
import classes from './settings.module.css'

export function Section({ title, text, children }: { readonly title: string; readonly text?: string; readonly children: ReactNode }) {
  const id = useId()
  return (
    <section className={classes.section} aria-labelledby={id}>
      <div className={classes.sectionHead}>
        <h2 id={id} className={classes.sectionTitle}>
          {title}
        </h2>
        {text && <p className={classes.hint}>{text}</p>}
      </div>
      <div className={classes.lines}>{children}</div>
    </section>
  )
}

interface LineProps {
  readonly label: ReactNode
  /** The control that the label names. */
  readonly htmlFor?: string
  readonly hint?: ReactNode
  readonly children: ReactNode
}

export function Line({ label, htmlFor, hint, children }: LineProps) {
  return (
    <div className={classes.line}>
      {htmlFor ? (
        <label className={classes.label} htmlFor={htmlFor}>
          {label}
        </label>
      ) : (
        <div className={classes.label}>{label}</div>
      )}
      <div className={classes.control}>
        {children}
        {hint && <div className={classes.hint}>{hint}</div>}
      </div>
    </div>
  )
}
