import { jsonReply, none, operation } from '../vocabulary.ts'

/** Ours. */
export const readPlatformStatus = operation({
  name: 'ReadPlatformStatus',
  route: 'GET /hanshu/status',
  body: none,

  async handle(_, { platformStatus }) {
    return jsonReply(200, await platformStatus.read())
  },
})
