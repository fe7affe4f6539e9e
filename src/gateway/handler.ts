/**
 * To be written.
 */
export function createGateway(
  _options: unknown,
): (request: Request, env?: unknown, context?: unknown) => Promise<Response> {
  return async () => new Response('To be written', { status: 501 })
}
