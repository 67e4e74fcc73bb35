/** The photo of a hand-over: the smallest JPEG there is, one grey pixel. */
const base64 =
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AR//Z'

export const photo: Uint8Array = Buffer.from(base64, 'base64')
