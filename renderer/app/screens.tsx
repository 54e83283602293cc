/** The screens by name. Each fills the content area, scrolls by itself and may put details into the side panel. */
import { IconAddressBook, IconHelp, IconHistory, IconPhone, type IconProps, IconSettings } from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { ContactsScreen } from './contacts/ContactsScreen'
import { HelpScreen } from './help/HelpScreen'
import { HistoryScreen } from './history/HistoryScreen'
import { PhoneScreen } from './phone/PhoneScreen'
import { SettingsScreen } from './settings/SettingsScreen'
import type { Screen } from './state'

export const screenParts: Record<Screen, { Icon: ComponentType<IconProps>; Content: ComponentType }> = {
  phone: { Icon: IconPhone, Content: PhoneScreen },
  history: { Icon: IconHistory, Content: HistoryScreen },
  contacts: { Icon: IconAddressBook, Content: ContactsScreen },
  help: { Icon: IconHelp, Content: HelpScreen },
  settings: { Icon: IconSettings, Content: SettingsScreen },
}
