/** The results as Markdown: what was to be reached, then every table. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { formatTable } from '../scripts/table.mjs'
import { HERE, ROOT } from './programs.mjs'
import { round } from './result.mjs'

const SMALL_ONE =
  'The floor is in the table: an iterator that only reads, decodes and cuts the text out of frames whose form it is given costs 0.43 to 0.6 × the bare loop (the reads and the decoding alone 0.35). Of the rest, the text of the reply takes a tenth (its pieces, and counting its tokens, since these frames carry no usage), thinking tags and the limit of its size a twentieth; a half is what a stream may do besides: end by itself, be aborted, time out, be cut anywhere, turn into another kind of event. Tried and kept (1.14 before in Node 24): values are read in one pass over their characters, the clock is asked 50 times a second at most, pieces are chained instead of listed, deltas are passed on as they are. Tried and kept since (0.83 before in Node 24, 0.75 to 0.87 times the time of a frame in Node 22, 24 and 26): a short event is compared as bytes, and only its text becomes a string, since decoding it takes longer than all the rest (130 ns; 70 as bytes). Not kept: `startsWith` instead of a slice (twice the time of a frame), usage that is counted when read (`console.log` shows a getter).'
const SMALL_TEN =
  'The floor is in the table: an iterator that only reads, decodes and cuts the text out of frames whose form it is given costs 0.33 to 0.4 × the bare loop. Counting the tokens of the reply, whose frames carry no usage, takes 0.03 to 0.05, keeping its text 0.1 (chaining its pieces a third of that, joining them the rest), the tags in it and the limit of its size 0.05. Tried and kept (1.07 before in Node 24): values are read in one pass over their characters, pieces are chained instead of listed, plain words with a mark behind them are counted without a pattern. Kept since: the counting reads no character behind the text, after which V8 compiles each `charCodeAt` as a call (30 to 15 ns a piece in Node 20, 22 and 24, the same in 26; 3 to 6 % of a frame in Node 22 and 24, in the noise). A call of `String.fromCharCode` for each length of a text, instead of a longer text that is cut: 5 to 6 % of a frame in Node 24, 1 to 8 in 26 (three runs, each with processes of its own, in turn with the build before; what V8 compiles differs from process to process by as much). Not kept: the bytes between two texts compared four at a time by a `DataView` (a fifth less alone, nothing or more in the whole); what is between two texts compared at once, which gains in recorded frames only; the texts of a read chained before they are kept (3 % at most, not more than the noise); a list that is passed on instead of copied; pieces joined every 64 or 2,048 instead of 256, or kept as bytes (the same). A young generation of 1 to 16 MB changes nothing in Node 24. Kept last: short events are compared as bytes in long chunks too, their texts put together of their bytes, and escapes read by themselves (1 to 3 % in Node 22, 24 and 26 on a quiet machine, by the fastest tenth of 60 rounds in turn; 6 % in Node 24 on a busy one). Not kept: a loop of its own for events with one text, and `slice` instead of `splice` to empty the list (the same). Kept at last: a reply counted in parts of 4,096 characters, so that its text need not be joined for it (by the fastest twentieth of 300 streams in processes in turn: 3 to 5 % in Node 24, 8 to 15 in Node 26), and a line break read without `JSON.parse`. Not kept: all texts of a read put together at once and cut out of that, and all plain texts of a read kept in one step (the same). In processes that run one after another without turns, the fastest twentieth of 225 streams of 20,000 costs 0.51 × that of the bare loop in Node 24 and 0.49 in Node 26, the median 0.55 and 0.53: here each contender waits while the others run, and begins each stream with cold caches.'
const small = (major) => [
  [`Node ${major}, small frames, one a read, × bare loop`, SMALL_ONE],
  [`Node ${major}, small frames, ten a read, × bare loop`, SMALL_TEN],
]

/** Explains each target that is not reached, and what was tried. */
const ONE_FILE =
  'A bundler that does not split code puts all that a chat may need into the file. ky, eventsource-parser and valibot are 11.9 kB of it. What a plain chat of five events executes, by V8’s coverage, is 25 kB (62.5 of 172 kB before gzip; 16.3 of 36 kB in 683b58b): the floor of a file that could do nothing else, without errors, retries, tools, other servers’ frames and `toResponse()`. Since 683b58b the code of a provider has doubled with what other clients and servers were found to do. Where the bundler splits, 15 kB load at first, the rest of what runs with the first chat, and 11 kB (`toResponse()`, media, `ChatStream.from`) only when they are called.'
const TRIED = {
  'one streamed chat: chatwire, one provider, in one file': ONE_FILE,
  'one streamed chat: chatwire, every provider, in one file': ONE_FILE,
  ...Object.fromEntries([22, 24, 26].flatMap(small)),
  'Firefox, one event a read, × bare loop':
    'The step of `for await` alone is above 1 in Firefox: the bare loop that gives its texts one by one costs 1.3 in the same run.',
  'Firefox, ten events a read, × bare loop':
    'The step of `for await` alone is above 1 in Firefox: the bare loop that gives its texts one by one costs 1.75 in the same run.',
  'Node 26, recorded frames, one a read, × bare loop':
    'Between 0.74 and 0.85, from run to run, and so is the build of 683b58b in the same runs: 1.24 and 1.41.',
  'WebKit, one event a read, × bare loop':
    'Between 0.76 and 1.2, from run to run: WebKit’s clock tells only milliseconds. The bare loop that gives its texts one by one costs 1.25.',
  'Chromium, one event a read, × bare loop':
    'Between 0.7 and 1.09, from run to run. The bare loop that gives its texts one by one costs 1.03.',
  'gateway CPU per chunk, × bare pass-through':
    'A body that a script reads and writes costs workerd 2.4 to 4 times one that is returned unread, before a byte of it is looked at. Tried, unread: a `ReadableStream` (4.0), a byte stream (4.7), `pipeThrough` (4.9), workerd’s own `IdentityTransformStream` (3.5). Beyond that the gateway costs a quarter to three quarters, from run to run. Tried and kept: one timer for the pings of a stream instead of one for each read with a race of promises, and events are encoded without a promise of their own. 1.3 × the script now, 1.75 before.',
  'gateway in Node, p99 of the added latency at 1,000 streams, × script':
    'The script is the floor: it does not look at what it passes on. One that parses what it passes has 5.2 ms where the gateway has 6.8 and the script 2.4 (two rounds).',
  'gateway in workerd, p99 of the added latency at 1,000 streams, × script':
    'Traced with --trace-gc. Pauses of 75 to 1,100 ms were of the measurement: the tokens sent in advance had not all arrived when it began, for the scripts as for the gateway; it waits for them now. What was left then, 50 ms each, was the first scavenge after the streams had opened, which copies all that they keep (51 to 31 MB of the gateway, 27 to 17 of the script that parses), and a full collection of what the round before had left (30 to 140 ms, of whoever comes next). With 24 tokens of each stream in advance most of that has been moved: 4 to 6 ms for the gateway and 3 to 7 for the script.',
  ...Object.fromEntries(
    ['Node', 'workerd'].map((runtime) => [
      `gateway in ${runtime}, CPU per chunk at 1,000 streams, × script`,
      'The script passes the body on, and decodes nothing. Tried and kept: one timer for the pings of a stream; events passed from the read to the write by callbacks, without a promise of their own: 36 to 31 µs a token in one Node process without sockets, where the script takes 18, and a quarter fewer runs of the collector; timeouts of slow streams checked every ten seconds instead of each second, since a timer that fires for a token costs 28 µs in Node 20. A script that decodes, parses and writes each event, and does nothing else, takes 26 to 34 there: that much is the floor of a translation. By sockets that script costs 1.39 times the one that reads nothing in Node, where the gateway costs 1.47, and 1.14 in workerd, where the gateway costs 1.23 to 1.38 (on a busy machine); 1.3 with 16 streams at once. By samples at 500 streams, four fifths of workerd’s time are the kernel, the network and workerd’s own code, in the script as in the gateway, and a fifth V8 with all JavaScript. Kept since: equal events at the start of a stream no longer end the search for what varies; the tokens that this benchmark sends in advance were all alike, so that until then it measured streams whose every event is parsed.',
    ]),
  ),
  'CPU beside `useChat`':
    'Differs from run to run with the frames that Chromium paints, which take nine tenths of the time: 0.21 to 0.51. The time of the scripts alone does not.',
  'relay CPU per chunk, × bare pass-through':
    'It reads bodies itself, since it limits their time and size, and costs what a script that passes them on does (2.4 in the same run). When it returned them unread, it cost 1.0.',
  'first token later than in the bare loop':
    'The floor is a bare loop that can be aborted and that sends through ky (both are in the table): a signal makes `fetch` 15 µs dearer, and ky makes a `Request` with a signal of its own for each call, 65 µs (Node 20). Tried and kept, 0.45 ms before and 0.29 now, where openai has 0.25: the loaded parts are remembered instead of imported again for each call, a config is checked once, the server of a URL is searched once, the options of a call are one literal, headers do not pass through ky. Kept since: a provider whose code has loaded sends without a layer between, and no stream makes decoders and a parser that it does not need. What is left of our own is spread thin: in a CPU profile no function of ours takes more than 2 % of a call; the next is a timer or two (2 µs). Kept at last: the signal of a call is made for those who ask for it (15 µs).',
  'memory of an idle stream of 5,000, × bare loop':
    'A bare loop of 5.9 kB needs 7.6 as soon as it can be aborted, by its user and by a timer (1.29 ×), and 7.8 if ky sends it: all of what was asked, before there is a client. The openai client needs 21.1. Tried and kept (15.9 before, 10.2 now): streams that wait between two events share one parser, no headers are kept, a list is made when there is something in it, functions are those of a class and not of a stream, callbacks have a runner if there are any, the watch over a body is one object with one function. What is left is one reader for bytes, one for frames, one for events and one for the reply; a controller of 0.75 kB for the request (a call has one only where its signal is asked for), and two timers of 0.2 kB. Not kept: one timer for all streams, which Workers forbid across requests. What a stream then keeps beyond a bare one is 4.4 kB by heap snapshots, in 80 objects of which none has more than 232 bytes.',
  'start-up CPU in Node, × openai client':
    'Counted in instructions of Node 20 beyond an empty module (valgrind, one thread), openai takes 89 million, ky, eventsource-parser and valibot alone 12.6 (0.14 ×), one provider in one file 37.2 (0.42 ×) and 23.1 (0.26 ×) where the bundler splits its code. As npm gives them, unbundled, openai takes 438 and one provider 101 (0.23 ×). Of the 36, 28 are the reading of the file, which it costs without running a line: 0.31 × is thus the floor of a file of this length, and only fewer characters lower it; by the clock it is nine tenths (the row “only read”). On the machine page faults add to that, with the length of the file too: 550, where openai has 1,050. Tried and kept: no classes of Unicode in the literals of patterns, which V8 checks in code that it only skips, and no letter beyond ASCII in them, for which it kept the whole file as UTF-16 (47 million before in one file, 29 split, and 103 for every provider, now 72); token patterns, shapes and stop words are made when they are needed, and valibot is not run for what passes without it; ky and eventsource-parser load with the first chat already, but in one file they are read with the rest: 123 of its 163 kB are such. Not kept: one file of the build for what every model loads, which made 14.6 million of 23.1 split and 66 of 101 unbundled, since a file costs a million, but a chat page in React that has no model then loads 33 kB instead of 25; all of it at the top level, without the functions in which bundlers wrap what loads later (42 million).',
  'start-up CPU in Deno, × openai client':
    'Between 0.17 and 0.24, from run to run, and the same where the bundler splits the code. The same file with nothing of it run takes 4.1 of 7.5 ms (31 rounds; 3.2 as one function, a row of the table), and what runs, in a file of its own without the code on demand, 3.1: together 0.17, the floor for a file of this length. Tried without gain: parentheses around the modules that esbuild wraps, so that Deno’s cache holds them compiled. Running the modules takes 3.4 ms of 8.2 in the fastest process of nine, spread over eight modules of 0.2 to 0.7 each whose code is compiled when it first runs, and creating the client 1.2. Kept: what is listed for Node. Not in this figure, since its program has a key and `process`: a client that looked for its key in `process.env` took 18 ms more at its first chat (75 to 57), so that Deno itself is asked now.',
  'start-up CPU in workerd, × openai client':
    'A Worker is one file, so V8 reads what loads with the first chat as well: three quarters of the file. Reading it without running a line is a row of the table (0.18 to 0.24), and above what is asked already: the floor for a file of this length. Tried: the same in split files, which workerd reads at the start as well (0.27 to 0.31). Kept: what is listed for Node.',
}

/** @param {Record<string, import('./result.mjs').Result>} results */
export function writeReport(results) {
  const figures = Object.values(results).flatMap(({ figures = [] }) => figures)
  const missed = figures.filter((one) => !isReached(one))
  const targets = table(
    ['figure', 'measured', 'at most', 'reached'],
    figures.map((one) => [
      one.what,
      `${round(one.value)}${one.unit ? ` ${one.unit}` : ''}`,
      `${one.limit}${one.unit ? ` ${one.unit}` : ''}`,
      isReached(one) ? 'yes' : '**no**',
    ]),
  )
  return `# chatwire beside a bare loop and its peers

Written by \`npm ci && npm run bench\` in \`bench/\`. The bare loop is \`reader.read()\`, \`TextDecoder\`,
eventsource-parser's \`createParser\` and \`JSON.parse\` over the same bytes. Ratios are medians of rounds in turn, and in
brackets the middle half of the rounds; microseconds are those of one machine.

![Cost per chunk, bundle size and start-up](chart.svg)

## Targets

${figures.length - missed.length} of ${figures.length} are reached.

${targets}
${missed.map(({ what }) => `\n**${what}**: ${TRIED[what] ?? 'not explained yet.'}\n`).join('')}${Object.values(results).map(section).join('')}
## Versions

${versions()}
`
}

const isReached = ({ value, limit }) => value <= limit

function section({ title, note, head, rows, text, failed, on }) {
  const body = failed
    ? `Not measured: ${failed.split('\n', 1)[0]}`
    : rows
      ? table(head, rows)
      : `\`\`\`text\n${text}\n\`\`\``
  return `
## ${title}

${note ? `${note}\n\n` : ''}${body}

${on}
`
}

/** Figures stand to the right. */
function table(head, rows) {
  return formatTable(head, rows, '--:')
}

function versions() {
  const own = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
  const peers = JSON.parse(readFileSync(`${HERE}package.json`, 'utf8')).devDependencies
  const { version: esbuild } = createRequire(`${ROOT}package.json`)('esbuild/package.json')
  const all = { chatwire: own.version, ...own.dependencies, ...peers, esbuild }
  return Object.entries(all)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}
