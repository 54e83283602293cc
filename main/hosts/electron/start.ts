/** The Electron host, before it exists: it says so rather than pretending. */
process.stderr.write('The Electron host is not here yet.\n')
process.exitCode = 1

export {}
