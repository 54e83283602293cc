/** A recording by the whole program: started in a call, marked in History when it is on the disk, handed over and removed. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, freshLink, test } from '../fixtures/app'
import { connectPage } from '../fixtures/page-client'

test('a call is recorded from the command to the file, ends with the call, and can be saved and removed', async ({ page, profile }) => {
  await expect(page.getByText('Ready').first()).toBeVisible()
  const client = await connectPage(freshLink(profile))
  try {
    const { callId } = await client.send('call.dial', { number: '600' })
    await expect.poll(async () => (await client.send('app.snapshot', {})).state.calls[0]?.phase).toBe('connected')
    await client.send('recording.start', { callId })
    await expect(client.send('recording.start', { callId })).rejects.toMatchObject({ trouble: { code: 'recording.already' } })
    await expect.poll(async () => (await client.send('app.snapshot', {})).state.calls[0]?.recording).toBe('on')
    expect((await client.send('history.get', { callId })).recorded).toBe(true)
    await page.waitForTimeout(2000)
    await client.send('call.hangUp', { callId })
    const folder = join(profile, 'recordings')
    const [name = ''] = readdirSync(folder)
    expect(name).toMatch(/^\d{4}-\d\d-\d\d \d\d-\d\d-\d\d 600\.webm$/)
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    await expect.poll(() => statSync(join(folder, name)).size).toBeGreaterThan(5000)
    expect(await client.send('recording.save', { callId })).toMatchObject({ download: expect.any(String) })
    await client.send('recording.remove', { callId })
    expect(existsSync(join(folder, name))).toBe(false)
    expect((await client.send('history.get', { callId })).recorded).toBe(false)
    await expect(client.send('settings.change', { recordingFolder: 'here' })).rejects.toMatchObject({
      trouble: { code: 'recording.folderNotAbsolute' },
    })
  } finally {
    client.close()
  }
})
