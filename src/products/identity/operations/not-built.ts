import { notImplemented, operation } from '../vocabulary.ts'

/** Operations of STS that are known and not built: a client is told so by name. Their callers have no access key. */
export const notBuilt = ['AssumeRoleWithOIDC', 'AssumeRoleWithSAML'].map((name) =>
  operation({
    name,
    anonymous: true,
    async handle() {
      throw notImplemented(`the operation '${name}'`)
    },
  }),
)
