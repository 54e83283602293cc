/** The app window's start: connects to main, stands in line for the audio page, shows notifications, mounts the app. */
import { connectBridge } from '../bridge/connect'
import { electMediaPage } from '../bridge/media-election'
import { showNotifications } from '../bridge/notifications'
import { mountApp } from './mount'

const bridge = connectBridge('app')
electMediaPage()
const element = document.getElementById('root')
if (!element) throw new Error('the page has no root')
const { store } = mountApp(bridge, element)
showNotifications(bridge, () => store.setState({ screen: 'phone' }))
window.addEventListener('online', () => void bridge.send('window.online', {}).catch(() => {}))
