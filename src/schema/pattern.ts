/**
 * Compiles regular expressions of JSON Schemas.
 */

/** Compiles a pattern, Unicode-aware if possible. Python's syntax is converted. */
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
  // Without the `u` flag these match plain letters: silently a different pattern.
  if (flags === '' && /\\[AZzpP]|\(\?P/.test(pattern)) return undefined
  try {
    return new RegExp(pattern, flags)
  } catch {
    return undefined
  }
}
