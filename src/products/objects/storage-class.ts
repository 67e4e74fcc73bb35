/** Where the vendor would keep an object, and what that means for its readers. Here all classes are kept alike. */
export const STORAGE_CLASSES = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const
export type StorageClass = (typeof STORAGE_CLASSES)[number]

export const isStorageClass = (text: string): text is StorageClass =>
  (STORAGE_CLASSES as readonly string[]).includes(text)

/** Objects of these are read only after they were restored. */
export const isArchived = (storageClass: StorageClass | undefined): boolean =>
  storageClass === 'Archive' || storageClass === 'ColdArchive' || storageClass === 'DeepColdArchive'
