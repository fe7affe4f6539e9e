// The site: `npm run docs` builds it into docs/site, from README.md, the guides and the comments of `src`.
import { readFileSync } from 'node:fs'
import { Application, Converter, PageEvent, ReflectionKind } from 'typedoc'

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The sources of the public entries. */
const entryPoints = Object.values(exports).flatMap(({ types }) =>
  types ? [types.replace('./dist/', '../src/').replace('.d.ts', '.ts')] : [],
)

/** In the order in which they are listed. */
const guides = [
  'getting-started',
  'browser',
  'workers',
  'deno',
  'custom-provider',
  'tools',
  'objects',
  'failures',
  'gateway',
  'testing',
  'from-modelscope-agent',
  'from-openai',
  'from-ai-sdk',
]

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'chatwire',
  entryPoints,
  tsconfig: '../tsconfig.json',
  readme: '../README.md',
  projectDocuments: [
    ...guides.map((name) => `guides/${name}.md`),
    '../examples/README.md',
    '../bench/results/results.md',
    '../CONTRIBUTING.md',
    '../CHANGELOG.md',
  ],
  out: 'site',
  plugin: [namePages, linkNames, linkHome, demandWords],
  customCss: 'site.css',
  favicon: '../examples/playground/icon.svg',
  includeVersion: true,
  hideGenerator: true,
  // There is no public repository to link to.
  disableSources: true,
  excludePrivate: true,
  navigation: { includeGroups: true, includeFolders: false, compactFolders: false },
  groupOrder: ['Guides', 'Modules', 'Project', '*'],
  sort: ['kind', 'instance-first', 'alphabetical-ignoring-documents'],
  searchInDocuments: true,
  // An address is a link; a name such as Z.ai is none.
  markdownItLoader: (parser) => parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false }),
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: {
    notExported: true,
    invalidLink: true,
    invalidPath: true,
    rewrittenLink: true,
    unusedMergeModuleWith: true,
    notDocumented: false, // `demandWords` looks closer
  },
  // Short names inside of one type, told where they stand.
  intentionallyNotExported: ['DefaultName', 'Answer', 'Complete', 'ReasoningStyle', 'NamedOption'],
}

/**
 * Pages are called as their heading says, and stand in groups.
 * @param {Application} app
 */
function namePages(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [part] = document.content
    const path = app.files.getReflectionPath(document)
    document.frontmatter['group'] = path.includes('/docs/guides/') ? 'Guides' : 'Project'
    document.name = /^# (.*)/.exec(part.text)[1]
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // The site has the name above it already.
    const [part] = project.readme
    part.text = part.text.replace(/^# .*\n/, '')
  })
}

/**
 * A public name in the text of a page leads to what is said of it.
 * @param {Application} app
 */
function linkNames(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = new Map()
    for (const one of project.getReflectionsByKind(ReflectionKind.SomeExport)) {
      const isOwn = !one.kindOf(ReflectionKind.Reference)
      if (isOwn && one.parent.kindOf(ReflectionKind.Module)) names.set(one.name, one)
    }
    const link = (part) => {
      const name = /^`(\w+)(\(\))?`$/.exec(part.text)?.[1]
      const target = part.kind === 'code' ? names.get(name) : undefined
      return target ? { kind: 'inline-tag', tag: '@linkcode', text: name, target } : part
    }
    project.readme = project.readme.map(link)
    for (const document of project.getReflectionsByKind(ReflectionKind.Document)) {
      document.content = document.content.map(link)
    }
  })
}

/**
 * The home page by its file, so that the site can be read from a disk too.
 * @param {Application} app
 */
function linkHome(app) {
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = page.contents.replaceAll('href="../#', 'href="../index.html#')
  })
}

/**
 * Every public name has words. A member that can have one value only says itself; what is inside of a type is told
 * with the type.
 * @param {Application} app
 */
function demandWords(app) {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const one of project.getReflectionsByKind(ReflectionKind.All)) {
      if (mustHaveWords(one) && !one.hasComment()) {
        app.logger.validationWarning(`${one.getFriendlyFullName()} has no words`)
      }
    }
  })
}

const { Accessor, CallSignature, ConstructorSignature, Project, Reference } = ReflectionKind
const { ContainsCallSignatures, Parameter, TypeLiteral, TypeParameter } = ReflectionKind
/** What has no words of its own: they are with its parts, with its whole, or where it comes from. */
const WORDLESS =
  Project |
  Reference |
  Accessor |
  ContainsCallSignatures |
  ConstructorSignature |
  Parameter |
  TypeLiteral |
  TypeParameter

/** @param {import('typedoc').Reflection} one */
function mustHaveWords(one) {
  if (one.kindOf(WORDLESS) || one.type?.type === 'literal') return false
  if (one.kindOf(CallSignature) && one.parent.hasComment()) return false
  for (let at = one; at; at = at.parent) {
    if (at.kindOf(TypeLiteral) || at.inheritedFrom) return false
  }
  return true
}
