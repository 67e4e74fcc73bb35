/** The command line: `hanshu COMMAND`. Speaks to the platform by HTTP only. */
import { processTerminal } from './process-terminal.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), processTerminal())
