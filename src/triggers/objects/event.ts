import type { ObjectEvent } from './needs.ts'

/** What a function or the receiver of a rule's messages is given (samples: fc-events/fc3-oss.json, and one of 2023 with `objectMeta`). */
export function objectEventText(
  event: ObjectEvent,
  { accountId, region, ruleId, nowMs }: { accountId: string; region: string; ruleId: string; nowMs: number },
): string {
  const { name, bucket, object, sizeBytes, deltaBytes, etag = '', mimeType, variables } = event
  return JSON.stringify({
    events: [
      {
        eventName: name,
        eventSource: 'acs:oss',
        eventTime: new Date(Math.floor(nowMs / 1000) * 1000).toISOString(),
        eventVersion: '1.0',
        oss: {
          bucket: {
            arn: `acs:oss:${region}:${accountId}:${bucket}`,
            name: bucket,
            ownerIdentity: accountId,
            virtualBucket: '',
          },
          object: {
            deltaSize: deltaBytes,
            eTag: etag,
            key: object,
            ...(mimeType === undefined ? {} : { objectMeta: { mimeType } }),
            size: sizeBytes,
          },
          ossSchemaVersion: '1.0',
          ruleId,
          ...(variables && Object.keys(variables).length > 0 ? { xVars: variables } : {}),
        },
        region,
        requestParameters: { sourceIPAddress: event.sourceIp },
        responseElements: { requestId: event.requestId },
        userIdentity: { principalId: event.principalId },
      },
    ],
  })
}
