import { recordStoreContract } from '../../ports/records.contract.ts'
import { memoryRecordStore } from './records.ts'

recordStoreContract('memory', async () => memoryRecordStore())
