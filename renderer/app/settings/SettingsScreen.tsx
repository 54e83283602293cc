/** The Settings screen. */
export function SettingsScreen() {
  return <h1>Settings</h1>
}
