// The site: `npm run docs` builds it into docs/site, from README.md, the guides and the comments of `src`.
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { Application, Converter, OptionDefaults, PageEvent, ReflectionKind } from 'typedoc'
import { CHINESE, GUIDES, TRANSLATED } from './plugins/guides.mjs'
import { decoratePages } from './plugins/pages.mjs'
import { rankGuides } from './plugins/search.mjs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** The public entries by their names, and the sources of them. */
const entries = new Map(
  Object.entries(manifest.exports).flatMap(([name, { types }]) =>
    types
      ? [[`chatwire${name.slice(1)}`, types.replace('./dist/', '../src/').replace('.d.ts', '.ts')]]
      : [],
  ),
)

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'chatwire',
  entryPoints: [...entries.values()],
  tsconfig: '../tsconfig.json',
  readme: 'home.md',
  projectDocuments: [
    '../README.md',
    ...Object.keys(GUIDES).map((name) => `guides/${name}.md`),
    '../README.zh-CN.md',
    ...TRANSLATED.map((name) => `guides/zh/${name}.md`),
    '../examples/README.md',
    '../bench/results/results.md',
    '../CONTRIBUTING.md',
    '../SECURITY.md',
    '../CHANGELOG.md',
  ],
  out: 'site',
  plugin: [namePages, leaveTypes, linkNames, mendLinks, decoratePages, rankGuides, demandWords],
  customCss: 'site.css',
  customJs: 'site.js',
  favicon: '../examples/playground/icon.svg',
  includeVersion: true,
  hideGenerator: true,
  // There is no public repository to link to.
  disableSources: true,
  excludePrivate: true,
  navigation: { includeGroups: true, includeFolders: false },
  groupOrder: ['Guides', CHINESE, 'Modules', 'Project', '*'],
  sort: ['kind', 'instance-first', 'alphabetical-ignoring-documents'],
  searchInDocuments: true,
  searchGroupBoosts: { Guides: 10, [CHINESE]: 10, Project: 2 },
  highlightLanguages: [...OptionDefaults.highlightLanguages, 'toml', 'nginx'],
  preservedTypeAnnotationTags: ['@throws'],
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
  intentionallyNotExported: [
    'PlainOutput', // inference only
    'Answer',
    'Complete',
    'ReasoningStyle',
    'NamedOption',
    'NoConfig',
    'Widened',
    'Known',
    'CallObserver', // of chatwire/otel
    'Template', // of built-in decoders
  ],
}

/**
 * Pages are called as their heading says, and stand in groups.
 * @param {Application} app
 */
function namePages(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [part] = document.content
    const path = app.files.getReflectionPath(document)
    const [, file = ''] = /([^/]+)\.md$/.exec(path) ?? []
    const isChinese = file === 'README.zh-CN' || path.includes('/guides/zh/')
    const isGuide = file === 'README' || path.includes('/docs/guides/')
    document.frontmatter['group'] = isChinese ? CHINESE : isGuide ? 'Guides' : 'Project'
    // The READMEs have the name of the site as their heading.
    const names = { README: 'Overview', 'README.zh-CN': '概览' }
    document.name = (!path.includes('/examples/') && names[file]) || /^# (.*)/.exec(part.text)[1]
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // The site has the name above it already.
    const [part] = project.readme
    part.text = part.text.replace(/^# .*\n/, '')
  })
}

/**
 * A function that an entry exports among its types only (`export type *`) is not there for its users.
 * @param {Application} app
 */
function leaveTypes(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      const missing = module.children.filter((one) => !values.get(module.name).has(one.name))
      for (const one of missing.filter(isValue)) leave(one, project)
    }
  })
}

/** The names that each entry exports besides types. */
const values = new Map()
for (const [name, file] of entries) {
  const { metafile } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    format: 'esm',
    outdir: 'site',
    write: false,
    metafile: true,
  })
  values.set(name, new Set(Object.values(metafile.outputs)[0].exports))
}

/** @param {import('typedoc').Reflection} one */
function isValue(one) {
  const it = one.isReference() ? one.getTargetReflection() : one
  return it.kindOf(ReflectionKind.Function | ReflectionKind.Variable)
}

/** Takes it out of a module. Where another one has it as a value, it is at home there. */
function leave(one, project) {
  const home = project
    .getReflectionsByKind(ReflectionKind.Reference)
    .find((it) => it.getTargetReflection() === one && values.get(it.parent.name).has(it.name))
  if (home) {
    const { parent } = home
    project.removeReflection(home)
    one.parent.removeChild(one)
    one.parent = parent
    parent.addChild(one)
  } else project.removeReflection(one)
}

/**
 * A public name leads to what is said of it, in pages and in comments.
 * @param {Application} app
 */
function linkNames(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = new Map()
    for (const one of project.getReflectionsByKind(ReflectionKind.SomeExport)) {
      const isOwn = !one.kindOf(ReflectionKind.Reference)
      if (isOwn && one.parent.kindOf(ReflectionKind.Module)) names.set(one.name, one)
    }
    const toLink = (text) => ({
      kind: 'inline-tag',
      tag: '@linkcode',
      text,
      target: names.get(text),
    })
    const link = (part) => {
      const name = part.kind === 'code' ? /^`(\w+)(\(\))?`$/.exec(part.text)?.[1] : undefined
      return names.has(name) ? toLink(name) : part
    }
    project.readme = project.readme.map(link)
    for (const document of project.getReflectionsByKind(ReflectionKind.Document)) {
      document.content = document.content.map(link)
    }
    for (const { comment } of project.getReflectionsByKind(ReflectionKind.All)) {
      if (!comment) continue
      comment.summary = comment.summary.map(link)
      for (const tag of comment.blockTags) {
        tag.content = tag.content.map(link)
        // What is thrown: `@throws {ConfigError} …`
        const name = tag.typeAnnotation?.slice(1, -1)
        if (!names.has(name)) continue
        tag.typeAnnotation = undefined
        tag.content = [toLink(name), { kind: 'text', text: ' ' }, ...tag.content]
      }
    }
  })
}

/**
 * The home page by its file, so that the site can be read from a disk too; anchors as GitHub spells them, without
 * Chinese punctuation.
 * @param {Application} app
 */
function mendLinks(app) {
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = page.contents
      .replace(/ href="\.\.\/(?=["#])/g, ' href="../index.html')
      .replace(/ (id|href)="[^"]*[\u3000-\u303f\uff00-\uff0f\uff1a-\uff1f][^"]*"/g, (link) =>
        link.replace(/[\u3000-\u303f\uff00-\uff0f\uff1a-\uff1f]/g, ''),
      )
  })
}

/**
 * Requires a description of every public name. A member with a single possible value needs none; members of an
 * inline type are described with the type.
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
/** Kinds without a description of their own: their parts, parent or source have one. */
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
