/** Leads the rep to a field that may only be about to appear: a part of the form that opens for it, an answer that is being shown. */

/** Frames in which a field that is rendered now can be expected to take the focus. */
const frames = 30

/** Focuses what `find` finds as soon as it takes the focus; gives up after half a second. */
export function focusSoon(find: () => HTMLElement | null | undefined, left = frames): void {
  requestAnimationFrame(() => {
    const field = find()
    field?.focus()
    if ((!field || document.activeElement !== field) && left > 1) focusSoon(find, left - 1)
  })
}
