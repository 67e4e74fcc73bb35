import { startPage } from './base/shell.ts'
import { operationsPage } from './views/operations.ts'

startPage('operations', operationsPage)
