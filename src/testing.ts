/**
 * The door for tests: simulated vendors to run an app against, without a network and without a key.
 * The vendors' frames and rules stay inside; scripts are all that is needed to drive them.
 * @module chatwire/testing
 */
export { simulate } from './testing/simulator.ts'
export type { SimulatedVendor, Simulator, SimulatorOptions } from './testing/simulator.ts'
export type { Reply, Script, ScriptedToolCall, SimulatedRequest } from './testing/script.ts'
export type { ScriptedError } from './testing/scripted-error.ts'
export type { Fault, FaultPoint } from './testing/faults.ts'
