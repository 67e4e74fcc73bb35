/** Which calls are recorded: those that make, change, remove and look at resources, not those that move data through them. */

interface Recorded {
  /** As the vendor's events name the service. */
  serviceName: string
  /** Operations of the data plane that the wire does not take for such. */
  except?: ReadonlySet<string>
  /** Only these. */
  only?: RegExp
}

const recorded: Readonly<Record<string, Recorded>> = {
  actiontrail: { serviceName: 'Actiontrail' },
  functions: { serviceName: 'Fc' },
  gateway: { serviceName: 'CloudAPI' },
  // The administration of our own.
  identity: { serviceName: 'Ram' },
  objects: { serviceName: 'Oss', only: /Bucket|Style/ },
  queues: { serviceName: 'Mns' },
  'queues-control-plane': { serviceName: 'Mns' },
  ram: { serviceName: 'Ram' },
  sts: { serviceName: 'Sts' },
  tables: {
    serviceName: 'Ots',
    except: new Set([
      'AbortTransaction',
      'Checkpoint',
      'CommitTransaction',
      'ComputeSplitPointsBySize',
      'ComputeSplits',
      'Connect',
      'GetCheckpoint',
      'GetShardIterator',
      'Shutdown',
      'StartLocalTransaction',
    ]),
  },
}

/** Undefined: it is not recorded. Of a product that is not known here, every call is. */
export function serviceOf({
  product,
  operation,
}: {
  product: string
  operation: string
}): string | undefined {
  const { serviceName, except, only } = recorded[product] ?? { serviceName: product }
  return except?.has(operation) || (only && !only.test(operation)) ? undefined : serviceName
}

export type EventRW = 'Read' | 'Write'

export const rwOf = (operation: string): EventRW =>
  /^(Get|List|Describe|Query|Read|Head|Lookup|Option|Download)/.test(operation) ? 'Read' : 'Write'
