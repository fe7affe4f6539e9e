import { SIMULATED } from '../../examples/playground/servers.mjs'
import {
  answered,
  ask,
  BROKEN,
  createGate,
  expect,
  holdBreaks,
  pick,
  REFUSED,
  send,
  test,
} from './stage.ts'

/** Messages for an empty account and for a missing model. */
const EMPTY = {
  words: 'The account is out of credit',
  code: 'insufficient_quota',
}
const MISSING = { words: 'The server does not have this model', code: 'model_not_found' }

for (const vendor of SIMULATED) {
  test.describe(`in the wire format of ${vendor}`, () => {
    test('chats, its thinking folded away, and runs tools in the page', async ({
      page,
      server,
    }) => {
      await pick(page, `simulated:${vendor}`)
      const answer = await ask(page, 'Tell me a joke')
      const prose = answer.locator('.prose')
      await expect(prose).toHaveText(
        'Why do tokens never get lost? Because they always come in a stream.',
      )
      await expect(prose.locator('strong')).toHaveText('stream')
      // Ollama counts tokens, but not those of the thinking.
      await expect(answer.locator('.facts')).toHaveText(
        /^first token [\d.]+ s · [\d.]+ s total · \d+ tokens in, \d+ out(, \d+ of it thinking)?$/,
      )
      const thinking = answer.locator('.thinking-text')
      await expect(thinking).toBeHidden()
      await answer.locator('summary').click()
      await expect(thinking).toBeVisible()
      await expect(thinking).toContainText('They say “Tell me a joke”')
      expect(server.vendors.get(vendor)?.requests).toHaveLength(1)

      const calculated = await ask(page, 'What is 12 * (3 + 4)? And roll two dice.')
      const dice = calculated.locator('.tool', { hasText: 'dice' })
      await expect(dice.locator('.tool-result')).toHaveText(/^[1-6] \+ [1-6] = \d+$/)
      const calculator = calculated.locator('.tool', { hasText: 'calculator' })
      await expect(calculator.locator('pre')).toHaveText([
        '{"expression":"12 * (3 + 4)"}',
        '12 * (3 + 4) = 84',
      ])
      await expect(calculator.locator('.tool-status')).toHaveText('done')
      await expect(calculated.locator('.prose li').last()).toHaveText('12 * (3 + 4) = 84')
    })

    test('keeps what had arrived of a cut answer, shows a readable error, retries', async ({
      page,
      server,
      mayComplain,
    }) => {
      mayComplain.push(BROKEN, REFUSED)
      await pick(page, `simulated:${vendor}`)
      const simulator = server.vendors.get(vendor)
      const gate = createGate()
      if (simulator) holdBreaks(simulator, gate.opened)
      await send(page, 'Break off in the middle')
      await expect(page.locator('.prose')).toHaveText(/^There once was a stream that/)
      gate.open()
      const answer = await answered(page)
      await expect(answer.locator('.prose')).toHaveText(/^There once was a stream that/)
      const failure = answer.locator('.failure')
      await expect(failure).toContainText(
        'The connection was lost in the middle of the answer. The partial answer is kept above.',
      )
      await expect(failure.locator('.facts')).toContainText(`${vendor} · connection_lost`)
      // The next call includes what had arrived.
      await ask(page, 'Tell me a joke')
      const sent = JSON.stringify(server.vendors.get(vendor)?.requests.at(-1)?.body)
      expect(sent).toContain('There once was a stream that')

      const { words, code } = vendor === 'ollama' ? MISSING : EMPTY
      const failed = await ask(page, 'Fail with an error')
      await expect(failed.locator('.failure strong')).toHaveText(words)
      await expect(failed.locator('.failure .facts')).toContainText(code)
      await expect(failed.locator('.prose')).toHaveCount(0)
      server.vendors.get(vendor)?.use('Here I am again')
      await failed.getByRole('button', { name: 'Try again' }).click()
      await expect(page.locator('.prose').last()).toHaveText('Here I am again')
      await answered(page)
      await expect(page.locator('.turn')).toHaveCount(6)
    })
  })
}
