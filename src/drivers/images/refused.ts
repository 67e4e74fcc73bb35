import type { ImageRefusal } from '../../ports/images.ts'

/** Ends a job: the image is not one that can be processed so. */
export class Refused extends Error {
  readonly because: ImageRefusal

  constructor(because: ImageRefusal) {
    super(because)
    this.name = 'Refused'
    this.because = because
  }
}
