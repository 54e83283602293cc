/** Mantine's theme: system font, 14 px, one accent, quiet neutrals. Colours of our own parts are in theme.css. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, rem } from '@mantine/core'

const accent: MantineColorsTuple = [
  '#eef3ff',
  '#dbe5fb',
  '#b5c9f4',
  '#8cabee',
  '#6a92e8',
  '#5481e5',
  '#3f6fd9',
  '#3460c0',
  '#2b54ab',
  '#1e4795',
]
const green: MantineColorsTuple = [
  '#e9f8ef',
  '#d3eedd',
  '#a6dcba',
  '#76c995',
  '#4eb976',
  '#34af62',
  '#1f8f4c',
  '#187a40',
  '#0f6a36',
  '#00562a',
]
const red: MantineColorsTuple = [
  '#fdeeee',
  '#f7d9d9',
  '#eeb0b0',
  '#e68484',
  '#df5f5f',
  '#d94747',
  '#cc3333',
  '#b02a2a',
  '#9d2424',
  '#8a1b1d',
]
const dark: MantineColorsTuple = [
  '#e4e6ea',
  '#b7bbc3',
  '#959aa5',
  '#6b717d',
  '#3e434d',
  '#343841',
  '#282c33',
  '#1e2126',
  '#17191d',
  '#101215',
]
const gray: MantineColorsTuple = [
  '#f7f8f9',
  '#f0f1f4',
  '#e5e7eb',
  '#dadde3',
  '#c9cdd5',
  '#a6abb6',
  '#7d838f',
  '#5c6270',
  '#3c414b',
  '#23262d',
]

const ours = {
  '--mantine-color-body': 'var(--rb-surface)',
  '--mantine-color-text': 'var(--rb-text)',
  '--mantine-color-dimmed': 'var(--rb-quiet)',
  '--mantine-color-placeholder': 'var(--rb-quiet)',
  '--mantine-color-error': 'var(--rb-stop)',
}
/** Mantine's quiet colours are too faint for WCAG AA; a style sheet would lose to the ones it sets for each scheme. */
export const ourColours: CSSVariablesResolver = () => ({ variables: {}, light: ours, dark: ours })

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, green, red, dark, gray },
  black: '#1b1d22',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontSizes: { xs: rem(12), sm: rem(14), md: rem(14), lg: rem(16), xl: rem(20) },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: rem(20), lineHeight: '1.3' },
      h2: { fontSize: rem(16), lineHeight: '1.35' },
      h3: { fontSize: rem(14), lineHeight: '1.4' },
    },
  },
  spacing: { xs: rem(6), sm: rem(10), md: rem(14), lg: rem(20), xl: rem(28) },
  defaultRadius: 'md',
  radius: { sm: rem(4), md: rem(6), lg: rem(10) },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' }, styles: { root: { fontSize: rem(14) } } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 80 } } },
  },
})
