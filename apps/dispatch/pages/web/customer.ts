import { startPage } from './base/shell.ts'
import { customerPage } from './views/customer.ts'

startPage('customer', customerPage)
