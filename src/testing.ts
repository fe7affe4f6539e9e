/**
 * Entry for tests: simulated vendors that need no network and no key, driven by scripts.
 * @module chatwire/testing
 */
export { simulate } from './testing/simulator.ts'
export type { SimulatedVendor, Simulator, SimulatorOptions } from './testing/simulator.ts'
export type { Reply, Script, ScriptedToolCall, SimulatedRequest } from './testing/script.ts'
export type { ScriptedError } from './testing/scripted-error.ts'
export type { Fault, FaultPoint } from './testing/faults.ts'
