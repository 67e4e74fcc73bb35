/** Why an image is not processed, in the words of the product. */
import { ImageGivenUp, type ImageRefusal, ImagesBusy, ImagesUnavailable } from '../../../ports/images.ts'
import type { ApiError } from '../../../wire/api-error.ts'
import {
  badRequest,
  brokenImage,
  imagesNotHere,
  imageTooLarge,
  slowDown,
  unsupportedImageFormat,
  watermarkError,
} from '../errors.ts'

const SOURCE: Readonly<Record<ImageRefusal, () => ApiError>> = {
  unsupportedFormat: unsupportedImageFormat,
  broken: brokenImage,
  sourceTooLarge: () => imageTooLarge(),
  resultTooLarge: () => imageTooLarge('The target image is too large.'),
  tooLargeToRotate: () => badRequest('Picture exceed the maximum allowable rotation range'),
  cropOutside: () => badRequest('Advance cut position is out of image.'),
  undrawable: () => watermarkError('The text of the watermark cannot be drawn.'),
}

const WATERMARK: Readonly<Partial<Record<ImageRefusal, string>>> = {
  unsupportedFormat: 'The format of the watermark image is not supported.',
  broken: 'The watermark image may be damaged.',
  sourceTooLarge: 'The watermark image is too large.',
  resultTooLarge: 'The watermark image gets too large.',
  tooLargeToRotate: 'The watermark image is too large to be rotated.',
  cropOutside: 'The watermark image is cropped outside of it.',
}

export function refusalError({
  because,
  of,
}: {
  because: ImageRefusal
  of: 'source' | 'watermark'
}): ApiError {
  const message = of === 'watermark' ? WATERMARK[because] : undefined
  return message === undefined ? SOURCE[because]() : watermarkError(message)
}

/** What the processor itself throws; undefined for all else. */
export function wordImageFailure(failure: unknown): ApiError | undefined {
  if (failure instanceof ImagesBusy) return slowDown(failure.message)
  if (failure instanceof ImagesUnavailable) return imagesNotHere(failure.message)
  if (failure instanceof ImageGivenUp) return badRequest(`The image cannot be processed: ${failure.message}.`)
  return undefined
}
