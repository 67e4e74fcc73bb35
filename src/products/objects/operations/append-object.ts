import { md5Hex } from '../../../lib/checksums.ts'
import { crc64Combine } from '../../../lib/crc64-combine.ts'
import { announcing } from '../announcing.ts'
import { entityTooLarge, objectNotAppendable, positionNotEqualToLength } from '../errors.ts'
import { addVersion, changeVersion, findVersion } from '../history.ts'
import { partKey } from '../keys.ts'
import { etagOf, type ObjectRecord, type PartRecord, requireObjectName } from '../object.ts'
import { numberOf } from '../parameters.ts'
import { operation, stream } from '../product.ts'
import { versionHeader } from '../reading.ts'
import { TRAFFIC_PARAMETER } from '../traffic.ts'
import { checkHead, keptHeaders, naming, receive, refuseWhatIsNotOffered, traitsOf } from '../writing.ts'

/** Each append is a part of its own, named in the commit that makes the object longer. */
export const appendObject = operation({
  name: 'AppendObject',
  route: 'POST /{bucket}/{object+}?append',
  action: 'oss:PutObject',
  body: stream,
  grant: 'write',
  parameters: ['position', TRAFFIC_PARAMETER],

  async handle({ path, query, headers, body }, context) {
    const { records, blobs, bucket, clock, ids, sizeBytesMax } = context
    requireObjectName(path.object)
    refuseWhatIsNotOffered(headers)
    checkHead(headers, sizeBytesMax)
    const position = numberOf(query, 'position', { min: 0, max: sizeBytesMax, otherwise: -1 })
    const before = (await findVersion(records, path, undefined))?.value
    checkPosition(before, position)
    const kept = keptHeaders(headers, path.object)
    const traits = await traitsOf(headers, context)
    const room = sizeBytesMax - position
    const blob = await receive(body, headers, { ...context, sizeBytesMax: room }, query)
    const { blobId, sizeBytes, md5, crc64 } = blob
    const lastModifiedMs = clock.now()
    const partsId = before?.partsId ?? ids.uuid().replaceAll('-', '').toUpperCase()
    const number = before?.nextPart ?? 1
    const part: PartRecord = { number, blobId, sizeBytes, md5, crc64, lastModifiedMs }
    const named = { put: partKey(partsId, number), value: part }
    const store = announcing(context, 'ObjectCreated:AppendObject')

    const { written } = await naming(blobs, blobId, () =>
      before === undefined
        ? addVersion(
            store,
            path,
            (current) => {
              checkPosition(current, position)
              if (current) throw positionNotEqualToLength(current.sizeBytes)
              const etag = md5.toUpperCase()
              return {
                type: 'Appendable',
                partsId,
                sizeBytes,
                etag,
                crc64,
                lastModifiedMs,
                headers: kept,
                ...traits,
                nextPart: 2,
              }
            },
            [named],
          )
        : changeVersion(
            store,
            path,
            undefined,
            (current) => {
              checkPosition(current, position)
              // Of two empty appends at one position, one was faster.
              if (current.partsId !== partsId || current.nextPart !== number)
                throw positionNotEqualToLength(current.sizeBytes)
              if (current.sizeBytes + sizeBytes > sizeBytesMax) throw entityTooLarge(sizeBytesMax)
              return {
                ...current,
                sizeBytes: current.sizeBytes + sizeBytes,
                etag: md5Hex(`${current.etag}${md5}`).toUpperCase(),
                crc64: crc64Combine(current.crc64 ?? '0', crc64, sizeBytes),
                lastModifiedMs,
                nextPart: number + 1,
              }
            },
            () => positionNotEqualToLength(0),
            [named],
          ),
    )
    return {
      status: 200,
      headers: {
        etag: etagOf(written!),
        'x-oss-hash-crc64ecma': written!.crc64!,
        'x-oss-next-append-position': String(written!.sizeBytes),
        ...versionHeader(written, bucket.value),
      },
    }
  },
})

function checkPosition(current: ObjectRecord | undefined, position: number): void {
  if (current && current.type !== 'Appendable') throw objectNotAppendable()
  const sizeBytes = current?.sizeBytes ?? 0
  if (position !== sizeBytes) throw positionNotEqualToLength(sizeBytes)
}
