/**
 * `node rate-generator.ts '{request, phases}'`: sends at the given rates, however slow the answers are, and prints what became
 * of every request as JSON. It costs more than load-generator.ts, which has as many requests under way as connections.
 */
import { type Phase, type RawRequest, steadyLoad } from '../../test/steady-load.fixture.ts'

const { request, phases } = JSON.parse(process.argv[2]!) as { request: RawRequest; phases: Phase[] }
const sent = await steadyLoad(() => request, phases)
process.stdout.write(JSON.stringify(sent))
