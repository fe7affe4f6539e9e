/**
 * The targets that are missed, or are missed in some runs: the least that each can cost by measurement, and what was
 * tried. Figures are those of the day on which something was tried.
 *
 * @type {{ of: RegExp, floor: string, kept?: string[], dropped?: string[] }[]}
 */
export const FLOORS = [
  {
    of: /^one streamed chat: chatwire/,
    floor:
      'A bundler that does not split code puts everything that a chat may need into its file, of which 11.9 kB are ky, eventsource-parser and valibot. By V8’s coverage, a plain chat of five events executes 25 kB gzip of the 62 (16 of the 36 of 683b58b): a file without errors, retries, tools, other servers’ frames and `toResponse()` would weigh that much. The code of a provider has doubled since 683b58b with what other clients and servers were found to do.',
    kept: [
      'Where the bundler splits, 15 kB load at first and 45 with the first chat. Encoders of `toResponse()`, media and `ChatStream.from` (11 kB) load when they are called.',
    ],
    dropped: ['Shorter names of internal properties: the file is larger after gzip.'],
  },
  {
    of: /small frames, one a read/,
    floor:
      'An iterator that only reads, decodes and cuts the text out of frames whose form it is given costs 0.43 to 0.6 × the bare loop; its reads and its decoding alone 0.35.',
    kept: [
      'Values are read in one pass over their characters, and a short event is compared as bytes: 1.14 to 0.73 in Node 24.',
    ],
    dropped: [
      '`startsWith` instead of a slice: twice the time of a frame.',
      'Usage that is counted when it is read: `console.log` shows a getter.',
    ],
  },
  {
    of: /small frames, ten a read/,
    floor:
      'The iterator alone costs 0.33 to 0.4 × the bare loop. Keeping the text takes 0.1, the tags in it and the limit of its size 0.05, counting its tokens 0.03 to 0.05, since these frames carry no usage. Here each contender waits while the others run and begins each stream with cold caches: in processes without turns, the median of 225 streams is 0.55 in Node 24 and 0.53 in Node 26, the fastest twentieth 0.51 and 0.49. What V8 compiles differs from process to process by 5 %.',
    kept: [
      'Values are read in one pass, pieces are chained instead of listed, plain words are counted without a pattern: 1.07 to 0.68 in Node 24.',
      'A call of `String.fromCharCode` for each length of a text (5 to 6 % in Node 24), escapes read by themselves (1 to 3 %), a reply counted in parts of 4,096 characters (3 to 5 % in Node 24, 8 to 15 in Node 26).',
    ],
    dropped: [
      'The same: bytes compared four at a time by a `DataView`; all texts of a read put together at once, or kept in one step; pieces joined every 64 or 2,048 instead of 256, or kept as bytes; a loop of its own for events with one text; lists passed on instead of copied.',
    ],
  },
  {
    of: /^Firefox/,
    floor:
      'The step of `for await` alone is above 1 in Firefox: a bare loop that gives its texts one by one costs 1.3 with one event a read and 1.75 with ten.',
  },
  {
    of: /^(WebKit|Chromium), one event/,
    floor:
      'Differs from run to run: 0.76 to 1.2 in WebKit, whose clock tells only milliseconds, and 0.7 to 1.09 in Chromium. A bare loop that gives its texts one by one costs 1.25 and 1.03.',
  },
  {
    of: /^gateway CPU per chunk, × bare pass-through$|^relay CPU/,
    floor:
      'A body that a script reads and writes costs workerd 2.4 to 4 times one that is returned unread, before anyone looks at a byte of it. The relay reads bodies, since it limits their time and size, and costs what that script does; when it returned them unread it cost 1.0.',
    kept: [
      'One timer for the pings of a stream instead of a race of promises for each read, and events encoded without a promise of their own: 1.75 to 1.3 × the script.',
    ],
    dropped: [
      'Unread through a `ReadableStream` (4.0), a byte stream (4.7), `pipeThrough` (4.9), workerd’s own `IdentityTransformStream` (3.5).',
    ],
  },
  {
    of: /CPU per chunk at 1,000 streams/,
    floor:
      'The script passes the body on and decodes nothing. One that decodes, parses and writes each event, and does nothing else, costs 1.2 × as much in the same run (a row of the table). By profiles, of some 150 µs a token in Node 10 are code of chatwire and 63 to 75 the kernel’s write; in workerd four fifths are the kernel, the network and workerd’s own code.',
    kept: [
      'Events go from the read to the write by callbacks, one timer serves the pings of a stream (36 to 31 µs a token without sockets), and timeouts of slow streams are checked every ten seconds, since a timer that fires costs 28 µs in Node 20.',
    ],
  },
  {
    of: /p99 of the added latency/,
    floor:
      'The script does not look at what it passes on; one that parses it had 1.4 to 2.5 × its latency. Pauses of 50 ms are the first collection after the streams have opened, which moves all that they keep.',
  },
  {
    of: /^CPU beside/,
    floor:
      'Nine tenths of the time are frames that Chromium paints: 0.21 to 0.51 from run to run. The time of the scripts alone does not differ.',
  },
  {
    of: /^first token/,
    floor:
      'A bare loop that can be aborted and that sends by ky is 0.08 ms later (rows of the table): a signal makes `fetch` 15 µs dearer, and ky’s `Request` with a signal of its own takes 65 µs (Node 20). In a profile no function of chatwire takes more than 2 % of a call.',
    kept: [
      'Loaded parts are remembered, a config is checked once, headers do not pass through ky, decoders and parsers are made when they are needed, the signal of a call for those who ask for it: 0.45 to 0.2 ms.',
    ],
  },
  {
    of: /^memory of an idle stream/,
    floor:
      'A bare loop that can be aborted, by its user and by a timer, costs 1.29 × as soon as ky sends it (a row of the table), which is all that was asked; the openai client costs 3.5. Beyond the bare loop a stream keeps 4.4 kB in 80 objects, none of more than 232 bytes: a reader each for bytes, frames, events and the reply, the controller of the request (0.75 kB) and two timers of 0.2 kB.',
    kept: [
      'Streams that wait between two events share a parser, no headers are kept, lists are made when there is something in them, functions belong to a class and not to a stream: 15.9 to 10.4 kB.',
    ],
    dropped: ['One timer for all streams: Workers forbid it across requests.'],
  },
  {
    of: /^start-up CPU in Node, × openai client$/,
    floor:
      'Reading the file without running a line costs as much as its start (the row “only read”), and depends on its length alone: 28 of 37 million instructions beyond an empty module, where openai takes 89 million in all. 123 of its 163 kB load with the first chat where a bundler splits them.',
    kept: [
      'No classes of Unicode in the literals of patterns, which V8 checks in code that it only skips, and no letters beyond ASCII, for which it kept the whole file as UTF-16: 47 to 37 million instructions.',
      'Patterns, shapes and lists of words are made when they are needed, and valibot is not run for what passes without it.',
    ],
    dropped: [
      'One file for what every model loads: 14.6 instead of 23.1 million split, but a chat page without a model loads 33 kB instead of 25.',
      'All code at the top level, without the functions in which bundlers wrap what loads later: 42 million.',
    ],
  },
  {
    of: /^start-up CPU in Deno/,
    floor:
      'Between 0.15 and 0.24 from run to run. The file alone, with nothing of it run, and what runs, in a file of its own, together cost 0.17.',
    dropped: [
      'Parentheses around the modules that esbuild wraps, so that Deno caches them compiled: the same.',
    ],
  },
  {
    of: /^start-up CPU in workerd/,
    floor:
      'A Worker is one file, so V8 reads what loads with the first chat as well. Reading it without running a line costs 0.16 to 0.24 (a row of the table), more than is asked.',
    dropped: ['Split files, which workerd reads at the start as well: 0.27 to 0.31.'],
  },
]
