/**
 * Programs and tools, run to their end.
 */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

/** A tool of this project: the consumers install nothing but the package. */
export function tool(name: string): string {
  return path.join(ROOT, 'node_modules', name)
}

/** Longest time for one program, in milliseconds. */
const LIMIT = 50_000

interface RunOptions {
  cwd: string
  /** All variables. By default those that every program needs; those of this process may hold keys. */
  env?: NodeJS.ProcessEnv
}

/** Returns a program's output. Rejects with all output if it fails. */
export async function run(
  file: string,
  parameters: readonly string[],
  { cwd, env = environment() }: RunOptions,
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await promisify(execFile)(file, parameters, {
      cwd,
      env,
      timeout: LIMIT,
      maxBuffer: 2 ** 24,
    })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const command = [path.basename(file), ...parameters].join(' ')
    throw new Error(`${command} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

export function environment(own: Record<string, string> = {}): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...own }
}
