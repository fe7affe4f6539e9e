import type { Schema } from '../../src/schema/types.ts'
import type { ConstructName } from './constructs.ts'

/** The constructs in the words of one library. */
export type Schemas = Partial<Record<ConstructName, Schema>>
