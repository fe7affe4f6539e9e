/**
 * The licences of the packages that a bundle carries, from the packages' own files.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * The folders of the packages that esbuild has put into a bundle, by what its metafile tells of the outputs: a module
 * that was shaken off whole is in no output.
 * @param {{ outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }} metafile
 * @returns {string[]} each ends with `node_modules/name` or `node_modules/@scope/name`
 */
export function bundledPackages({ outputs }) {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const folders = files.flatMap((file) => {
    // The last one: a package may have packages of its own.
    const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(`/${file}`) ?? []
    return folder === undefined ? [] : [folder.slice(1)]
  })
  return [...new Set(folders)].sort()
}

/**
 * Reads the name, version and license of the package in a folder.
 * @throws if it has no license: then it must not be shipped
 * @param {string} folder
 */
export function readNotice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each))
  if (!file) throw new Error(`${name} ${version} has no licence file, and is bundled`)
  const notice = ['NOTICE', 'NOTICE.md', 'NOTICE.txt'].find((each) =>
    existsSync(`${folder}/${each}`),
  )
  const texts = [file, ...(notice ? [notice] : [])].map((each) =>
    readFileSync(`${folder}/${each}`, 'utf8').trim(),
  )
  return { name, version, license, text: texts.join('\n\n') }
}

/** @param {{ name: string, version: string, license: string, text: string }[]} notices */
export function formatNotices(notices) {
  const rule = '-'.repeat(80)
  return notices
    .map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`)
    .join(`\n${rule}\n\n`)
}

/**
 * An esbuild plugin: writes `<file>.LICENSE.txt` beside the bundle.
 * @param {{ file: string, root: string }} options `file` below esbuild's `outdir`
 * @returns {import('esbuild').Plugin}
 */
export function notices({ file, root }) {
  return {
    name: 'notices',
    setup(build) {
      build.initialOptions.metafile = true
      build.onEnd(async ({ metafile }) => {
        if (!metafile) return // the build failed, and says so itself
        const folders = bundledPackages(metafile).map((folder) => path.join(root, folder))
        const text = formatNotices([root, ...folders].map(readNotice))
        const target = path.join(root, build.initialOptions.outdir ?? '.', `${file}.LICENSE.txt`)
        await mkdir(path.dirname(target), { recursive: true })
        await writeFile(target, text)
      })
    },
  }
}
