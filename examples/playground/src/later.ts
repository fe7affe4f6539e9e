/**
 * Parts that the first view of the page does without: the models, the tools, the settings. Loaded when the page is idle.
 */
export { runTools } from 'chatwire'
export { createModel } from './models.ts'
export { SettingsPanel } from './settings-panel.ts'
export { createTools } from '../tools.mjs'
