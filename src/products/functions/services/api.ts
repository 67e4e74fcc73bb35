/** What the two APIs that have services differ in. */
export interface ServicesApi {
  prefix: '/2016-08-15' | '/2021-04-06'
  /** How `triggerConfig` is written: as an object, or as JSON in a string. */
  triggerConfig: 'object' | 'text'
}
