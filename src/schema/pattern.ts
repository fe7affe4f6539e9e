/**
 * Regular expressions of JSON Schemas.
 */

/** Compiles a pattern, Unicode-aware where it can be. Python's spellings are rewritten. */
export function compilePattern(pattern: string): RegExp | undefined {
  return compile(pattern, 'u') ?? compile(pattern, '') ?? compile(fromPython(pattern), 'u')
}

// Python writes `(?P<name>…)`, `(?P=name)`, `\A` and `\Z`; MCP servers send them.
function fromPython(pattern: string): string {
  return pattern
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/\\A/g, '^')
    .replace(/\\[Zz]/g, '$')
}

function compile(pattern: string, flags: string): RegExp | undefined {
  // Without the flag `u` these mean plain letters: a different pattern, silently.
  if (flags === '' && /\\[AZzpP]|\(\?P/.test(pattern)) return undefined
  try {
    return new RegExp(pattern, flags)
  } catch {
    return undefined
  }
}
