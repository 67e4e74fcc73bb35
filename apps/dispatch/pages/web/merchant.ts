import { startPage } from './base/shell.ts'
import { merchantPage } from './views/merchant.ts'

startPage('merchant', merchantPage)
