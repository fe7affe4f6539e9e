export const ROOT: string
export const OUT: string
export function buildSuite(): Promise<string>
export function buildTool(name: string): Promise<string>
