/** Where a part of the screen fails to draw, says so in its place and lets the rep draw it again; calls go on regardless. */
import { Component, type ReactNode } from 'react'
import { Translation } from 'react-i18next'
import { TroubleText } from './trouble'

export class Boundary extends Component<{ children: ReactNode }, { failure: string | null }> {
  override state = { failure: null as string | null }
  static getDerivedStateFromError(error: unknown) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
  override render() {
    const { failure } = this.state
    if (failure === null) return this.props.children
    return (
      <div role="alert" className="rb-failed">
        <TroubleText trouble={{ code: 'general.notDrawn', params: {}, detail: failure }} />
        <button type="button" onClick={() => this.setState({ failure: null })}>
          <Translation ns="shell">{(t) => t('retry')}</Translation>
        </button>
      </div>
    )
  }
}
