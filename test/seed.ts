/**
 * Properties try the same cases every time, so that unrelated changes never fail by chance.
 * `SEED=$RANDOM npx vitest run …` tries others.
 */
import * as fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.SEED ?? 20_261_128) })
