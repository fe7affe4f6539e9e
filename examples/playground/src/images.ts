/**
 * Pictures that are pasted, dropped or chosen: made small enough to be sent.
 */

/** Longest side, in pixels: more is scaled down by the vendors anyway. */
const LONGEST_SIDE = 1568
/** Smaller images are sent unchanged, in bytes. */
const SMALL = 400_000

export function picturesOf(list: DataTransfer | FileList | null | undefined): File[] {
  const files = list instanceof DataTransfer ? list.files : (list ?? [])
  return [...files].filter(({ type }) => type.startsWith('image/'))
}

/** A data URL. */
export async function readPicture(file: File): Promise<string> {
  const bitmap = await createImageBitmap(file)
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height))
  const isKnown = /^image\/(png|jpeg|webp|gif)$/.test(file.type)
  if (scale === 1 && file.size <= SMALL && isKnown) return toDataURL(file)
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(bitmap.width * scale)
  canvas.height = Math.round(bitmap.height * scale)
  const context = canvas.getContext('2d')
  if (context) {
    // JPEG knows nothing of what shines through.
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  }
  return canvas.toDataURL('image/jpeg', 0.85)
}

function toDataURL(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(reader.result as string))
    reader.addEventListener('error', () => reject(reader.error ?? new Error('Cannot be read')))
    reader.readAsDataURL(file)
  })
}
