/**
 * Tells React that the focus has left an element which it has itself taken off the page. React keeps the text field that
 * has the focus (for its onSelect) until it hears `focusout`; for a focused element that is removed Chromium sends that
 * within the removal, while React is deaf (react issues 12363 and 26069). The field, and through it its whole form, would
 * stay in memory until the focus next moves.
 */

/** `root`: the element that React renders into. Answers with the function that ends it. */
export function tellLostFocus(root: HTMLElement): () => void {
  const { ownerDocument } = root
  const onFocusOut = ({ target }: FocusEvent) => {
    if (target === root || !(target instanceof Element)) return
    // While it is removed the element is still connected; the microtask comes after React's work.
    queueMicrotask(() => {
      // No component's onBlur hears this: it is sent to none of their elements.
      if (!target.isConnected) root.dispatchEvent(new FocusEvent('focusout'))
    })
  }
  ownerDocument.addEventListener('focusout', onFocusOut)
  return () => ownerDocument.removeEventListener('focusout', onFocusOut)
}
