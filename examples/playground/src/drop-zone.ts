/**
 * Pictures that are dropped anywhere on the page.
 */
import { picturesOf } from './images.ts'

export function listenForDrops(onDrop: (pictures: File[]) => void): void {
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true
  const mark = (isOver: boolean) => document.body.classList.toggle('is-dropping', isOver)
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    mark(true)
  })
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) mark(false)
  })
  document.addEventListener('drop', (event) => {
    mark(false)
    if (!hasFiles(event)) return
    event.preventDefault()
    onDrop(picturesOf(event.dataTransfer))
  })
}
