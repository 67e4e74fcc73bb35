import { journalContract } from '../../ports/journal.contract.ts'
import { memoryJournal } from './journal.ts'

journalContract('memory', async (options) => memoryJournal(options))
