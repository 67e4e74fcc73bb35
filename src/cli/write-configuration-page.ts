/** Writes docs/configuration.md. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installationDir } from '../config/config.ts'
import { configurationPage } from './configuration-page.ts'

writeFileSync(join(installationDir, 'docs/configuration.md'), configurationPage())
