// What bundlers are given: the main entry, with a bare valibot schema, which loads the converter on demand.
import { chatObject, getChatModel } from 'chatwire'
import { simulate } from 'chatwire/testing'
import * as v from 'valibot'

const fetch = simulate('openai', '{"city":"Oslo"}')
const llm = getChatModel({ model: 'gpt-4.1', modelServer: 'openai', apiKey: 'sk-test', fetch })
const schema = v.object({ city: v.pipe(v.string(), v.minLength(1)) })
const { object } = await chatObject(llm, { prompt: 'Where?', schema })
console.log(object.city)
