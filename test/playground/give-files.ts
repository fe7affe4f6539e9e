/**
 * Files as the browser would hand them over.
 */
import type { Locator } from '@playwright/test'

export type Way = 'paste' | 'drop'

/** Gives a black picture of so many pixels. */
export function givePicture(
  target: Locator,
  way: Way,
  { width, height }: { width: number; height: number } = { width: 40, height: 30 },
): Promise<void> {
  return target.evaluate(
    async (element, { way, width, height }) => {
      const canvas = new OffscreenCanvas(width, height)
      canvas.getContext('2d')?.fillRect(0, 0, width, height)
      const data = new DataTransfer()
      data.items.add(new File([await canvas.convertToBlob()], 'black.png', { type: 'image/png' }))
      const options = { bubbles: true, cancelable: true }
      const event =
        way === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: data, ...options })
          : new DragEvent('drop', { dataTransfer: data, ...options })
      element.dispatchEvent(event)
    },
    { way, width, height },
  )
}

/** Drops a file of some bytes. */
export function dropFile(
  target: Locator,
  file: { name: string; type: string; text: string },
): Promise<void> {
  return target.evaluate((element, { name, type, text }) => {
    const data = new DataTransfer()
    data.items.add(new File([text], name, { type }))
    element.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }))
  }, file)
}
