/** The command line, before its commands: what it does not have yet it says. */
process.stderr.write('The command line is not here yet.\n')
process.exitCode = 1
