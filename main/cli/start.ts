/** The command line's entry: `ringbook COMMAND …`. */
import { systemClock } from '../clock'
import { words } from '../words'
import { runCli } from './cli'

// A reader that has seen enough (`ringbook history | head`) closes the pipe: that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    // Standard error itself may be what failed.
    if (stream === process.stdout) process.stderr.write(`${words('cli', 'outputFailed')}\n${error.message}\n`)
    process.exit(1)
  })
}

const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => abort.abort())

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outFd: 1,
  interactive: process.stderr.isTTY === true,
  signal: abort.signal,
  clock: systemClock,
  env: process.env,
})
