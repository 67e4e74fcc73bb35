import { startPage } from './base/shell.ts'
import { riderPage } from './views/rider.ts'

startPage('rider', riderPage)
