/** Programs of Node, run to their end. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs one that may end with these codes too, and gives what it prints. */
export async function run(
  program: string[],
  { folder, codes = [] }: { folder: string; codes?: readonly unknown[] },
): Promise<string> {
  const options = { cwd: folder, timeout: 30_000 }
  return await promisify(execFile)(process.execPath, program, options).then(
    ({ stdout }) => stdout,
    (error) => {
      if (codes.includes(error.code)) return error.stdout
      throw new Error(`${error.message}\n${error.stdout}`)
    },
  )
}
