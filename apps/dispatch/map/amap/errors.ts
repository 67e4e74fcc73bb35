/** What AMap's web service refuses, by its codes: https://lbs.amap.com/api/webservice/guide/tools/info. */

const INFO = {
  '10001': 'INVALID_USER_KEY',
  '10002': 'SERVICE_NOT_AVAILABLE',
  '10007': 'INVALID_USER_SIGNATURE',
  '10021': 'CUQPS_HAS_EXCEEDED_THE_LIMIT',
  '20000': 'INVALID_PARAMS',
  '20001': 'MISSING_REQUIRED_PARAMS',
  '20003': 'UNKNOWN_ERROR',
  '20801': 'NO_ROADS_NEARBY',
  '20802': 'ROUTE_FAIL',
  '20803': 'OVER_DIRECTION_RANGE',
} as const

type Infocode = keyof typeof INFO

export class AmapError extends Error {
  readonly infocode: Infocode

  constructor(infocode: Infocode) {
    super(INFO[infocode])
    this.infocode = infocode
  }
}
